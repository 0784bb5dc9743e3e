"""P06 异地转入: a member has the account at another city's center moved here; this sends the letter."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _lazy

from anju.cases.declarations import ApplicantKind, Channel, Check, Facts, Group, ServiceItem, Term
from anju.cases.form_fields import DigitsField, NameField
from anju.contributions.letters.operations import apply_in
from anju.contributions.letters.queries import months_paid
from anju.contributions.models_letters import MOVES, Direction, Letter
from anju.contributions.rules import months_before_transfer
from anju.kernel.i18n import gettext as _
from anju.registry.models import MemberState
from anju.registry.queries import member, office_of


class TransferInForm(forms.Form):
    partner_name = NameField(
        label=_lazy("原缴存地中心"), longest=120, help_text=_lazy("全称，例如 长沙住房公积金管理中心")
    )
    partner = DigitsField(label=_lazy("原中心机构代码"), length=15, help_text=_lazy("15 位数字，柜面可代查"))
    partner_account = NameField(label=_lazy("原个人账号"), longest=20, help_text=_lazy("在原中心的个人公积金账号"))


class TransferIn(ServiceItem):
    code = "P06"
    name = _lazy("异地转移接续（转入）")
    summary = _lazy("把外地公积金账户的余额转到本中心账户")
    source = "全国住房公积金异地转移接续；GB/T 51271-2017 5.16"
    applicants = frozenset({ApplicantKind.MEMBER})
    channels = frozenset({Channel.COUNTER, Channel.MEMBER, Channel.API})
    cross_province = True
    term = Term(5)
    form = TransferInForm
    groups = (Group("partner", _lazy("原缴存地"), ("partner_name", "partner", "partner_account")),)

    def office(self, *, data: Mapping[str, Any], reference: str) -> str | None:
        return office_of(member(reference).unit)

    def subject(self, data: Mapping[str, Any]) -> str:
        name: str = data["partner_name"]
        return name

    def checks(self, facts: Facts) -> Sequence[Check]:
        known, day = member(facts.case.applicant_reference), facts.business_date
        wanted = months_before_transfer(day)
        open_letter = Letter.objects.filter(
            member=known, direction=Direction.IN, partner=facts.data["partner"], state__in=MOVES
        )
        return [
            Check(
                "P06-1", known.state == MemberState.NORMAL, _("本中心账户状态不是正常，不能转入；请先办理启封"),
                title=_("本中心账户正常缴存"),
            ),
            Check(
                "P06-2", months_paid(known) >= wanted,
                _("在本中心缴存满 {months} 个月后方可转入").format(months=wanted), title=_("已稳定缴存"),
            ),
            Check(
                "P06-3", not open_letter.exists(), _("已向该中心发出联系函，尚未办结，请勿重复申请"), field="partner",
                title=_("没有在途的联系函"),
            ),
        ]  # fmt: skip

    def effect(self, facts: Facts) -> Mapping[str, str]:
        letter = apply_in(
            member=member(facts.case.applicant_reference), partner=facts.data["partner"],
            partner_name=facts.data["partner_name"], partner_account=facts.data["partner_account"],
            business_date=facts.business_date, at=facts.at, case=facts.case.number,
        )  # fmt: skip
        return {"letter": letter.number}
