"""P03 封存: a unit no longer pays for some of its people; their money stays and bears interest."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _lazy

from anju.cases.declarations import ApplicantKind, Channel, Check, Facts, Group, Preview, ServiceItem, Term
from anju.cases.form_fields import CodeField, MonthField
from anju.contributions.items.account_items import (
    ListForm,
    NumbersField,
    SheetField,
    deed,
    line_faults,
    list_rows,
    list_subject,
    list_unready,
    waiting_list,
)  # fmt: skip
from anju.contributions.models_sheets import Sheet
from anju.contributions.sealing_rules import billed_faults, sealing_faults
from anju.contributions.sheets.kinds.sealing import REASONS, SealingSheet, last_months, leaving
from anju.contributions.sheets.operations import ready, use
from anju.kernel.i18n import gettext as _
from anju.kernel.identity import mask_name
from anju.registry.accounts import Leaving, locked, refuse, seal_each
from anju.registry.models import Member, SpellEnded, Unit
from anju.registry.operations import month_of
from anju.registry.queries import office_of, unit


class SealingForm(ListForm):
    sheet = SheetField(
        label=_lazy("封存名单编号"), help_text=_lazy("职工多的，先上传并核对封存名单，在此填其编号，其他各栏留空")
    )
    members = NumbersField(label=_lazy("个人账号"), help_text=_lazy("一行一个，最多 500 个"))
    last_month = MonthField(label=_lazy("止缴年月"), help_text=_lazy("单位缴存的最后一个月，例如 2026-05"))
    reason = CodeField(label=_lazy("封存原因"), codes=REASONS)


class Sealing(ServiceItem):
    code = "P03"
    name = _lazy("个人账户封存")
    summary = _lazy("职工离职、退休或停薪留职，单位停止为其缴存")
    source = "住房公积金管理条例第十五条；GB/T 51271-2017 5.12"
    applicants = frozenset({ApplicantKind.UNIT})
    channels = frozenset({Channel.COUNTER, Channel.EMPLOYER, Channel.API})
    term = Term(1)
    form = SealingForm
    groups = (Group("members", _lazy("封存哪些职工"), ("sheet", "members", "last_month", "reason")),)
    reviews = ()
    straight_through = True

    def prefill(self, *, reference: str) -> Mapping[str, Any]:
        return waiting_list(reference, SealingSheet.code)

    def office(self, *, data: Mapping[str, Any], reference: str) -> str | None:
        return office_of(unit(reference))

    def subject(self, data: Mapping[str, Any]) -> str:
        if data["sheet"]:
            return list_subject(data)
        return _("{count} 个账户，缴至 {month}").format(count=len(data["members"]), month=data["last_month"])

    def preview(self, *, data: Mapping[str, Any], reference: str, on: date) -> Preview | None:
        sheet, rows = list_rows(data, reference, SealingSheet.code)
        if sheet is None:
            return None
        return Preview(
            title=_("要封存的账户"), columns=(_("个人账号"), _("姓名"), _("止缴年月"), _("封存原因")),
            rows=[
                (row.member.number, mask_name(row.member.name), str(month_of(row.month or 0)), str(SpellEnded(row.code).label))
                for row in rows
                if row.member is not None
            ],
            note=_note(sheet),
        )  # fmt: skip

    def checks(self, facts: Facts) -> Sequence[Check]:
        payer, number = unit(facts.case.applicant_reference), facts.data["sheet"]
        unready = list_unready(number, payer.number, SealingSheet.code)
        told = ""
        if not unready:
            told = _of_list(payer, facts) if number else _of_numbers(payer, facts)
        sound = Check("P03-1", not told, told, field="sheet" if number else "members", title=_("每个账户都可以封存"))
        listed = Check("P03-2", not unready, unready, field="sheet", title=_("名单已核对通过"))
        return [listed, sound] if number else [sound]

    def effect(self, facts: Facts) -> Mapping[str, str]:
        own, number = facts.case.applicant_reference, facts.data["sheet"]
        if number:
            going = leaving(use(number=number, unit=own, kind=SealingSheet.code, case=facts.case.number))
        else:
            going = _typed(facts)
        # A bill issued since the check names the member: the unit's row is held from here on.
        members = locked(units=[own], numbers=[each.number for each in going], most=len(going))
        wanted = {each.number: each.last_month for each in going}
        billed = billed_faults({member.pk: wanted[member.number] for member in members})
        refuse(members, lambda each: billed.get(each.pk, ""))
        count = seal_each(unit=own, leaving=going, deed=deed(facts), most=len(going))
        return {"sheet": number, "members": str(count)} if number else {"members": str(count)}


def _typed(facts: Facts) -> list[Leaving]:
    last, reason = facts.data["last_month"], SpellEnded(facts.data["reason"])
    return [Leaving(number, last, reason) for number in facts.data["members"]]


def _of_numbers(payer: Unit, facts: Facts) -> str:
    numbers, last = facts.data["members"], facts.data["last_month"]
    known = dict(Member.objects.filter(number__in=numbers, unit=payer).values_list("number", "pk"))
    faults = sealing_faults(payer=payer, wanted=dict.fromkeys(known.values(), last), on=facts.business_date)
    told = {fault.number: fault.message for fault in faults}
    return line_faults(
        [(number, told.get(number, "") if number in known else _("不是本单位的账户")) for number in numbers]
    )


def _of_list(payer: Unit, facts: Facts) -> str:
    """What was right when the list was checked still is."""
    sheet = ready(number=facts.data["sheet"], unit=payer.number, kind=SealingSheet.code)
    faults = sealing_faults(payer=payer, wanted=last_months(sheet), on=facts.business_date)
    return line_faults([(fault.number, fault.message) for fault in faults])


def _note(sheet: Sheet) -> str:
    counts = dict.fromkeys((code for code, _title in REASONS), 0)
    for code in sheet.lines.values_list("code", flat=True):
        counts[code] += 1
    parts = "，".join(f"{SpellEnded(code).label} {count} 人" for code, count in counts.items() if count)
    return _("共 {members} 人：{parts}").format(members=sum(counts.values()), parts=parts)
