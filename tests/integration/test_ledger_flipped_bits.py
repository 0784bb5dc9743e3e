"""One bit flipped in any column of a stored journal or entry: verification names it, whoever flipped it.

The one who flips has every right and switches off every trigger; all happens in a transaction that is undone.
"""

import uuid
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from django.conf import settings
from django.db import connection, connections, transaction

from anju.ledger import days, operations, verification
from anju.ledger.operations import JournalRequest, NewAccount, credit, debit
from anju.platform.embedded import EmbeddedServer

#: The first day that the tests open, so that few days lie before it and have to be sealed with it.
DAY = date(2019, 1, 2)
#: When the server's clock said so; no rule uses it.
UNPROTECTED = "posted_at"
#: What the root of a day is made of. All other columns are in the journal's own digest, `payload_hash`.
IN_THE_SEAL = {"id", "key", "payload_hash", "business_date"}
FLIPS = {
    "bigint": "coalesce({0}, 0) # (1::bigint << 40)",
    "integer": "{0} # 1024",
    "date": "{0} + 1",
    "text": "coalesce(overlay({0} placing chr(ascii({0}) # 1) from 1 for 1), 'x')",
    "bytea": "set_bit({0}, 9, 1 - get_bit({0}, 9))",
}
pytestmark = pytest.mark.usefixtures("business_days")


@pytest.fixture
def almighty(center) -> Iterator[None]:
    """The default connection is the superuser's, in a transaction that is rolled back."""
    server = EmbeddedServer(settings.ANJU_HOME)
    ordinary = connections["default"]
    connections["default"] = connections.create_connection("default")
    connections["default"].settings_dict = ordinary.settings_dict | {
        "USER": "postgres",
        "PASSWORD": server.password("superuser"),
    }
    try:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
    finally:
        connections["default"].close()
        connections["default"] = ordinary


def request(*lines: operations.Line) -> JournalRequest:
    return JournalRequest(
        key=f"a{uuid.uuid4().hex}",
        kind="test",
        reference="凭证",
        narrative="摘要",
        business_date=DAY,
        lines=lines,
        maker="甲",
    )


@pytest.fixture
def booked(almighty) -> tuple[int, int]:
    """A journal and its reversal on a day that is sealed."""
    new = [NewAccount(uuid.uuid4().hex, "201", date(2018, 1, 1)) for _ in range(2)]
    accounts = list(operations.open_accounts(accounts=new, overdraft_allowed=True).values())
    (posted,) = operations.post(journals=[request(debit(accounts[0], 700), credit(accounts[1], 700))])
    reversal = operations.reverse(
        journal_id=posted.journal_id, key=uuid.uuid4().hex, business_date=DAY, maker="甲", checker="乙", reason="撤销"
    )
    days.shut_days(through=DAY)
    days.seal_days(through=DAY, actor="日终")
    return posted.journal_id, reversal.journal_id


def rows(sql: str, *parameters: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def findings(journals: tuple[int, int]) -> set[tuple]:
    """What verification has to say about the two journals, their accounts and their day."""
    edges = (min(journals) - 1, max(journals) + 1)
    accounts = [account for (account,) in rows("SELECT id FROM ledger_account ORDER BY id DESC LIMIT 2")]
    return {
        *(("journal", journal) for (journal,) in rows("SELECT journal_id FROM ledger_verify_journals(%s, %s)", *edges)),
        *rows("SELECT 'entry', journal_id, unnest(lines) FROM ledger_verify_journals(%s, %s)", *edges),
        *rows("SELECT 'lost entry', journal_id, line FROM ledger_verify_entries(%s, %s)", *edges),
        *rows("SELECT 'account', what FROM ledger_verify_accounts(%s, %s, 0, 1)", min(accounts), max(accounts)),
        *(("day", finding.place) for finding in verification._days()),
    }


def flipped(work: Callable[[], object], journals: tuple[int, int]) -> set[tuple]:
    """What verification finds after the work, which is undone."""
    with transaction.atomic():
        rows("SELECT set_config('session_replication_role', 'replica', true)")
        work()
        found = findings(journals)
        transaction.set_rollback(True)
    return found


def execute(sql: str, *parameters: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        assert cursor.rowcount != 0


def columns(table: str) -> list[tuple[str, str]]:
    return rows(
        "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
        table,
    )


def test_nothing_flipped_nothing_found(booked):
    assert findings(booked) == set()


def test_every_column_of_an_entry(booked):
    named = {}
    for column, kind in columns("ledger_entry"):
        for journal in booked:
            flip = FLIPS[kind].format(column)
            sql = f"UPDATE ledger_entry SET {column} = {flip} WHERE journal_id = %s AND business_date = %s AND line = 1"
            named[column, journal] = flipped(lambda: execute(sql, journal, DAY), booked)  # noqa: B023 - runs at once
    for (column, journal), found in named.items():
        assert ("journal", journal) in found, (column, found)
        if column in {"journal_id", "line", "business_date"}:  # what was its place
            continue
        assert ("entry", journal, 1) in found, (column, found)
    assert len(named) == 16


def test_every_column_of_a_journal(booked):
    execute("ALTER TABLE ledger_journal ALTER id SET GENERATED BY DEFAULT")
    for column, kind in columns("ledger_journal"):
        if column == UNPROTECTED:
            continue
        for journal in booked:
            sql = f"UPDATE ledger_journal SET {column} = {FLIPS[kind].format(column)} WHERE id = %s"
            found = flipped(lambda: execute(sql, journal), booked)  # noqa: B023 - runs at once
            if column in IN_THE_SEAL:
                assert ("day", f"{DAY}") in found, (column, found)
            if column in {"id", "business_date"}:  # its entries are left alone
                assert ("lost entry", journal, 1) in found, (column, found)
            elif column != "key":  # only the seal knows the key
                assert ("journal", journal) in found, (column, found)


def test_an_entry_forged_with_all_its_checksums_still_breaks_the_seal(booked):
    """Amounts raised on both sides, balances, leaves and digest computed anew: the root of the day tells."""
    journal, _reversal = booked

    def forge() -> None:
        execute("UPDATE ledger_balance b SET amount = b.amount + e.amount, moment = b.moment + e.moment"
                " FROM ledger_entry e WHERE e.account_id = b.account_id AND e.journal_id = %s", journal)  # fmt: skip
        execute("UPDATE ledger_entry SET amount = 2 * amount, moment = 2 * moment WHERE journal_id = %s", journal)
        execute("UPDATE ledger_entry SET leaf = ledger_leaf(journal_id, line, account_id, amount, moment, value_day,"
                " business_date) WHERE journal_id = %s", journal)  # fmt: skip
        execute("UPDATE ledger_journal j SET payload_hash = ledger_payload_hash(kind, reference, narrative,"
                " business_date, value_date, maker, checker, reverses_id, follows_id, (SELECT ledger_line_bytes("
                "array_agg(account_id ORDER BY line), array_agg(amount ORDER BY line), array_agg(moment ORDER BY line))"
                " FROM ledger_entry WHERE journal_id = j.id)) WHERE id = %s", journal)  # fmt: skip

    assert flipped(forge, booked) == {("day", f"{DAY}")}


def test_a_journal_removed_with_its_entries_breaks_the_seal(booked):
    def remove() -> None:
        for table, column in (("ledger_entry", "journal_id"), ("ledger_journal", "id")):
            for journal in booked:
                execute(f"DELETE FROM {table} WHERE {column} = %s", journal)

    assert flipped(remove, booked) == {("day", f"{DAY}"), ("account", "earliest_day"), ("account", "latest_day")}


@pytest.mark.parametrize("column", ["amount", "held", "frozen", "moment", "earliest_day", "latest_day"])
def test_a_balance_row(booked, column):
    account = rows("SELECT max(id) FROM ledger_account")[0][0]
    sql = f"UPDATE ledger_balance SET {column} = {column} # 1024 WHERE account_id = %s"
    assert flipped(lambda: execute(sql, account), booked) == {("account", column)}
