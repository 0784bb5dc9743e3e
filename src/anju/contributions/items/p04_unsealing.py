"""P04 启封: a unit begins to pay for people whose accounts are sealed, at itself or at another unit."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import Count, Q, Sum
from django.utils.translation import gettext_lazy as _lazy

from anju.cases.declarations import ApplicantKind, Channel, Check, Facts, Group, Preview, ServiceItem, Term
from anju.cases.form_fields import MonthField
from anju.contributions.bills import next_month
from anju.contributions.items.account_items import (
    BasesField,
    ListForm,
    SheetField,
    deed,
    line_faults,
    list_rows,
    list_subject,
    list_unready,
    waiting_list,
)  # fmt: skip
from anju.contributions.models_sheets import Sheet
from anju.contributions.sealing_rules import unsealing_faults
from anju.contributions.sheets.kinds import sealing
from anju.contributions.sheets.kinds.sealing import UnsealingSheet
from anju.contributions.sheets.operations import ready, use
from anju.kernel.i18n import gettext as _
from anju.kernel.identity import mask_name
from anju.kernel.money import format_yuan
from anju.kernel.periods import Month
from anju.registry.accounts import Joining, unseal_each
from anju.registry.models import Member, Unit
from anju.registry.openings import OPEN_UNITS
from anju.registry.operations import month_of
from anju.registry.queries import office_of, unit


class UnsealingForm(ListForm):
    sheet = SheetField(
        label=_lazy("启封名单编号"), help_text=_lazy("职工多的，先上传并核对启封名单，在此填其编号，其他各栏留空")
    )
    members = BasesField(
        label=_lazy("职工"), help_text=_lazy("一行一人：个人账号 姓名 缴存基数（元），以空格分开，最多 500 人")
    )
    first_month = MonthField(label=_lazy("起缴年月"), help_text=_lazy("单位缴存的第一个月，例如 2026-05"))


class Unsealing(ServiceItem):
    code = "P04"
    name = _lazy("个人账户启封")
    summary = _lazy("单位为已封存的职工恢复缴存，原在其他单位的账户随之转入")
    source = "住房公积金管理条例第十五条；GB/T 51271-2017 5.14"
    applicants = frozenset({ApplicantKind.UNIT})
    channels = frozenset({Channel.COUNTER, Channel.EMPLOYER, Channel.API})
    term = Term(1)
    form = UnsealingForm
    groups = (Group("members", _lazy("启封哪些职工"), ("sheet", "members", "first_month")),)
    reviews = ()
    straight_through = True

    def prefill(self, *, reference: str) -> Mapping[str, Any]:
        return waiting_list(reference, UnsealingSheet.code)

    def office(self, *, data: Mapping[str, Any], reference: str) -> str | None:
        return office_of(unit(reference))

    def subject(self, data: Mapping[str, Any]) -> str:
        if data["sheet"]:
            return list_subject(data)
        return _("{count} 个账户，自 {month} 起").format(count=len(data["members"]), month=data["first_month"])

    def preview(self, *, data: Mapping[str, Any], reference: str, on: date) -> Preview | None:
        sheet, rows = list_rows(data, reference, UnsealingSheet.code)
        if sheet is None:
            return None
        return Preview(
            title=_("要启封的账户"), columns=(_("个人账号"), _("姓名"), _("起缴年月"), _("原基数"), _("缴存基数")), figures=(3, 4),
            rows=[
                (
                    row.member.number, mask_name(row.member.name), str(month_of(row.month or 0)),
                    format_yuan(row.member.base), format_yuan(row.base or 0),
                )
                for row in rows
                if row.member is not None
            ],
            note=_note(sheet),
        )  # fmt: skip

    def checks(self, facts: Facts) -> Sequence[Check]:
        payer, number = unit(facts.case.applicant_reference), facts.data["sheet"]
        unready = list_unready(number, payer.number, UnsealingSheet.code)
        told, first = "", next_month(payer)
        if not unready:
            told = _of_list(payer, facts) if number else _of_lines(payer, facts)
            first = min(_joining(facts, payer.number).values(), default=first)
        listed = Check("P04-4", not unready, unready, field="sheet", title=_("名单已核对通过"))
        return [
            Check("P04-1", payer.state in OPEN_UNITS, _("单位账户不在正常状态，请先启封单位"), title=_("单位正常")),
            *([listed] if number else []),
            Check(
                "P04-2", not told, told, field="sheet" if number else "members", title=_("每个账户都可以启封"),
            ),
            Check(
                "P04-3", first >= next_month(payer), _("起缴年月已汇缴，该月须另行补缴"), blocking=False,
                field="sheet" if number else "first_month", title=_("起缴年月尚未汇缴"),
            ),
        ]  # fmt: skip

    def effect(self, facts: Facts) -> Mapping[str, str]:
        own, number = facts.case.applicant_reference, facts.data["sheet"]
        coming = _joining(facts, own, used=True)
        count = unseal_each(unit=own, joining=coming, deed=deed(facts), most=len(coming))
        return {"sheet": number, "members": str(count)} if number else {"members": str(count)}


def _joining(facts: Facts, own: str, *, used: bool = False) -> dict[Joining, Month]:
    """Who begins, typed or listed; `used` takes the list for the case."""
    number = facts.data["sheet"]
    if not number:
        return dict.fromkeys(
            (Joining(account, base) for account, _name, base in facts.data["members"]), facts.data["first_month"]
        )
    if used:
        return sealing.joining(use(number=number, unit=own, kind=UnsealingSheet.code, case=facts.case.number))
    return sealing.joining(ready(number=number, unit=own, kind=UnsealingSheet.code))


def _of_lines(payer: Unit, facts: Facts) -> str:
    lines, first = facts.data["members"], facts.data["first_month"]
    found = Member.objects.filter(number__in=[number for number, _name, _base in lines])
    known = {(number, name): pk for number, name, pk in found.values_list("number", "name", "pk")}
    # The name stands beside the number: nobody learns of an account by trying numbers.
    wanted = {known[number, name]: (first, base) for number, name, base in lines if (number, name) in known}
    faults = unsealing_faults(payer=payer, wanted=wanted, on=facts.business_date)
    told = {fault.number: fault.message for fault in faults}
    return line_faults(
        [
            (number, told.get(number, "") if (number, name) in known else _("账号与姓名不符"))
            for number, name, _base in lines
        ]
    )


def _of_list(payer: Unit, facts: Facts) -> str:
    """What was right when the list was checked still is."""
    sheet = ready(number=facts.data["sheet"], unit=payer.number, kind=UnsealingSheet.code)
    faults = unsealing_faults(payer=payer, wanted=sealing.first_months(sheet), on=facts.business_date)
    return line_faults([(fault.number, fault.message) for fault in faults])


def _note(sheet: Sheet) -> str:
    sums = sheet.lines.aggregate(
        members=Count("id"), elsewhere=Count("id", filter=~Q(member__unit=sheet.unit)), base=Sum("base")
    )
    return _("共 {members} 人，其中 {elsewhere} 人由其他单位转入；缴存基数合计 {base} 元").format(
        members=sums["members"], elsewhere=sums["elsewhere"], base=format_yuan(sums["base"] or 0)
    )
