"""Background jobs: deferred with the business transaction, worked by a real worker, cut off and taken up again."""

import os
import signal
import time
import uuid
from datetime import UTC, date, datetime
from pathlib import Path

import procrastinate
import pytest
from django.db import connection, connections, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from anju.platform import jobs
from anju.platform.runs import queries
from anju.platform.runs.declarations import Job, register
from anju.platform.runs.models import RunState
from anju.platform.runs.operations import open_run
from anju.platform.statements import split

pytestmark = [pytest.mark.usefixtures("center")]
AT, DAY = datetime(2024, 5, 6, 9, tzinfo=UTC), date(2024, 5, 6)


def opened(work=lambda _cursor, _run, _low, _high: {}, chunks: int = 3) -> int:
    job = register(
        Job(
            name=f"test-job-{uuid.uuid4().hex}",
            title="测试",
            keys=f"SELECT k::bigint FROM generate_series(1, {chunks}) AS k",
            chunk=1,
            work=work,
        )
    )
    return open_run(job=job.name, key=job.name, params={}, business_date=DAY, maker="甲", at=AT).run.pk


def waiting(run_id: int) -> int:
    return ProcrastinateJob.objects.filter(args={"run_id": run_id}, status="todo").count()


def test_a_job_commits_or_is_undone_with_the_business_transaction():
    run_id = opened()
    with transaction.atomic():
        assert jobs.enqueue(run_id=run_id)
        assert waiting(run_id) == 1
        transaction.set_rollback(True)
    assert waiting(run_id) == 0
    with transaction.atomic():
        assert jobs.enqueue(run_id=run_id)
        assert not jobs.enqueue(run_id=run_id)  # a twin is refused without harm to the transaction
    assert waiting(run_id) == 1
    jobs.run_worker(wait=False)
    assert queries.standing(run_id=run_id).state is RunState.FINISHED
    assert not ProcrastinateJob.objects.filter(args={"run_id": run_id}).exists()


def test_a_worker_that_is_stopped_ends_its_chunk_and_the_run_goes_on_later():
    def stop_in_the_first(_cursor, _run, low, _high):
        if low == 1:
            os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.3)
        return {"done": 1}

    run_id = opened(stop_in_the_first, chunks=6)
    jobs.enqueue(run_id=run_id)
    jobs.run_worker(wait=True)
    told = queries.standing(run_id=run_id)
    assert told.state is RunState.RUNNING
    assert 1 <= told.done <= 2
    assert waiting(run_id) == 1
    jobs.run_worker(wait=False)
    assert queries.counts(run_id=run_id) == {"done": 6}


def test_a_job_whose_worker_died_is_taken_up_again():
    run_id = opened()
    jobs.enqueue(run_id=run_id)
    with connection.cursor() as cursor:  # as a worker leaves it that is killed
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE args = %s", [f'{{"run_id": {run_id}}}'])
    assert jobs.resume() >= 1
    assert waiting(run_id) == 1
    jobs.run_worker(wait=False)
    assert queries.standing(run_id=run_id).state is RunState.FINISHED
    assert not ProcrastinateJob.objects.filter(args={"run_id": run_id}).exists()


def test_the_library_is_migrated_statement_by_statement():
    """Each of its statements alone, as the server was given them, makes the schema that its own scripts make."""
    folder = Path(procrastinate.__file__).parent / "sql" / "migrations"
    scripts = [file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.sql"))]
    shapes = []
    with connections["owner"].cursor() as cursor:
        for cut in (split, lambda script: [script]):
            cursor.execute("CREATE SCHEMA jobs_twin")
            cursor.execute("SET search_path TO jobs_twin")
            for statement in (part for script in scripts for part in cut(script)):
                cursor.cursor.execute(statement, prepare=cut is split)  # prepared: the server takes one command only
            cursor.execute(
                "SELECT proname, pg_get_functiondef(p.oid) FROM pg_proc p WHERE pronamespace = 'jobs_twin'::regnamespace"
                " UNION ALL SELECT relname, relkind::text FROM pg_class WHERE relnamespace = 'jobs_twin'::regnamespace"
                " UNION ALL SELECT tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid"
                " WHERE relnamespace = 'jobs_twin'::regnamespace AND NOT tgisinternal ORDER BY 1, 2"
            )
            shapes.append(cursor.fetchall())
            cursor.execute("DROP SCHEMA jobs_twin CASCADE")
            cursor.execute("RESET search_path")
    assert len(shapes[0]) > 40
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize(
    ("script", "parts"),
    [
        ("A; B;", ["A", "B"]),
        ("SELECT ';'; -- x; y\nB", ["SELECT ';'", "-- x; y\nB"]),
        ("F $$ a; b; $$ ; G $q$ ; $$ ; $q$", ["F $$ a; b; $$", "G $q$ ; $$ ; $q$"]),
        ("A;\n-- the end\n;", ["A"]),
        ("I 'it''s; so'; /* ; */ J", ["I 'it''s; so'", "/* ; */ J"]),
    ],
)
def test_a_script_is_cut_at_the_ends_of_its_statements(script, parts):
    assert split(script) == parts
