"""P12 灵活就业退出: whoever has no loan may leave: everything with interest is paid out and the account closes."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _lazy

from anju.cases.declarations import ApplicantKind, Channel, Check, Facts, Group, ServiceItem, Settlement, Term
from anju.cases.form_fields import NameField
from anju.contributions.flexible.exits import leave, obstacles, release, reserve
from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.kernel.identity import parse_bank_card
from anju.kernel.money import format_yuan
from anju.registry.models import MemberState
from anju.registry.queries import member, office_of


class ExitForm(forms.Form):
    bank = NameField(label=_lazy("收款银行"), help_text=_lazy("例如 建设银行岳阳分行"))
    card = forms.CharField(label=_lazy("收款卡号"), max_length=25, help_text=_lazy("须为本人的银行卡"))

    def clean_card(self) -> str:
        """A card number whose digits are right."""
        try:
            return parse_bank_card(self.cleaned_data["card"])
        except AnjuError as error:
            raise forms.ValidationError(error.message) from error


class FlexibleExit(ServiceItem):
    code = "P12"
    name = _lazy("灵活就业退出")
    summary = _lazy("没有未结清贷款的可以随时退出，本金和利息转入本人银行卡，账户销户")
    source = "住房公积金管理条例（2026 修订）第四十九条"
    applicants = frozenset({ApplicantKind.MEMBER})
    channels = frozenset({Channel.COUNTER, Channel.MEMBER})
    term = Term(3)
    form = ExitForm
    groups = (Group("payee", _lazy("收款账户"), ("bank", "card")),)
    settlement = Settlement.PAYMENT

    def office(self, *, data: Mapping[str, Any], reference: str) -> str | None:
        return office_of(member(reference).unit)

    def subject(self, data: Mapping[str, Any]) -> str:
        return str(data["bank"])

    def checks(self, facts: Facts) -> Sequence[Check]:
        known = member(facts.case.applicant_reference)
        stands = obstacles(member=known, on=facts.business_date)
        return [
            Check(
                "P12-1", known.state == MemberState.NORMAL,
                _("账户状态为“{state}”，不能退出").format(state=known.get_state_display()), title=_("账户正常"),
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
        closed = leave(member=known, case=facts.case.number, business_date=facts.business_date, maker=facts.actor)
        return {"paid": format_yuan(closed.total)}
