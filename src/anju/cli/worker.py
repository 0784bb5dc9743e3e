"""`anju worker`: background jobs. Beside the pages the worker is kept alive by a small process of its own.

Three processes: the pages' master ─ the keeper ─ the worker. The keeper forks the worker and forks it again when it
dies; it ends with the pages, also when those are killed. Killing a worker is always safe: its chunk is undone.
"""

import contextlib
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator

import click

from anju.kernel.i18n import gettext as _

#: Seconds that a chunk at work is given to end before its worker is killed.
GRACE_SECONDS = 10.0
#: Seconds before a worker that died is started again: doubled each time, from the start when one had lived long.
FIRST_DELAY, LONGEST_DELAY, LONG_LIFE = 1.0, 60.0, 60.0
_LOOK_SECONDS = 0.2
_ENDING = (signal.SIGTERM, signal.SIGINT)


@click.command(help=_("后台任务：处理排队的批次，Ctrl-C 停止（正在处理的一段会先完成）"))
@click.option("--until-empty", is_flag=True, help=_("没有排队的批次时结束"))
def worker(*, until_empty: bool) -> None:
    """Run a worker in this process."""
    from anju.cli.django_setup import ensure

    ensure()
    from anju.platform.jobs import run_worker

    run_worker(wait=not until_empty)


@contextlib.contextmanager
def worker_beside() -> Iterator[None]:
    """A worker process for as long as the block runs."""
    from django.db import connections

    connections.close_all()  # a forked process must not speak through its parent's connection
    here = os.getpid()
    keeper = _forked(lambda: _keep(here))
    try:
        yield
    finally:
        if os.getpid() == here:  # page workers are forked inside the block and pass here too
            _stop(keeper, GRACE_SECONDS + 2)


def _keep(pages: int) -> None:
    """Keep a worker alive until told to stop, or until the process of the pages is gone."""
    from anju.platform.jobs import run_worker

    told: list[int] = []
    for number in _ENDING:
        signal.signal(number, lambda received, _frame: told.append(received))

    def over() -> bool:
        return bool(told) or os.getppid() != pages

    delay, keeper = FIRST_DELAY, os.getpid()
    while not over():
        started = time.monotonic()
        child = _forked(lambda: run_worker(parent=keeper))
        while not over() and not _ended(child):
            time.sleep(_LOOK_SECONDS)
        if over():
            _stop(child, GRACE_SECONDS)
            return
        if time.monotonic() - started > LONG_LIFE:
            delay = FIRST_DELAY
        click.echo(_("后台任务进程意外结束，{seconds:.0f} 秒后重新启动").format(seconds=delay), err=True)
        _sleep(delay, over)
        delay = min(2 * delay, LONGEST_DELAY)


def _forked(work: Callable[[], None]) -> int:
    """A child process that does `work` and ends, whatever happens, without returning into its parent's code."""
    sys.stdout.flush()
    sys.stderr.flush()
    # Held back until the child has its own ways: the parent's handlers would swallow a signal meant for the child.
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    child = os.fork()
    if child:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
        return child
    code = 1
    try:
        for number in _ENDING:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
        work()
        code = 0
    except BaseException:  # noqa: BLE001 - nothing may pass this line: what follows belongs to the parent
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _stop(child: int, seconds: float) -> None:
    """Ask a child to end, then make it."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGTERM)
        _sleep(seconds, lambda: _ended(child))
        if not _ended(child):
            os.kill(child, signal.SIGKILL)
            _sleep(1, lambda: _ended(child))


def _ended(child: int) -> bool:
    """Whether a child has ended; also when somebody else (gunicorn waits for any child) has heard of it first."""
    try:
        pid, _status = os.waitpid(child, os.WNOHANG)
    except ChildProcessError:
        return True
    return pid == child


def _sleep(seconds: float, until: Callable[[], bool]) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and not until():
        time.sleep(min(_LOOK_SECONDS, seconds))
