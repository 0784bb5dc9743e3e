"""What runs every night: a proof of the ledger that takes another thirtieth of the accounts each time.

Journals, seals and months are proven whole. The result goes to the audit log; a finding is an error in the log too, and
shows in /metrics until a later night finds nothing.
"""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from anju.kernel.i18n import gettext as _
from anju.ledger.days import open_days
from anju.ledger.errors import DayShutError
from anju.ledger.verification import Part, verify
from anju.platform import audit
from anju.platform.jobs import app
from anju.platform.metrics import Figure
from anju.platform.models import AuditEntry

#: Nights in which every account has its turn.
PARTS = 30
ACTION = "ledger.proof"
#: Findings whose place is told; the rest are counted.
_TOLD = 20
_BEIJING = ZoneInfo("Asia/Shanghai")
log = logging.getLogger(__name__)


@app.periodic(cron="30 18 * * *")  # 02:30 in Beijing
@app.task(name="ledger.nightly-proof", queue="nightly", queueing_lock="ledger.nightly-proof")
def nightly_proof(timestamp: int) -> None:
    """Prove the part whose turn it is on the day of `timestamp` (seconds, UTC), and say what was found."""
    at = datetime.fromtimestamp(timestamp, UTC)
    prove(part=Part(at.astimezone(_BEIJING).date().toordinal() % PARTS, PARTS), at=at)


@app.periodic(cron="1 16 * * *")  # 00:01 in Beijing
@app.task(name="ledger.open-day", queue="nightly", queueing_lock="ledger.open-day")
def open_today(timestamp: int) -> None:
    """Open the business day that begins, so that the counter can book; one that was shut stays shut."""
    today = datetime.fromtimestamp(timestamp, UTC).astimezone(_BEIJING).date()
    try:
        open_days(first=today, final=today, actor="system")
    except DayShutError:
        log.exception("business day %s was not opened: a later day is shut", today)


def prove(*, part: Part, at: datetime) -> int:
    """Prove a part of the accounts and all the rest; record and return how many things do not agree."""
    findings = verify(part=part)
    told = [f"{finding.place}: {finding.detail}" for finding in islice(findings, _TOLD)]
    found = len(told) + sum(1 for _finding in findings)
    audit.record(
        actor="system",
        action=ACTION,
        object_kind="ledger",
        object_reference=f"{part.part}/{part.parts}",
        detail={"findings": found, "first": told},
        at=at,
    )
    if found:
        log.error("the nightly proof of the ledger found %s differences, see the audit log", found)
    return found


def figures() -> Iterator[Figure]:
    """For /metrics: what the latest proof found."""
    latest = AuditEntry.objects.filter(action=ACTION).order_by("-id").first()
    if latest is not None:
        yield Figure("anju_ledger_proof_findings", _("最近一次账务核验发现的不符数"), latest.detail["findings"])
