"""P08 账户合并: a member who has two accounts keeps the older one; a reviewer looks at the evidence."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _lazy

from anju.cases.declarations import ApplicantKind, Channel, Check, Facts, Group, Material, ServiceItem, Term
from anju.cases.form_fields import NumberField
from anju.contributions.items.account_items import deed
from anju.contributions.queries import awaited
from anju.kernel.i18n import gettext as _
from anju.registry.accounts import locked, refuse
from anju.registry.merging import merge, merge_fault, older_first
from anju.registry.models import Member
from anju.registry.queries import member, office_of


class MergingForm(forms.Form):
    other = NumberField(label=_lazy("另一个个人账号"), longest=20, help_text=_lazy("与本账户同属本人的账号"))


class Merging(ServiceItem):
    code = "P08"
    name = _lazy("个人账户合并")
    summary = _lazy("一人有两个账户的，合并为开户较早的一个，余额与利息一并转入")
    source = "住房公积金管理条例第十三条"
    applicants = frozenset({ApplicantKind.MEMBER})
    channels = frozenset({Channel.COUNTER, Channel.MEMBER})
    term = Term(3)
    form = MergingForm
    groups = (Group("other", _lazy("要合并的账户"), ("other",)),)
    materials = (Material("same_person", _lazy("两个账户同属本人的证明（户籍或单位证明）")),)

    def office(self, *, data: Mapping[str, Any], reference: str) -> str | None:
        return office_of(member(reference).unit)

    def subject(self, data: Mapping[str, Any]) -> str:
        number: str = data["other"]
        return number

    def checks(self, facts: Facts) -> Sequence[Check]:
        own = member(facts.case.applicant_reference)
        other = Member.objects.select_related("unit").filter(number=facts.data["other"], name=own.name).first()
        fault = _("没有户名相同的此账号，请核对；曾改名的请先变更姓名")
        if other is not None:
            kept, goes = older_first(own, other)
            fault = merge_fault(kept, goes) or "".join(awaited(goes))
        return [Check("P08-1", not fault, fault, field="other", title=_("两个账户可以合并"))]

    def effect(self, facts: Facts) -> Mapping[str, str]:
        numbers = (facts.case.applicant_reference, facts.data["other"])
        # A notice issued since the check names the account that goes: the units' rows are held from here on.
        units = list(Member.objects.filter(number__in=numbers).values_list("unit__number", flat=True))
        members = locked(units=units, numbers=numbers)
        if all(each.closed_date is None for each in members):
            refuse(members, lambda each: "" if each == older_first(*members)[0] else "".join(awaited(each)))
        kept = merge(numbers=numbers, deed=deed(facts))
        return {"member": kept.number}
