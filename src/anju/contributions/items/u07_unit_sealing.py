"""U07 单位封存、启封: a unit without active staff stops remitting, and takes it up again."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _lazy

from anju.cases.declarations import Check, Facts, Group, Term
from anju.cases.form_fields import CodeField, NameField
from anju.contributions import unit_life
from anju.contributions.items.unit_items import UnitItem, act_of, applicant, stands
from anju.kernel.i18n import gettext as _
from anju.registry.models import ChangeKind, UnitState
from anju.registry.unit_changes import current_members, done, unseal_unit

SEAL, UNSEAL = "seal", "unseal"


def _actions() -> list[tuple[str, str]]:
    return [(SEAL, _("封存")), (UNSEAL, _("启封"))]


class UnitSealingForm(forms.Form):
    action = CodeField(label=_lazy("办理内容"), codes=_actions)
    reason = NameField(label=_lazy("原因"), longest=200, help_text=_lazy("例如 已无在职职工、恢复经营"))


class UnitSealing(UnitItem):
    code = "U07"
    name = _lazy("单位封存、启封")
    summary = _lazy("全部职工已封存的单位可以封存；恢复缴存时启封")
    source = "GB/T 51271-2017 5.3"
    term = Term(1)
    form = UnitSealingForm
    groups = (Group("what", _lazy("办理内容"), ("action", "reason")),)

    def subject(self, data: Mapping[str, Any]) -> str:
        return str(dict(_actions())[data["action"]])

    def checks(self, facts: Facts) -> Sequence[Check]:
        known, seal = applicant(facts), facts.data["action"] == SEAL
        kind = ChangeKind.UNIT_SEALED if seal else ChangeKind.UNIT_UNSEALED
        if done(kind, known.number, facts.case.number):
            return []
        if not seal:
            state = known.state == UnitState.SEALED
            return [Check("U07-4", state, _("单位没有封存，不需要启封"), field="action", title=_("单位已封存"))]
        active = current_members(known)
        return [
            Check(
                "U07-1", known.state == UnitState.NORMAL,
                _("单位状态是“{state}”，不能封存").format(state=known.get_state_display()), field="action",
                title=_("单位状态正常"),
            ),
            Check(
                "U07-2", not active,
                _("还有 {count} 名职工未封存；请先为全部职工办理封存或转移").format(count=active), field="action",
                title=_("职工已全部封存"),
            ),
            stands("U07-3", unit_life.open_bills(known), _("没有未缴清的缴款通知"), field="action"),
        ]  # fmt: skip

    def effect(self, facts: Facts) -> Mapping[str, str]:
        number, act = facts.case.applicant_reference, act_of(facts)
        if facts.data["action"] == SEAL:
            unit_life.seal(unit_number=number, act=act)
        else:
            unseal_unit(number=number, act=act)
        return {"unit": number}
