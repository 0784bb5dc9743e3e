"""The audit log: written in one way, sealed by day in order, and every alteration is named."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from click.testing import CliRunner
from django.db import Error, connection, connections, transaction

from anju.platform import audit, metrics
from anju.platform.day_seal import GENESIS
from anju.platform.models import AuditEntry, AuditSeal

NOON = datetime(2031, 3, 5, 4, tzinfo=UTC)
DAY = NOON.date()


def note(at=NOON, reference="430600000001", **facts):
    return audit.record(
        **{"actor": "teller", "action": "member.view", "object_kind": "member", "object_reference": reference}
        | {"detail": {"page": "member"}, "at": at} | facts
    )  # fmt: skip


@pytest.fixture
def log(center):
    """An empty log, emptied again afterwards: the owner takes the guards off, as nobody may in production."""

    def empty():
        with connections["owner"].cursor() as cursor:
            for table in ("platform_auditentry", "platform_auditseal"):
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
                cursor.execute(f"DELETE FROM {table}")
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER append_only")

    empty()
    yield
    empty()


def tamper(statement):
    with connections["owner"].cursor() as cursor:
        for table in ("platform_auditentry", "platform_auditseal"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
        cursor.execute(statement)
        for table in ("platform_auditentry", "platform_auditseal"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER append_only")


class TestWriting:
    def test_a_row_says_who_did_what_and_belongs_to_its_day_in_china(self, db):
        late = datetime(2031, 3, 5, 16, 30, tzinfo=UTC)
        row = AuditEntry.objects.get(pk=note(late, business_date=DAY))
        assert (row.happened_at, row.day, row.business_date) == (late, DAY + timedelta(days=1), DAY)
        assert (row.actor, row.action, row.object_kind) == ("teller", "member.view", "member")
        assert (row.object_reference, row.detail, len(row.leaf)) == ("430600000001", {"page": "member"}, 32)

    def test_equal_facts_have_different_leaves(self, db):
        leaves = AuditEntry.objects.filter(pk__in=[note(), note()]).values_list("leaf", flat=True)
        assert len(set(map(bytes, leaves))) == 2

    def test_it_commits_and_rolls_back_with_the_business(self, db):
        with transaction.atomic():
            note(reference="gone")
            transaction.set_rollback(True)
        assert not AuditEntry.objects.filter(object_reference="gone").exists()

    @pytest.mark.parametrize(
        "facts",
        [
            {"reference": "430602199001011237"},
            {"detail": {"typed": "43060219900101123X"}},
            {"detail": {"a": ["证件430602199001011237号"]}},
            {"actor": "430602199001011237"},
            {"actor": ""},
            {"action": ""},
        ],
    )
    def test_identity_numbers_and_empty_names_are_refused_by_the_database(self, db, facts):
        with pytest.raises(Error, match="platform_audit"), transaction.atomic():
            note(**facts)

    @pytest.mark.parametrize("table", ["platform_auditentry", "platform_auditseal"])
    @pytest.mark.parametrize("verb", ["INSERT INTO {} DEFAULT VALUES", "UPDATE {} SET day = day", "DELETE FROM {}", "TRUNCATE {}"])  # fmt: skip
    def test_the_application_cannot_write_past_the_function(self, db, table, verb):
        with pytest.raises(Error, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(verb.format(table))

    @pytest.mark.parametrize("table", ["platform_auditentry", "platform_auditseal"])
    @pytest.mark.parametrize("verb", ["UPDATE {} SET day = day", "DELETE FROM {}", "TRUNCATE {}"])
    def test_the_owner_cannot_change_history_either(self, center, table, verb):
        with connections["owner"].cursor() as cursor, pytest.raises(Error, match="append-only"):
            cursor.execute(verb.format(table))

    def test_a_leaf_given_by_the_owner_is_not_taken(self, center, log):
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "INSERT INTO platform_auditentry (happened_at, day, actor, action, object_kind, object_reference, detail, leaf)"
                " VALUES (now(), '1999-01-01', 'a', 'b', 'c', 'd', '{}', '\\x00')"
            )
        assert audit.verify() == []


class TestSealing:
    def test_days_are_chained_in_order_and_sealing_again_changes_nothing(self, log):
        note()
        first = audit.seal_day(day=DAY)
        second = audit.seal_day(day=DAY + timedelta(days=3))
        assert (bytes(first.previous), first.entries) == (GENESIS, 1)
        assert (bytes(second.previous), second.entries) == (bytes(first.root), 0)
        again = audit.seal_day(day=DAY)
        assert (bytes(again.root), again.sealed_at) == (bytes(first.root), first.sealed_at)
        with pytest.raises(audit.AuditSealOrderError, match="已封存"):
            audit.seal_day(day=DAY + timedelta(days=1))

    def test_an_earlier_day_with_rows_comes_first(self, log):
        for days in (0, 2, 2, 5):
            note(NOON + timedelta(days=days))
        with pytest.raises(audit.AuditSealOrderError, match="2031-03-05"):
            audit.seal_day(day=DAY + timedelta(days=2))
        sealed = audit.seal_through(day=DAY + timedelta(days=4))
        assert [(seal.day - DAY).days for seal in sealed] == [0, 2, 4]
        assert [seal.entries for seal in sealed] == [1, 2, 0]
        assert [f.value for f in audit.figures()] == [1, (DAY - date(1970, 1, 1)).days + 4]

    def test_a_late_row_counts_to_the_first_day_that_is_open(self, log):
        audit.seal_day(day=DAY)
        assert AuditEntry.objects.get(pk=note()).day == DAY + timedelta(days=1)
        audit.seal_day(day=DAY + timedelta(days=1))
        assert audit.verify() == []

    def test_a_seal_waits_for_the_writers_of_its_day_and_they_are_in_it(self, log):
        written, go_on = threading.Event(), threading.Event()

        def writer():
            with transaction.atomic():
                note()
                written.set()
                go_on.wait(10)
            connections.close_all()

        def sealer():
            audit.seal_day(day=DAY)
            connections.close_all()

        threads = [threading.Thread(target=writer), threading.Thread(target=sealer)]
        threads[0].start()
        written.wait(10)
        threads[1].start()
        threads[1].join(0.3)
        assert threads[1].is_alive()
        note(NOON + timedelta(days=1))  # nobody else waits
        go_on.set()
        for thread in threads:
            thread.join(10)
        assert AuditSeal.objects.get(day=DAY).entries == 1
        assert audit.verify() == []

    def test_a_seal_that_does_not_follow_the_chain_is_refused_by_the_database(self, log):
        note()
        wrong = [(DAY, b"\1" * 32, 1), (DAY, GENESIS, 2), (DAY + timedelta(days=1), GENESIS, 0)]
        for day, previous, entries in wrong:
            with connection.cursor() as cursor, pytest.raises(Error, match="does not follow"):
                cursor.execute("SELECT platform_audit_seal(%s, %s, %s, %s)", [day, previous, b"\2" * 32, entries])


class TestVerifying:
    @pytest.fixture
    def sealed(self, log):
        """Three rows on each of three days; the row numbers of the second day."""
        numbers = [[note(NOON + timedelta(days=day)) for _row in range(3)] for day in range(3)]
        audit.seal_through(day=DAY + timedelta(days=2))
        assert audit.verify() == []
        return numbers[1]

    SECOND = DAY + timedelta(days=1)

    @pytest.mark.parametrize(
        "change",
        [
            "actor = 'x'", "detail = '{}'", "happened_at = happened_at + interval '1 microsecond'",
            "object_reference = '2'", "business_date = '2031-01-01'",
        ],
    )  # fmt: skip
    def test_a_changed_row_is_named(self, sealed, change):
        tamper(f"UPDATE platform_auditentry SET {change} WHERE id = {sealed[1]}")
        assert [(f.day, f.entry) for f in audit.verify()] == [(self.SECOND, sealed[1])]

    def test_a_changed_row_with_a_matching_leaf_is_told_by_its_day(self, sealed):
        tamper(f"UPDATE platform_auditentry SET actor = 'x' WHERE id = {sealed[1]}")
        tamper(f"UPDATE platform_auditentry e SET leaf = platform_audit_leaf(e) WHERE id = {sealed[1]}")
        assert [(f.day, f.entry) for f in audit.verify()] == [(self.SECOND, None)]

    def test_a_removed_row_is_told_by_its_day(self, sealed):
        tamper(f"DELETE FROM platform_auditentry WHERE id = {sealed[0]}")
        assert [f.day for f in audit.verify()] == [self.SECOND]
        tamper(f"DELETE FROM platform_auditentry WHERE id = ANY (ARRAY{sealed})")
        assert [(f.day, "3" in f.message) for f in audit.verify()] == [(self.SECOND, True)]

    def test_a_moved_row_is_told(self, sealed):
        tamper(f"UPDATE platform_auditentry SET day = day + 1 WHERE id = {sealed[2]}")
        assert {f.day for f in audit.verify()} == {self.SECOND, self.SECOND + timedelta(days=1)}

    def test_a_changed_or_removed_seal_is_told(self, sealed):
        tamper(f"DELETE FROM platform_auditseal WHERE day = '{self.SECOND}'")
        assert {f.day for f in audit.verify()} == {self.SECOND, self.SECOND + timedelta(days=1)}

    def test_a_changed_root_breaks_its_day_and_the_next(self, sealed):
        tamper(f"UPDATE platform_auditseal SET root = sha256(root) WHERE day = '{self.SECOND}'")
        assert {f.day for f in audit.verify()} == {self.SECOND, self.SECOND + timedelta(days=1)}


class TestFigures:
    def test_a_collector_that_fails_is_named_and_the_others_answer(self, db):
        def broken():
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
            return []

        metrics.register(broken)
        try:
            found = {(f.name, f.labels.get("collector", "").rpartition(".")[2]): f.value for f in metrics.figures()}
        finally:
            metrics._collectors.pop(f"{broken.__module__}.{broken.__qualname__}")
        assert found["anju_collector_up", "broken"] == 0
        assert found["anju_collector_up", "figures"] == 1
        assert ("anju_audit_unsealed_entries", "") in found


class TestCommands:
    def run(self, *arguments):
        from anju.cli.main import LazyGroup

        return CliRunner().invoke(LazyGroup("anju"), ["audit", *arguments])

    def test_seal_says_each_root_and_verify_names_what_was_altered(self, log):
        past = datetime(2025, 6, 1, 4, tzinfo=UTC)
        number = note(past)
        note(past + timedelta(days=2))
        sealed = self.run("seal", "--day", "2025-06-03")
        assert [line.split()[0] for line in sealed.stdout.splitlines()] == ["2025-06-01", "2025-06-03"]
        whole = self.run("verify")
        assert (whole.exit_code, "审计日志完整" in whole.stdout) == (0, True)
        assert bytes(AuditSeal.objects.latest("day").root).hex() in whole.stdout
        tamper(f"UPDATE platform_auditentry SET actor = 'x' WHERE id = {number}")
        altered = self.run("verify")
        assert altered.exit_code == 1
        assert f"2025-06-01  第 {number} 号审计记录" in altered.stdout

    def test_a_day_that_goes_on_is_not_sealed(self, log):
        refused = self.run("seal", "--day", "2999-01-01")
        assert (refused.exit_code, "DAY_NOT_OVER" in refused.stderr) == (2, True)
        assert not AuditSeal.objects.exists()
