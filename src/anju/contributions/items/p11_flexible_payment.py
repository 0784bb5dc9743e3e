"""P11 灵活就业缴存: the notice of a person's next payment; what it counts for is told before."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _lazy

from anju.cases.declarations import ApplicantKind, Channel, Check, Facts, Group, Preview, ServiceItem, Term
from anju.cases.form_fields import MoneyField
from anju.contributions.errors import FlexibleRefusedError
from anju.contributions.flexible.payments import PERIOD, Counted, counted, issue, next_month
from anju.contributions.models_flexible import Agreement
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen, format_yuan
from anju.registry.queries import member, office_of


class PaymentForm(forms.Form):
    amount = MoneyField(
        label=_lazy("缴存金额（元）"),
        required=False,
        help_text=_lazy("按月、按季、按年缴存的不用填；一次性和自由缴存的填写金额"),
    )


class FlexiblePaymentItem(ServiceItem):
    code = "P11"
    name = _lazy("灵活就业缴存")
    summary = _lazy("取得缴款编号，用本人账户转账，到账后自动入账并折算月数")
    source = "住房公积金管理条例（2026 修订）第四十九条"
    applicants = frozenset({ApplicantKind.MEMBER})
    channels = frozenset({Channel.COUNTER, Channel.MEMBER, Channel.BANK})
    term = Term(0)
    form = PaymentForm
    groups = (Group("amount", _lazy("缴存金额"), ("amount",)),)
    reviews = ()
    straight_through = True

    def office(self, *, data: Mapping[str, Any], reference: str) -> str | None:
        return office_of(member(reference).unit)

    def amount(self, data: Mapping[str, Any]) -> Fen:
        return data.get("amount") or 0

    def preview(self, *, data: Mapping[str, Any], reference: str, on: date) -> Preview | None:
        agreement = _agreement(reference)
        try:
            counts = None if agreement is None else _counts(agreement, data.get("amount") or None)
        except FlexibleRefusedError:
            return None
        if agreement is None or counts is None:
            return None
        first = next_month(agreement, on)
        covers = str(first) if counts.months == 1 else f"{first} – {first.plus(max(0, counts.months - 1))}"
        cells = [
            format_yuan(counts.amount),
            str(counts.months),
            covers if counts.months else "",
            format_yuan(counts.rest),
        ]
        return Preview(
            title=_("本次缴存折算"), columns=(_("应缴（元）"), _("折算月数"), _("所属年月"), _("结余（元）")), rows=[cells],
            figures=(0, 1, 3),
        )  # fmt: skip

    def checks(self, facts: Facts) -> Sequence[Check]:
        agreement, problem = _agreement(facts.case.applicant_reference), ""
        if agreement is not None:
            try:
                _counts(agreement, facts.data.get("amount") or None)
            except FlexibleRefusedError as error:
                problem = error.message
        return [
            Check("P11-1", agreement is not None, _("没有有效的缴存协议，请先办理灵活就业开户与缴存协议"), title=_("有有效的缴存协议")),
            Check("P11-2", not problem, problem, field="amount", title=_("金额符合缴存方式")),
        ]  # fmt: skip

    def effect(self, facts: Facts) -> Mapping[str, str]:
        payer = member(facts.case.applicant_reference)
        bill = issue(
            member=payer, amount=facts.data.get("amount") or None, business_date=facts.business_date,
            maker=facts.case.opened_by.username, case_number=facts.case.number,
        )  # fmt: skip
        return {"bill": bill.number}


def _agreement(reference: str) -> Agreement | None:
    return Agreement.objects.filter(member__number=reference, ended_date=None).first()


def _counts(agreement: Agreement, amount: Fen | None) -> Counted:
    return counted(agreement=agreement, amount=None if agreement.mode in PERIOD else amount)
