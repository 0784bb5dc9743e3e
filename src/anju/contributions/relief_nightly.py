"""Reliefs turn by themselves: each morning those that begin or end, and a line to units whose relief ends soon."""

import logging
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from anju.cases import messages
from anju.cases.models import Case
from anju.contributions.reliefs import ENDING, morning
from anju.kernel.i18n import gettext as _
from anju.platform import outbox
from anju.platform.jobs import app
from anju.platform.outbox import Event
from anju.registry.models import UnitAgent
from anju.registry.unit_changes import Act

_BEIJING = ZoneInfo("Asia/Shanghai")
log = logging.getLogger(__name__)


@app.periodic(cron="5 17 * * *")  # 01:05 in Beijing
@app.task(name="contributions.reliefs", queue="nightly", queueing_lock="contributions.reliefs")
def turn_reliefs(timestamp: int) -> None:
    """Let reliefs begin and end on the day of `timestamp` (seconds, UTC), and remind of those that end soon."""
    at = datetime.fromtimestamp(timestamp, UTC)
    turned, reminded = morning(act=Act(business_date=at.astimezone(_BEIJING).date(), actor="system", at=at))
    log.info("reliefs: %s began or ended, %s end soon", turned, reminded)


def subscribe() -> None:
    """Listen to the outbox."""
    outbox.subscribe(ENDING, tell_unit)


def tell_unit(event: Event) -> None:
    """A line to everybody who acts for the unit: the relief ends soon, and what follows."""
    case = Case.objects.filter(number=event.payload["case"]).first()
    if case is None:
        return
    agents = UnitAgent.objects.filter(unit__number=case.applicant_reference).values_list("user_id", flat=True)
    words = _("批准的降低比例或缓缴将于 {month} 到期，其后自动恢复；缓缴的月份按补缴计划补缴（{number}）")
    text = words.format(month=event.payload["last_month"], number=case.number)
    messages.send(case, sorted(set(agents)), event, text)
