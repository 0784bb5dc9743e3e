"""Bills paid by the batch engine: what is covered once, however many work at once; what is short stays and is counted."""

from datetime import UTC, datetime

import pytest

from anju.contributions.batch import ALLOCATION
from anju.contributions.bills import issue_remittance
from anju.contributions.models import Bill
from anju.contributions.receipts import Notice, receive
from anju.kernel.periods import Month
from anju.ledger.operations import NewAccount, open_accounts
from anju.ledger.queries import account_balance
from anju.platform.runs import operations as runs
from anju.platform.runs.queries import counts
from anju.registry.models import Member, Unit
from anju.registry.operations import NewMember, open_member_accounts
from item_walk import DAY, identity_number, phone, serial
from portal_walk import a_unit
from threads import in_threads


def _now() -> datetime:
    return datetime.now(UTC)


def billed(bases: list[int]) -> tuple[Bill, list[Member]]:
    """A unit of these members with a notice for its next month."""
    unit = a_unit(f"分摊单位{serial()}")
    numbers = [f"6{serial()}" for _base in bases]
    open_member_accounts(
        members=[
            NewMember(
                number=number, name="王小明", identity_number=identity_number(), phone=phone(), unit_number=unit.number,
                base=base, opened=DAY, first_month=Month(2026, 5),
            )
            for number, base in zip(numbers, bases, strict=True)
        ]
    )  # fmt: skip
    bill = issue_remittance(unit_number=unit.number, months=1, business_date=DAY, maker="tests")
    return bill, list(Member.objects.filter(number__in=numbers).order_by("number"))


def paid_in(bill: Bill, bank: int, more: int = 0) -> None:
    """Money from the unit without a reference, so that nothing is booked on arrival but the suspense account."""
    unit = Unit.objects.get(pk=bill.unit_id)
    for part in (1, bill.amount + more - 1):
        notice = Notice(bank_account=bank, serial=serial(), arrived=DAY, payer_name=unit.name, amount=part)
        receive(notice=notice, business_date=DAY, maker="bank")


def a_run() -> int:
    return runs.open_run(
        job=ALLOCATION.name, key=serial(), params={}, business_date=DAY, maker="tests", at=_now()
    ).run.pk


@pytest.mark.usefixtures("center", "business_days")
def test_four_workers_on_two_runs_book_every_covered_bill_once():
    (bank,) = open_accounts(
        accounts=[NewAccount(f"B{serial()}", "10101", DAY)], hot=True, overdraft_allowed=True
    ).values()
    covered = [billed([500_000, 600_000]) for _each in range(6)]
    short, _members = billed([700_000])
    for bill, _each in covered:
        paid_in(bill, bank)
    paid_in(short, bank, more=-1)
    both = [a_run(), a_run()]
    told = in_threads(lambda place: runs.work(run_id=both[place % 2], clock=_now), 4)
    assert not [each for each in told if isinstance(each, Exception)]
    assert sum(counts(run_id=run)["bills"] for run in both) >= len(covered)
    for bill, members in covered:
        bill.refresh_from_db()
        assert bill.state == "paid"
        assert [account_balance(account=each.account_id) for each in members] == [80_000, 96_000]
    short.refresh_from_db()
    assert (short.state, account_balance(account=Unit.objects.get(pk=short.unit_id).suspense_id)) == ("open", 111_999)
