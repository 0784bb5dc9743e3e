"""A unit's month at the counter, and payment notices as staff see them."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from anju.contributions.bills import cancel_bill
from anju.contributions.models import Bill, BillState, Contribution
from anju.kernel.errors import AnjuError
from anju.platform import audit
from anju.registry.models import Unit
from anju.web.access import may_open, viewer
from anju.web.bill_view import facts, months_of, notice_pdf
from anju.web.file_response import made_file
from anju.web.paging import page_number, pager
from anju.web.unit_month import contribution_rows, remittances, standing

PAGE = 50


@require_safe
def unit_month(request: HttpRequest, number: str) -> HttpResponse:
    """The unit's next month with its differences, its open notices and its latest months."""
    unit = Unit.objects.filter(number=number).first()
    if unit is None:
        raise Http404
    return render(
        request, "anju/unit_month.html",
        {"unit": unit, "each": standing(unit, timezone.localdate()), "months": list(remittances(unit)[:24])},
    )  # fmt: skip


@require_safe
def bill(request: HttpRequest, number: str) -> HttpResponse:
    """A payment notice with its lines, and the receipts that were matched to it."""
    shown, page = _bill(number), page_number(request)
    months = list(shown.remittances.order_by("month"))
    asked = next(
        (each for each in months if str(each.month) == request.GET.get("month")), months[0] if months else None
    )
    lines = Contribution.objects.filter(remittance=asked).select_related("member").order_by("member__number")
    audit.record(
        actor=viewer(request).username, action="bill.view", object_kind="bill", object_reference=number,
        detail={"page": page}, at=timezone.now(),
    )  # fmt: skip
    context = {
        "bill": shown, "facts": facts(shown), "months": months, "asked": asked, "title": months_of(shown),
        "rows": contribution_rows(list(lines[(page - 1) * PAGE : page * PAGE])), "open": shown.state == BillState.OPEN,
        "cancels": shown.state == BillState.OPEN and may_open(viewer(request), "bill-cancel"),
        "pager": pager(request, page=page, total=asked.members if asked else 0, size=PAGE),
        "receipts": list(shown.receipts.order_by("id")),
    }  # fmt: skip
    return render(request, "anju/bill.html", context)


@require_safe
def bill_pdf(request: HttpRequest, number: str) -> HttpResponse:
    """The notice on paper, for the applicant at the counter."""
    shown = _bill(number)
    return made_file(notice_pdf(shown, as_of=shown.issued_date), f"{shown.number}.pdf", "application/pdf")


@require_POST
def bill_cancel(request: HttpRequest, number: str) -> HttpResponse:
    """Take back a notice that is not paid, for the payer who asks at the counter."""
    shown = _bill(number)
    try:
        cancel_bill(number=shown.number)
    except AnjuError as error:
        messages.error(request, error.message)
    else:
        audit.record(
            actor=viewer(request).username, action="bill.cancel", object_kind="bill", object_reference=shown.number,
            detail={"unit": shown.unit.number}, at=timezone.now(),
        )  # fmt: skip
        messages.success(request, _("缴款通知已撤销，月份可以重新确认"))
    return redirect("bill", number=shown.number)


def _bill(number: str) -> Bill:
    found = Bill.objects.select_related("unit").filter(number=number).first()
    if found is None:
        raise Http404
    return found
