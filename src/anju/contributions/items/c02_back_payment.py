"""C02 补缴: a unit pays past months of a person, or what was short of them. The rules decide; the notice is issued at once."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _lazy

from anju.cases.declarations import ApplicantKind, Channel, Check, Facts, Group, Preview, ServiceItem, Term
from anju.cases.form_fields import CodeField, MoneyField, MonthField, NumberField, RatioField
from anju.contributions.back_payments import BackLine, Truth, derive, issue_back_payment, problems
from anju.contributions.items.account_items import SheetField
from anju.contributions.models import BackPaymentReason, Method
from anju.contributions.sheets.kinds.back_payment import listed
from anju.contributions.sheets.operations import SheetError, ready, use
from anju.kernel.i18n import gettext as _
from anju.kernel.money import format_yuan
from anju.kernel.periods import Month
from anju.registry.models import UnitKind, UnitState
from anju.registry.queries import office_of, unit

#: Months of one notice: a person's whole working life fits.
_LONGEST = 480


def _reasons() -> list[tuple[str, str]]:
    return [(str(code), str(title)) for code, title in BackPaymentReason.choices]


class BackPaymentForm(forms.Form):
    sheet = SheetField(
        label=_lazy("补缴清册编号"),
        help_text=_lazy("多人补缴的填已校验通过的补缴清册，Q 开头，其他各栏留空；只补一人的留空"),
    )  # fmt: skip
    member = NumberField(label=_lazy("个人账号"), longest=20, required=False, help_text=_lazy("为哪位职工补缴"))
    reason = CodeField(label=_lazy("补缴原因"), codes=_reasons, required=False)
    first_month = MonthField(label=_lazy("起始年月"), required=False, help_text=_lazy("例如 2026-01"))
    last_month = MonthField(label=_lazy("终止年月"), required=False, help_text=_lazy("只补一个月的，与起始年月相同"))
    true_base = MoneyField(
        label=_lazy("应缴存基数（元）"), required=False, help_text=_lazy("少报基数的填职工上年月平均工资，其他的留空")
    )
    unit_ratio = RatioField(label=_lazy("单位应缴比例（%）"), required=False, help_text=_lazy("比例少缴的填写"))
    person_ratio = RatioField(label=_lazy("个人应缴比例（%）"), required=False, help_text=_lazy("比例少缴的填写"))
    unit_amount = MoneyField(
        label=_lazy("单位每月补缴额（元）"), required=False, help_text=_lazy("留空由系统按应缴减已缴计算")
    )
    person_amount = MoneyField(label=_lazy("个人每月补缴额（元）"), required=False)

    def clean(self) -> dict[str, Any]:
        """Months in their order; a reason that rests on a true base or ratio names it."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("sheet"):
            return data
        for name in ("member", "reason", "first_month", "last_month"):
            if not data.get(name) and name not in self.errors:
                self.add_error(name, _("请填写此栏，或填写补缴清册编号"))
        first, last = data.get("first_month"), data.get("last_month")
        if first and last and not first <= last <= first.plus(_LONGEST - 1):
            self.add_error("last_month", _("终止年月不能早于起始年月"))
        given = data.get("unit_amount") or data.get("person_amount")
        if data.get("reason") == BackPaymentReason.BASE_SHORT and not given and not data.get("true_base"):
            self.add_error("true_base", _("请填写应缴存基数，或填写每月补缴额"))
        return data


class BackPaymentItem(ServiceItem):
    code = "C02"
    name = _lazy("补缴")
    summary = _lazy("补缴漏缴、少缴、缓缴的月份，确认后取得缴款编号，缴款后自动入账")
    source = "住房公积金管理条例第二十条；GB/T 51271-2017 5.11"
    applicants = frozenset({ApplicantKind.UNIT})
    channels = frozenset({Channel.COUNTER, Channel.EMPLOYER, Channel.API})
    cross_province = True
    term = Term(0)
    form = BackPaymentForm
    groups = (
        Group("list", _lazy("多人补缴"), ("sheet",)),
        Group("who", _lazy("职工、月份与原因"), ("member", "reason", "first_month", "last_month")),
        Group("truth", _lazy("应缴的基数与比例"), ("true_base", "unit_ratio", "person_ratio")),
        Group("amounts", _lazy("补缴金额"), ("unit_amount", "person_amount")),
    )
    reviews = ()
    straight_through = True

    def office(self, *, data: Mapping[str, Any], reference: str) -> str | None:
        return office_of(unit(reference))

    def subject(self, data: Mapping[str, Any]) -> str:
        if data.get("sheet"):
            return _("清册 {number}").format(number=data["sheet"])
        first, last = data["first_month"], data["last_month"]
        return str(first) if first == last else _("{first} 至 {last}").format(first=first, last=last)

    def preview(self, *, data: Mapping[str, Any], reference: str, on: date) -> Preview | None:
        if not data.get("sheet") and not all(
            data.get(name) for name in ("member", "reason", "first_month", "last_month")
        ):
            return None
        try:
            lines = _lines(data, reference)
        except SheetError:
            return None
        return Preview(
            title=_("补缴明细"), columns=(_("个人账号"), _("补缴年月"), _("单位补缴额"), _("个人补缴额"), _("合计")), figures=(2, 3, 4),
            rows=[
                (each.member, str(each.month), *map(format_yuan, (each.unit_amount, each.person_amount, each.amount)))
                for each in lines
            ],
            note=_("共 {months} 笔，{total} 元").format(
                months=len(lines), total=format_yuan(sum(each.amount for each in lines))
            ),
        )  # fmt: skip

    def checks(self, facts: Facts) -> Sequence[Check]:
        payer = unit(facts.case.applicant_reference)
        unready = _unready(facts)
        lines = [] if unready else _lines(facts.data, payer.number)
        wrong = problems(unit=payer, lines=lines, on=facts.business_date)
        return [
            Check(
                "C02-1", payer.state != UnitState.CLOSED and payer.kind == UnitKind.EMPLOYER,
                _("单位已注销，或是中心的集中户，不能补缴"), title=_("单位未注销"),
            ),
            Check("C02-4", not unready, unready, field="sheet", title=_("补缴清册可用")),
            Check(
                "C02-2", bool(lines) or bool(unready), _("没有需要补缴的月份：这些月份已足额缴存、已开具缴款通知，或不在职工的缴存期间内"),
                field="first_month", title=_("有需要补缴的月份"),
            ),
            Check(
                "C02-3", not wrong, _("；").join(each.message for each in wrong[:5]), field="first_month",
                title=_("月份与金额符合规定"),
            ),
        ]  # fmt: skip

    def effect(self, facts: Facts) -> Mapping[str, str]:
        lines = _lines(facts.data, facts.case.applicant_reference)
        if facts.data.get("sheet"):
            use(
                number=facts.data["sheet"], unit=facts.case.applicant_reference, kind="back_payment",
                case=facts.case.number,
            )  # fmt: skip
        bill = issue_back_payment(
            unit_number=facts.case.applicant_reference, lines=lines,
            method=Method.TRANSFER, business_date=facts.business_date, maker=facts.case.opened_by.username,
            case_number=facts.case.number,
        )  # fmt: skip
        return {"bill": bill.number}


def _unready(facts: Facts) -> str:
    """Why the list cannot be used; empty when it can, or when there is none."""
    if not facts.data.get("sheet"):
        return ""
    try:
        ready(number=facts.data["sheet"], unit=facts.case.applicant_reference, kind="back_payment")
    except SheetError as error:
        return error.message
    return ""


def _lines(data: Mapping[str, Any], payer: str) -> list[BackLine]:
    """The lines as given, or as derived; of a stranger's account nothing is derived, so nothing is told."""
    if data.get("sheet"):
        return listed(sheet=ready(number=data["sheet"], unit=payer, kind="back_payment"))
    first, last, reason = data["first_month"], data["last_month"], BackPaymentReason(data["reason"])
    unit_amount, person_amount = data.get("unit_amount") or 0, data.get("person_amount") or 0
    if unit_amount or person_amount:
        return [
            BackLine(
                member=data["member"], month=month, reason=reason, unit_amount=unit_amount, person_amount=person_amount
            )
            for month in _months(first, last)
        ]  # fmt: skip
    truth = Truth(
        base=data.get("true_base") or None, unit_ratio=data.get("unit_ratio") or None,
        person_ratio=data.get("person_ratio") or None,
    )  # fmt: skip
    return derive(member=data["member"], payer=payer, first=first, last=last, reason=reason, truth=truth)


def _months(first: Month, last: Month) -> list[Month]:
    found = [first]
    while found[-1] < last and len(found) < _LONGEST:
        found.append(found[-1].plus(1))
    return found
