"""P12 灵活就业退出: whoever has no loan may stop (the account is sealed), or leave with everything, interest included."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _lazy

from anju.cases.declarations import (
    ApplicantKind,
    Channel,
    Check,
    Facts,
    Group,
    Preview,
    ServiceItem,
    Settlement,
    Term,
)  # fmt: skip
from anju.cases.form_fields import CodeField, NameField
from anju.contributions.flexible.exits import leave, obstacles, release, reserve, stop, stop_obstacles
from anju.contributions.flexible.subsidies import refundable
from anju.contributions.items.account_items import deed
from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.kernel.identity import parse_bank_card
from anju.kernel.money import format_yuan
from anju.registry.closing import worth
from anju.registry.models import MemberState
from anju.registry.queries import member, office_of

STOP, LEAVE = "stop", "leave"


def _ways() -> list[tuple[str, str]]:
    return [(LEAVE, _("退出：全部提取，账户销户")), (STOP, _("停缴：账户封存，余额继续计息，可随时恢复缴存"))]


class ExitForm(forms.Form):
    way = CodeField(label=_lazy("办理方式"), codes=_ways)
    bank = NameField(label=_lazy("收款银行"), required=False, help_text=_lazy("例如 建设银行岳阳分行；停缴不用填"))
    card = forms.CharField(
        label=_lazy("收款卡号"), required=False, max_length=25, help_text=_lazy("须为本人的银行卡；停缴不用填")
    )

    def clean(self) -> dict[str, Any]:
        """Whoever leaves says where the money goes."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("way") == LEAVE:
            if not data.get("bank") and "bank" not in self.errors:
                self.add_error("bank", _("退出须填写收款银行"))
            try:
                data["card"] = parse_bank_card(data.get("card") or "")
            except AnjuError as error:
                self.add_error("card", error.message)
        return data


class FlexibleExit(ServiceItem):
    code = "P12"
    revision = 2
    name = _lazy("灵活就业停缴与退出")
    summary = _lazy("没有未结清贷款的可以随时停缴或退出；退出的本金和利息转入本人银行卡，账户销户")
    source = "住房公积金管理条例（2026 修订）第四十九条"
    applicants = frozenset({ApplicantKind.MEMBER})
    channels = frozenset({Channel.COUNTER, Channel.MEMBER})
    term = Term(3)
    form = ExitForm
    groups = (Group("way", _lazy("停缴或退出"), ("way",)), Group("payee", _lazy("收款账户"), ("bank", "card")))
    settlement = Settlement.PAYMENT

    def office(self, *, data: Mapping[str, Any], reference: str) -> str | None:
        return office_of(member(reference).unit)

    def subject(self, data: Mapping[str, Any]) -> str:
        return _("停缴") if data["way"] == STOP else str(data["bank"])

    def settles(self, data: Mapping[str, Any]) -> Settlement:
        return Settlement.IMMEDIATE if data["way"] == STOP else Settlement.PAYMENT

    def preview(self, *, data: Mapping[str, Any], reference: str, on: date) -> Preview | None:
        if data.get("way") != LEAVE:
            return None
        leaving = member(reference)
        principal, interest = worth(account=leaving.account_id, on=on)
        back = refundable(member=leaving, on=on)
        cells = [format_yuan(fen) for fen in (principal, interest, back, principal + interest - back)]
        return Preview(
            title=_("退出结算（以付款当日为准）"),
            columns=(_("本金（元）"), _("利息（元）"), _("收回缴存补贴（元）"), _("应付（元）")), rows=[cells], figures=(0, 1, 2, 3),
        )  # fmt: skip

    def checks(self, facts: Facts) -> Sequence[Check]:
        known = member(facts.case.applicant_reference)
        stops = facts.data["way"] == STOP
        stands = (stop_obstacles if stops else obstacles)(member=known, on=facts.business_date)
        states = {MemberState.NORMAL} if stops else {MemberState.NORMAL, MemberState.SEALED}
        return [
            Check(
                "P12-1", known.state in states,
                _("账户状态为“{state}”，不能停缴或退出").format(state=known.get_state_display()), title=_("账户正常"),
            ),
            Check("P12-2", not stands, _("；").join(stands), title=_("没有贷款、担保、冻结和未缴款的通知")),
        ]  # fmt: skip

    def reserve(self, facts: Facts) -> None:
        known = member(facts.case.applicant_reference)
        reserve(member=known, case=facts.case.number, business_date=facts.business_date, maker=facts.actor)

    def release(self, facts: Facts) -> None:
        known = member(facts.case.applicant_reference)
        release(member=known, case=facts.case.number, business_date=facts.business_date, maker=facts.actor)

    def effect(self, facts: Facts) -> Mapping[str, str]:
        known = member(facts.case.applicant_reference)
        if facts.data["way"] == STOP:
            stop(member=known, deed=deed(facts))
            return {"member": known.number}
        closed = leave(member=known, case=facts.case.number, business_date=facts.business_date, maker=facts.actor)
        return {"paid": format_yuan(closed.total)}
