"""Batch runs for the drill: a remittance staged by COPY and a yearly settlement, worked by several workers at once."""

import time
from datetime import UTC, datetime, timedelta

from crash_programs import SettlementDay
from django.db import connection, connections

from anju.ledger import operations, settlement
from anju.ledger.interest import Flow
from anju.ledger.operations import JournalRequest, credit, debit
from anju.platform.runs.declarations import Column, Job, register
from anju.platform.runs.models import RunState
from anju.platform.runs.operations import open_run, stage, work
from anju.platform.runs.queries import counts, standing

CHUNK = 4


def remit(cursor, run, low, high):
    """Credit the members of a chunk in one journal, valued as many days ago as the chunk begins."""
    cursor.execute(
        "SELECT account, amount FROM crash_remittance WHERE run_id = %s AND line BETWEEN %s AND %s ORDER BY line",
        [run.pk, low, high],
    )
    rows = cursor.fetchall()
    total = sum(amount for _account, amount in rows)
    lines = [debit(run.params["bank"], total), *(credit(account, amount) for account, amount in rows)]
    operations.post(
        journals=[
            JournalRequest(
                key=f"{run.key}:{low}", kind="drill", business_date=run.business_date,
                value_date=run.business_date - timedelta(days=low), lines=lines, maker=run.maker,
            )
        ]
    )  # fmt: skip
    return {"members": len(rows), "amount": total}


def settle(cursor, run, low, high):
    done = settlement.settle_chunk(
        low=low, high=high, settlement_day=run.business_date, key=run.params["reference"], maker=run.maker,
        **{name: run.params[name] for name in ("subject", "payable", "expense")},
    )  # fmt: skip
    return {"members": done.accounts, "amount": done.paid}


register(
    Job(
        name="crash-remittance",
        title="点检汇缴",
        staging="crash_remittance",
        columns=(Column("account", "账户"), Column("amount", "金额")),
        chunk=CHUNK,
        work=remit,
    )
)
register(
    Job(
        name="crash-settlement",
        title="点检结息",
        keys="SELECT id FROM ledger_account WHERE subject_id = %(params)s::jsonb ->> 'subject' AND NOT hot",
        chunk=CHUNK,
        work=settle,
    )
)


def prepare() -> None:
    """The staging table, once."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "CREATE UNLOGGED TABLE IF NOT EXISTS crash_remittance (run_id bigint NOT NULL, line bigint NOT NULL,"
            " account bigint, amount bigint, PRIMARY KEY (run_id, line))"
        )
        cursor.execute("GRANT SELECT, INSERT, DELETE ON crash_remittance TO anju_app")


def clock() -> datetime:
    return datetime.now(tz=UTC)


class BatchDay(SettlementDay):
    """The deposits come as a staged run, the settlement is a run too; whoever comes works on both until they are done."""

    workers = 2

    def kill_after(self, reached: int) -> int:
        """Mostly while chunks are worked, and now and then while rows are staged."""
        return super().kill_after(max(reached, 40))

    def add_deposits(self) -> None:
        self.amounts = [self.chance.randint(1, 10**7) for _ in self.flows]
        for index, (flows, amount) in enumerate(zip(self.flows.values(), self.amounts, strict=True)):
            flows.append(Flow(self.day - timedelta(days=index // CHUNK * CHUNK + 1), amount))
        self.remittance, self.settling = f"{self.name}:remittance", f"{self.name}:settling"
        self.add(self.open_remittance, f"run:{self.remittance}")
        self.add(self.stage)
        self.add(lambda: self.work(self.remittance), f"finished:{self.remittance}")

    def add_settlement(self) -> None:
        self.add(self.open_settlement, f"run:{self.settling}")
        self.add(lambda: self.work(self.settling), f"finished:{self.settling}")

    def opened(self, job: str, key: str, **params: object) -> int:
        return open_run(job=job, key=key, params=params, business_date=self.day, maker="甲", at=clock()).run.pk

    def open_remittance(self) -> int:
        return self.opened("crash-remittance", self.remittance, bank=self.accounts[self.bank])

    def open_settlement(self) -> int:
        return self.opened(
            "crash-settlement", self.settling, subject=self.subject, reference=f"settlement of {self.name}",
            payable=self.accounts[self.payable], expense=self.accounts[self.expense],
        )  # fmt: skip

    def stage(self) -> None:
        rows = zip(self.flows, self.amounts, strict=True)
        stage(
            run_id=self.open_remittance(),
            rows=((line, self.accounts[member], amount) for line, (member, amount) in enumerate(rows, 1)),
            at=clock(),
        )

    def work(self, key: str) -> None:
        """Until all is done, by this worker or another: what a killed one leaves is free at once."""
        run_id = self.open_remittance() if key == self.remittance else self.open_settlement()
        while (told := work(run_id=run_id, clock=clock)).state is not RunState.FINISHED:
            assert told.state is RunState.RUNNING, told
            time.sleep(0.002)

    def check_books(self, *, finished: bool) -> None:
        super().check_books(finished=finished)
        if not finished:
            return
        totals = {self.remittance: sum(self.amounts), self.settling: sum(self.interest.values())}
        for key, total in totals.items():
            with connection.cursor() as cursor:
                cursor.execute("SELECT id FROM platform_run WHERE key = %s", [key])
                ((run_id,),) = cursor.fetchall()
            told = standing(run_id=run_id)
            assert (told.state, told.done, told.failed) == (RunState.FINISHED, self.ACCOUNTS // CHUNK, 0), told
            assert counts(run_id=run_id) == {"members": self.ACCOUNTS, "amount": total}
