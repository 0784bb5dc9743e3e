"""Every few minutes: letters go out and come in, where a platform is set."""

import logging
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from anju.contributions.letters.incoming import exchange
from anju.contributions.letters.post_office import own_code
from anju.contributions.letters.transport import HttpTransport
from anju.platform.jobs import app
from anju.platform.models import CenterFact

#: Under which name the center remembers the latest message that it worked.
LATEST = "transfer-latest"
_BEIJING = ZoneInfo("Asia/Shanghai")
log = logging.getLogger(__name__)


@app.periodic(cron="*/5 * * * *")
@app.task(name="contributions.letters", queue="nightly", queueing_lock="contributions.letters")
def letters(timestamp: int) -> None:
    """Exchange messages with the platform as of `timestamp` (seconds, UTC)."""
    if settings.ANJU_TRANSFER_URL:
        exchange_now(address=settings.ANJU_TRANSFER_URL, at=datetime.fromtimestamp(timestamp, UTC))


def exchange_now(*, address: str, at: datetime) -> list[str]:
    """Exchange messages once; what could not be worked comes back, and is in the log without any personal data."""
    fact, _made = CenterFact.objects.get_or_create(key=LATEST, defaults={"value": 0})
    latest, problems = exchange(
        transport=HttpTransport(address, own=own_code()), after=int(fact.value),
        business_date=at.astimezone(_BEIJING).date(), at=at,
    )  # fmt: skip
    fact.value = latest
    fact.save(update_fields=["value"])
    for problem in problems:
        log.error("a transfer message was not worked: %s", problem)
    return problems
