"""The outbox: what a business transaction tells the rest of the house, written with it and delivered after it.

An event has a topic and a key of its own. A subscriber runs in a transaction together with the mark that the event is
delivered to it, so whatever it writes happens once; an event whose subscriber fails waits and is tried again, and holds
up no other.
"""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Min
from django.utils import timezone

from anju.kernel.i18n import gettext as _
from anju.platform.metrics import Figure
from anju.platform.models import OutboxEvent

_log = logging.getLogger(__name__)
_BATCH = 200
#: How long an event that failed waits before it is tried again.
RETRY_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Event:
    """An event as its subscriber sees it."""

    key: str
    topic: str
    payload: Mapping[str, Any]
    created_at: datetime


Subscriber = Callable[[Event], None]
_subscribers: dict[str, Subscriber] = {}


def subscribe(topic: str, subscriber: Subscriber) -> None:
    """Call `subscriber` for every event of a topic; one subscriber a topic."""
    _subscribers[topic] = subscriber


def publish(*, topic: str, key: str, payload: Mapping[str, Any], at: datetime) -> None:
    """Add an event in the caller's transaction; a key that is known already is the same event and is not added again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO platform_outboxevent (topic, key, payload, created_at, attempts) VALUES (%s, %s, %s::jsonb, %s, 0)"
            " ON CONFLICT (key) DO NOTHING",
            [topic, key, json.dumps(dict(payload), ensure_ascii=False), at],
        )


def deliver(*, now: datetime, limit: int = _BATCH, stop: Callable[[], bool] = lambda: False) -> int:
    """Deliver waiting events, each in a transaction of its own, until `stop`; return how many.

    Several may deliver at once: each event is delivered by one of them.
    """
    delivered = 0
    for pk in _waiting(now, limit):
        if stop():
            break
        delivered += _deliver_one(pk, now)
    return delivered


def figures() -> Iterator[Figure]:
    """For /metrics: how many events wait and how long the oldest does."""
    waiting = OutboxEvent.objects.filter(delivered_at__isnull=True)
    yield Figure("anju_outbox_waiting", _("尚未送达的发件箱事件数"), waiting.count())
    oldest = waiting.aggregate(oldest=Min("created_at"))["oldest"]
    age = 0 if oldest is None else max(int((timezone.now() - oldest).total_seconds()), 0)
    yield Figure("anju_outbox_oldest_seconds", _("最早一件未送达事件的等待秒数"), age)


def _waiting(now: datetime, limit: int) -> list[int]:
    rows = OutboxEvent.objects.filter(delivered_at__isnull=True).exclude(tried_at__gt=now - RETRY_AFTER)
    return list(rows.order_by("id").values_list("id", flat=True)[:limit])


def _deliver_one(pk: int, now: datetime) -> bool:
    try:
        with transaction.atomic():
            row = OutboxEvent.objects.select_for_update(skip_locked=True).filter(pk=pk, delivered_at=None).first()
            if row is None:
                return False  # somebody else has it
            subscriber = _subscribers.get(row.topic)
            if subscriber is not None:
                subscriber(Event(row.key, row.topic, row.payload, row.created_at))
            row.delivered_at = now
            row.save(update_fields=["delivered_at"])
    except Exception:  # noqa: BLE001 - a subscriber's own; without a database the next statement raises in its turn
        _log.exception("outbox event %s was not delivered", pk)
        OutboxEvent.objects.filter(pk=pk).update(tried_at=now, attempts=F("attempts") + 1)
        return False
    return True
