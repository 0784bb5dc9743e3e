"""Figures for /metrics. Each room registers a collector in its AppConfig.ready(); the page asks them at each scrape.

A collector answers from the database in a few milliseconds (an index, a small table) and carries no personal data.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from django.db import DatabaseError, connection, transaction

_log = logging.getLogger(__name__)
#: A collector that takes longer is given up: a scrape must not weigh on the tellers.
_TIMEOUT_MS = 2000


@dataclass(frozen=True, slots=True)
class Figure:
    """One sample of a gauge: its name (anju_…, with unit), what it says, its value, its labels."""

    name: str
    help: str
    value: int | float
    labels: Mapping[str, str] = field(default_factory=dict)


Collector = Callable[[], Iterable[Figure]]
_collectors: dict[str, Collector] = {}


def register(collector: Collector) -> Collector:
    """Add a collector; registering it again changes nothing. Usable as a decorator."""
    _collectors[f"{collector.__module__}.{collector.__qualname__}"] = collector
    return collector


def figures() -> Iterator[Figure]:
    """All figures now. A collector that fails is named by `anju_collector_up` = 0; the others still answer."""
    for name, collector in sorted(_collectors.items()):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {_TIMEOUT_MS}")
                found = list(collector())
        except DatabaseError as error:
            _log.warning("collector %s failed: %s", name, type(error).__name__)
            found, up = [], 0
        else:
            up = 1
        yield Figure("anju_collector_up", "1 when the collector answered", up, {"collector": name})
        yield from found
