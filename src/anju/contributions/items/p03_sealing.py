"""P03 封存: a unit no longer pays for some of its people; their money stays and bears interest."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _lazy

from anju.cases.declarations import ApplicantKind, Channel, Check, Facts, Group, ServiceItem, Term
from anju.cases.form_fields import CodeField, MonthField
from anju.contributions.items.account_items import NumbersField, billed_fault, deed, line_faults
from anju.kernel.i18n import gettext as _
from anju.registry.accounts import locked, refuse, seal, seal_fault
from anju.registry.models import Member, SpellEnded
from anju.registry.queries import office_of, unit

_REASONS = [
    (str(each.value), str(each.label))
    for each in (SpellEnded.LEFT, SpellEnded.UNPAID, SpellEnded.RETIRED, SpellEnded.OTHER)
]


class SealingForm(forms.Form):
    members = NumbersField(label=_lazy("个人账号"), help_text=_lazy("一行一个，最多 500 个"))
    last_month = MonthField(label=_lazy("止缴年月"), help_text=_lazy("单位缴存的最后一个月，例如 2026-05"))
    reason = CodeField(label=_lazy("封存原因"), codes=_REASONS)


class Sealing(ServiceItem):
    code = "P03"
    name = _lazy("个人账户封存")
    summary = _lazy("职工离职、退休或停薪留职，单位停止为其缴存")
    source = "住房公积金管理条例第十五条；GB/T 51271-2017 5.12"
    applicants = frozenset({ApplicantKind.UNIT})
    channels = frozenset({Channel.COUNTER, Channel.EMPLOYER, Channel.API})
    term = Term(1)
    form = SealingForm
    groups = (Group("members", _lazy("封存哪些职工"), ("members", "last_month", "reason")),)
    reviews = ()
    straight_through = True

    def office(self, *, data: Mapping[str, Any], reference: str) -> str | None:
        return office_of(unit(reference))

    def subject(self, data: Mapping[str, Any]) -> str:
        return _("{count} 个账户，缴至 {month}").format(count=len(data["members"]), month=data["last_month"])

    def checks(self, facts: Facts) -> Sequence[Check]:
        own, last = facts.case.applicant_reference, facts.data["last_month"]
        rows = Member.objects.select_related("unit").filter(number__in=facts.data["members"], unit__number=own)
        known = {member.number: member for member in rows}
        faults = [
            (number, seal_fault(known[number], own, last) or billed_fault(known[number], last))
            if number in known else (number, _("不是本单位的账户"))
            for number in facts.data["members"]
        ]  # fmt: skip
        told = line_faults(faults)
        return [Check("P03-1", not told, told, field="members", title=_("每个账户都可以封存"))]

    def effect(self, facts: Facts) -> Mapping[str, str]:
        own, data = facts.case.applicant_reference, facts.data
        # A bill issued since the check names the member: the unit's row is held from here on.
        members = locked(units=[own], numbers=data["members"])
        refuse(members, lambda each: billed_fault(each, data["last_month"]))
        count = seal(
            unit=own, numbers=data["members"], last_month=data["last_month"], reason=SpellEnded(data["reason"]),
            deed=deed(facts),
        )  # fmt: skip
        return {"members": str(count)}
