"""U03 缴存比例调整: a unit agrees on other ratios from a month that is not remitted yet. Lower ones need the resolution."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _lazy

from anju.cases.declarations import Check, Facts, Group, Material, Term
from anju.cases.form_fields import CodeField, MonthField, NameField, RatioField
from anju.contributions.bills import REMITTING, next_month
from anju.contributions.items.unit_items import UnitItem, act_of, applicant
from anju.contributions.reliefs import overlapping
from anju.kernel.i18n import gettext as _
from anju.kernel.periods import Month
from anju.kernel.rates import format_percent
from anju.registry.models import ChangeKind, Unit
from anju.registry.queries import unit
from anju.registry.rules import ratio_changes_a_year
from anju.registry.unit_changes import change_terms, changes_of_terms, done, latest_terms_month, ratio_problem

_HINT = _lazy("百分数，最多两位小数，例如 8 或 7.5")
#: So many months ahead may ratios be agreed on.
_AHEAD = 12


def _directions() -> list[tuple[str, str]]:
    return [("higher", _("提高")), ("lower", _("降低（任一项低于现行比例）"))]


class RatioChangeForm(forms.Form):
    direction = CodeField(label=_lazy("调整方向"), codes=_directions)
    unit_ratio = RatioField(label=_lazy("新单位缴存比例（%）"), help_text=_HINT)
    person_ratio = RatioField(label=_lazy("新个人缴存比例（%）"), help_text=_HINT)
    first_month = MonthField(label=_lazy("生效年月"), help_text=_lazy("从尚未汇缴的月份起，例如 2026-07"))
    resolution = NameField(
        label=_lazy("职代会或工会决议文号"), longest=120, required=False, help_text=_lazy("降低时填写")
    )

    def clean(self) -> dict[str, Any]:
        """Who lowers a ratio says by which resolution."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("direction") == "lower" and not data.get("resolution"):
            self.add_error("resolution", _("降低缴存比例须经职工代表大会或工会讨论通过，请填写决议文号"))
        return data


class RatioChange(UnitItem):
    code = "U03"
    name = _lazy("缴存比例调整")
    summary = _lazy("在规定的比例范围内调整单位和个人缴存比例，从尚未汇缴的月份起")
    source = "住房公积金管理条例第十八条；建金〔2016〕74号"
    term = Term(1)
    form = RatioChangeForm
    groups = (
        Group(
            "ratios", _lazy("新的缴存比例"), ("direction", "unit_ratio", "person_ratio"),
            hint=_lazy("单位与个人比例各自在 5% 至 12% 之间，两端都可以"),
        ),
        Group("when", _lazy("生效与决议"), ("first_month", "resolution")),
    )  # fmt: skip
    materials = (
        Material("resolution", _lazy("职工代表大会或工会决议"), when="direction", values=("lower",)),
    )  # fmt: skip

    def prefill(self, *, reference: str) -> Mapping[str, Any]:
        return {"first_month": str(next_month(unit(reference)))} if reference else {}

    def on_record(self, *, reference: str) -> Mapping[str, str]:
        known = unit(reference)
        return {"unit_ratio": format_percent(known.unit_ratio), "person_ratio": format_percent(known.person_ratio)}

    def subject(self, data: Mapping[str, Any]) -> str:
        return _("单位 {unit}%，个人 {person}%，自 {month}").format(
            unit=format_percent(data["unit_ratio"]), person=format_percent(data["person_ratio"]),
            month=data["first_month"],
        )  # fmt: skip

    def checks(self, facts: Facts) -> Sequence[Check]:
        known, data, day = applicant(facts), facts.data, facts.business_date
        if done(ChangeKind.UNIT_TERMS, known.number, facts.case.number):
            return []
        unit_problem = ratio_problem(_("单位"), data["unit_ratio"], day)
        person_problem = ratio_problem(_("个人"), data["person_ratio"], day)
        lower = data["unit_ratio"] < known.unit_ratio or data["person_ratio"] < known.person_ratio
        most = ratio_changes_a_year(day)
        return [
            Check("U03-1", not unit_problem, unit_problem, field="unit_ratio", title=_("单位缴存比例在规定范围内")),
            Check("U03-2", not person_problem, person_problem, field="person_ratio", title=_("个人缴存比例在规定范围内")),
            Check(
                "U03-3", (data["unit_ratio"], data["person_ratio"]) != (known.unit_ratio, known.person_ratio),
                _("与现行缴存比例相同，没有要调整的内容"), field="unit_ratio", title=_("比例有变化"),
            ),
            Check(
                "U03-4", lower == (data["direction"] == "lower"),
                _("比例低于现行的选“降低”并提交职代会或工会决议，否则选“提高”"), field="direction",
                title=_("降低比例的有决议"),
            ),
            Check(
                "U03-5", changes_of_terms(known, day.year) < most,
                _("缴存比例每年最多调整 {most} 次，{year} 年已调整过").format(most=most, year=day.year),
                field="unit_ratio", title=_("本年调整未超过次数"),
            ),
            *_months(known, data["first_month"], Month.of(day).plus(_AHEAD)),
        ]  # fmt: skip

    def effect(self, facts: Facts) -> Mapping[str, str]:
        changed = change_terms(
            number=facts.case.applicant_reference, unit_ratio=facts.data["unit_ratio"],
            person_ratio=facts.data["person_ratio"], first_month=facts.data["first_month"], act=act_of(facts),
        )  # fmt: skip
        return {"unit": changed.number}


def _months(known: Unit, first: Month, latest: Month) -> list[Check]:
    due = max(next_month(known), latest_terms_month(known).plus(1))
    relief = overlapping(known, first, first).first()
    return [
        Check(
            "U03-6", due <= first <= latest,
            _("生效年月应在 {due} 至 {latest} 之间：已汇缴或已约定比例的月份不能再调整").format(due=due, latest=latest),
            field="first_month", title=_("从尚未汇缴的月份起"),
        ),
        Check(
            "U03-7", known.state in REMITTING,
            _("单位状态是“{state}”，不能调整比例").format(state=known.get_state_display()), title=_("单位状态正常"),
        ),
        Check(
            "U03-8", relief is None, _("该月已批准降低比例或缓缴，新的比例在其到期后才按月执行"), blocking=False,
            title=_("没有批准中的降低或缓缴"),
        ),
    ]  # fmt: skip
