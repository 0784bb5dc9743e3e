"""The arrears radar as staff see it: what stands at which unit, since when, how much is missing; and as a table to take away."""

from collections.abc import Iterator, Sequence

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from anju.contributions.arrears import hits
from anju.contributions.models_arrears import RadarHit, RadarKind
from anju.kernel.money import format_yuan
from anju.registry.operations import month_of
from anju.registry.queries import office_names
from anju.web.csv_export import csv_response
from anju.web.paging import page_number, pager

PAGE = 50


@require_safe
def arrears(request: HttpRequest) -> HttpResponse:
    """What stands, by kind and office; `?done=1` shows what was put right."""
    found, page = _asked(request), page_number(request)
    context = {
        "rows": list(found[(page - 1) * PAGE : page * PAGE]), "kinds": RadarKind.choices, "offices": office_names(),
        "kind": request.GET.get("kind", ""), "office": request.GET.get("office", ""), "done": "done" in request.GET,
        "pager": pager(request, page=page, total=found.count(), size=PAGE), "query": request.GET.urlencode(),
    }  # fmt: skip
    return render(request, "anju/arrears.html", context)


@require_safe
def arrears_csv(request: HttpRequest) -> HttpResponse:
    """The same as a table for a spreadsheet."""
    return csv_response(filename="arrears.csv", rows=_lines(_asked(request)))


def _asked(request: HttpRequest) -> QuerySet[RadarHit]:
    kind, office = request.GET.get("kind", ""), request.GET.get("office", "")
    if kind not in ("", *RadarKind.values):
        raise Http404
    return hits(kind=kind, office=office, resolved="done" in request.GET)


def _lines(found: QuerySet[RadarHit]) -> Iterator[Sequence[str]]:
    yield (
        _("单位账号"),
        _("单位名称"),
        _("管理部"),
        _("类别"),
        _("年月"),
        _("人数"),
        _("欠缴金额（元）"),
        _("首次发现"),
        _("消除日期"),
    )
    for row in found.iterator(2000):
        unit = row.unit
        yield (
            unit.number, unit.name, unit.office, str(row.get_kind_display()), str(month_of(row.month)), str(row.members),
            format_yuan(row.amount, grouping=False), str(row.first_seen), str(row.resolved or ""),
        )  # fmt: skip
