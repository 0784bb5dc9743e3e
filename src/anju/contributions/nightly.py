"""What contributions do each night by themselves: notices of flexible workers who pay from a card, and open bills paid.

A bill is paid as its money is given to it; the nightly run finds what was covered by other ways: money that a correction
or a refund that came to nothing left on a unit's account.
"""

import logging
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

from anju.contributions.batch import ALLOCATION
from anju.contributions.flexible.debits import bill_due
from anju.platform.jobs import app
from anju.platform.runs import operations as runs
from anju.platform.runs.queries import Standing

_BEIJING = ZoneInfo("Asia/Shanghai")
_MAKER = "system"
log = logging.getLogger(__name__)


@app.periodic(cron="20 17 * * *")  # 01:20 in Beijing
@app.task(name="contributions.nightly", queue="nightly", queueing_lock="contributions.nightly")
def nightly(timestamp: int) -> None:
    """Bill whose month has come, then pay what is covered, on the day of `timestamp` (seconds, UTC)."""
    day = datetime.fromtimestamp(timestamp, UTC).astimezone(_BEIJING).date()
    for done in (bill_due(business_date=day, maker=_MAKER, clock=timezone.now), allocate(business_date=day)):
        log.info("%s: %s", done.run.job, done.state)


def allocate(*, business_date: date) -> Standing:
    """Pay every open bill that its payer's suspense account covers (分摊入账), as a run of the batch engine."""
    run = runs.open_run(
        job=ALLOCATION.name, key=f"{ALLOCATION.name}:{business_date}", params={}, business_date=business_date, maker=_MAKER,
        at=timezone.now(),
    ).run  # fmt: skip
    return runs.work(run_id=run.pk, clock=timezone.now)
