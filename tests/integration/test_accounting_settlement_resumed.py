"""The yearly settlement that was cut off between its steps is run again, and books every step once."""

import uuid
from datetime import UTC, date, datetime

import pytest

from anju.accounting.operations import SYSTEM, accrue_interest, open_books, settle_year
from anju.kernel.periods import Month
from anju.ledger import operations, settlement
from anju.ledger.batch import INTEREST_SETTLEMENT
from anju.ledger.operations import MEMBER_RATE, JournalRequest, NewAccount, credit, debit
from anju.ledger.queries import balance
from anju.platform.runs.operations import open_run, work

DAY, FIRST = date(2024, 6, 30), date(2024, 1, 2)
pytestmark = pytest.mark.usefixtures("business_days")


def clock() -> datetime:
    return datetime(2024, 6, 30, 18, tzinfo=UTC)


def deposits_whose_interest_rounds_down(count: int) -> None:
    """181 days at 1.5 %: 18,567 fen bear 140.03 fen, 18,617 fen bear 140.40."""
    bank = operations.open_accounts(
        accounts=[NewAccount(uuid.uuid4().hex, "10101", FIRST)], hot=True, overdraft_allowed=True
    )
    members = operations.open_accounts(accounts=[NewAccount(uuid.uuid4().hex, "201", FIRST) for _ in range(count)])
    lines = [debit(*bank.values(), 18_617 * count), *(credit(member, 18_617) for member in members.values())]
    operations.post(
        journals=[JournalRequest(key=uuid.uuid4().hex, kind="test", business_date=FIRST, lines=lines, maker="甲")]
    )
    assert {settlement.interest_due(account=m, until=date(2024, 7, 1)) for m in members.values()} == {140}


def test_cut_off_after_the_run_and_before_the_rounding(db):
    books = open_books(opened=FIRST)
    deposits_whose_interest_rounds_down(50)
    accrued = accrue_interest(month=Month(2024, 6), books=books)
    params = {"subject": "201", "rate_code": MEMBER_RATE, "payable": books["211"], "expense": books["41101"]}
    run_id = open_run(
        job=INTEREST_SETTLEMENT.name,
        key="interest-settlement:2024",
        params=params,
        business_date=DAY,
        maker=SYSTEM,
        at=clock(),
    ).run.pk
    work(run_id=run_id, clock=clock)
    assert balance(subject="211", on=DAY) != 0  # the rounding is still to be booked
    paid = settle_year(year=2024, books=books, clock=clock)
    assert balance(subject="211", on=DAY) == 0
    assert paid >= 50 * 140
    assert accrue_interest(month=Month(2024, 6), books=books) == accrued
    assert settle_year(year=2024, books=books, clock=clock) == paid
