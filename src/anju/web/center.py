"""What pages know about the center they belong to: its title, whether it is a synthetic city, its latest booking."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from django.conf import settings
from django.core.cache import cache
from django.db.models import Max, Min
from django.http import Http404, HttpRequest
from django.utils import timezone

from anju.ledger.models import Journal
from anju.ledger.queries import TrialBalanceRow, trial_balance
from anju.platform.models import CenterFact

Answer = TypeVar("Answer")

#: Seconds for which an answer about the whole ledger is kept. The key names the latest journal, so a page lags behind
#: by this much only where something other than a journal changed.
KEPT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class City:
    """A synthetic city: the year it lived, and how many times smaller it is than the real one it resembles."""

    year: int
    scale: int


@dataclass(frozen=True, slots=True)
class Center:
    """Title of the center (empty when none is set), its synthetic city or None, the years that it has books for."""

    title: str
    city: City | None
    years: range

    @property
    def year(self) -> int:
        """The year that pages show unless asked for another: the city's, else the latest with books."""
        return self.city.year if self.city else self.years[-1]


def center_of(request: HttpRequest) -> Center:
    """The center, asked for once in a request."""
    known: Center | None = getattr(request, "_anju_center", None)
    if known is None:
        known = _read()
        request._anju_center = known  # type: ignore[attr-defined] # noqa: SLF001 - kept for the request's life
    return known


def kept(question: str, answer: Callable[[], Answer]) -> Answer:
    """The answer to a question about the whole ledger, computed once for each state of the ledger."""
    latest = Journal.objects.order_by("-pk").values_list("pk", flat=True).first()
    key = f"anju:{settings.ANJU_CENTER}:{latest}:{question}"
    found: Answer | None = cache.get(key)
    if found is None:
        found = answer()
        cache.set(key, found, KEPT_SECONDS)
    return found


def kept_trial_balance(start: date, end: date) -> list[TrialBalanceRow]:
    """`ledger.queries.trial_balance`, computed once for each state of the ledger."""
    return kept(f"trial-balance:{start}:{end}", lambda: trial_balance(start=start, end=end))


def whole_year(year: int) -> tuple[date, date]:
    """First and final day of a year."""
    return date(year, 1, 1), date(year, 12, 31)


def asked_year(request: HttpRequest) -> int:
    """The year that `?year=` names, the center's own without it. Raises Http404 for a year without books."""
    center = center_of(request)
    text = request.GET.get("year", str(center.year))
    if text not in map(str, center.years):
        raise Http404
    return int(text)


def _read() -> Center:
    facts = dict(CenterFact.objects.filter(key__in=["title", "city"]).values_list("key", "value"))
    city = City(facts["city"]["year"], facts["city"]["scale"]) if "city" in facts else None
    days = Journal.objects.aggregate(first=Min("business_date"), latest=Max("business_date"))
    today = timezone.localdate()
    first, latest = days["first"] or today, days["latest"] or today
    return Center(str(facts.get("title", "")), city, range(first.year, latest.year + 1))
