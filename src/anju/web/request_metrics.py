"""How many requests, how long they took, by route: in Prometheus' text format.

Each worker process counts for itself in a file below PROMETHEUS_MULTIPROC_DIR, set by `anju serve` before the workers
start; whichever worker is scraped adds all files up. Without that folder (tests) the figures are this process's own.
"""

import os
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from anju.platform.metrics import Figure

_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
_registry = CollectorRegistry()
_requests = Counter(
    "anju_http_requests", "Requests answered", ["route", "method", "status"], registry=_registry
)  # fmt: skip
_seconds = Histogram(
    "anju_http_request_seconds", "Time to answer a request", ["route"], registry=_registry,
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)  # fmt: skip


def observe(*, route: str, method: str, status: int, seconds: float) -> None:
    """Count one answered request. `route` is the name of an address, so the series stay few."""
    _requests.labels(route, method if method in _METHODS else "other", str(status)).inc()
    _seconds.labels(route).observe(seconds)


def exposition(figures: Iterable[Figure]) -> bytes:
    """The requests of all workers, and these figures as gauges."""
    requests = _registry
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        requests = CollectorRegistry()
        MultiProcessCollector(requests)  # type: ignore[no-untyped-call]
    gauges = CollectorRegistry()
    gauges.register(_Gauges(figures))
    return generate_latest(requests) + generate_latest(gauges)


class _Gauges(Collector):
    """Figures of one name are one family, whoever they came from."""

    def __init__(self, figures: Iterable[Figure]) -> None:
        self._families: dict[str, GaugeMetricFamily] = {}
        for figure in figures:
            family = self._families.get(figure.name)
            if family is None:
                family = GaugeMetricFamily(figure.name, figure.help, labels=sorted(figure.labels))
                self._families[figure.name] = family
            family.add_metric([figure.labels[label] for label in sorted(figure.labels)], figure.value)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield from self._families.values()
