"""C01 汇缴: a unit confirms its next months and gets the payment notice. Nothing is left to decide once the rules are met."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _lazy

from anju.cases.declarations import ApplicantKind, Channel, Check, Facts, Group, Preview, ServiceItem, Term
from anju.cases.form_fields import CodeField, CountField, MonthField
from anju.contributions.bills import REMITTING, Owed, issue_remittance, next_billed, owed
from anju.contributions.debit import mandate_of
from anju.contributions.differences import Change, Comparison, Difference, compare
from anju.contributions.items.account_items import SheetField, waiting_list
from anju.contributions.models import Method
from anju.contributions.rules import MONTHS_AT_ONCE, due_day, latest_month
from anju.contributions.sheets.kinds.remittance import RemittanceSheet, differs
from anju.contributions.sheets.operations import SheetError, ready, use
from anju.kernel.i18n import gettext as _
from anju.kernel.identity import mask_name
from anju.kernel.money import Fen, format_yuan
from anju.kernel.periods import Month
from anju.registry.models import Unit
from anju.registry.operations import month_number
from anju.registry.queries import office_of, unit

_WORDS = {Change.JOINED: "增加", Change.LEFT: "减少", Change.CHANGED: "变更"}


def _methods() -> list[tuple[str, str]]:
    return [(str(code), str(title)) for code, title in Method.choices]


class RemittanceForm(forms.Form):
    first_month = MonthField(label=_lazy("汇缴年月"), help_text=_lazy("从哪个月起，应为上次汇缴的次月，例如 2026-05"))
    months = CountField(
        label=_lazy("汇缴月数"), lowest=1, highest=MONTHS_AT_ONCE, help_text=_lazy("一次缴几个月，一般为 1")
    )
    method = CodeField(label=_lazy("缴款方式"), codes=_methods)
    sheet = SheetField(
        label=_lazy("清册编号"),
        help_text=_lazy("已上传并校验通过的汇缴清册，Q 开头；按系统名单汇缴的留空"),
    )


class MonthlyRemittance(ServiceItem):
    code = "C01"
    name = _lazy("汇缴")
    summary = _lazy("核对本月职工与金额，确认后取得缴款编号，缴款后自动入账")
    source = "住房公积金管理条例第十六条、第十九条、第二十条；GB/T 51271-2017 5.10"
    applicants = frozenset({ApplicantKind.UNIT})
    channels = frozenset({Channel.COUNTER, Channel.EMPLOYER, Channel.API})
    cross_province = True
    term = Term(0)
    form = RemittanceForm
    groups = (Group("months", _lazy("汇缴月份与方式"), ("first_month", "months", "method", "sheet")),)
    reviews = ()
    straight_through = True

    def prefill(self, *, reference: str) -> Mapping[str, Any]:
        payer = unit(reference)
        month, method = next_billed(payer), Method.DEBIT if mandate_of(payer) else Method.TRANSFER
        known = {"first_month": str(month), "months": "1", "method": str(method)}
        return known | waiting_list(reference, RemittanceSheet.code, month)

    def office(self, *, data: Mapping[str, Any], reference: str) -> str | None:
        return office_of(unit(reference))

    def subject(self, data: Mapping[str, Any]) -> str:
        first: Month = data["first_month"]
        if data["months"] == 1:
            return str(first)
        return _("{first} 至 {last}").format(first=first, last=first.plus(data["months"] - 1))

    def preview(self, *, data: Mapping[str, Any], reference: str, on: date) -> Preview | None:
        if not {"first_month", "months"} <= data.keys():
            return None
        payer = unit(reference)
        compared = compare(unit=payer, month=data["first_month"], on=on)
        return Preview(
            title=_("与上次汇缴相比"), columns=(_("变动"), _("个人账号"), _("姓名"), _("原基数"), _("现基数"), _("月缴存额")),
            figures=(3, 4, 5), rows=[_row(each) for each in compared.differences], note=_note(compared, payer, data, on),
        )  # fmt: skip

    def checks(self, facts: Facts) -> Sequence[Check]:
        payer, data, day = unit(facts.case.applicant_reference), facts.data, facts.business_date
        expected, first = next_billed(payer), data["first_month"]
        last = first.plus(data["months"] - 1)
        lines, mandate = owed(unit=payer, month=first, on=day), mandate_of(payer)
        return [
            Check(
                "C01-1", payer.state in REMITTING,
                _("单位状态为“{state}”，不能汇缴；请先办理启封或恢复缴存").format(state=payer.get_state_display()),
                title=_("单位状态正常"),
            ),
            Check(
                "C01-2", first == expected,
                _("应汇缴 {expected}，填写的是 {month}；汇缴须逐月连续，不能跳过或重复；没有职工的月份不必汇缴").format(expected=expected, month=first),
                field="first_month", title=_("月份连续"),
            ),
            Check(
                "C01-3", last <= latest_month(day), _("最晚可汇缴到 {latest}，请减少月数").format(latest=latest_month(day)),
                field="months", title=_("不早于规定缴存"),
            ),
            Check(
                "C01-5", not (problem := _roster_problem(facts, lines)), problem, field="sheet", title=_("清册与应缴一致"),
            ),
            Check(
                "C01-6", data["method"] != Method.DEBIT or (mandate is not None and mandate.signed_date <= day),
                _("单位没有委托收款协议，请选择转账，或先到柜台签订委托收款协议"), field="method", title=_("缴款方式可用"),
            ),
            Check(
                "C01-4", bool(lines), _("该月没有需要汇缴的职工，请先设立或启封职工账户"), field="first_month",
                title=_("有需要汇缴的职工"),
            ),
        ]  # fmt: skip

    def effect(self, facts: Facts) -> Mapping[str, str]:
        payer, data = unit(facts.case.applicant_reference), facts.data
        bill = issue_remittance(
            unit_number=payer.number, first_month=data["first_month"], months=data["months"], method=Method(data["method"]),
            due_date=due_day(payer.payday, data["first_month"]), business_date=facts.business_date,
            maker=facts.case.opened_by.username, case_number=facts.case.number, roster_sha256=_used(facts),
        )  # fmt: skip
        return {"bill": bill.number}


def _roster_problem(facts: Facts, lines: Sequence[Owed]) -> str:
    """What is wrong with the roster that the unit refers to; empty when there is none or all is well."""
    number, data = facts.data["sheet"], facts.data
    if not number:
        return ""
    try:
        sheet = ready(number=number, unit=facts.case.applicant_reference, kind="remittance")
    except SheetError as error:
        return error.message
    if data["months"] != 1 or sheet.month != month_number(data["first_month"]):
        return _("清册只用于它所列的那一个月，请核对年月与月数")
    if different := differs(sheet, lines):
        words = _("清册有 {rows} 人，应缴 {owed} 人：{different}；请重新上传清册核对，或先办理增减变动")
        return words.format(rows=sheet.rows, owed=len(lines), different=different)
    return ""


def _used(facts: Facts) -> str:
    number = facts.data["sheet"]
    if not number:
        return ""
    return use(number=number, unit=facts.case.applicant_reference, kind="remittance", case=facts.case.number).sha256


def _row(each: Difference) -> tuple[str, ...]:
    return (
        _(_WORDS[each.change]),
        each.number,
        mask_name(each.name),
        _yuan(each.base_before),
        _yuan(each.base),
        _yuan(each.amount),
    )


def _yuan(amount: Fen | None) -> str:
    return "" if amount is None else format_yuan(amount)


def _note(compared: Comparison, payer: Unit, data: Mapping[str, Any], on: date) -> str:
    """The whole in words; for several months, the sum of all of them."""
    months = [compared.month.plus(place) for place in range(data["months"])]
    total = compared.amount + sum(
        line.amount for month in months[1:] for line in owed(unit=payer, month=month, on=on)
    )  # fmt: skip
    words = _(
        "{month}：{members} 人（增 {joined}，减 {left}，变更 {changed}，不变 {same}），共 {months} 个月，应缴 {total} 元"
    )
    return words.format(
        month=compared.month, members=compared.members, joined=compared.count(Change.JOINED), left=compared.count(Change.LEFT),
        changed=compared.count(Change.CHANGED), same=compared.same, months=data["months"], total=format_yuan(total),
    )  # fmt: skip
