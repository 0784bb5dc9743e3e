"""Interest where settlement, change of rate, transfer and close-out fall on awkward days, beside the pure computation."""

import uuid
from datetime import date

import pytest

from anju.ledger import operations, settlement
from anju.ledger.errors import AlreadySettledError
from anju.ledger.interest import Flow, settle
from anju.ledger.operations import MEMBER_RATE, JournalRequest, NewAccount, credit, debit

START, RATE = date(2024, 1, 2), 15_000
pytestmark = pytest.mark.usefixtures("business_days")


def opened(subject: str, *, hot: bool = False) -> int:
    (account,) = operations.open_accounts(
        accounts=[NewAccount(uuid.uuid4().hex, subject, date(2023, 1, 1))], hot=hot, overdraft_allowed=hot
    ).values()
    return account


def deposit(account: int, fen: int, day: date = START) -> None:
    lines = [debit(opened("10101", hot=True), fen), credit(account, fen)]
    operations.post(
        journals=[JournalRequest(key=uuid.uuid4().hex, kind="test", business_date=day, lines=lines, maker="甲")]
    )


def paid_by_settlement(account: int, day: date) -> int:
    return settlement.settle_chunk(
        low=account, high=account, subject="201", settlement_day=day, payable=opened("211", hot=True),
        expense=opened("41101", hot=True), key=uuid.uuid4().hex, maker="甲",
    ).paid  # fmt: skip


def interest(fen: int, start: date, until: date) -> int:
    return settle(0, [Flow(start, fen)], start=start, until=until, rate=RATE).interest


def test_an_account_settled_since_the_latest_change_of_rate_can_be_transferred(db):
    source, target = opened("201"), opened("201")
    deposit(source, 1_000_000)
    paid = paid_by_settlement(source, date(2024, 6, 30))
    assert paid == interest(1_000_000, START, date(2024, 7, 1))
    operations.transfer_account(
        source=source, destination=target, key=uuid.uuid4().hex, business_date=date(2024, 9, 3), maker="甲"
    )
    until = date(2024, 10, 8)
    assert settlement.take_interest(account=target, until=until) == interest(1_000_000 + paid, date(2024, 7, 1), until)


def test_what_accrued_up_to_the_day_of_a_close_out_is_paid_once(db):
    account, change = opened("201"), date(2024, 5, 1)
    deposit(account, 1_000_000)
    settlement.set_rate(code=MEMBER_RATE, start=change, rate=20_000, document="测试", known_from=change)
    settlement.cut_interest(subject="201", at=change)
    expected = interest(1_000_000, START, change)
    assert settlement.interest_due(account=account, until=change) == expected
    assert settlement.take_interest(account=account, until=change) == expected
    assert settlement.take_interest(account=account, until=change) == 0


def test_what_a_transfer_brought_is_not_taken_for_days_before_it(db):
    source, target, change = opened("201"), opened("201"), date(2024, 5, 1)
    deposit(source, 1_000_000)
    deposit(target, 500_000)
    settlement.set_rate(code=MEMBER_RATE, start=change, rate=20_000, document="测试", known_from=change)
    transferred = date(2024, 5, 20)
    operations.transfer_account(
        source=source, destination=target, key=uuid.uuid4().hex, business_date=transferred, maker="甲"
    )
    for account in (source, target):
        with pytest.raises(AlreadySettledError):
            settlement.take_interest(account=account, until=date(2024, 5, 19))
    numerator = sum(
        1_500_000 * (end - start).days * rate
        for start, end, rate in ((START, change, RATE), (change, transferred, 20_000))
    )
    assert settlement.take_interest(account=target, until=transferred) == (numerator + 180_000_000) // 360_000_000
    assert settlement.take_interest(account=source, until=transferred) == 0
