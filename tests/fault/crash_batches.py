"""The ledger's own batch jobs for the drill, in small chunks: a staged posting, then the yearly settlement.

Several workers work on both at once, and are killed.
"""

import dataclasses
import time
from datetime import UTC, datetime, timedelta

from crash_programs import SettlementDay
from django.db import connection

from anju.ledger.batch import INTEREST_SETTLEMENT, STAGED_POSTING
from anju.ledger.interest import Flow
from anju.ledger.operations import MEMBER_RATE
from anju.platform.runs.declarations import Job, register
from anju.platform.runs.models import RunState
from anju.platform.runs.operations import open_run, stage, work
from anju.platform.runs.queries import counts, standing

CHUNK = 4
POSTING, SETTLING = (
    register(dataclasses.replace(job, name=f"crash.{job.name}", chunk=CHUNK))
    for job in (STAGED_POSTING, INTEREST_SETTLEMENT)
)


def clock() -> datetime:
    return datetime.now(tz=UTC)


class BatchDay(SettlementDay):
    """The deposits come as a staged run, the settlement is a run too; whoever comes works on both until they are done."""

    workers = 2

    def kill_after(self, reached: int) -> int:
        """Mostly while chunks are worked, and now and then while rows are staged."""
        return super().kill_after(max(reached, 40))

    def add_deposits(self) -> None:
        self.posting, self.settling = f"{self.name}:posting", f"{self.name}:settling"
        self.valued = self.day - timedelta(days=self.chance.randint(1, 300))
        for flows in self.flows.values():
            flows.append(Flow(self.valued, self.chance.randint(1, 10**7)))
        self.add(self.open_posting, f"run:{self.posting}")
        self.add(self.stage)
        self.add(lambda: self.work(self.open_posting()), f"finished:{self.posting}")

    def add_settlement(self) -> None:
        self.add(self.open_settling, f"run:{self.settling}")
        self.add(lambda: self.work(self.open_settling()), f"finished:{self.settling}")

    def opened(self, job: Job, key: str, **params: object) -> int:
        return open_run(job=job.name, key=key, params=params, business_date=self.day, maker="甲", at=clock()).run.pk

    def open_posting(self) -> int:
        return self.opened(
            POSTING, self.posting, contra=self.accounts[self.bank], kind="drill", value_date=str(self.valued)
        )

    def open_settling(self) -> int:
        return self.opened(
            SETTLING, self.settling, subject=self.subject, rate_code=MEMBER_RATE,
            payable=self.accounts[self.payable], expense=self.accounts[self.expense],
        )  # fmt: skip

    def stage(self) -> None:
        rows = [(self.accounts[member], -flow.amount) for member, (flow,) in self.flows.items()]
        stage(run_id=self.open_posting(), rows=((line, *row) for line, row in enumerate(rows, 1)), at=clock())

    def work(self, run_id: int) -> None:
        """Until all is done, by this worker or another: what a killed one leaves is free at once."""
        while (told := work(run_id=run_id, clock=clock)).state is not RunState.FINISHED:
            assert told.state is RunState.RUNNING, told
            time.sleep(0.002)

    def check_books(self, *, finished: bool) -> None:
        super().check_books(finished=finished)
        if not finished:
            return
        deposited = sum(flow.amount for (flow,) in self.flows.values())
        expected = {
            self.posting: {"lines": self.ACCOUNTS, "amount": -deposited},
            self.settling: {"accounts": self.ACCOUNTS, "paid": sum(self.interest.values())},
        }
        for key, totals in expected.items():
            with connection.cursor() as cursor:
                cursor.execute("SELECT id FROM platform_run WHERE key = %s", [key])
                ((run_id,),) = cursor.fetchall()
            told = standing(run_id=run_id)
            assert (told.state, told.done, told.failed) == (RunState.FINISHED, self.ACCOUNTS // CHUNK, 0), told
            assert counts(run_id=run_id) == totals
