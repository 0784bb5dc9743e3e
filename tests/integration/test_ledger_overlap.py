"""Four workers at once on the same accounts, in random orders: no deadlock, no long wait, and the sums are right.

A deadlock would be raised as an OperationalError (SQLSTATE 40P01) and end the worker; none is caught here.
"""

import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection, connections, transaction

from anju.ledger import days, errors, holds, operations, settlement
from anju.ledger.operations import JournalRequest, Line, NewAccount, credit, debit
from threads import in_threads

DAY = date(2024, 3, 5)
SUBJECT = "20188"
WORKERS, ACCOUNTS = 4, 120
pytestmark = pytest.mark.usefixtures("center", "business_days")


def key() -> str:
    return uuid.uuid4().hex


def request(*lines: Line, business_date: date = DAY) -> JournalRequest:
    return JournalRequest(key=key(), kind="overlap", business_date=business_date, lines=lines, maker="甲")


def opened(count: int, subject: str = "201", *, hot: bool = False, opened_on: date = date(2020, 1, 1)) -> list[int]:
    new = [NewAccount(f"overlap-{key()}", subject, opened_on) for _ in range(count)]
    return list(operations.open_accounts(accounts=new, hot=hot, overdraft_allowed=hot).values())


def balances(accounts: list[int]) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT account_id, -amount FROM ledger_balance WHERE account_id = ANY (%s)", [accounts])
        return dict(cursor.fetchall())


def differences(accounts: list[int]) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM ledger_verify_accounts(%s, %s, 0, 1)", [min(accounts), max(accounts)])
        return cursor.fetchall()


def test_batches_over_the_same_accounts_in_random_orders():
    (bank,), accounts = opened(1, "10101", hot=True), opened(ACCOUNTS)

    def work(index: int) -> Counter[int]:
        chance, moved = random.Random(index), Counter()
        for _ in range(60):
            journals = []
            for _ in range(chance.randint(1, 4)):
                parts = [(account, chance.randint(1, 99)) for account in chance.sample(accounts, 40)]
                moved.update(dict(parts))
                journals.append(
                    request(debit(bank, sum(a for _, a in parts)), *(credit(account, a) for account, a in parts))
                )
            operations.post(journals=journals)
        return moved

    results = in_threads(work, WORKERS)
    assert [result for result in results if not isinstance(result, Counter)] == []
    assert balances(accounts) == sum(results, Counter())
    assert differences(accounts) == []


class Desk:
    """A worker that does everything the ledger offers to accounts that the others work on too."""

    def __init__(self, index: int, bank: int, accounts: list[int], payable: int, expense: int) -> None:
        self.chance = random.Random(100 + index)
        self.bank, self.accounts, self.payable, self.expense = bank, accounts, payable, expense
        self.done: Counter[str] = Counter()

    def two(self) -> list[int]:
        return self.chance.sample(self.accounts, 2)

    def move(self) -> None:
        """From a member to another."""
        source, target = self.two()
        operations.post(journals=[request(credit(target, 5), debit(source, 5))])

    def batch(self) -> None:
        chosen = self.chance.sample(self.accounts, 9)
        operations.post(journals=[request(*(credit(a, 10) for a in chosen), debit(self.bank, 90)) for _ in range(2)])

    def offset(self) -> None:
        """A hold that is captured in favour of another member's account, or released."""
        source, target = self.two()
        hold = holds.place(key=key(), account=source, kind="reserve", amount=7, business_date=DAY, maker="甲").hold_id
        if self.chance.random() < 0.3:
            holds.release(hold_id=hold, key=key(), business_date=DAY, maker="甲")
        else:
            holds.capture(hold_id=hold, journal=request(credit(target, 4), debit(source, 4)))

    def expiring(self) -> None:
        source = self.chance.choice(self.accounts)
        holds.place(key=key(), account=source, kind="freeze", amount=1, business_date=DAY, maker="甲", expires=DAY + timedelta(days=1))  # fmt: skip
        holds.expire(business_date=DAY + timedelta(days=1), maker="日终")

    def undo(self) -> None:
        source, target = self.two()
        (posted,) = operations.post(journals=[request(debit(source, 3), credit(target, 3))])
        operations.reverse(journal_id=posted.journal_id, key=key(), business_date=DAY, maker="甲", reason="撤销")

    def transfer(self) -> None:
        source, target = self.two()
        operations.transfer_account(source=source, destination=target, key=key(), business_date=DAY, maker="甲")

    def settle(self) -> None:
        low, high = sorted(self.two())
        settlement.settle_chunk(
            low=low, high=high, subject=SUBJECT, settlement_day=DAY - timedelta(days=1), payable=self.payable,
            expense=self.expense, key=key(), maker="甲",
        )  # fmt: skip

    def close_out(self) -> None:
        account = self.chance.choice(self.accounts)
        with transaction.atomic():
            fen = settlement.take_interest(account=account, until=DAY)
            operations.post(journals=[request(debit(self.expense, fen + 1), credit(account, fen + 1))])

    def work(self, rounds: int) -> Counter[str]:
        verbs = (
            self.move,
            self.batch,
            self.offset,
            self.expiring,
            self.undo,
            self.transfer,
            self.settle,
            self.close_out,
        )
        for _ in range(rounds):
            verb = self.chance.choice(verbs)
            try:
                verb()
                self.done[verb.__name__] += 1
            except errors.LedgerError as refusal:  # money that another worker took first
                self.done[refusal.code] += 1
        return self.done


@pytest.fixture
def subject(center):
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_subject (code, name, parent_id, side, class, source)"
            " VALUES (%s, '并发', '201', -1, 'liability', 'tests') ON CONFLICT DO NOTHING",
            [SUBJECT],
        )


@pytest.mark.usefixtures("subject")
def test_everything_at_once_on_few_accounts():
    (bank,), (payable,), (expense,) = (opened(1, code, hot=True) for code in ("10101", "211", "41101"))
    accounts = opened(12, SUBJECT)
    operations.post(
        journals=[
            request(debit(bank, 12 * 10**6), *(credit(a, 10**6) for a in accounts), business_date=date(2024, 1, 2))
        ]
    )
    results = in_threads(lambda index: Desk(index, bank, accounts, payable, expense).work(150), WORKERS)
    assert [result for result in results if not isinstance(result, Counter)] == []
    done = sum(results, Counter())
    assert all(done[verb] > 20 for verb in ("move", "batch", "offset", "expiring", "undo", "transfer", "settle")), done
    assert differences(accounts) == []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(amount) FROM ledger_entry WHERE account_id = ANY (%s)", [[*accounts, bank, payable, expense]]
        )
        assert cursor.fetchone() == (0,)


def _waiting_for_the_gate(cursor) -> int:
    cursor.execute(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    return cursor.fetchone()[0]


@pytest.mark.usefixtures("subject")
@pytest.mark.parametrize("verb", ["capture", "release", "transfer", "settle", "take_interest"])
def test_whoever_waits_for_the_shutting_of_a_day_holds_no_account(verb):
    """Else the shutting waits for a posting, which waits for the account, whose holder waits for the shutting."""
    (bank,), (payable,), (expense,) = (opened(1, code, hot=True) for code in ("10101", "211", "41101"))
    account, other = opened(2, SUBJECT)
    operations.post(journals=[request(debit(bank, 10**6), credit(account, 10**6), business_date=date(2024, 1, 2))])
    hold = holds.place(key=key(), account=other, kind="freeze", amount=7, business_date=DAY, maker="甲").hold_id
    if verb in {"capture", "release"}:
        hold = holds.place(key=key(), account=account, kind="reserve", amount=7, business_date=DAY, maker="甲").hold_id
    verbs: dict[str, Callable[[], object]] = {
        "capture": lambda: holds.capture(hold_id=hold, journal=request(debit(account, 4), credit(bank, 4))),
        "release": lambda: holds.release(hold_id=hold, key=key(), business_date=DAY, maker="甲"),
        "transfer": lambda: operations.transfer_account(
            source=account, destination=other, key=key(), business_date=DAY, maker="甲"
        ),
        "settle": lambda: settlement.settle_chunk(
            low=account, high=account, subject=SUBJECT, settlement_day=DAY - timedelta(days=1), payable=payable,
            expense=expense, key=key(), maker="甲",
        ),
        "take_interest": lambda: settlement.take_interest(account=account, until=DAY),
    }  # fmt: skip
    waiters: list[threading.Thread] = []
    failures: list[Exception] = []

    def start(work: Callable[[], object], waiting: int, cursor) -> None:
        def run() -> None:
            try:
                work()
            except Exception as error:  # noqa: BLE001 - handed to the test
                failures.append(error)
            finally:
                connection.close()

        waiters.append(threading.Thread(target=run))
        waiters[-1].start()
        deadline = time.monotonic() + 20
        while _waiting_for_the_gate(cursor) < waiting:
            assert time.monotonic() < deadline
            time.sleep(0.005)

    with transaction.atomic(), connection.cursor() as cursor:
        operations.post(journals=[request(debit(bank, 5), credit(opened(1, SUBJECT)[0], 5))])
        start(lambda: days.shut_days(through=date(2000, 1, 1)), 1, cursor)
        start(verbs[verb], 2, cursor)
        cursor.execute("SET LOCAL lock_timeout = '300ms'")
        operations.post(journals=[request(debit(bank, 5), credit(account, 5))])
    for waiter in waiters:
        waiter.join()
    assert failures == []
