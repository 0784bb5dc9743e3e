"""委托扣款: who gave a card with the agreement is billed by the program when a month has come, and the bank collects it."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from anju.contributions.models_debit import DebitMandate
from anju.platform.runs import operations as runs
from anju.platform.runs.queries import Standing
from anju.registry.models import Member

#: Name of the run (batch.py).
JOB = "contributions.flexible-dues"


def agree(*, member: Member, card: str, signed: date, maker: str) -> None:
    """Keep the card of an agreement as a mandate; one in force before ends on that day."""
    end(member=member, ended=signed)
    count = DebitMandate.objects.filter(member=member).count()
    sealed: dict[str, Any] = {"payer_account": card}
    DebitMandate.objects.create(
        key=f"{member.number}:{count + 1}", unit=member.unit, member=member, payer_name=member.name, **sealed,
        signed_date=signed, maker=maker,
    )  # fmt: skip


def end(*, member: Member, ended: date) -> None:
    """End a member's mandate, if there is one."""
    DebitMandate.objects.filter(member=member, ended_date=None).update(ended_date=ended)


def bill_due(*, business_date: date, maker: str, clock: Callable[[], datetime]) -> Standing:
    """Issue the notices of everybody whose month has come; once a person and period, whenever it is run."""
    run = runs.open_run(
        job=JOB, key=f"{JOB}:{business_date}", params={}, business_date=business_date, maker=maker, at=clock()
    ).run  # fmt: skip
    return runs.work(run_id=run.pk, clock=clock)
