"""What the platform does every night by itself: the audit log of the days that are over is sealed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from anju.platform import audit
from anju.platform.jobs import app

_BEIJING = ZoneInfo("Asia/Shanghai")


@app.periodic(cron="10 17 * * *")  # 01:10 in Beijing
@app.task(name="audit.seal", queue="nightly", queueing_lock="audit.seal")
def seal_audit_log(timestamp: int) -> None:
    """Seal the audit log through the day before `timestamp` (seconds, UTC)."""
    today = datetime.fromtimestamp(timestamp, UTC).astimezone(_BEIJING).date()
    audit.seal_through(day=today - timedelta(days=1))
