"""What runs by itself at night: the ledger is proven in parts, the audit log is sealed."""

import logging
from datetime import UTC, date, datetime

import pytest

from anju.ledger import nightly, operations
from anju.ledger.operations import JournalRequest, NewAccount, credit, debit
from anju.ledger.verification import Part
from anju.platform.models import AuditEntry, AuditSeal
from anju.platform.nightly import seal_audit_log

AT = datetime(2024, 3, 6, 18, 30, tzinfo=UTC)
DAY = date(2024, 3, 5)


@pytest.fixture
def account(db, business_days) -> int:
    opened = operations.open_accounts(accounts=[NewAccount("nightly", "201", DAY)])
    bank = operations.open_accounts(
        accounts=[NewAccount("nightly-bank", "10101", DAY)], hot=True, overdraft_allowed=True
    )
    lines = [debit(bank["nightly-bank"], 7), credit(opened["nightly"], 7)]
    operations.post(journals=[JournalRequest(key="n", kind="test", business_date=DAY, lines=lines, maker="tester")])
    return opened["nightly"]


def latest() -> AuditEntry:
    entry = AuditEntry.objects.filter(action=nightly.ACTION).order_by("-id").first()
    assert entry is not None
    return entry


def test_a_clean_ledger_is_proven_and_the_part_moves_with_the_day(account):
    nightly.nightly_proof(timestamp=int(AT.timestamp()))
    first = latest()
    nightly.nightly_proof(timestamp=int(AT.timestamp()) + 86_400)
    parts = [int(entry.object_reference.split("/")[0]) for entry in (first, latest())]
    assert [first.detail["findings"], latest().detail["findings"]] == [0, 0]
    assert parts[1] == (parts[0] + 1) % nightly.PARTS
    assert {figure.name: figure.value for figure in nightly.figures()} == {"anju_ledger_proof_findings": 0}


def test_a_difference_is_an_alarm_in_log_audit_and_metrics(account, monkeypatch, caplog):
    from anju.ledger import verification

    real = verification.rows

    def altered(sql, parameters):
        """What the database would answer had somebody raised the balance: the row itself is out of our reach here."""
        found = real(sql, parameters)
        if "ledger_verify_accounts" in sql:
            found = [*found, (account, "nightly", "amount", 8, 7)]
        return found

    monkeypatch.setattr(verification, "rows", altered)
    with caplog.at_level(logging.ERROR, logger="anju.ledger.nightly"):
        assert nightly.prove(part=Part(), at=AT) == 1
    assert "found 1 differences" in caplog.text
    assert latest().detail["first"] == ["nightly: amount 存储为 8，按分录应为 7"]
    assert [figure.value for figure in nightly.figures()] == [1]


def test_the_audit_log_is_sealed_through_yesterday(db):
    from anju.platform import audit

    audit.record(
        actor="a",
        action="x.y",
        object_kind="k",
        object_reference="1",
        detail={},
        at=datetime(2024, 3, 5, 1, tzinfo=UTC),
    )
    seal_audit_log(timestamp=int(AT.timestamp()))
    assert AuditSeal.objects.filter(day=DAY).exists()
    assert not AuditSeal.objects.filter(day__gt=date(2024, 3, 6)).exists()


def test_the_worker_knows_both_tasks():
    from anju.platform.jobs import app

    assert {"ledger.nightly-proof", "audit.seal"} <= set(app.tasks)
