"""P05 同城转移: accounts change their unit inside the city; the new unit asks for it, or the member names the new unit."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _lazy

from anju.cases.declarations import ApplicantKind, Channel, Check, Facts, Group, ServiceItem, Term
from anju.cases.form_fields import MonthField, NumberField
from anju.contributions.flexible.exits import employed, employed_fault
from anju.contributions.items.account_items import BasesField, deed, joining, line_faults
from anju.contributions.sealing_rules import base_fault, billed_fault
from anju.kernel.i18n import gettext as _
from anju.registry.accounts import locked, move, move_fault, refuse
from anju.registry.models import Member, Unit, UnitKind, UnitState
from anju.registry.queries import member, office_of, unit

_OPEN = {UnitState.NORMAL, UnitState.OPENED, UnitState.DEFERRED}


class MoveForm(forms.Form):
    members = BasesField(
        label=_lazy("转入的职工"), required=False,
        help_text=_lazy("单位申请时填写，一行一人：个人账号 姓名 缴存基数（元），最多 500 人"),
    )  # fmt: skip
    unit = NumberField(label=_lazy("转入单位账号"), longest=20, required=False, help_text=_lazy("职工本人申请时填写"))
    first_month = MonthField(label=_lazy("起缴年月"), help_text=_lazy("新单位缴存的第一个月，例如 2026-06"))


class Move(ServiceItem):
    code = "P05"
    name = _lazy("个人账户同城转移")
    summary = _lazy("职工在本市换单位，账户与余额随人转到新单位")
    source = "住房公积金管理条例第十五条；GB/T 51271-2017 5.15"
    applicants = frozenset({ApplicantKind.UNIT, ApplicantKind.MEMBER})
    channels = frozenset({Channel.COUNTER, Channel.EMPLOYER, Channel.MEMBER})
    term = Term(1)
    form = MoveForm
    groups = (Group("move", _lazy("转移"), ("members", "unit", "first_month")),)

    def office(self, *, data: Mapping[str, Any], reference: str) -> str | None:
        found = Unit.objects.filter(number=reference).first()
        return office_of(found or member(reference).unit)

    def subject(self, data: Mapping[str, Any]) -> str:
        return _("自 {month} 起").format(month=data["first_month"])

    def checks(self, facts: Facts) -> Sequence[Check]:
        number, lines = _wanted(facts)
        first = facts.data["first_month"]
        target = Unit.objects.filter(number=number, kind=UnitKind.EMPLOYER, state__in=_OPEN).first()
        known = {
            each.number: each
            for each in Member.objects.select_related("unit").filter(number__in=[line[0] for line in lines])
        }
        faults = [
            (
                account,
                move_fault(known[account], number, first) or billed_fault(known[account], first.plus(-1))
                or base_fault(base, first) or employed_fault(known[account])
                if account in known and known[account].name == name else _("账号与姓名不符"),
            )
            for account, name, base in lines
        ]  # fmt: skip
        told = line_faults(faults)
        return [
            Check(
                "P05-1", target is not None, _("没有此单位账号，或单位不在正常状态"), field="unit",
                title=_("转入单位正常缴存"),
            ),
            Check("P05-2", bool(lines), _("请填写转入的职工"), field="members", title=_("写明了职工")),
            Check("P05-3", not told, told, field="members", title=_("每个账户都可以转移")),
        ]  # fmt: skip

    def effect(self, facts: Facts) -> Mapping[str, str]:
        number, lines = _wanted(facts)
        first, people = facts.data["first_month"], joining(lines)
        # A bill of the old unit issued since the check: both units' rows are held from here on.
        numbers = [each.number for each in people]
        olds = list(Member.objects.filter(number__in=numbers).values_list("unit__number", flat=True))
        before = locked(units=[number, *olds], numbers=numbers)
        already = [each for each in before if each.unit.number != number]
        refuse(already, lambda each: billed_fault(each, first.plus(-1)))
        employed(members=already, business_date=facts.business_date)
        count = move(unit=number, joining=people, first_month=first, deed=deed(facts))
        return {"members": str(count), "unit": unit(number).number}


def _wanted(facts: Facts) -> tuple[str, Sequence[tuple[str, str, int]]]:
    """The unit that is joined, and who joins: a member joins with the base on record."""
    case = facts.case
    if case.applicant_kind == ApplicantKind.UNIT:
        return case.applicant_reference, facts.data["members"] or ()
    own = member(case.applicant_reference)
    return facts.data["unit"] or "", [(own.number, own.name, own.base)]
