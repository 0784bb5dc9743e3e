"""`anju demo` when things are not as they should be: each gets one clear line and a way on, never a traceback."""

import os
import socket
import subprocess
import sys

import pytest


def demo(home, *arguments: str) -> subprocess.CompletedProcess:
    environment = {**os.environ, "ANJU_HOME": str(home), "ANJU_CENTER": "demo"}
    return subprocess.run(
        [sys.executable, "-m", "anju.cli", "demo", *arguments], env=environment, capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip


def test_a_busy_port_is_told_before_anything_is_made(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = demo(tmp_path / "home", "--port", str(port))
    assert result.returncode == 2
    assert f"PORT={port + 1}" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "home" / "postgres").exists()


def test_a_home_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "home").write_text("a file")
    result = demo(tmp_path / "home", "--port", "18765")
    assert result.returncode == 2
    assert "ANJU_HOME" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("port", ["0", "65536", "abc"])
def test_an_impossible_port_is_wrong_usage(tmp_path, port):
    assert demo(tmp_path / "home", "--port", port).returncode == 2
