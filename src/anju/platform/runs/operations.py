"""A run from its opening to its end.

Why the steps stand as they do (each closes a hole):
  a chunk is claimed with FOR UPDATE SKIP LOCKED and its lock is held until its work commits together with its mark
  "done": a worker that is killed frees the chunk in the same moment, and nothing else has to notice;
  a failed chunk is recorded in a second transaction, after the first has undone its work; meanwhile another worker
  may try it too, which does no harm;
  cancelling moves every chunk that nobody works on out of "waiting", so a claim that began before cannot start it;
  staged rows are deleted only when no chunk waits: a chunk at work still counts as waiting to everyone else.
"""

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, ClassVar

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.platform import audit
from anju.platform.runs import staging
from anju.platform.runs.causes import Cause, cause_of, sqlstate_of
from anju.platform.runs.declarations import Job, find, parameters
from anju.platform.runs.models import Run, RunState
from anju.platform.runs.queries import Standing, UnknownRunError, standing
from anju.platform.runs.staging import MAX_PROBLEMS, MAX_ROWS

log = logging.getLogger(__name__)

#: Serialization failure and deadlock: the same chunk may well succeed at once.
_TRANSIENT = frozenset({"40001", "40P01"})
_TRANSIENT_TRIES = 5
#: The server ends this connection, or itself (57P01, 57P02, 57P03, 57P05), or the connection failed (class 08).
_AWAY = ("08", "57P0")


class RunKeyReusedError(AnjuError):
    """The key belongs to a run of another job, other parameters, another business date, or other rows."""

    code: ClassVar[str] = "RUN_KEY_REUSED"


class RunStateError(AnjuError):
    """The run is not in a state for this."""

    code: ClassVar[str] = "RUN_STATE"


class RowsLostError(AnjuError):
    """The staged rows are gone (the database server crashed); staging the same rows again continues the run."""

    code: ClassVar[str] = "RUN_ROWS_LOST"


def open_run(
    *, job: str, key: str, params: Mapping[str, Any], business_date: date, maker: str, at: datetime
) -> Standing:
    """Open a run; the same key with the same job, parameters and date returns the run that has it already.

    A job without staging is planned here and READY; another is STAGING until `stage`. Raises UnknownJobError,
    RunKeyReusedError.
    """
    declared, wanted = find(job), json.dumps(dict(params))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO platform_run (job, key, params, business_date, maker, created_at)"
            " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (key) DO NOTHING RETURNING id",
            [job, key, wanted, business_date, maker, at],
        )
        fresh = cursor.fetchone() is not None
        run = Run.objects.get(key=key)
        if (run.job, run.params, run.business_date) != (job, json.loads(wanted), business_date):
            raise RunKeyReusedError(_("批次号 {key} 已用于另一批不同的业务，请换新批次号").format(key=key), field="key")
        if fresh and not declared.staging:
            _plan(cursor, run, declared, at)
        return standing(run_id=run.pk)


def stage(*, run_id: int, rows: Iterable[Sequence[object]], at: datetime, max_rows: int = MAX_ROWS) -> Standing:
    """Copy the rows in, check them all, and cut the run into chunks; all in one transaction.

    Each row is (line, value of the first column, ...): lines are the numbers that a person sees in the file. The run
    is then READY, or REJECTED with its problems, or FINISHED when there is nothing to do. Calling again with the same
    rows is harmless, and brings back rows that a crashed server lost. Raises StagingError, TooManyRowsError,
    RunKeyReusedError (other rows than the first time), RunStateError (the run is over, or its job stages nothing).
    """
    with transaction.atomic(), connection.cursor() as cursor:
        run, job = _locked(run_id)
        if not job.staging:
            raise RunStateError(_("“{title}”不导入数据行").format(title=_(job.title)), field="run")
        if run.cancelled_at is not None:
            raise RunStateError(_("批次 {run} 已取消，不能再导入").format(run=run_id), field="run")
        loaded = staging.load(cursor, run, job, rows, max_rows)
        if run.rows_digest is None:
            _check_and_plan(cursor, run, job, loaded, at)
        else:
            _restore(cursor, run, job, loaded)
        return standing(run_id=run_id)


def work(
    *, run_id: int, clock: Callable[[], datetime], limit: int | None = None, stop: Callable[[], bool] = lambda: False
) -> Standing:
    """Work the run's chunks, each in its own transaction, until none can be claimed; return where the run stands.

    Any number of workers may do this at once, and again after a crash. `limit` bounds the chunks worked by this call;
    `stop` is asked before each. A chunk that fails is recorded with its cause and the others go on. Raises
    UnknownRunError, RunStateError (not staged yet), RowsLostError; and the database's own error when it goes away.
    """
    run = _get(run_id)
    job = find(run.job)
    if run.staged_at is None and run.cancelled_at is None:
        raise RunStateError(_("批次 {run} 还没有导入数据，请先导入").format(run=run_id), field="run")
    _begin(run, job, clock())
    tries: Counter[int] = Counter()
    worked = 0
    while (limit is None or worked < limit) and not stop() and _work_next(run, job, clock, tries):
        worked += 1
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        run, job = _locked(run_id)
        _end(cursor, run, job, clock())
    return standing(run_id=run_id)


def retry(*, run_id: int, by: str, at: datetime) -> Standing:
    """Let the failed chunks of a PARTIAL run be worked again. Raises UnknownRunError, RunStateError."""
    with transaction.atomic(), connection.cursor() as cursor:
        run, _job = _locked(run_id)
        if not standing(run_id=run_id).retriable:
            raise RunStateError(_("批次 {run} 没有可以重试的失败分段").format(run=run_id), field="run")
        cursor.execute(
            "UPDATE platform_run_chunk SET state = 'waiting', error_code = '', error_message = '', sqlstate = '',"
            " settled_at = NULL WHERE run_id = %s AND state = 'failed'",
            [run_id],
        )
        cursor.execute("UPDATE platform_run SET ended_at = NULL WHERE id = %s", [run_id])
        _note("retry", run, by=by, at=at)
        return standing(run_id=run_id)


def cancel(*, run_id: int, by: str, at: datetime) -> Standing:
    """Stop a run: what is done stays done, what nobody works on never starts. Does not wait for chunks at work.

    A PARTIAL run keeps its state; its failed chunks are given up. Raises UnknownRunError, RunStateError.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        run, job = _locked(run_id)
        if not standing(run_id=run_id).cancellable:
            raise RunStateError(_("批次 {run} 已经结束，没有可以取消的").format(run=run_id), field="run")
        run.cancelled_at, run.cancelled_by = at, by
        run.save(update_fields=["cancelled_at", "cancelled_by"])
        _note("cancel", run, by=by, at=at)
        _end(cursor, run, job, at)
        return standing(run_id=run_id)


def _get(run_id: int, *, lock: bool = False) -> Run:
    runs = Run.objects.select_for_update() if lock else Run.objects
    run = runs.filter(pk=run_id).first()
    if run is None:
        raise UnknownRunError(_("没有编号为 {run} 的批次，请核对编号").format(run=run_id), field="run")
    return run


def _locked(run_id: int) -> tuple[Run, Job]:
    run = _get(run_id, lock=True)
    return run, find(run.job)


def _check_and_plan(cursor: CursorWrapper, run: Run, job: Job, loaded: staging.Loaded, at: datetime) -> None:
    run.rows, run.rows_digest = loaded.rows, loaded.digest
    run.problems = staging.validate(cursor, run, job)
    # Beyond the number kept, which rows were bad would be forgotten: such a file is not worked in part.
    run.rejected = run.problems > (0 if job.bad_rows == "reject_all" else MAX_PROBLEMS)
    if run.rejected:
        run.staged_at = run.ended_at = at
        staging.clear(cursor, run, job)
    elif run.problems:
        run.rows_set_aside = staging.set_aside(cursor, run, job)
    run.save(update_fields=["rows", "rows_digest", "problems", "rejected", "rows_set_aside", "staged_at", "ended_at"])
    if not run.rejected:
        _plan(cursor, run, job, at)


def _restore(cursor: CursorWrapper, run: Run, job: Job, loaded: staging.Loaded) -> None:
    """Rows staged again: the same as before, without those that were set aside, and gone when the run is over."""
    if loaded.digest != bytes(run.rows_digest or b""):
        raise RunKeyReusedError(_("批次 {key} 的数据与首次导入的不同，请换新批次号").format(key=run.key), field="rows")
    if run.ended_at is not None and standing(run_id=run.pk).state is not RunState.PARTIAL:
        staging.clear(cursor, run, job)
    elif run.problems:
        staging.set_aside(cursor, run, job)


def _plan(cursor: CursorWrapper, run: Run, job: Job, at: datetime) -> None:
    """Ranges of at most `job.chunk` distinct keys each, and the run's end when there are none."""
    keys = job.keys or f"SELECT line FROM {job.staging} WHERE run_id = %(run)s"  # noqa: S608 - a checked identifier
    cursor.execute(
        "INSERT INTO platform_run_chunk (run_id, number, low, high, rows)"  # noqa: S608 - declared SQL
        " SELECT %(run)s, number, min(key), max(key), sum(rows) FROM ("
        "   SELECT key, count(*) AS rows, (row_number() OVER (ORDER BY key) - 1) / %(chunk)s + 1 AS number"
        f"    FROM ({keys}) AS k (key) GROUP BY key) AS numbered"
        " GROUP BY number",
        {**parameters(run), "chunk": job.chunk},
    )
    nothing_to_do = cursor.rowcount == 0
    cursor.execute("UPDATE platform_run SET staged_at = %s WHERE id = %s", [at, run.pk])
    if nothing_to_do:
        _end(cursor, run, job, at)


def _begin(run: Run, job: Job, now: datetime) -> None:
    """Mark the start once, and see that the staged rows are all there while chunks still need them."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        if not standing(run_id=run.pk).workable:
            return
        cursor.execute("UPDATE platform_run SET started_at = %s WHERE id = %s AND started_at IS NULL", [now, run.pk])
        if job.staging and staging.staged_rows(cursor, run, job) != run.rows - run.rows_set_aside:
            raise RowsLostError(
                _("批次 {run} 导入的数据因数据库故障丢失，请用同一份数据重新导入，已完成的部分不会重复").format(
                    run=run.pk
                ),
                field="run",
            )


_CLAIM = """
SELECT c.number, c.low, c.high FROM platform_run_chunk c JOIN platform_run r ON r.id = c.run_id
 WHERE c.run_id = %s AND c.state = 'waiting' AND r.cancelled_at IS NULL
 ORDER BY c.number LIMIT 1 FOR UPDATE OF c SKIP LOCKED
"""


def _work_next(run: Run, job: Job, clock: Callable[[], datetime], tries: Counter[int]) -> bool:
    """Claim a chunk and work it; False when there is none to claim."""
    number = None
    try:
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.execute(_CLAIM, [run.pk])
            chunk = cursor.fetchone()
            if chunk is None:
                return False
            number = chunk[0]
            counts = job.work(cursor, run, chunk[1], chunk[2])
            cursor.execute(
                "UPDATE platform_run_chunk SET state = 'done', counts = %s, settled_at = %s"
                " WHERE run_id = %s AND number = %s",
                [json.dumps(dict(counts)), clock(), run.pk, number],
            )
    except Exception as error:
        if number is None or _connection_lost(error):
            raise
        tries[number] += 1
        if sqlstate_of(error) in _TRANSIENT and tries[number] < _TRANSIENT_TRIES:
            return True
        _record_failure(run, number, cause_of(error), clock())
    return True


def _connection_lost(error: Exception) -> bool:
    """Whether the database went away: no fault of the chunk.

    The error itself tells: the connection cannot, for leaving the transaction has Django connect anew.
    """
    if isinstance(error, InterfaceError):
        return True
    state = sqlstate_of(error)
    return isinstance(error, OperationalError) and (not state or state.startswith(_AWAY))


def _record_failure(run: Run, number: int, cause: Cause, now: datetime) -> None:
    log.warning("run %s chunk %s failed: %s %s", run.pk, number, cause.code, cause.sqlstate)
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE platform_run_chunk SET state = 'failed', failures = failures + 1, error_code = %s,"
            " error_message = %s, sqlstate = %s, settled_at = %s WHERE run_id = %s AND number = %s AND state = 'waiting'",
            [cause.code, cause.message, cause.sqlstate, now, run.pk, number],
        )


def _end(cursor: CursorWrapper, run: Run, job: Job, now: datetime) -> None:
    """End a run that has nothing waiting; the caller holds the run's lock, so only one ends it."""
    if run.cancelled_at is not None:
        cursor.execute(
            "UPDATE platform_run_chunk SET state = 'cancelled', settled_at = %s WHERE run_id = %s AND number IN ("
            " SELECT number FROM platform_run_chunk WHERE run_id = %s AND state = 'waiting' FOR UPDATE SKIP LOCKED)",
            [now, run.pk, run.pk],
        )
    told = standing(run_id=run.pk)
    if told.waiting:
        return
    cursor.execute("UPDATE platform_run SET ended_at = %s WHERE id = %s AND ended_at IS NULL", [now, run.pk])
    if not told.failed or run.cancelled_at is not None:
        staging.clear(cursor, run, job)


def _note(verb: str, run: Run, *, by: str, at: datetime) -> None:
    """A person intervened in a run: told to the audit log, in the same transaction."""
    audit.record(
        actor=by, action=f"run.{verb}", object_kind="run", object_reference=str(run.pk), detail={"job": run.job}, at=at
    )
