"""What each operation of the ledger costs, counted exactly: no noise of a busy machine disturbs a count.

Round trips are counted in libpq's own trace of the wire. Work inside the server is counted by PostgreSQL's statistics
of the transaction: rows written in each table, and calls of PL/pgSQL functions. The embedded server's wheel holds no
pg_stat_statements; on a server that has it, the same counts are its `calls` with `pg_stat_statements.track = all`.
"""

import tempfile
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections, transaction

from anju.ledger import holds, operations, settlement
from anju.ledger.operations import JournalRequest, Line, NewAccount, credit, debit
from anju.platform.embedded import EmbeddedServer

DAY = date(2024, 3, 5)
SUBJECT = "20177"
pytestmark = [pytest.mark.usefixtures("center", "business_days", "_counting")]


@dataclass(frozen=True)
class Cost:
    """Round trips of the client (BEGIN and COMMIT among them), rows written, and functions called in the server."""

    round_trips: int
    rows: dict[str, int]
    functions: dict[str, int]


@pytest.fixture(scope="module")
def _counting(django_db_setup) -> None:
    """Let the application role of the tests' server count function calls; two workers may grant it at once."""
    with psycopg.connect(EmbeddedServer(settings.ANJU_HOME).url("superuser", "postgres")) as admin:
        admin.execute("SELECT pg_advisory_xact_lock(hashtext('track_functions'))")
        admin.execute("GRANT SET ON PARAMETER track_functions TO anju_app")


def key() -> str:
    return uuid.uuid4().hex


def opened(count: int, subject: str = SUBJECT, *, hot: bool = False) -> list[int]:
    new = [NewAccount(key(), subject, date(2023, 1, 1)) for _ in range(count)]
    return list(operations.open_accounts(accounts=new, hot=hot, overdraft_allowed=hot).values())


def request(*lines: Line, day: date = DAY) -> JournalRequest:
    return JournalRequest(key=key(), kind="count", business_date=day, lines=lines, maker="甲")


@pytest.fixture
def bank(center) -> int:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_subject (code, name, parent_id, side, class, source)"
            " VALUES (%s, '计数', '201', -1, 'liability', 'tests') ON CONFLICT DO NOTHING",
            [SUBJECT],
        )
    return opened(1, "10101", hot=True)[0]


@pytest.fixture
def member(bank) -> Callable[[], int]:
    """A new member with 10,000 yuan since January."""

    def make() -> int:
        (account,) = opened(1)
        operations.post(journals=[request(debit(bank, 1_000_000), credit(account, 1_000_000), day=date(2024, 1, 2))])
        return account

    return make


def round_trips(work: Callable[[], object]) -> int:
    """How often the server said that it is ready for the next command."""
    connection.ensure_connection()
    wire = connection.connection.pgconn
    with tempfile.TemporaryFile() as file:
        wire.trace(file.fileno())
        work()
        wire.untrace()
        file.seek(0)
        return sum(line.split(b"\t")[3:4] == [b"ReadyForQuery"] for line in file.read().splitlines())


def counted(cursor) -> tuple[Counter[str], Counter[str]]:
    """Rows inserted, updated and deleted by table, the partitions of a table taken together, and calls by function."""
    cursor.execute("SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_xact_user_tables")
    rows: Counter[str] = Counter()
    for table, *counts in cursor.fetchall():
        name = "entry" if table.startswith("ledger_entry") else table.removeprefix("ledger_")
        rows.update({f"{name} {sign}": count for sign, count in zip("+~-", counts, strict=True)})
    cursor.execute("SELECT funcname, calls FROM pg_stat_xact_user_functions")
    return rows, Counter({name.removeprefix("ledger_"): calls for name, calls in cursor.fetchall()})


def in_server(work: Callable[[], object]) -> tuple[dict[str, int], dict[str, int]]:
    """What the work adds to the counts of its transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL track_functions = 'pl'")
        rows, functions = counted(cursor)
        work()
        rows_after, functions_after = counted(cursor)
    return dict(rows_after - rows), dict(functions_after - functions)


def cost(prepare: Callable[[], Callable[[], object]]) -> Cost:
    """What an operation costs; `prepare` makes it anew for each of the two counts."""
    return Cost(round_trips(prepare()), *in_server(prepare()))


BOOK = {"book": 1, "check_form": 1, "require_balance": 1}


def test_one_posting(bank, member):
    def prepare():
        account = member()
        return lambda: operations.post(journals=[request(debit(bank, 5), credit(account, 5))])

    assert cost(prepare) == Cost(3, {"journal +": 1, "entry +": 2, "balance ~": 1}, BOOK | {"post": 1})


def test_a_thousand_postings_take_as_many_statements_as_one(bank):
    def prepare():
        accounts = opened(500)
        journals = [request(debit(bank, 5), credit(account, 5)) for account in accounts * 2]
        return lambda: operations.post(journals=journals)

    assert cost(prepare) == Cost(3, {"journal +": 1000, "entry +": 2000, "balance ~": 500}, BOOK | {"post": 1})


def test_a_replay_writes_nothing(bank, member):
    def prepare():
        journal = request(debit(bank, 5), credit(member(), 5))
        operations.post(journals=[journal])
        return lambda: operations.post(journals=[journal])

    assert cost(prepare) == Cost(3, {}, BOOK | {"post": 1})


def test_one_reversal(bank, member):
    def prepare():
        account = member()
        (posted,) = operations.post(journals=[request(debit(bank, 5), credit(account, 5))])
        return lambda: operations.reverse(
            journal_id=posted.journal_id, key=key(), business_date=DAY, maker="甲", reason="撤销"
        )

    assert cost(prepare) == Cost(
        3, {"journal +": 1, "entry +": 2, "balance ~": 1}, BOOK | {"reverse": 1, "pay_differences": 1}
    )


def placed(account: int) -> int:
    return holds.place(key=key(), account=account, kind="reserve", amount=9, business_date=DAY, maker="甲").hold_id


def test_a_hold_placed(member):
    def prepare():
        account = member()
        return lambda: placed(account)

    assert cost(prepare) == Cost(3, {"hold +": 1, "hold_event +": 1, "balance ~": 1}, {"place_hold": 1, "pass_gate": 1})


def test_a_hold_captured(bank, member):
    def prepare():
        account = member()
        hold, journal = placed(account), request(debit(account, 4), credit(bank, 4))
        return lambda: holds.capture(hold_id=hold, journal=journal)

    assert cost(prepare) == Cost(
        3,
        {"journal +": 1, "entry +": 2, "hold ~": 1, "hold_event +": 1, "balance ~": 3},
        BOOK | {"capture_hold": 1, "capture_book": 1},
    )


def test_a_hold_released(member):
    def prepare():
        hold = placed(member())
        return lambda: holds.release(hold_id=hold, key=key(), business_date=DAY, maker="甲")

    assert cost(prepare) == Cost(
        3,
        {"hold ~": 1, "hold_event +": 1, "balance ~": 1},
        {"change_hold": 1, "pass_gate": 1},
    )


@pytest.mark.parametrize("count", [3, 300])
def test_a_chunk_of_a_settlement_whatever_its_size(bank, count):
    (payable,), (expense,) = opened(1, "211", hot=True), opened(1, "41101", hot=True)

    def prepare():
        accounts = opened(count)
        lines = [debit(bank, 10**6 * count), *(credit(account, 10**6) for account in accounts)]
        operations.post(journals=[request(*lines, day=date(2024, 1, 2))])
        return lambda: settlement.settle_chunk(
            low=min(accounts), high=max(accounts), subject=SUBJECT, settlement_day=DAY, payable=payable,
            expense=expense, key=key(), maker="甲",
        )  # fmt: skip

    assert cost(prepare) == Cost(
        3,
        {"journal +": 1, "entry +": count + 1, "balance ~": count},
        BOOK | {"settle_interest": 1, "interest_due": 1, "rates_between": 1, "pass_gate": 1},
    )


def test_interest_taken(member):
    def prepare():
        account = member()
        return lambda: settlement.take_interest(account=account, until=DAY + timedelta(days=1))

    assert cost(prepare) == Cost(
        3, {"balance ~": 1, "earning +": 1}, {"take_interest": 1, "interest_due": 1, "rates_between": 1}
    )


def test_an_account_transferred(member):
    def prepare():
        source, destination = member(), member()
        return lambda: operations.transfer_account(
            source=source, destination=destination, key=key(), business_date=DAY, maker="甲"
        )

    assert cost(prepare) == Cost(
        3,
        {"journal +": 1, "entry +": 2, "balance ~": 4},
        BOOK | {"transfer_account": 1, "cut_interest": 2, "interest_due": 2, "rates_between": 2},
    )
