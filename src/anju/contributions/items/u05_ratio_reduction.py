"""U05 降低缴存比例: a unit in difficulty pays at a lower ratio for some months, by resolution and the committee's approval."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _lazy

from anju.cases.declarations import Group
from anju.cases.form_fields import RatioField
from anju.contributions.items.relief_items import APPLY, END, ReliefForm, ReliefItem
from anju.contributions.models import ReliefKind
from anju.contributions.reliefs import Terms
from anju.kernel.rates import format_percent
from anju.registry.queries import unit

_HINT = _lazy("不高于现行比例，可低于 5%；申请时填写")


class RatioReductionForm(ReliefForm):
    needed: ClassVar[Mapping[str, tuple[str, ...]]] = {
        APPLY: (*ReliefForm.needed[APPLY], "unit_ratio", "person_ratio"),
        END: ReliefForm.needed[END],
    }

    unit_ratio = RatioField(label=_lazy("降低后的单位缴存比例（%）"), required=False, help_text=_HINT)
    person_ratio = RatioField(label=_lazy("降低后的个人缴存比例（%）"), required=False, help_text=_HINT)


class RatioReduction(ReliefItem):
    code = "U05"
    name = _lazy("降低缴存比例")
    summary = _lazy("确有困难的单位，经职代会或工会通过，报管委会批准；到期自动恢复")
    kind = ReliefKind.REDUCED
    form = RatioReductionForm
    groups = (
        Group("what", _lazy("办理内容"), ("action",)),
        Group(
            "relief", _lazy("期限与比例"), ("first_month", "last_month", "unit_ratio", "person_ratio"),
            hint=_lazy("办理提前恢复的，此组留空"),
        ),
        Group("why", _lazy("原因与决议"), ("reason", "resolution"), hint=_lazy("办理提前恢复的，此组留空")),
        Group("end", _lazy("提前恢复"), ("resume_month",), hint=_lazy("申请的，此组留空")),
    )  # fmt: skip

    def on_record(self, *, reference: str) -> Mapping[str, str]:
        known = unit(reference)
        return {"unit_ratio": format_percent(known.unit_ratio), "person_ratio": format_percent(known.person_ratio)}

    def terms(self, data: Mapping[str, Any]) -> Terms:
        return Terms(
            kind=self.kind, first_month=data["first_month"], last_month=data["last_month"],
            resolution=data["resolution"], reason=data["reason"], unit_ratio=data["unit_ratio"],
            person_ratio=data["person_ratio"],
        )  # fmt: skip
