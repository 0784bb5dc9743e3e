"""The batch engine on a real PostgreSQL: every bad row reported, exactly once, PARTIAL with causes, cancelled cleanly.

The jobs here copy staged rows into a table without any unique key, so that a row worked twice would show.
"""

import threading
import tracemalloc
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from anju.platform.runs import queries, staging
from anju.platform.runs.declarations import Column, Count, Job, Rule, UnknownJobError, register, statement
from anju.platform.runs.models import Chunk, Run, RunState
from anju.platform.runs.operations import (
    RowsLostError,
    RunKeyReusedError,
    RunStateError,
    cancel,
    open_run,
    retry,
    stage,
    work,
)
from anju.platform.runs.queries import UnknownRunError
from anju.platform.runs.staging import StagingError, TooManyRowsError

AT, DAY = datetime(2024, 5, 6, 9, tzinfo=UTC), date(2024, 5, 6)
COPYING = """
    WITH copied AS (
        INSERT INTO runs_test_target (run_id, line, account, amount)
        SELECT run_id, line, account, amount / (account <> 13)::int FROM runs_test_stage
         WHERE run_id = %(run)s AND line BETWEEN %(low)s AND %(high)s RETURNING amount
    ) SELECT count(*) AS members, coalesce(sum(amount), 0) AS amount FROM copied
"""
ROSTER = Job(
    name="test-roster",
    title="测试清册",
    staging="runs_test_stage",
    columns=(Column("account", "账号"), Column("amount", "金额"), Column("name", "姓名", personal=True, max_length=20)),
    rules=(
        Rule(code="AMOUNT", column="amount", message="金额须大于零", bad="s.amount <= 0"),
        Rule(code="NAME", column="name", message="姓名含 100% 的空白", bad="s.name LIKE '%% %%'"),
        Rule(
            code="TWICE",
            column="account",
            message="账号重复",
            select="SELECT line, account::text FROM (SELECT line, account, count(*) OVER (PARTITION BY account) AS n"
            " FROM runs_test_stage WHERE run_id = %(run)s) AS d WHERE n > 1",
        ),
    ),
    work=statement(COPYING),
    chunk=10,
    counts=(Count("members", "人数"), Count("amount", "金额", money=True)),
)
SOME = Job(
    **{field: getattr(ROSTER, field) for field in Job.__slots__} | {"name": "test-some", "bad_rows": "set_aside"}
)


@pytest.fixture(scope="module", autouse=True)
def _tables(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), connections["owner"].cursor() as cursor:
        cursor.execute(
            "CREATE UNLOGGED TABLE runs_test_stage (run_id bigint NOT NULL, line bigint NOT NULL, account bigint,"
            " amount bigint, name text, PRIMARY KEY (run_id, line))"
        )
        cursor.execute("CREATE TABLE runs_test_target (run_id bigint, line bigint, account bigint, amount bigint)")
        cursor.execute("GRANT SELECT, INSERT, DELETE ON runs_test_stage, runs_test_target TO anju_app")
    for job in (ROSTER, SOME):
        register(job)
    yield
    with django_db_blocker.unblock(), connections["owner"].cursor() as cursor:
        cursor.execute("DROP TABLE runs_test_stage, runs_test_target")


def clock() -> datetime:
    return AT + timedelta(minutes=1)


def opened(of: Job = ROSTER, **changes) -> int:
    facts = {"job": of.name, "key": uuid.uuid4().hex, "params": {"month": "2024-05"}, "business_date": DAY}
    return open_run(**facts | {"maker": "甲", "at": AT} | changes).run.pk


def good(count: int) -> list[tuple]:
    return [(line, 1000 + line, 100 + line, "王小明") for line in range(2, count + 2)]


def staged(count: int, job: Job = ROSTER) -> int:
    run_id = opened(job)
    stage(run_id=run_id, rows=good(count), at=AT)
    return run_id


def target(run_id: int) -> tuple[int, int, int]:
    """Rows, distinct rows, and the sum that the work wrote."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(DISTINCT line), coalesce(sum(amount), 0) FROM runs_test_target WHERE run_id = %s",
            [run_id],
        )
        return cursor.fetchone()


def left_over(run_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM runs_test_stage WHERE run_id = %s", [run_id])
        return cursor.fetchone()[0]


@pytest.mark.usefixtures("db")
class TestStaging:
    def test_good_rows_are_cut_into_chunks_and_worked_once(self):
        run_id = staged(25)
        told = queries.standing(run_id=run_id)
        assert (told.state, told.chunks, told.rows_planned, told.rows_done) == (RunState.READY, 3, 25, 0)
        told = work(run_id=run_id, clock=clock)
        assert (told.state, told.done, told.rows_done) == (RunState.FINISHED, 3, 25)
        assert (told.run.started_at, told.run.ended_at) == (clock(), clock())
        assert target(run_id) == (25, 25, sum(row[2] for row in good(25)))
        assert queries.counts(run_id=run_id) == {"members": 25, "amount": sum(row[2] for row in good(25))}
        assert left_over(run_id) == 0
        assert work(run_id=run_id, clock=clock).state is RunState.FINISHED
        assert target(run_id)[0] == 25

    def test_every_bad_row_is_reported_with_row_column_value_and_rule_and_all_is_refused(self):
        run_id = opened()
        rows = good(30)
        rows[3] = (5, 7, 0, "张 三丰")
        rows[9] = (11, 7, -250, "李四")
        told = stage(run_id=run_id, rows=rows, at=AT)
        assert (told.state, told.chunks, told.run.problems, told.live) == (RunState.REJECTED, 0, 5, False)
        found = {(p.line, p.column, p.value, p.rule, p.message) for p in queries.all_problems(run_id=run_id)}
        assert found == {
            (5, "金额", "0", "AMOUNT", "金额须大于零"),
            (11, "金额", "-250", "AMOUNT", "金额须大于零"),
            (5, "姓名", "张**丰", "NAME", "姓名含 100% 的空白"),
            (5, "账号", "7", "TWICE", "账号重复"),
            (11, "账号", "7", "TWICE", "账号重复"),
        }
        assert left_over(run_id) == 0
        assert work(run_id=run_id, clock=clock).state is RunState.REJECTED
        assert target(run_id)[0] == 0

    def test_set_aside_works_the_good_rows_and_is_partial(self):
        run_id = opened(SOME)
        rows = good(30)
        rows[3] = (5, 5, 0, "张 三丰")
        told = stage(run_id=run_id, rows=rows, at=AT)
        assert (told.state, told.run.rows, told.run.rows_set_aside, told.rows_planned) == (RunState.READY, 30, 1, 29)
        told = work(run_id=run_id, clock=clock)
        assert (told.state, told.failed, told.rows_done, left_over(run_id)) == (RunState.PARTIAL, 0, 29, 0)
        assert target(run_id)[:2] == (29, 29)

    def test_problems_beyond_the_number_kept_are_counted_and_such_a_file_is_not_worked_in_part(self, monkeypatch):
        monkeypatch.setattr(staging, "MAX_PROBLEMS", 5)
        monkeypatch.setattr("anju.platform.runs.operations.MAX_PROBLEMS", 5)
        run_id = opened(SOME)
        told = stage(run_id=run_id, rows=[(line, line, 0, "甲 乙") for line in range(1, 8)], at=AT)
        assert (told.state, told.run.problems) == (RunState.REJECTED, 14)
        assert queries.problems(run_id=run_id, limit=9)[1] == 5

    def test_nothing_to_do_is_finished_at_once(self):
        told = stage(run_id=opened(), rows=[], at=AT)
        assert (told.state, told.run.ended_at) == (RunState.FINISHED, AT)

    @pytest.mark.parametrize(
        ("rows", "error", "words"),
        [
            ([(3, 1, 1, "王\0明")], StagingError, ("第 3 行", "姓名", "控制字符")),
            ([(3, 1, 1, "王\ud800")], StagingError, ("第 3 行", "姓名", "控制字符")),
            ([(3, 1, 1, "王" * 21)], StagingError, ("第 3 行", "姓名", "20")),
            ([(3, 1, 1, "甲"), (4, 1, "秘密", "乙")], StagingError, ("第 2 条", "金额")),
            ([(3, 1, 1.5, "甲")], StagingError, ("第 1 条", "金额")),
            ([(3, 1, 2**63, "甲")], StagingError, ("第 1 条", "金额")),
            ([(3, 1, 1, "甲"), (3, 2, 1, "乙")], StagingError, ("行号",)),
            ([(3, 1, 1)], StagingError, ("第 3 行", "3 个值")),
            ([(n, n, 1, "甲") for n in range(5)], TooManyRowsError, ("4 行",)),
        ],
    )
    def test_rows_that_cannot_be_taken_name_their_place_and_leave_nothing(self, rows, error, words):
        run_id = opened()
        with pytest.raises(error) as caught:
            stage(run_id=run_id, rows=rows, at=AT, max_rows=4)
        assert all(word in caught.value.message for word in words), caught.value.message
        assert "秘密" not in caught.value.message
        assert queries.standing(run_id=run_id).state is RunState.STAGING
        assert stage(run_id=run_id, rows=good(4), at=AT).state is RunState.READY

    def test_staging_again_takes_the_same_rows_only(self):
        run_id = opened(SOME)
        rows = [*good(20), (99, 99, -1, "甲")]
        stage(run_id=run_id, rows=rows, at=AT)
        with pytest.raises(RunKeyReusedError):
            stage(run_id=run_id, rows=good(20), at=AT)
        work(run_id=run_id, clock=clock, limit=1)
        told = stage(run_id=run_id, rows=iter(rows), at=AT)
        assert (told.state, told.done, left_over(run_id)) == (RunState.RUNNING, 1, 20)
        assert work(run_id=run_id, clock=clock).state is RunState.PARTIAL
        assert stage(run_id=run_id, rows=rows, at=AT).state is RunState.PARTIAL
        assert target(run_id)[:2] == (20, 20)

    def test_rows_lost_with_the_server_are_noticed_and_asked_for_again(self):
        run_id = staged(25)
        work(run_id=run_id, clock=clock, limit=1)
        with connection.cursor() as cursor:  # what a crash does to an unlogged table
            cursor.execute("DELETE FROM runs_test_stage")
        with pytest.raises(RowsLostError):
            work(run_id=run_id, clock=clock)
        stage(run_id=run_id, rows=good(25), at=AT)
        assert work(run_id=run_id, clock=clock).state is RunState.FINISHED
        assert target(run_id)[:2] == (25, 25)


@pytest.mark.usefixtures("db")
class TestOpening:
    def test_the_same_key_is_the_same_run_and_another_request_is_refused(self):
        run_id = opened(key="2024-05:U1")
        assert opened(key="2024-05:U1", maker="乙") == run_id
        for changes in ({"params": {"month": "2024-06"}}, {"business_date": date(2024, 5, 7)}, {"job": SOME.name}):
            with pytest.raises(RunKeyReusedError):
                opened(key="2024-05:U1", **changes)

    def test_unknown_jobs_and_runs_are_told(self):
        with pytest.raises(UnknownJobError):
            open_run(job="no-such-job", key="k", params={}, business_date=DAY, maker="甲", at=AT)
        for ask in (lambda: work(run_id=2**40, clock=clock), lambda: queries.standing(run_id=2**40)):
            with pytest.raises(UnknownRunError):
                ask()
        with pytest.raises(RunStateError):
            work(run_id=opened(), clock=clock)

    def test_a_job_over_keys_in_the_database_is_planned_at_once(self):
        seen = []
        job = register(
            Job(
                name=f"test-keys-{uuid.uuid4().hex}",
                title="测试",
                chunk=4,
                keys="SELECT k * 10 FROM generate_series(1, (%(params)s->>'top')::int) AS k",
                work=lambda _cursor, run, low, high: seen.append((run.params["top"], low, high)) or {},
            )
        )
        run_id = opened(job, params={"top": 10})
        assert work(run_id=run_id, clock=clock).state is RunState.FINISHED
        assert seen == [(10, 10, 40), (10, 50, 80), (10, 90, 100)]
        with pytest.raises(RunStateError):
            stage(run_id=run_id, rows=[], at=AT)

    def test_what_is_done_stays_done_whoever_asks(self):
        run_id = staged(5)
        work(run_id=run_id, clock=clock)
        for change in (
            "UPDATE platform_run_chunk SET state = 'waiting'", "DELETE FROM platform_run_chunk",
            "UPDATE platform_run SET params = '{}'", "DELETE FROM platform_run",
        ):  # fmt: skip
            with pytest.raises(DatabaseError, match="is refused"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(change)


@pytest.mark.usefixtures("db")
class TestFailures:
    def test_a_poison_chunk_makes_the_run_partial_with_its_cause_and_the_others_are_done(self):
        run_id = opened()
        rows = good(40)
        rows[14] = (16, 13, 100, "王小明")  # divides by zero in chunk 2
        stage(run_id=run_id, rows=rows, at=AT)
        told = work(run_id=run_id, clock=clock)
        assert (told.state, told.done, told.failed, told.retriable) == (RunState.PARTIAL, 3, 1, True)
        (chunk,) = queries.failed_chunks(run_id=run_id, limit=9)
        assert (chunk.number, chunk.low, chunk.high, chunk.error_code, chunk.sqlstate) == (
            2,
            12,
            21,
            "DATABASE",
            "22012",
        )
        assert target(run_id)[:2] == (30, 30)
        assert left_over(run_id) == 40
        assert work(run_id=run_id, clock=clock).state is RunState.PARTIAL
        assert retry(run_id=run_id, by="乙", at=AT).state is RunState.RUNNING
        assert work(run_id=run_id, clock=clock).failed == 1
        assert Chunk.objects.get(run_id=run_id, number=2).failures == 2

    def test_retry_after_mending_finishes_the_run(self):
        broken = [True]

        def mend(cursor, run, low, high):
            if broken[0] and low <= 5 <= high:
                cursor.execute("INSERT INTO runs_test_target (run_id) VALUES (%s)", [run.pk])
                raise ValueError("张三 430602199001011234")
            return ROSTER.work(cursor, run, low, high)

        job = register(
            Job(name=f"test-mend-{uuid.uuid4().hex}", title="测试", staging=ROSTER.staging, columns=ROSTER.columns,
                chunk=3, work=mend)
        )  # fmt: skip
        run_id = staged(9, job)
        assert work(run_id=run_id, clock=clock).state is RunState.PARTIAL
        (chunk,) = queries.failed_chunks(run_id=run_id, limit=9)
        assert chunk.error_code == "PROGRAM"
        assert "ValueError" in chunk.error_message
        assert "张三" not in chunk.error_message
        broken[0] = False
        with pytest.raises(RunStateError):
            retry(run_id=staged(1), by="乙", at=AT)
        retry(run_id=run_id, by="乙", at=AT)
        told = work(run_id=run_id, clock=clock)
        assert (told.state, told.run.ended_at, left_over(run_id)) == (RunState.FINISHED, clock(), 0)
        assert target(run_id)[:2] == (9, 9)

    def test_a_refusal_of_a_room_is_recorded_in_its_words(self):
        def refuse(_cursor, _run, _low, _high):
            raise StagingError("单位账户已销户", field="unit")

        job = register(Job(name=f"test-refuse-{uuid.uuid4().hex}", title="测试", keys="SELECT 1::bigint", work=refuse))
        run_id = opened(job)
        work(run_id=run_id, clock=clock)
        (chunk,) = queries.failed_chunks(run_id=run_id, limit=9)
        assert (chunk.error_code, chunk.error_message) == ("RUN_STAGING", "单位账户已销户")


@pytest.mark.usefixtures("db")
class TestCancelling:
    def test_what_is_done_stays_and_the_rest_never_starts(self):
        run_id = staged(40)
        work(run_id=run_id, clock=clock, limit=2)
        told = cancel(run_id=run_id, by="主任", at=AT)
        assert (told.state, told.done, told.cancelled, told.run.cancelled_by) == (RunState.CANCELLED, 2, 2, "主任")
        assert (told.run.ended_at, left_over(run_id)) == (AT, 0)
        assert work(run_id=run_id, clock=clock).done == 2
        assert target(run_id)[0] == 20
        for change in (cancel, retry):
            with pytest.raises(RunStateError):
                change(run_id=run_id, by="主任", at=AT)
        with pytest.raises(RunStateError):
            stage(run_id=run_id, rows=good(40), at=AT)

    def test_before_staging_and_after_the_end(self):
        assert cancel(run_id=opened(), by="主任", at=AT).state is RunState.CANCELLED
        run_id = staged(3)
        work(run_id=run_id, clock=clock)
        with pytest.raises(RunStateError):
            cancel(run_id=run_id, by="主任", at=AT)

    def test_failed_chunks_can_be_given_up(self):
        run_id = opened()
        stage(run_id=run_id, rows=[*good(10), (90, 13, 1, "甲")], at=AT)
        work(run_id=run_id, clock=clock)
        told = cancel(run_id=run_id, by="主任", at=AT)
        assert (told.state, told.retriable, told.cancellable, left_over(run_id)) == (RunState.PARTIAL, False, False, 0)

    def test_stop_is_asked_before_every_chunk(self):
        run_id = staged(40)
        answers = iter([False, False, True])
        told = work(run_id=run_id, clock=clock, stop=lambda: next(answers))
        assert (told.state, told.done) == (RunState.RUNNING, 2)


def in_threads(*calls) -> list:
    """Each call in a thread with a connection of its own, all started together."""
    gate, results = threading.Barrier(len(calls)), [None] * len(calls)

    def run(place, call):
        gate.wait()
        try:
            results[place] = call()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place, call)) for place, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


@pytest.mark.usefixtures("center")
class TestTogether:
    def test_four_workers_share_one_run(self):
        run_id = staged(600)
        results = in_threads(*[lambda: work(run_id=run_id, clock=clock)] * 4)
        assert all(told.state in {RunState.RUNNING, RunState.FINISHED} for told in results), results
        told = queries.standing(run_id=run_id)
        assert (told.state, told.done, told.run.ended_at, left_over(run_id)) == (RunState.FINISHED, 60, clock(), 0)
        assert target(run_id) == (600, 600, sum(row[2] for row in good(600)))

    def test_two_callers_at_once_get_one_run(self):
        key = uuid.uuid4().hex
        first, second = in_threads(lambda: opened(key=key), lambda: opened(key=key))
        assert first == second
        assert Run.objects.filter(key=key).count() == 1
        in_threads(*[lambda: stage(run_id=first, rows=good(20), at=AT)] * 2)
        assert work(run_id=first, clock=clock).state is RunState.FINISHED
        assert target(first)[:2] == (20, 20)

    def test_a_chunk_at_work_ends_after_a_cancel_that_does_not_wait_for_it(self):
        begun, go_on = threading.Event(), threading.Event()

        def slow(cursor, run, low, high):
            begun.set()
            go_on.wait(timeout=30)
            return ROSTER.work(cursor, run, low, high)

        job = register(
            Job(name=f"test-slow-{uuid.uuid4().hex}", title="测试", staging=ROSTER.staging, columns=ROSTER.columns,
                chunk=10, work=slow)
        )  # fmt: skip
        run_id = staged(30, job)

        def cancelling():
            begun.wait(timeout=30)
            told = cancel(run_id=run_id, by="主任", at=AT)
            kept = left_over(run_id)
            go_on.set()
            return told, kept

        worked, (told, kept) = in_threads(lambda: work(run_id=run_id, clock=clock), cancelling)
        assert (told.state, told.cancelled, told.run.ended_at, kept) == (RunState.CANCELLED, 2, None, 30)
        assert (worked.state, worked.done, worked.run.ended_at) == (RunState.CANCELLED, 1, clock())
        assert (target(run_id)[:2], left_over(run_id)) == ((10, 10), 0)

    def test_chunks_that_deadlock_are_tried_again(self):
        first = threading.Barrier(2)

        def crossing(cursor, run, low, _high):
            """Two chunks lock two advisory keys in opposite order, the first time they are tried."""
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [run.pk, low])
            try:
                first.wait(timeout=3)
            except threading.BrokenBarrierError:
                return {"tried": 2}
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [run.pk, 3 - low])
            return {"tried": 1}

        job = register(
            Job(name=f"test-cross-{uuid.uuid4().hex}", title="测试", chunk=1, work=crossing,
                keys="SELECT k::bigint FROM generate_series(1, 2) AS k")
        )  # fmt: skip
        run_id = opened(job)
        in_threads(*[lambda: work(run_id=run_id, clock=clock)] * 2)
        told = queries.standing(run_id=run_id)
        assert (told.state, told.done) == (RunState.FINISHED, 2), queries.failed_chunks(run_id=run_id, limit=2)
        assert queries.counts(run_id=run_id)["tried"] == 3

    def test_a_hundred_thousand_rows_stream_through(self):
        job = register(
            Job(name=f"test-many-{uuid.uuid4().hex}", title="测试", staging=ROSTER.staging, columns=ROSTER.columns,
                rules=ROSTER.rules, work=ROSTER.work)
        )  # fmt: skip
        run_id = opened(job)
        tracemalloc.start()
        stage(run_id=run_id, rows=((n, n + 100, n, "王小明") for n in range(1, 100_001)), at=AT)
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 4_000_000
        assert work(run_id=run_id, clock=clock).state is RunState.FINISHED
        assert target(run_id) == (100_000, 100_000, 100_000 * 100_001 // 2)

    def test_a_chunk_costs_two_statements_beside_its_work(self):
        run_id = staged(500)
        with CaptureQueriesContext(connection) as few:
            work(run_id=run_id, clock=clock, limit=1)
        with CaptureQueriesContext(connection) as many:
            work(run_id=run_id, clock=clock, limit=41)
        spoken = [query for query in many.captured_queries if query["sql"] not in {"BEGIN", "COMMIT"}]
        before = [query for query in few.captured_queries if query["sql"] not in {"BEGIN", "COMMIT"}]
        assert len(spoken) - len(before) == 40 * 3
