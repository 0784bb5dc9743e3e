"""P04 启封: a unit begins to pay for people whose accounts are sealed, at itself or at another unit."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _lazy

from anju.cases.declarations import ApplicantKind, Channel, Check, Facts, Group, ServiceItem, Term
from anju.cases.form_fields import MonthField
from anju.contributions.bills import next_month
from anju.contributions.items.account_items import BasesField, base_fault, deed, joining, line_faults
from anju.kernel.i18n import gettext as _
from anju.registry.accounts import unseal, unseal_fault
from anju.registry.models import Member, UnitState
from anju.registry.queries import office_of, unit


class UnsealingForm(forms.Form):
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
    groups = (Group("members", _lazy("启封哪些职工"), ("members", "first_month")),)
    reviews = ()
    straight_through = True

    def office(self, *, data: Mapping[str, Any], reference: str) -> str | None:
        return office_of(unit(reference))

    def subject(self, data: Mapping[str, Any]) -> str:
        return _("{count} 个账户，自 {month} 起").format(count=len(data["members"]), month=data["first_month"])

    def checks(self, facts: Facts) -> Sequence[Check]:
        own, first = unit(facts.case.applicant_reference), facts.data["first_month"]
        numbers = [number for number, _name, _base in facts.data["members"]]
        known = {each.number: each for each in Member.objects.select_related("unit").filter(number__in=numbers)}
        faults = [
            (
                number,
                unseal_fault(known[number], first) or base_fault(base, first)
                # The name stands beside the number: nobody learns of an account by trying numbers.
                if number in known and known[number].name == name else _("账号与姓名不符"),
            )
            for number, name, base in facts.data["members"]
        ]  # fmt: skip
        told = line_faults(faults)
        return [
            Check(
                "P04-1", own.state in {UnitState.NORMAL, UnitState.OPENED, UnitState.DEFERRED},
                _("单位账户不在正常状态，请先启封单位"), title=_("单位正常"),
            ),
            Check("P04-2", not told, told, field="members", title=_("每个账户都可以启封")),
            Check(
                "P04-3", first >= next_month(own), _("起缴年月已汇缴，该月须另行补缴"), blocking=False, field="first_month",
                title=_("起缴年月尚未汇缴"),
            ),
        ]  # fmt: skip

    def effect(self, facts: Facts) -> Mapping[str, str]:
        count = unseal(
            unit=facts.case.applicant_reference, joining=joining(facts.data["members"]),
            first_month=facts.data["first_month"], deed=deed(facts),
        )  # fmt: skip
        return {"members": str(count)}
