"""kill -9 of clients and of server processes, at random points: nothing lost, nothing doubled, every fen in its place."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from anju.platform.embedded import EmbeddedServer

pytestmark = pytest.mark.xdist_group("crashes")


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """A server of this module's own: killing one of its processes restarts them all."""
    server = EmbeddedServer(tmp_path_factory.mktemp("crash") / "home", options=(("fsync", "off"),))
    server.start()
    yield server.home
    server.stop()


def drill(home: Path, whom: str, kills: int) -> Mapping[str, int]:
    """Kill so many times; the seed is new each time, and ANJU_CRASH_SEED repeats one."""
    seed = os.environ.get("ANJU_CRASH_SEED") or str(time.time_ns() % 10**9)
    result = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("crash_drill.py")), whom, str(kills), seed],
        capture_output=True, text=True, check=False, timeout=600,
        env={**os.environ, "ANJU_HOME": str(home), "ANJU_CENTER": "crash"},
    )  # fmt: skip
    assert result.returncode == 0, f"ANJU_CRASH_SEED={seed}\n{result.stderr[-4000:]}"
    return json.loads(result.stdout)


def test_clients_killed(home):
    tally = drill(home, "client", 120)
    assert tally["kills"] >= 120
    assert tally["in an operation"] >= 0.6 * tally["kills"], tally
    assert tally["in a statement"] >= 0.3 * tally["kills"], tally


def test_server_processes_killed(home):
    tally = drill(home, "backend", 40)
    assert tally["kills"] >= 40
    assert tally["in an operation"] >= 0.6 * tally["kills"], tally
