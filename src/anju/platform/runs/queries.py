"""Reads: where a run stands, which chunks failed and why, which rows were bad."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import connection

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.platform.metrics import Figure
from anju.platform.runs.models import Chunk, ChunkState, Problem, Run, RunState


class UnknownRunError(AnjuError):
    """No run has this number."""

    code: ClassVar[str] = "RUN_UNKNOWN"


@dataclass(frozen=True, slots=True)
class Standing:
    """A run with its state and progress, as its chunks tell them at one moment."""

    run: Run
    state: RunState
    chunks: int
    waiting: int
    done: int
    failed: int
    cancelled: int
    rows_planned: int
    rows_done: int

    @property
    def live(self) -> bool:
        """Whether something of it may still be going on."""
        return self.run.ended_at is None and self.state is not RunState.STAGING

    @property
    def cancellable(self) -> bool:
        """Whether there is something left to stop, or failed chunks to give up."""
        return (
            self.run.cancelled_at is None and not self.run.rejected and (self.run.ended_at is None or self.failed > 0)
        )

    @property
    def retriable(self) -> bool:
        """Whether failed chunks may be tried again."""
        return self.failed > 0 and self.run.cancelled_at is None

    @property
    def workable(self) -> bool:
        """Whether chunks wait to be worked."""
        return self.waiting > 0 and self.run.cancelled_at is None


_STANDING = """
SELECT run_id, state, chunks, waiting, done, failed, cancelled, rows_planned, rows_done
  FROM platform_run_standing WHERE run_id = ANY (%s)
"""


def standing(*, run_id: int) -> Standing:
    """Where the run stands. Raises UnknownRunError."""
    found = _standings(Run.objects.filter(pk=run_id))
    if not found:
        raise UnknownRunError(_("没有编号为 {run} 的批次，请核对编号").format(run=run_id), field="run")
    return found[0]


def recent(*, limit: int, offset: int = 0) -> tuple[list[Standing], int]:
    """Runs, the latest first, and how many there are in all."""
    return _standings(Run.objects.all()[offset : offset + limit]), Run.objects.count()


def counts(*, run_id: int) -> Mapping[str, int]:
    """Sums over the done chunks of what their work counted."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sum(value::numeric) FROM platform_run_chunk, jsonb_each_text(counts) AS each (name, value)"
            " WHERE run_id = %s AND state = 'done' GROUP BY name",
            [run_id],
        )
        return {name: int(total) for name, total in cursor.fetchall()}


def failed_chunks(*, run_id: int, limit: int) -> Sequence[Chunk]:
    """The failed chunks with their causes, in order."""
    return list(Chunk.objects.filter(run_id=run_id, state=ChunkState.FAILED)[:limit])


def problems(*, run_id: int, limit: int, offset: int = 0) -> tuple[Sequence[Problem], int]:
    """Problems kept, by row, and how many are kept."""
    kept = Problem.objects.filter(run_id=run_id)
    return list(kept[offset : offset + limit]), kept.count()


def all_problems(*, run_id: int) -> Iterator[Problem]:
    """Every problem kept, by row, read in pieces."""
    return Problem.objects.filter(run_id=run_id).iterator(chunk_size=2000)


def _standings(runs: Any) -> list[Standing]:
    chosen: list[Run] = list(runs)
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, [[run.pk for run in chosen]])
        told = {row[0]: row[1:] for row in cursor.fetchall()}
    return [Standing(run, RunState(told[run.pk][0]), *told[run.pk][1:]) for run in chosen]


def figures() -> Iterator[Figure]:
    """For /metrics: runs by state, and background jobs that wait."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT state, count(*) FROM platform_run_standing GROUP BY state")
        counted = dict(cursor.fetchall())
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")
        (waiting,) = cursor.fetchone()
    for state in RunState:
        yield Figure("anju_runs", _("批次数，按状态"), counted.get(state.value, 0), {"state": state.value})
    yield Figure("anju_jobs_waiting", _("等待中的后台任务数"), waiting)
