"""What U05 and U06 share: asked for with a resolution for at most twelve months, approved by the committee, ended early."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _lazy

from anju.cases.declarations import Check, Facts, Material, ReviewStep, Source, Term
from anju.cases.form_fields import CodeField, MonthField, NameField, ParsedField
from anju.contributions.bills import next_month
from anju.contributions.items.unit_items import UnitItem, act_of, applicant
from anju.contributions.models import Relief, ReliefKind
from anju.contributions.reliefs import Terms, end_early, end_problem, grant, in_force, problems
from anju.kernel.i18n import gettext as _
from anju.platform.people.models import Role
from anju.registry.models import ChangeKind
from anju.registry.queries import unit
from anju.registry.unit_changes import done

APPLY, END = "apply", "end"


def _actions() -> list[tuple[str, str]]:
    return [(APPLY, _("申请")), (END, _("提前恢复"))]


class ReliefForm(forms.Form):
    """The questions of both items; what is needed depends on whether one applies or ends early."""

    needed: ClassVar[Mapping[str, tuple[str, ...]]] = {
        APPLY: ("first_month", "last_month", "reason", "resolution"),
        END: ("resume_month",),
    }

    action = CodeField(label=_lazy("办理内容"), codes=_actions)
    first_month = MonthField(
        label=_lazy("起始年月"), required=False, help_text=_lazy("从尚未汇缴的月份起，例如 2026-07")
    )
    last_month = MonthField(label=_lazy("终止年月"), required=False, help_text=_lazy("最长 12 个月，到期自动恢复"))
    reason = NameField(label=_lazy("申请原因"), longest=200, required=False, help_text=_lazy("生产经营困难的情况"))
    resolution = NameField(
        label=_lazy("职代会或工会决议文号"), longest=120, required=False, help_text=_lazy("例如 工会〔2026〕3号")
    )
    resume_month = MonthField(
        label=_lazy("恢复年月"), required=False, help_text=_lazy("从此月起按原比例缴存；办理提前恢复时填写")
    )

    def clean(self) -> dict[str, Any]:
        """Asks for what the chosen action needs."""
        data: dict[str, Any] = super().clean() or {}
        for name in self.needed.get(data.get("action", ""), ()):
            if not data.get(name) and name not in self.errors:
                field = self.fields[name]
                self.add_error(
                    name, field.error_messages["required"] if isinstance(field, ParsedField) else _("请填写")
                )
        return data


class ReliefItem(UnitItem, ABC):
    """Base of U05 and U06."""

    kind: ClassVar[ReliefKind]
    source = "住房公积金管理条例第二十条"
    term = Term(10)
    materials = (
        Material("resolution", _lazy("职工代表大会或工会决议"), when="action", values=(APPLY,)),
        Material(
            "hardship", _lazy("生产经营困难的证明（财务报表等）"), (Source.SUBMITTED, Source.SHARED), when="action",
            values=(APPLY,),
        ),
    )  # fmt: skip
    reviews = (ReviewStep(Role.REVIEWER), ReviewStep(Role.OFFICE_HEAD), ReviewStep(Role.COMMITTEE))

    def prefill(self, *, reference: str) -> Mapping[str, Any]:
        return {"first_month": str(next_month(unit(reference)))} if reference else {}

    def subject(self, data: Mapping[str, Any]) -> str:
        if data["action"] == END:
            return _("提前恢复，自 {month}").format(month=data["resume_month"])
        return _("{first} 至 {last}").format(first=data["first_month"], last=data["last_month"])

    @abstractmethod
    def terms(self, data: Mapping[str, Any]) -> Terms:
        """What is asked for."""

    def checks(self, facts: Facts) -> Sequence[Check]:
        known, data, day = applicant(facts), facts.data, facts.business_date
        if done(ChangeKind.UNIT_RELIEF, known.number, facts.case.number):
            return []
        if data["action"] == END:
            wrong = end_problem(known, in_force(known, self.kind, day), data["resume_month"], day)
            return [
                Check(f"{self.code}-9", not wrong, wrong, field="resume_month", title=_("有生效中的批准，可以恢复"))
            ]
        found: dict[str, str] = {}
        for field, message in problems(known, self.terms(data), day):
            found.setdefault(field, message)
        titles = {
            "first_month": _("从尚未汇缴的月份起，与其他批准不重叠"), "last_month": _("期限不超过规定"),
            "unit_ratio": _("单位比例在下限与现行比例之间"), "person_ratio": _("个人比例在下限与现行比例之间"),
            "make_up_months": _("补缴期数不多于缓缴月数"),
        }  # fmt: skip
        asked = [field for field in titles if field in self.form.base_fields]
        return [
            Check(f"{self.code}-{place}", field not in found, found.get(field, ""), field=field, title=titles[field])
            for place, field in enumerate(asked, 1)
        ]

    def effect(self, facts: Facts) -> Mapping[str, str]:
        number, data = facts.case.applicant_reference, facts.data
        relief: Relief
        if data["action"] == END:
            relief = end_early(unit_number=number, kind=self.kind, resume=data["resume_month"], act=act_of(facts))
        else:
            relief = grant(unit_number=number, terms=self.terms(data), act=act_of(facts))
        return {"unit": number, "last_month": str(relief.last_month)}
