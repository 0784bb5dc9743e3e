"""Rows of an older center come through the migrations: looks become audit entries, sealed values are bound to rows."""

import pytest
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from anju.platform import schema
from anju.platform.key_file import keyring
from anju.platform.sealed_fields import place

SCHEMA = "older"


@pytest.fixture
def older(center):
    """The owner's connection in a schema of its own, migrated up to the versions before."""
    owner = connections["owner"]
    owner.close()
    before = owner.settings_dict["OPTIONS"]
    owner.settings_dict["OPTIONS"] = {**before, "options": f"-c search_path={SCHEMA},pg_temp"}
    with owner.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        cursor.execute(f"CREATE SCHEMA {SCHEMA}")
    MigrationExecutor(owner).migrate([("platform", "0001_initial"), ("registry", "0001_initial")])
    yield owner
    with owner.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA {SCHEMA} CASCADE")
    owner.close()
    owner.settings_dict["OPTIONS"] = before


def test_looks_are_carried_over_in_their_order_with_leaves(older):
    with older.cursor() as cursor:
        cursor.execute(
            "INSERT INTO platform_user (username, password, is_superuser, first_name, last_name, email, is_staff,"
            " is_active, date_joined, display_name, role)"
            " VALUES ('teller', '', false, '', '', '', false, true, now(), '甲', 'teller')"
        )
        cursor.execute(
            "INSERT INTO platform_sensitiveview (viewer_id, subject, page, viewed_at)"
            " SELECT id, v.subject, 'member', v.at FROM platform_user,"
            " (VALUES ('2', timestamptz '2024-05-02 23:59+08'), ('1', '2024-05-01 09:00+08')) AS v (subject, at)"
        )
    MigrationExecutor(older).migrate([("platform", "0002_audit_log")])
    with older.cursor() as cursor:
        cursor.execute(
            "SELECT day::text, actor, action, object_reference, detail->>'page', leaf = platform_audit_leaf(e)"
            " FROM platform_auditentry e ORDER BY id"
        )
        assert cursor.fetchall() == [
            ("2024-05-01", "teller", "member.view", "1", "member", True),
            ("2024-05-02", "teller", "member.view", "2", "member", True),
        ]
        cursor.execute("SELECT to_regclass('platform_sensitiveview')")
        assert cursor.fetchone() == (None,)


def test_members_of_before_are_bound_spelled_and_found_by_phone(older):
    keys = keyring()
    people = [(f"43060000000{n}", f"43060219900101{n:04}", f"1380000000{n}") for n in range(5)]
    with older.cursor() as cursor:
        cursor.execute(
            "INSERT INTO registry_unit (number, name, credit_code, office, sector, unit_ratio, person_ratio, state,"
            " opened_date) VALUES ('1', '单位', '1', '', '', 50000, 50000, '01', '2020-01-01') RETURNING id"
        )
        unit = cursor.fetchone()[0]
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = 'registry_member'::regclass"
            " AND confrelid = 'ledger_account'::regclass"
        )
        cursor.execute(f'ALTER TABLE registry_member DROP CONSTRAINT "{cursor.fetchone()[0]}"')  # no ledger needed here
        for account, (number, identity, phone) in enumerate(people):
            cursor.execute(
                "INSERT INTO registry_member (number, name, identity_sealed, identity_index, phone_sealed, unit_id, base,"
                " state, account_id, opened_date) VALUES (%s, '王', %s, %s, %s, %s, 1, '01', %s, '2024-01-01')",
                [
                    number, keys.seal(identity, "member.identity"), keys.blind_index(identity, "member.identity"),
                    keys.seal(phone, "member.phone"), unit, account,
                ],
            )  # fmt: skip
    MigrationExecutor(older).migrate([("registry", "0002_sealed_fields")])
    with older.cursor() as cursor:
        cursor.execute("SELECT number, identity, identity_index, phone FROM registry_member ORDER BY number")
        rows = cursor.fetchall()
    assert [
        (
            number,
            keys.unseal(identity, place("registry.member.identity", number)),
            keys.unseal(phone, place("registry.member.phone", number)),
        )
        for number, identity, _index, phone in rows
    ] == people
    assert [bytes(row[2]) for row in rows] == [keys.blind_index(p[1], "registry.member.identity") for p in people]
    latest = MigrationExecutor(older)
    latest.migrate(latest.loader.graph.leaf_nodes("registry"))
    with older.cursor() as cursor:
        cursor.execute("SELECT name_spelling, name_initials, phone_index FROM registry_member ORDER BY number")
        assert [(full, short, bytes(index)) for full, short, index in cursor.fetchall()] == [
            ("wang", "w", keys.blind_index(phone, "registry.member.phone")) for _number, _identity, phone in people
        ]
        cursor.execute("SELECT name_spelling, name_initials FROM registry_unit")
        assert cursor.fetchall() == [("danwei", "dw")]


def test_a_table_may_be_closed_alone_or_with_its_whole_app(center):
    with connections["owner"].cursor() as cursor:
        closed = set(schema._closed_tables(cursor))
    assert {"platform_auditentry", "platform_auditseal", "ledger_journal"} <= closed
    assert "platform_user" not in closed
