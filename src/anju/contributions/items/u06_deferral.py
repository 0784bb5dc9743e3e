"""U06 缓缴: a unit in difficulty pays nothing for some months and makes them up afterwards, part by part."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _lazy

from anju.cases.declarations import Group
from anju.cases.form_fields import CountField
from anju.contributions.items.relief_items import APPLY, END, ReliefForm, ReliefItem
from anju.contributions.models import ReliefKind
from anju.contributions.reliefs import Terms


class DeferralForm(ReliefForm):
    needed: ClassVar[Mapping[str, tuple[str, ...]]] = {
        APPLY: (*ReliefForm.needed[APPLY], "make_up_months"),
        END: ReliefForm.needed[END],
    }

    make_up_months = CountField(
        label=_lazy("补缴期数（月）"), lowest=1, highest=12, required=False,
        help_text=_lazy("到期后分几个月补清，不多于缓缴的月数；申请时填写"),
    )  # fmt: skip


class Deferral(ReliefItem):
    code = "U06"
    name = _lazy("缓缴")
    summary = _lazy("确有困难的单位，经职代会或工会通过，报管委会批准；到期恢复缴存并补缴")
    kind = ReliefKind.DEFERRAL
    form = DeferralForm
    groups = (
        Group("what", _lazy("办理内容"), ("action",)),
        Group(
            "relief", _lazy("期限与补缴计划"), ("first_month", "last_month", "make_up_months"),
            hint=_lazy("办理提前恢复的，此组留空"),
        ),
        Group("why", _lazy("原因与决议"), ("reason", "resolution"), hint=_lazy("办理提前恢复的，此组留空")),
        Group("end", _lazy("提前恢复"), ("resume_month",), hint=_lazy("申请的，此组留空")),
    )  # fmt: skip

    def terms(self, data: Mapping[str, Any]) -> Terms:
        return Terms(
            kind=self.kind, first_month=data["first_month"], last_month=data["last_month"],
            resolution=data["resolution"], reason=data["reason"], make_up_months=data["make_up_months"],
        )  # fmt: skip
