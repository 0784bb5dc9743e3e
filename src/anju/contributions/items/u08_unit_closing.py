"""U08 单位注销: a unit that is dissolved, withdrawn or bankrupt is deregistered when nothing is left inside."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _lazy

from anju.cases.declarations import Check, Facts, Group, Material, ReviewStep, Source, Term
from anju.cases.form_fields import CodeField, DayField
from anju.contributions import unit_life
from anju.contributions.items.unit_items import UnitItem, act_of, applicant, stands
from anju.kernel.i18n import gettext as _
from anju.platform.people.models import Role
from anju.registry.models import UnitState
from anju.registry.rules import change_deadline
from anju.registry.successions import whats_inside


def _reasons() -> list[tuple[str, str]]:
    return [
        ("dissolved", _("解散")),
        ("withdrawn", _("撤销")),
        ("bankrupt", _("破产")),
        ("moved", _("迁出本市")),
        ("other", _("其他")),
    ]


class UnitClosingForm(forms.Form):
    reason = CodeField(label=_lazy("注销原因"), codes=_reasons)
    happened = DayField(label=_lazy("发生日期"), help_text=_lazy("登记机关核准注销或法院裁定的日期，例如 2026-05-11"))


class UnitClosing(UnitItem):
    code = "U08"
    name = _lazy("单位注销")
    summary = _lazy("职工已封存或转移、款项已结清的单位办理注销；封存的职工转入集中封存户")
    source = "住房公积金管理条例第十四条"
    term = Term(5)
    form = UnitClosingForm
    groups = (Group("what", _lazy("注销事由"), ("reason", "happened")),)
    materials = (Material("proof", _lazy("注销、撤销或破产的证明"), (Source.SUBMITTED, Source.SHARED)),)
    reviews = (ReviewStep(Role.REVIEWER), ReviewStep(Role.OFFICE_HEAD))

    def subject(self, data: Mapping[str, Any]) -> str:
        return str(dict(_reasons())[data["reason"]])

    def checks(self, facts: Facts) -> Sequence[Check]:
        known, day, happened = applicant(facts), facts.business_date, facts.data["happened"]
        if known.state == UnitState.CLOSED:
            return [
                Check("U08-1", facts.case.number in closed_by(known.number), _("单位已销户"), title=_("单位未销户"))
            ]
        deadline, inside = change_deadline(happened, day), whats_inside(known)
        rest = [each for each in unit_life.obstacles(known, day, besides=facts.case.number) if each not in inside]
        return [
            Check("U08-1", True, "", title=_("单位未销户")),
            stands("U08-2", inside, _("没有未封存的职工和暂收款")),
            stands("U08-3", rest, _("没有未缴清的通知、欠缴、缓缴和未办结的业务")),
            Check("U08-4", happened <= day, _("发生日期不能晚于今天，请核对"), field="happened", title=_("已经发生")),
            Check(
                "U08-5", day <= deadline, _("逾期注销：应于 {day} 前办理（条例第十四条）").format(day=deadline),
                blocking=False, title=_("30 日内办理注销登记"),
            ),
        ]  # fmt: skip

    def effect(self, facts: Facts) -> Mapping[str, str]:
        closed = unit_life.close(unit_number=facts.case.applicant_reference, act=act_of(facts))
        return {"unit": closed.number}


def closed_by(number: str) -> list[str]:
    """The case that closed the unit of this number."""
    from anju.registry.models import Change, ChangeKind

    return list(Change.objects.filter(kind=ChangeKind.UNIT_CLOSED, number=number).values_list("case_number", flat=True))
