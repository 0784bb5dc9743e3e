"""The catalogue of service items, made from their declarations."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from anju.cases import catalogue as declared
from anju.cases.clock import DayCount, Term
from anju.cases.declarations import ApplicantKind, Channel, Material, ServiceItem, Source
from anju.platform.people.models import Role
from anju.web.access import may_open, viewer
from anju.web.desk_forms import channels_of


@dataclass(frozen=True, slots=True)
class Entry:
    """An item in words."""

    item: ServiceItem
    applicants: str
    channels: str
    term: str
    materials: list[tuple[Material, str]]
    steps: list[tuple[str, int]]

    @property
    def handler(self) -> str:
        return str(Role(self.item.handler).label)


@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """All items."""
    return render(request, "anju/catalogue.html", {"entries": [_entry(item) for item in declared.items()]})


@require_safe
def catalogue_item(request: HttpRequest, code: str) -> HttpResponse:
    """One item: what it asks for, how long it takes, who decides, and the law."""
    item = declared.find(code)
    if item is None:
        raise Http404
    user = viewer(request)
    form = item.form()
    context = {
        "entry": _entry(item),
        "groups": [(group, [form.fields[name].label or name for name in group.fields]) for group in item.groups],
        "opens": may_open(user, "desk-start") and bool(channels_of(item, user.role)),
    }
    return render(request, "anju/catalogue_item.html", context)


def term_in_words(term: Term) -> str:
    """即时办结, 3 个工作日, 30 日."""
    if term.days == 0:
        return _("即时办结")
    words = _("{days} 日") if term.count is DayCount.CALENDAR else _("{days} 个工作日")
    return words.format(days=term.days)


def _entry(item: ServiceItem) -> Entry:
    return Entry(
        item=item,
        applicants=_("、").join(str(kind.label) for kind in ApplicantKind if kind in item.applicants),
        channels=_("、").join(str(channel.label) for channel in Channel if channel in item.channels),
        term=term_in_words(declared.term_of(item, timezone.localdate())),
        materials=[(each, _(" / ").join(str(Source(s).label) for s in each.sources)) for each in item.materials],
        steps=[(str(Role(step.role).label), step.above) for step in item.reviews],
    )
