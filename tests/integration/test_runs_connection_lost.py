"""A worker whose connection is cut off in the middle of a chunk: no fault of the chunk, which waits for the next worker."""

import uuid
from datetime import UTC, date, datetime

import pytest
from django.db import OperationalError, connection

from anju.platform.runs.declarations import Job, register
from anju.platform.runs.models import RunState
from anju.platform.runs.operations import open_run, work
from anju.platform.runs.queries import standing

AT = datetime(2024, 5, 6, 9, tzinfo=UTC)
cut_off: list[bool] = []


def lose_the_connection_once(cursor, run, low, high):
    if not cut_off:
        cut_off.append(True)
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    return {"rows": 1}


JOB = register(
    Job(name="test-cut-off", title="测试", keys="SELECT generate_series(1, 3)", chunk=1, work=lose_the_connection_once)
)


@pytest.mark.usefixtures("center")
def test_the_run_stops_with_the_databases_own_error_and_goes_on_where_it_was():
    run_id = open_run(
        job=JOB.name, key=uuid.uuid4().hex, params={}, business_date=date(2024, 5, 6), maker="甲", at=AT
    ).run.pk
    with pytest.raises(OperationalError):
        work(run_id=run_id, clock=lambda: AT)
    connection.close()
    told = standing(run_id=run_id)
    assert (told.state, told.waiting, told.failed) == (RunState.RUNNING, 3, 0)
    assert work(run_id=run_id, clock=lambda: AT).state is RunState.FINISHED
