"""Run by the test beside it: workers of one run are forked and killed with SIGKILL at random points, again and again.

Prints what the final worker, which is left alone, finds: state, rows, distinct rows, sum, staged rows left.
"""

import os
import random
import signal
import sys
import time
from datetime import UTC, date, datetime

import django

django.setup()

from django.db import connection, connections  # noqa: E402 - needs Django

from anju.platform.runs.declarations import Column, Job, register  # noqa: E402
from anju.platform.runs.operations import open_run, stage, work  # noqa: E402

ROWS, CHUNK = 2000, 20


def copy(cursor, run, low, high):
    """Write the chunk in two halves with a pause between them, where most kills fall."""
    middle = (low + high) // 2
    for first, last in ((low, middle), (middle + 1, high)):
        cursor.execute(
            "INSERT INTO runs_killed_target SELECT line, amount FROM runs_killed_stage"
            " WHERE run_id = %s AND line BETWEEN %s AND %s",
            [run.pk, first, last],
        )
        time.sleep(0.004)
    return {"rows": high - low + 1}


register(
    Job(
        name="test-killed",
        title="测试",
        staging="runs_killed_stage",
        columns=(Column("amount", "金额"),),
        chunk=CHUNK,
        work=copy,
    )
)


def now() -> datetime:
    return datetime.now(tz=UTC)


def killed(run_id: int, seconds: float) -> bool:
    """Fork a worker and kill it after a while; False when it had ended before."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        work(run_id=run_id, clock=now)
        os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _pid, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def main(database: str) -> None:
    connections["default"].settings_dict["NAME"] = database
    run_id = open_run(
        job="test-killed", key="killed", params={}, business_date=date(2024, 5, 6), maker="甲", at=now()
    ).run.pk
    stage(run_id=run_id, rows=((line, line) for line in range(1, ROWS + 1)), at=now())
    chance = random.Random(20)
    kills = sum(killed(run_id, chance.uniform(0.01, 0.06)) for _ in range(20))
    told = work(run_id=run_id, clock=now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT line), sum(amount) FROM runs_killed_target")
        found = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM runs_killed_stage")
        print(kills, told.state, told.done, *found, *cursor.fetchone())


main(sys.argv[1])
