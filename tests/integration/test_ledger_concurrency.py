"""Many at once: what is counted, held, shut, settled, moved and reversed stays right, and nobody waits in a circle."""

import itertools
import random
import threading
import time
from collections import Counter
from datetime import date, timedelta

import pytest
from django.db import transaction

from anju.ledger import days, errors, holds, operations, queries, settlement
from anju.ledger.database import rows
from anju.ledger.operations import JournalRequest, NewAccount, Posted, credit, debit
from ledger_cases import disagreements
from threads import in_threads

pytestmark = [
    pytest.mark.usefixtures("own_center", "center", "nothing_disagrees"),
]
FIRST = date(2017, 1, 1)
_serial = itertools.count(1)
_days = itertools.count()


@pytest.fixture
def nothing_disagrees(own_center, center):
    yield
    assert disagreements() == []


def key() -> str:
    return f"key-{next(_serial)}-{random.random()}"


def opened(subject: str, *, hot: bool = False) -> int:
    number = key()
    ids = operations.open_accounts(accounts=[NewAccount(number, subject, FIRST)], hot=hot, overdraft_allowed=hot)
    return ids[number]


def a_day() -> date:
    """An open day later than those of the tests before."""
    day = FIRST + 5 * next(_days) * timedelta(days=1)
    days.open_days(first=day, final=day, actor="t")
    return day


def book(day: date, *lines: operations.Line) -> Posted:
    journal = JournalRequest(key=key(), kind="t", business_date=day, lines=lines, maker="t")
    return operations.post(journals=[journal])[0]


def kinds(results: list) -> Counter:
    return Counter(type(result) for result in results)


def funded(day: date, amount: int) -> tuple[int, int]:
    bank, member = opened("10101", hot=True), opened("201")
    book(day, debit(bank, amount), credit(member, amount))
    return bank, member


def test_reserves_at_once_never_exceed_the_balance():
    day = a_day()
    _, member = funded(day, 100)

    def work(_index: int) -> holds.Placed:
        return holds.place(key=key(), account=member, kind="reserve", amount=30, business_date=day, maker="t")

    assert kinds(in_threads(work, 8)) == {holds.Placed: 3, errors.InsufficientBalanceError: 5}
    assert holds.available(account=member) == 10


def test_a_hold_asked_for_by_eight_is_placed_once():
    day = a_day()
    _, member = funded(day, 100)
    facts = {"key": key(), "account": member, "kind": "reserve", "amount": 30, "business_date": day, "maker": "t"}
    results = in_threads(lambda _index: holds.place(**facts), 8)
    assert sorted(result.replayed for result in results) == [False] + [True] * 7
    assert holds.available(account=member) == 70


def test_captures_and_releases_of_one_hold_at_once_end_it_once():
    day = a_day()
    bank, member = funded(day, 100)
    hold = holds.place(key=key(), account=member, kind="reserve", amount=60, business_date=day, maker="t").hold_id

    def work(index: int) -> object:
        if index % 2:
            return holds.release(hold_id=hold, key=key(), business_date=day, maker="t")
        journal = JournalRequest(
            key=key(), kind="t", business_date=day, lines=[debit(member, 60), credit(bank, 60)], maker="t"
        )
        return holds.capture(hold_id=hold, journal=journal)

    results = in_threads(work, 8)
    done = [result for result in results if isinstance(result, bool | Posted)]
    assert len(done) == 1
    assert kinds(results)[errors.HoldNotActiveError] == 7
    assert queries.account_balance(account=member) == (100 if done[0] is True else 40)
    assert holds.active(account=member) == []


def test_every_posting_is_in_the_day_that_is_shut_or_refused():
    day = a_day()
    bank, member = funded(day, 1)
    counted: list[int] = []

    def work(index: int) -> int:
        if index == 0:
            time.sleep(0.3)
            days.shut_days(through=day)
            counted.extend(rows("SELECT count(*) FROM ledger_journal WHERE business_date = %s", [day])[0])
            return 0
        posted = 0
        try:
            while True:
                book(day, debit(bank, 1), credit(member, 1))
                posted += 1
        except errors.DayShutError:
            return posted

    results = in_threads(work, 6)
    assert sum(results) > 10
    assert counted == [1 + sum(results)]
    assert queries.account_balance(account=member) == counted[0]
    assert days.seal_days(through=day, actor="t")[-1].journals == counted[0]


def _waiting(many: int) -> None:
    """Return when so many sessions wait for the gate of the days."""
    for _ in range(500):
        found = rows(
            "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database"
            " WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()",
            [],
        )
        if found[0][0] == many:
            return
        time.sleep(0.01)
    pytest.fail(f"{many} sessions do not wait for the gate")


@pytest.mark.parametrize("action", ["place", "capture", "release", "transfer", "settle", "cut", "take", "reverse"])
def test_nobody_holds_a_balance_while_waiting_for_a_day_that_is_being_shut(action):
    """The posting under way holds the gate, the shutting waits for it, `action` waits for the shutting; if it had the
    balance already that the posting needs next, all three would wait for ever.
    """
    day = a_day()
    (bank, member), other = funded(day, 100), opened("201")
    payable, expense = opened("211", hot=True), opened("41101", hot=True)
    journal = book(day, debit(bank, 10), credit(member, 10)).journal_id
    facts = {"key": key(), "business_date": day, "maker": "t"}
    lines = [debit(member, 1), credit(bank, 1)]
    if action in ("capture", "release"):
        hold = holds.place(**facts | {"key": key()}, account=member, kind="reserve", amount=1).hold_id
    books = {"subject": "201", "payable": payable, "expense": expense}
    actions = {
        "place": lambda: holds.place(**facts, account=member, kind="reserve", amount=1),
        "capture": lambda: holds.capture(hold_id=hold, journal=JournalRequest(**facts, kind="t", lines=lines)),
        "release": lambda: holds.release(**facts, hold_id=hold),
        "transfer": lambda: operations.transfer_account(**facts, source=member, destination=other),
        "settle": lambda: settlement.settle_chunk(
            **books, low=member, high=member, settlement_day=day, key=key(), maker="t"
        ),
        "cut": lambda: settlement.cut_interest(subject="201", at=day),
        "take": lambda: settlement.take_interest(account=member, until=day),
        "reverse": lambda: operations.reverse(**facts, journal_id=journal, reason="t"),
    }

    def work(index: int) -> object:
        if index == 0:
            with transaction.atomic():
                book(day, debit(bank, 1), credit(other, 1))
                taken.set()
                _waiting(2)
                return book(day, debit(bank, 1), credit(member, 1))
        taken.wait()
        if index == 1:
            return days.shut_days(through=day)
        _waiting(1)
        return actions[action]()

    taken = threading.Event()
    posted, shut, came = in_threads(work, 3)
    assert isinstance(posted, Posted)
    assert shut >= 1
    assert isinstance(came, errors.DayShutError) or action in ("cut", "take"), came
    assert not isinstance(came, Exception) or isinstance(came, errors.LedgerError), came


def test_a_settlement_under_postings_pays_exactly_what_was_booked_before_it():
    bank, payable, expense = (opened(subject, hot=True) for subject in ("10101", "211", "41101"))
    members = [opened("201") for _ in range(20)]
    start, day = a_day(), a_day()
    book(start, debit(bank, 20 * 240_000), *(credit(member, 240_000) for member in members))

    def work(index: int) -> int:
        if index == 0:
            time.sleep(0.2)
            facts = {"low": members[0], "high": members[-1], "subject": "201", "payable": payable, "expense": expense}
            return settlement.settle_chunk(**facts, settlement_day=day, key=key(), maker="t").paid
        posted = 0
        try:
            while True:
                book(day, debit(bank, 12_345), credit(random.choice(members), 12_345))
                posted += 1
        except errors.SettledError:
            return posted

    paid, *posted = in_threads(work, 5)
    products = [queries.product_at(account=m, until=day + timedelta(days=1), known_on=day) for m in members]
    assert sum(products) == 20 * 240_000 * 6 + sum(posted) * 12_345
    assert paid == sum((2 * product + 24_000) // 48_000 for product in products)  # 1.50 %: 24 000 fen x days a fen
    assert all(settlement.interest_due(account=m, until=day + timedelta(days=1)) == 0 for m in members)


def test_transfers_there_and_back_at_once_neither_deadlock_nor_lose_a_product():
    day = a_day()
    bank, one = funded(day, 240_000)
    other = opened("201")
    book(day, debit(bank, 120_000), credit(other, 120_000))
    later = a_day()

    def work(index: int) -> Counter:
        source, destination = (one, other) if index % 2 else (other, one)
        came: Counter = Counter()
        for _ in range(15):
            try:
                operations.transfer_account(
                    source=source, destination=destination, key=key(), business_date=later, maker="t"
                )
                came["done"] += 1
            except errors.NotTransferableError:
                came["empty"] += 1
        return came

    results = in_threads(work, 4)
    assert all(isinstance(result, Counter) for result in results), results
    assert sum(result["done"] for result in results) > 0
    assert sorted(queries.account_balance(account=account) for account in (one, other)) == [0, 360_000]
    due = [settlement.interest_due(account=account, until=later) for account in (one, other)]
    assert sorted(due) == [0, 5 * 15]


def test_writers_and_double_reverts_sum_to_zero():
    day = a_day()
    bank, members = opened("10101", hot=True), [opened("201") for _ in range(4)]
    booked: list[int] = []

    def write(_index: int) -> None:
        for _ in range(10):
            member, amount = random.choice(members), random.randint(1, 10**6)
            booked.append(book(day, debit(bank, amount), credit(member, amount)).journal_id)

    def revert(_index: int) -> int:
        done = 0
        for journal in random.sample(booked, len(booked)):
            try:
                operations.reverse(journal_id=journal, key=key(), business_date=day, maker="t", reason="t")
                done += 1
            except errors.NotReversibleError:
                pass
        return done

    assert in_threads(write, 4) == [None] * 4
    assert sum(in_threads(revert, 4)) == len(booked) == 40
    assert [queries.account_balance(account=account) for account in (bank, *members)] == [0] * 5


def test_one_reversal_asked_for_by_eight_is_booked_once_and_answered_to_all():
    day = a_day()
    bank, member = opened("10101", hot=True), opened("201")
    for _ in range(5):
        journal, used = book(day, debit(bank, 7), credit(member, 7)).journal_id, key()
        facts = {"journal_id": journal, "key": used, "business_date": day, "maker": "t", "reason": "t"}
        results = in_threads(lambda _index, facts=facts: operations.reverse(**facts), 8)
        assert kinds(results) == {Posted: 8}, results
        assert sorted(result.replayed for result in results) == [False] + [True] * 7
    assert queries.account_balance(account=member) == 0


def test_no_day_is_opened_behind_one_that_is_being_shut():
    day = a_day()
    earlier, opening = day - timedelta(days=1), threading.Event()

    def work(index: int) -> int:
        if index == 0:
            with transaction.atomic():
                opened_now = days.open_days(first=earlier, final=earlier, actor="t")
                opening.set()
                time.sleep(0.2)
                return opened_now
        opening.wait()
        return days.shut_days(through=day)

    opened_now, shut = in_threads(work, 2)
    assert opened_now == 1
    assert shut >= 2
    assert rows("SELECT day FROM ledger_day WHERE day <= %s AND NOT shut", [day]) == []
