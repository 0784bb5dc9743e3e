"""Background jobs, kept in the center's own schema by procrastinate: a job commits or is undone with its transaction.

There is one task, working a run. A job is only an invitation: what is done is known from the run's chunks, so a job
that runs twice, or on two workers at once, does no harm, and one that was cut off is simply deferred again.

Beside its jobs a worker delivers the outbox, in a thread of its own: a long run does not keep messages waiting.
"""

import asyncio
import logging
import os
import signal
import threading
from typing import Any

from asgiref.sync import async_to_sync
from django.db import InterfaceError, OperationalError, close_old_connections, connection, transaction
from django.utils import timezone
from procrastinate import App, JobContext, RetryStrategy
from procrastinate.contrib.django import app as _django_app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Status

from anju.platform import outbox
from anju.platform.runs import operations

_log = logging.getLogger(__name__)

app: App = _django_app
_TASK = "runs.work"
#: Seconds between two looks whether the process that started this worker is still there.
_WATCH_SECONDS = 2.0
#: Seconds between two looks into the outbox.
_OUTBOX_SECONDS = 2.0


@app.task(
    name=_TASK,
    queue="runs",
    pass_context=True,
    # The database went away: wait for it. Whatever else stops a run is in its chunks, not here.
    retry=RetryStrategy(max_attempts=20, wait=5, retry_exceptions={OperationalError, InterfaceError}),
)
def work_run(context: JobContext, *, run_id: int) -> None:
    """Work a run until nothing of it can be claimed, or until the worker is told to stop; then ask to go on later."""
    operations.work(run_id=run_id, clock=timezone.now, stop=context.should_abort)
    if context.should_abort():
        enqueue(run_id=run_id)


def enqueue(*, run_id: int) -> bool:
    """Ask the workers to work a run; False when that waits already. Part of the caller's transaction."""
    try:
        with transaction.atomic():  # a savepoint: the refusal of a twin must not undo the caller's work
            work_run.configure(queueing_lock=f"run:{run_id}").defer(run_id=run_id)
    except AlreadyEnqueued:
        return False
    return True


def resume() -> int:
    """Ask again for every run whose job was cut off by the end of its worker; return how many.

    A job that is still at work elsewhere gets a helper, which does no harm.
    """
    begun = ProcrastinateJob.objects.filter(task_name=_TASK, status="doing")
    orphans = list(begun.filter(worker__isnull=True).values_list("id", flat=True))
    runs = {int(args["run_id"]) for args in begun.values_list("args", flat=True)}
    for job_id in orphans:
        async_to_sync(app.job_manager.finish_job_by_id_async)(job_id, Status.FAILED, delete_job=True)
    return sum(enqueue(run_id=run_id) for run_id in sorted(runs))


def run_worker(*, concurrency: int = 1, wait: bool = True, parent: int | None = None) -> None:
    """Work jobs until SIGINT or SIGTERM (or until none is left, without `wait`); a chunk at work is finished first.

    With `parent`, also stop when that process is no longer the one that started this.
    """
    resume()
    worker_app = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
    asyncio.run(_serve(worker_app, parent, concurrency=concurrency, wait=wait))


async def _serve(worker_app: App, parent: int | None, **options: Any) -> None:
    watch = asyncio.create_task(_stop_with(parent)) if parent is not None else None
    ended = threading.Event()
    outbox_beside = asyncio.create_task(asyncio.to_thread(_deliver_until, ended))
    try:
        async with worker_app.open_async():
            # Time-out 0: a job is told at once that the worker stops, and ends after its chunk.
            await worker_app.run_worker_async(name="anju", delete_jobs="always", shutdown_graceful_timeout=0, **options)
    finally:
        ended.set()
        await outbox_beside
    if watch is not None:
        watch.cancel()


def _deliver_until(ended: threading.Event) -> None:
    """Deliver the outbox every few seconds; an event at work is finished before this returns."""
    while not ended.wait(_OUTBOX_SECONDS):
        close_old_connections()
        try:
            while outbox.deliver(now=timezone.now(), stop=ended.is_set):
                pass
        except Exception:  # noqa: BLE001 - the database is away, most likely: look again
            _log.exception("the outbox was not delivered")
    connection.close()


async def _stop_with(parent: int) -> None:
    while os.getppid() == parent:  # noqa: ASYNC110 - the system sends no event for this
        await asyncio.sleep(_WATCH_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
