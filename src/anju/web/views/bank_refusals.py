"""Notices of the bank that could not be booked: why, what they said (masked), and what can be done about one."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from anju.kernel.errors import AnjuError
from anju.kernel.identity import mask_bank_card
from anju.platform import audit
from anju.treasury.bank import BankNotice, kept_notice
from anju.treasury.models import BankRefusal, RefusalState
from anju.treasury.refusals import close
from anju.web.access import viewer
from anju.web.bank_notices import take_refused
from anju.web.case_view import masked
from anju.web.desk_forms import ReasonForm
from anju.web.paging import page_number, pager
from anju.web.suspense_view import payer_shown

PAGE = 50


@dataclass(frozen=True, slots=True)
class Told:
    """What a notice said: payer, account and remark masked."""

    payer: str
    account: str
    remark: str


@require_safe
def refusals(request: HttpRequest) -> HttpResponse:
    """Refused notices, the open ones or those of another state."""
    state = request.GET.get("state", RefusalState.OPEN)
    if state not in RefusalState.values:
        raise Http404
    found, page = BankRefusal.objects.filter(state=state), page_number(request)
    context = {
        "rows": [(row, _told(row)) for row in found[(page - 1) * PAGE : page * PAGE]], "state": state,
        "states": RefusalState.choices, "pager": pager(request, page=page, total=found.count(), size=PAGE),
    }  # fmt: skip
    return render(request, "anju/bank_refusals.html", context)


@require_http_methods(["GET", "POST"])
def refusal(request: HttpRequest, number: int) -> HttpResponse:
    """One refused notice: book it after all, or close it with a reason. Each look is recorded."""
    shown = BankRefusal.objects.filter(number=number).first()
    if shown is None:
        raise Http404
    user, closing = viewer(request), request.POST.get("do") == "close"
    form = ReasonForm(request.POST if closing else None, use_required_attribute=False)
    if request.method == "POST" and (not closing or form.is_valid()):
        try:
            _settle(request, number, form.cleaned_data["reason"] if closing else None)
        except AnjuError as error:
            messages.error(request, error.message)
        return redirect("bank-refusal", number=number)
    audit.record(
        actor=user.username, action="bank-refusal.view", object_kind="bank-refusal", object_reference=str(number),
        detail={}, at=timezone.now(),
    )  # fmt: skip
    context = {"row": shown, "told": _told(shown), "form": form, "open": shown.state == RefusalState.OPEN}
    return render(request, "anju/bank_refusal.html", context)


def _settle(request: HttpRequest, number: int, reason: str | None) -> None:
    """Close with a reason, or book without one. Raises AnjuError."""
    actor, at, today = viewer(request).username, timezone.now(), timezone.localdate()
    if reason is not None:
        close(number=number, reason=reason, actor=actor, at=at, business_date=today)
        messages.success(request, _("已关闭"))
        return
    done = take_refused(number=number, actor=actor, at=at, business_date=today)
    if done.state == RefusalState.TAKEN:
        messages.success(request, _("已入账"))
    else:
        messages.error(request, _("仍未能入账：{reason}").format(reason=done.message))


def _told(row: BankRefusal) -> Told | None:
    """What a refusal kept; None for one of an earlier version."""
    if not row.content:
        return None
    notice: BankNotice = kept_notice(row.content)
    return Told(payer_shown(notice.payer_name), mask_bank_card(notice.payer_account), masked(notice.remark))
