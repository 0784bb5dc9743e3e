"""The application role reads the ledger and calls its functions; it writes no table of it, partitions included."""

import pytest
from django.db import Error, connection, connections, transaction


def _ledger_tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relname LIKE 'ledger\\_%' AND relkind IN ('r', 'p')")
        return [name for (name,) in cursor.fetchall()]


_VERBS = {
    "insert": "INSERT INTO {} DEFAULT VALUES",
    "update": "UPDATE {} SET {} = {}",
    "delete": "DELETE FROM {}",
    "truncate": "TRUNCATE {}",
    "lock": "LOCK TABLE {} IN EXCLUSIVE MODE",
    "alter": "ALTER TABLE {} DISABLE TRIGGER ALL",
    "drop": "DROP TABLE {}",
    "copy": "COPY {} FROM STDIN",
    "merge": "MERGE INTO {} t USING (VALUES (1)) AS s (n) ON false WHEN NOT MATCHED THEN INSERT DEFAULT VALUES",
    "lock a row": "SELECT FROM {} FOR UPDATE",
    "trigger": "CREATE TRIGGER t BEFORE INSERT ON {} EXECUTE FUNCTION ledger_refuse_change()",
}


@pytest.mark.parametrize("verb", _VERBS)
def test_application_role_cannot_write_any_ledger_table(db, verb):
    tables = _ledger_tables()
    assert len(tables) > 20  # the partitions are among them
    for table in tables:
        with connection.cursor() as cursor:
            cursor.execute("SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum = 2", [table])
            column = cursor.fetchone()[0]
        with (
            pytest.raises(Error, match=r"permission denied|must be owner"),
            transaction.atomic(),
            connection.cursor() as c,
        ):
            c.execute(_VERBS[verb].format(table, column, column))


def test_even_the_owner_cannot_change_history(center):
    with connections["owner"].cursor() as cursor:
        for statement in (
            "UPDATE ledger_journal SET kind = 'x'",
            "DELETE FROM ledger_entry",
            "DELETE FROM ledger_entry_2024",
            "TRUNCATE ledger_journal CASCADE",
        ):
            with pytest.raises(Error, match="append-only"):
                cursor.execute(statement)


def test_even_the_owner_cannot_insert_an_unbalanced_journal(center):
    for table in ("ledger_entry", "ledger_entry_2024"):
        with connections["owner"].cursor() as cursor, pytest.raises(Error, match="does not balance"):
            cursor.execute(
                f"INSERT INTO {table} (journal_id, line, account_id, amount, moment, value_day, business_date, leaf) VALUES"
                " (999999, 1, 1, 5, 5, 1, '2024-05-05', 0), (999999, 2, 2, -4, 4, 1, '2024-05-05', 0)"
            )


def test_a_temporary_table_cannot_shadow_the_ledger_for_its_functions(db):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE ledger_subject (code text, name text)")
        cursor.execute("INSERT INTO pg_temp.ledger_subject VALUES ('999', 'x')")
        with pytest.raises(Error) as caught:
            cursor.execute(
                "SELECT * FROM ledger_open_accounts(ARRAY['shadow'], ARRAY['999'], ARRAY[''], ARRAY['2024-01-01'::date], false, false)"
            )
    assert caught.value.__cause__.sqlstate == "AN007"
