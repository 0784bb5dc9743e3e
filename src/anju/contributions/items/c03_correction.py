"""C03 错缴更正: a month paid for the wrong person, too much, or under the wrong month is set right after review by two."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _lazy

from anju.cases.declarations import (
    ApplicantKind,
    Channel,
    Check,
    Facts,
    Group,
    Material,
    ServiceItem,
    Term,
)  # fmt: skip
from anju.cases.form_fields import CodeField, MoneyField, MonthField, NumberField, WordsField
from anju.contributions.corrections import Act, Wish, correct, problem
from anju.contributions.models_repair import CorrectionKind
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen
from anju.registry.queries import office_of, unit


def _kinds() -> list[tuple[str, str]]:
    return [(str(code), str(title)) for code, title in CorrectionKind.choices]


class CorrectionForm(forms.Form):
    kind = CodeField(label=_lazy("更正类别"), codes=_kinds)
    member = NumberField(label=_lazy("原记入的个人账号"), longest=20)
    month = MonthField(label=_lazy("原缴存年月"), help_text=_lazy("例如 2026-05"))
    to_member = NumberField(
        label=_lazy("应记入的个人账号"), longest=20, required=False, help_text=_lazy("记错职工的填写")
    )
    to_month = MonthField(label=_lazy("应记入的年月"), required=False, help_text=_lazy("记错月份的填写"))
    unit_amount = MoneyField(
        label=_lazy("退回单位部分（元）"), required=False, help_text=_lazy("多缴退回的填写；两栏都留空为全部退回")
    )
    person_amount = MoneyField(label=_lazy("退回个人部分（元）"), required=False)
    reason = WordsField(label=_lazy("更正原因"), longest=200)

    def clean(self) -> dict[str, Any]:
        """Each kind of correction names its target."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("kind") == CorrectionKind.REASSIGN and not data.get("to_member"):
            self.add_error("to_member", _("请填写应记入的个人账号"))
        if data.get("kind") == CorrectionKind.MONTH and not data.get("to_month"):
            self.add_error("to_month", _("请填写应记入的年月"))
        given = [data[name] for name in ("unit_amount", "person_amount") if data.get(name) not in ("", None)]
        if given and not any(given):  # a typed nought is not "everything"
            self.add_error("unit_amount", _("退回额须大于零；全部退回的两栏都留空"))
        return data


class CorrectionItem(ServiceItem):
    code = "C03"
    name = _lazy("错缴更正")
    summary = _lazy("更正记错的职工、记错的月份，或退回多缴的金额，利息按原入账日补正")
    source = "住房公积金管理条例第十九条；GB/T 51271-2017 5.11"
    applicants = frozenset({ApplicantKind.UNIT})
    channels = frozenset({Channel.COUNTER, Channel.EMPLOYER, Channel.API})
    term = Term(3)
    form = CorrectionForm
    groups = (
        Group("wrong", _lazy("错在哪里"), ("kind", "member", "month")),
        Group("right", _lazy("应为"), ("to_member", "to_month", "unit_amount", "person_amount")),
        Group("reason", _lazy("原因"), ("reason",)),
    )
    materials = (
        Material("statement", _lazy("单位情况说明及工资发放凭证"), hint=_lazy("加盖单位公章")),
        Material(
            "consent", _lazy("职工本人确认书"), when="kind", values=("take_back", "reassign"),
            hint=_lazy("由款项减少的职工签字"),
        ),
    )  # fmt: skip

    def office(self, *, data: Mapping[str, Any], reference: str) -> str | None:
        return office_of(unit(reference))

    def subject(self, data: Mapping[str, Any]) -> str:
        return f"{CorrectionKind(data['kind']).label} {data['month']}"

    def amount(self, data: Mapping[str, Any]) -> Fen:
        amount: Fen = (data.get("unit_amount") or 0) + (data.get("person_amount") or 0)
        return amount

    def checks(self, facts: Facts) -> Sequence[Check]:
        field, wrong = problem(wish=_wish(facts), on=facts.business_date)
        return [Check("C03-1", not wrong, wrong, field=field, title=_("可以更正"))]

    def effect(self, facts: Facts) -> Mapping[str, str]:
        done = correct(
            wish=_wish(facts),
            act=Act(
                reason=facts.data["reason"], business_date=facts.business_date, maker=facts.case.opened_by.username,
                checker=facts.actor, case_number=facts.case.number,
            ),
        )  # fmt: skip
        return {"correction": str(done.pk)}


def _wish(facts: Facts) -> Wish:
    data = facts.data
    return Wish(
        kind=CorrectionKind(data["kind"]), unit=facts.case.applicant_reference, member=data["member"],
        month=data["month"], to_member=data.get("to_member") or "", to_month=data.get("to_month") or None,
        unit_amount=data.get("unit_amount") or 0, person_amount=data.get("person_amount") or 0,
    )  # fmt: skip
