"""The arrears radar as staff see it: what stands at which unit, a unit's history, reminders; and a table to take away.

Staff of an office see and remind the units of that office only.
"""

from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from anju.contributions.arrears import by_unit, history, hits, unit_faults
from anju.contributions.models import Bill, BillState
from anju.contributions.models_arrears import ArrearsReminder, RadarHit, RadarKind
from anju.contributions.reminders import Reminded, Scope, reached, remind, remindable
from anju.kernel.money import format_yuan
from anju.registry.models import Unit
from anju.registry.operations import month_of
from anju.registry.queries import office_names
from anju.web.access import may_open, own_office, viewer
from anju.web.csv_export import csv_response
from anju.web.paging import page_number, pager
from anju.web.unit_duties import standing

#: Rows of a page, and the most that a unit's history shows.
PAGE, REMEMBERED = 50, 300


@require_safe
def arrears(request: HttpRequest) -> HttpResponse:
    """What stands, a row for a unit and kind, by kind and office; `?done=1` shows what was put right."""
    scope, page, agents = _scope(request), page_number(request), reached()
    found = by_unit(_asked(request, scope))
    rows = unit_faults(found[(page - 1) * PAGE : page * PAGE])
    context = {
        "rows": [(row, row.unit.pk in agents) for row in rows], "kinds": RadarKind.choices, "offices": [] if own_office(viewer(request)) else office_names(),
        "kind": scope.kind, "office": scope.office, "done": "done" in request.GET,
        "pager": pager(request, page=page, total=found.count(), size=PAGE), "query": _query(request),
        "reminds": may_open(viewer(request), "arrears-remind"),
    }  # fmt: skip
    return render(request, "anju/arrears.html", context)


@require_safe
def arrears_csv(request: HttpRequest) -> HttpResponse:
    """The same as a table for a spreadsheet, a row for each month."""
    return csv_response(filename="arrears.csv", rows=_lines(_asked(request, _scope(request))))


@require_safe
def arrears_unit(request: HttpRequest, number: str) -> HttpResponse:
    """What the radar found at one unit and when it was gone, what it was reminded of, and what it owes and may defer."""
    unit = _unit(request, number)
    rows = history(unit)
    reachable = unit.pk in reached()
    context = {
        "unit": unit, "rows": list(rows[:REMEMBERED]), "reachable": reachable,
        "bills": list(Bill.objects.filter(unit=unit, state=BillState.OPEN).order_by("id")),
        "duties": standing(unit, timezone.localdate()),
        "reminds": reachable and may_open(viewer(request), "arrears-remind")
        and rows.filter(resolved=None, reminder=None).exists(),
    }  # fmt: skip
    return render(request, "anju/arrears_unit.html", context)


@require_http_methods(["GET", "POST"])
def arrears_remind(request: HttpRequest) -> HttpResponse:
    """Remind one unit (`?unit=`), or all units of the list as filtered, once it is said how many that are."""
    scope = _scope(request)
    if request.method != "POST":
        back = f"{reverse('arrears')}?{_query(request)}"
        return render(request, "anju/arrears_remind.html", {"told": remindable(scope), "scope": scope, "back": back})
    done = remind(
        scope=scope, business_date=timezone.localdate(), actor=viewer(request).username, at=timezone.now()
    )  # fmt: skip
    messages.success(request, _said(done))
    return _back(request, scope)


def _said(done: Reminded) -> str:
    if not done.faults:
        return _("没有需要提醒的：已提醒过，或单位无经办人")
    words = _("已提醒 {units} 个单位，共 {faults} 项").format(units=done.units, faults=done.faults)
    return words + (_("；还有 {left} 项未提醒，请再次提醒").format(left=done.left) if done.left else "")


def _back(request: HttpRequest, scope: Scope) -> HttpResponseRedirect:
    if scope.unit:
        return redirect("arrears-unit", number=scope.unit)
    return HttpResponseRedirect(f"{reverse('arrears')}?{_query(request)}")


def _scope(request: HttpRequest) -> Scope:
    """What the address asks for, within what the reader sees. Raises Http404."""
    kind, office, unit = (request.GET.get(name, "") for name in ("kind", "office", "unit"))
    own = own_office(viewer(request))
    if kind not in ("", *RadarKind.values) or (own and office not in ("", own)):
        raise Http404
    if office and not own and office not in dict(office_names()):
        raise Http404
    return Scope(kind, own or office, _unit(request, unit).number if unit else "")


def _unit(request: HttpRequest, number: str) -> Unit:
    """A unit that the reader sees. Raises Http404."""
    own = own_office(viewer(request))
    unit = None if "\x00" in number else Unit.objects.filter(number=number).first()
    if unit is None or (own and unit.office != own):
        raise Http404
    return unit


def _query(request: HttpRequest) -> str:
    """The filters of the list, for addresses that keep them."""
    return urlencode({name: request.GET[name] for name in ("kind", "office", "done") if request.GET.get(name)})


def _asked(request: HttpRequest, scope: Scope) -> QuerySet[RadarHit]:
    return hits(kind=scope.kind, office=scope.office, resolved="done" in request.GET)


def _lines(found: QuerySet[RadarHit]) -> Iterator[Sequence[str]]:
    agents = reached()
    yield (
        _("单位账号"), _("单位名称"), _("管理部"), _("类别"), _("年月"), _("人数"), _("欠缴金额（元）"), _("首次发现"),
        _("消除日期"), _("提醒日期"), _("经办人"),
    )  # fmt: skip
    for row in found.iterator(2000):
        unit = row.unit
        yield (
            unit.number, unit.name, unit.office, str(row.get_kind_display()), str(month_of(row.month)), str(row.members),
            format_yuan(row.amount, grouping=False), str(row.first_seen), str(row.resolved or ""), _reminded(row),
            "" if row.unit_id in agents else _("无经办人，请电话联系"),
        )  # fmt: skip


def _reminded(row: RadarHit) -> str:
    try:
        return str(row.reminder.sent_date)
    except ArrearsReminder.DoesNotExist:
        return ""
