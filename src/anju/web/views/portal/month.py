"""The clerk's month: what is due, what changed, the payment notices, the months remitted and the unit's members."""

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from anju.cases import catalogue
from anju.contributions.bills import cancel_bill
from anju.contributions.models import Bill, BillState, Contribution, Remittance
from anju.kernel.errors import AnjuError
from anju.platform import audit
from anju.registry.agents import require
from anju.registry.models import AgentPower, Member, MemberState, Unit
from anju.web.bill_view import facts, months_of, notice_pdf
from anju.web.file_response import made_file
from anju.web.paging import page_number, pager
from anju.web.reminders import reminders
from anju.web.unit_month import contribution_rows, member_items, member_rows, remittances, standing
from anju.web.views.portal.doors import Portal, Visit

PAGE = 50
_OPEN_STATES = (MemberState.NORMAL, MemberState.SEALED, MemberState.FROZEN)


@require_safe
def month(request: HttpRequest, portal: Portal) -> HttpResponse:
    """Each of the visitor's units: its next month, the differences, its open notices, the way to confirm."""
    visit = Visit(request, portal)
    today = timezone.localdate()
    return visit.page(
        "month", standings=[standing(unit, today) for unit in visit.units], item=catalogue.find("C01"),
        reminders=reminders(visit.units), items=member_items(portal.channel),
    )  # fmt: skip


@require_safe
def unit_members(request: HttpRequest, portal: Portal, unit: str) -> HttpResponse:
    """The unit's members with open accounts, page by page."""
    visit = Visit(request, portal)
    mine, page = visit.unit(unit), page_number(request)
    found = Member.objects.filter(unit=mine, state__in=_OPEN_STATES).order_by("number")
    rows = list(found[(page - 1) * PAGE : page * PAGE])
    _looked(visit, mine, "members", page)
    return visit.page(
        "unit_members", unit=mine, rows=member_rows(rows), items=member_items(portal.channel),
        pager=pager(request, page=page, total=found.count(), size=PAGE), back=visit.url("month"),
    )  # fmt: skip


@require_safe
def unit_months(request: HttpRequest, portal: Portal, unit: str) -> HttpResponse:
    """The months that the unit remitted, the latest first."""
    visit = Visit(request, portal)
    mine, page = visit.unit(unit), page_number(request)
    found = remittances(mine)
    return visit.page(
        "unit_months", unit=mine, rows=list(found[(page - 1) * PAGE : page * PAGE]), back=visit.url("month"),
        pager=pager(request, page=page, total=found.count(), size=PAGE),
    )  # fmt: skip


@require_safe
def bill(request: HttpRequest, portal: Portal, number: str) -> HttpResponse:
    """A payment notice: what to pay, to whom, under which reference, and whether it is booked."""
    visit = Visit(request, portal)
    shown = _bill(visit, number)
    months = list(shown.remittances.order_by("month"))
    asked = next(
        (each for each in months if str(each.month) == request.GET.get("month")), months[0] if months else None
    )
    page = page_number(request)
    rows, total = _lines(asked, page)
    _looked(visit, shown.unit, "bill", page)
    return visit.page(
        "bill", bill=shown, facts=facts(shown), months=months, asked=asked, rows=rows, open=shown.state == BillState.OPEN,
        pager=pager(request, page=page, total=total, size=PAGE), back=visit.url("month" if shown.member is None else "flexible"),
        title=months_of(shown), pdf_page=f"{portal.prefix}-bill-pdf", cancel=visit.url("bill-cancel", shown.number),
    )  # fmt: skip


@require_safe
def bill_pdf(request: HttpRequest, portal: Portal, number: str) -> HttpResponse:
    """The notice on paper."""
    shown = _bill(Visit(request, portal), number)
    return made_file(notice_pdf(shown, as_of=shown.issued_date), f"{shown.number}.pdf", "application/pdf")


@require_POST
def bill_cancel(request: HttpRequest, portal: Portal, number: str) -> HttpResponse:
    """Take back a notice that is not paid."""
    visit = Visit(request, portal)
    shown = _bill(visit, number)
    try:
        if shown.member is None:
            require(user=visit.user, unit_number=shown.unit.number, power=AgentPower.REMIT)
        cancel_bill(number=shown.number)
    except AnjuError as error:
        messages.error(request, error.message)
    else:
        audit.record(
            actor=visit.user.username, action="bill.cancel", object_kind="bill", object_reference=shown.number,
            detail={"unit": shown.unit.number}, at=timezone.now(),
        )  # fmt: skip
        messages.success(request, _("缴款通知已撤销，月份可以重新确认"))
    return visit.go("bill", shown.number)


def _bill(visit: Visit, number: str) -> Bill:
    """A notice of one of the visitor's units, or the visitor's own. Raises Http404."""
    mine = Q(member=visit.member) if visit.member is not None else Q(unit__in=visit.units)
    found = Bill.objects.select_related("unit", "member").filter(mine, number=number).first()
    if found is None:
        raise Http404
    return found


def _lines(asked: Remittance | None, page: int) -> tuple[list[dict[str, object]], int]:
    if asked is None:
        return [], 0
    found = Contribution.objects.filter(remittance=asked).select_related("member").order_by("member__number")
    return contribution_rows(list(found[(page - 1) * PAGE : page * PAGE])), asked.members


def _looked(visit: Visit, unit: Unit, what: str, page: int) -> None:
    audit.record(
        actor=visit.user.username, action="unit.members-view", object_kind="unit", object_reference=unit.number,
        detail={"page": what, "number": page}, at=timezone.now(),
    )  # fmt: skip
