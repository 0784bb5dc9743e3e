"""kill -9 of clients and of server processes, at random points: nothing lost, nothing doubled, every fen and every case in its place."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from anju.platform.embedded import EmbeddedServer


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """A server of this module's own: killing one of its processes restarts them all."""
    server = EmbeddedServer(tmp_path_factory.mktemp("crash") / "home", options=(("fsync", "off"),))
    server.start()
    yield server.home
    server.stop()


def drill(home: Path, whom: str, what: str, kills: int) -> Mapping[str, int]:
    """Kill so many times; the seed is new each time, and ANJU_CRASH_SEED repeats one."""
    seed = os.environ.get("ANJU_CRASH_SEED") or str(time.time_ns() % 10**9)
    result = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("crash_drill.py")), whom, what, str(kills), seed],
        capture_output=True, text=True, check=False, timeout=300,
        env={**os.environ, "ANJU_HOME": str(home), "ANJU_CENTER": "crash"},
    )  # fmt: skip
    assert result.returncode == 0, f"ANJU_CRASH_SEED={seed}\n{result.stderr[-4000:]}"
    return json.loads(result.stdout)


def endure(home: Path, whom: str, what: str, kills: int) -> None:
    tally = drill(home, whom, what, kills)
    assert tally["kills"] >= kills
    assert tally["in an operation"] >= 0.8 * tally["kills"], tally
    assert tally["in a statement"] >= 0.2 * tally["kills"], tally


@pytest.mark.parametrize(
    ("whom", "what", "kills"),
    [
        ("client", "single", 60),
        ("client", "batch", 30),
        ("client", "cases", 25),
        ("backend", "single", 30),
        ("backend", "batch", 20),
        ("backend", "cases", 12),
    ],
)
def test_nothing_is_lost_or_doubled(home, whom, what, kills):
    endure(home, whom, what, kills)


@pytest.mark.slow
@pytest.mark.parametrize("whom", ["client", "backend"])
@pytest.mark.parametrize("what", ["single", "batch", "cases"])
def test_nothing_is_lost_or_doubled_in_a_longer_run(home, whom, what):
    endure(home, whom, what, 500)
