"""Freezes end by themselves: each morning those whose last day has passed."""

import logging
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from anju.platform.jobs import app
from anju.registry.accounts import Deed
from anju.registry.freezes import expire

_BEIJING = ZoneInfo("Asia/Shanghai")
log = logging.getLogger(__name__)


@app.periodic(cron="10 17 * * *")  # 01:10 in Beijing
@app.task(name="registry.freezes", queue="nightly", queueing_lock="registry.freezes")
def end_freezes(timestamp: int) -> None:
    """End what has run out before the day of `timestamp` (seconds, UTC)."""
    at = datetime.fromtimestamp(timestamp, UTC)
    ended = expire(deed=Deed(business_date=at.astimezone(_BEIJING).date(), actor="system", at=at))
    log.info("freezes: %s have run out", ended)
