"""`anju serve` with its worker: one that dies comes back while the pages go on, and nothing outlives the command."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from anju.platform.embedded import EmbeddedServer

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads the process table of Linux"),
]


def process(pid: int) -> tuple[str, int]:
    """State and parent of a process; "Z" of one that is gone."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return "Z", 0
    return state, int(parent)


def alive(pid: int) -> bool:
    return process(pid)[0] != "Z"


def children(parent: int) -> list[int]:
    pids = [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]
    return [pid for pid in pids if alive(pid) and process(pid)[1] == parent]


def worker_of(serve: int) -> int | None:
    """The only grandchild is the worker: pages ─ keeper ─ worker."""
    return next((worker for keeper in children(serve) for worker in children(keeper)), None)


def eventually(question, seconds: float = 20.0):
    end = time.monotonic() + seconds
    while not (answer := question()) and time.monotonic() < end:
        time.sleep(0.1)
    assert answer, "not within the time given"
    return answer


def answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/health/live", timeout=5) as response:
            return response.status == 200
    except OSError:
        return False


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("serve") / "home"
    yield folder
    EmbeddedServer(folder).stop()


@pytest.fixture
def served(home, tmp_path):
    """`anju serve` as it runs with its worker, and its port; what it says on stderr is in `said`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "ANJU_HOME": str(home), "ANJU_CENTER": "demo"}
    command = [sys.executable, "-m", "anju.cli", "serve", "--port", str(port)]
    with (tmp_path / "said").open("w") as said:
        serve = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=said)
        try:
            eventually(lambda: serve.poll() is not None or (answers(port) and worker_of(serve.pid)), 60)
            assert serve.poll() is None, (tmp_path / "said").read_text()
            yield serve, port
        finally:
            serve.terminate()
            assert serve.wait(timeout=20) in {0, -signal.SIGKILL}, (tmp_path / "said").read_text()


def test_a_worker_that_dies_comes_back_while_the_pages_go_on(served):
    serve, port = served
    first = worker_of(serve.pid)
    os.kill(first, signal.SIGKILL)
    assert answers(port)
    eventually(lambda: worker_of(serve.pid) not in {None, first})
    assert answers(port)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_the_command(served, ending, home, tmp_path):
    serve, _port = served
    family = [*children(serve.pid), worker_of(serve.pid)]
    assert len(family) == 4  # two for pages, the keeper, the worker
    serve.send_signal(ending)
    code = serve.wait(timeout=20)
    assert code == (-ending if ending == signal.SIGKILL else 0), (tmp_path / "said").read_text()
    eventually(lambda: not any(alive(pid) for pid in family))
    assert "Traceback" not in (tmp_path / "said").read_text()
    assert (home / "postgres" / "postmaster.pid").exists() == (ending == signal.SIGKILL)
