"""The queue of 219 with what can be done about each line: begin an item filled in, pay what is covered, look at receipts."""

import secrets
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from anju.cases import catalogue, operations
from anju.cases.actors import Actor
from anju.cases.declarations import Channel
from anju.cases.form_fields import MoneyField
from anju.cases.models import Case
from anju.contributions.bills import pay_bill
from anju.contributions.models import Bill, BillState, Receipt
from anju.contributions.reviews import NOTE, look_at, third_party
from anju.contributions.suspense import LONG, Asked, Waiting, guesses, ledger_total, lines, totals
from anju.kernel.errors import AnjuError
from anju.kernel.identity import mask_bank_card, mask_name
from anju.platform import audit
from anju.registry.queries import unit as unit_of
from anju.web.access import viewer
from anju.web.counter import applicant
from anju.web.desk_forms import channels_of
from anju.web.paging import page_number, pager
from anju.web.plain_forms import PlainForm
from anju.web.suspense_view import CLAIM, REFUND, REMIT, Opening, errands, errands_of, name_shown, opening

PAGE = 50
#: Money that is booked, and only waits for somebody to look at who paid it.
THIRD = "third"


def _kinds() -> list[tuple[str, str]]:
    known = [(code, str(title)) for code, title in Waiting.choices]
    return [("", _("全部")), *known, (THIRD, _("他人代缴"))]


class FilterForm(PlainForm):
    """Which lines are shown."""

    kind = forms.ChoiceField(label=gettext_lazy("类别"), required=False, choices=_kinds)
    days = forms.IntegerField(label=gettext_lazy("滞留满（天）"), required=False, min_value=0, max_value=3660)
    least = MoneyField(label=gettext_lazy("金额不低于（元）"), required=False)
    most = MoneyField(label=gettext_lazy("金额不高于（元）"), required=False)
    seen = forms.BooleanField(label=gettext_lazy("代缴已核对的"), required=False)

    def asked(self, office: str | None) -> Asked:
        """The lines that a valid form asks for."""
        data = self.cleaned_data
        return Asked(
            today=timezone.localdate(), kind=data["kind"], office=office, days=data["days"] or 0,
            least=None if data["least"] in ("", None) else data["least"],
            most=None if data["most"] in ("", None) else data["most"],
        )  # fmt: skip


@require_safe
def suspense(request: HttpRequest) -> HttpResponse:
    """The queue, the oldest first, with sums by kind; of the whole center they are held against the ledger."""
    user = viewer(request)
    office = user.office.name if user.office is not None else None
    form = FilterForm(request.GET)
    if not form.is_valid():
        return render(request, "anju/suspense.html", {"form": form, "third": False})
    asked, page = form.asked(office), page_number(request)
    if asked.kind == THIRD:
        return render(request, "anju/suspense.html", _others(request, form, asked, page))
    sums = totals(asked=asked)
    rows = lines(asked=asked, first=(page - 1) * PAGE, limit=PAGE)
    guessed = _guessed(rows)
    context = {
        "form": form, "key": secrets.token_urlsafe(16), "long": LONG,
        "rows": [
            {"line": row, "name": name_shown(row), "age": row.age(asked.today), "errands": errands(row),
             "guess": guessed.get(row.receipt or 0, "") if row.source == "receipt" else ""}
            for row in rows
        ],
        "sums": [(Waiting(kind), total) for kind, total in sums.items() if total.count],
        "asked": sum(total.asked_amount for total in sums.values()),
        "all": sum(total.amount for total in sums.values()), "ledger": None if office else ledger_total(),
        "waiting": third_party(office=office).count(),
        "pager": pager(request, page=page, total=sum(total.asked for total in sums.values()), size=PAGE),
    }  # fmt: skip
    return render(request, "anju/suspense.html", context)


@require_safe
def receipt(request: HttpRequest, pk: int) -> HttpResponse:
    """One receipt: who paid, where it went, what can be done. Each look is recorded."""
    shown = Receipt.objects.select_related("unit", "bill__member", "bank_account").filter(pk=pk).first()
    if shown is None:
        raise Http404
    audit.record(
        actor=viewer(request).username, action="receipt.view", object_kind="receipt", object_reference=str(pk),
        detail={}, at=timezone.now(),
    )  # fmt: skip
    look = getattr(shown, "review", None)
    person = shown.bill.member if shown.bill is not None else None
    context = {
        "receipt": shown, "account": mask_bank_card(shown.payer_account or ""), "errands": errands_of(shown),
        "person": mask_name(person.name) if person is not None else "", "look": look, "key": secrets.token_urlsafe(16),
        "guess": None if shown.unit_id or shown.matched_by else guesses([shown]).get(pk),
        "to_look_at": look is None and third_party().filter(pk=pk).exists(), "longest": NOTE,
        "refunds": list(shown.refunds.order_by("id")),
    }  # fmt: skip
    return render(request, "anju/receipt.html", context)


@require_POST
def receipt_look(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that a receipt of a third party was looked at."""
    try:
        look_at(
            receipt_id=pk, note=request.POST.get("note", ""), actor=viewer(request).username, at=timezone.now(),
            business_date=timezone.localdate(),
        )  # fmt: skip
    except AnjuError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("已记录核对"))
    return redirect("receipt", pk=pk)


@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Open the draft that a button stands for, with its fields filled in; the same page sent twice gives one draft."""
    user, code = viewer(request), request.POST.get("item", "")
    item = catalogue.find(code)
    if code not in (CLAIM, REFUND, REMIT) or item is None or Channel.COUNTER not in channels_of(item, user.role):
        raise Http404
    given, payer = request.POST.get("receipt", "").replace("\x00", ""), request.POST.get("unit", "").replace("\x00", "")
    receipt_id = int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None
    try:
        wanted = opening(item=code, receipt=receipt_id, unit=payer)
        case = _drafted(request, code, wanted, given)
    except AnjuError as error:
        messages.error(request, error.message)
        return redirect("suspense")
    audit.record(
        actor=user.username, action="suspense.begin", object_kind="case", object_reference=case.number,
        detail={"item": code, "receipt": receipt_id}, at=timezone.now(),
    )  # fmt: skip
    return redirect("desk-form", number=case.number)


@require_POST
def pay(request: HttpRequest) -> HttpResponse:
    """Pay the open notices of a unit that its money covers, in their order."""
    actor, number = viewer(request).username, request.POST.get("unit", "").replace("\x00", "")
    try:
        unit = unit_of(number)
        for bill in Bill.objects.filter(unit=unit, state=BillState.OPEN).order_by("id"):
            paid = pay_bill(bill=bill, business_date=timezone.localdate(), maker=actor)
            if paid.state != BillState.PAID:
                messages.warning(request, _("{number} 未入账：暂收余额不足").format(number=paid.number))
                break
            messages.success(request, _("{number} 已入账").format(number=paid.number))
    except AnjuError as error:
        messages.error(request, error.message)
    return redirect("suspense")


def _drafted(request: HttpRequest, code: str, wanted: Opening, receipt: str) -> Case:
    user, item = viewer(request), catalogue.item(code)
    found = applicant(item, kind=wanted.kind, number=wanted.reference)
    once = request.POST.get("key", "").replace("\x00", "")
    key = f"{once[:40]}:{code}:{wanted.reference}:{receipt[:19]}"
    return operations.open_draft(
        item=code, channel=Channel.COUNTER, applicant_kind=found.kind, reference=found.reference, actor=Actor.of(user),
        at=timezone.now(), business_date=timezone.localdate(), applicant_person=found.person, key=key,
        known=wanted.known,
    )  # fmt: skip


def _others(request: HttpRequest, form: FilterForm, asked: Asked, page: int) -> dict[str, Any]:
    """Receipts that a third party paid."""
    found = third_party(office=asked.office, seen=form.cleaned_data["seen"])
    if asked.least is not None:
        found = found.filter(amount__gte=asked.least)
    if asked.most is not None:
        found = found.filter(amount__lte=asked.most)
    if asked.parameters["before"] is not None:
        found = found.filter(arrived_date__lte=asked.parameters["before"])
    return {
        "form": form, "third": True, "others": list(found[(page - 1) * PAGE : page * PAGE]), "seen": form.cleaned_data["seen"],
        "pager": pager(request, page=page, total=found.count(), size=PAGE),
    }  # fmt: skip


def _guessed(rows: list[Any]) -> dict[int, str]:
    """Names of the units that unknown receipts seem to be from."""
    wanted = [row.receipt for row in rows if row.source == "receipt"]
    return {pk: unit.name for pk, unit in guesses(list(Receipt.objects.filter(pk__in=wanted))).items()}
