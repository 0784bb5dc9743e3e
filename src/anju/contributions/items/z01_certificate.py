"""Z01 缴存证明: a member has it certified that and how much is paid for them, with a code by which anybody can verify it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _lazy

from anju.cases.declarations import ApplicantKind, Channel, Check, Facts, Group, ServiceItem, Term
from anju.cases.form_fields import CodeField
from anju.contributions.certificates import Content, issue
from anju.contributions.models_certificates import CertificateKind
from anju.contributions.queries import continuous_months, latest_month_paid
from anju.kernel.i18n import gettext as _
from anju.kernel.identity import mask_identity_number, mask_name
from anju.kernel.money import format_yuan
from anju.ledger.queries import account_balance
from anju.registry.models import Member
from anju.registry.queries import member, office_of

_PURPOSES = [
    ("loan", _lazy("办理异地贷款")),
    ("school", _lazy("子女入学")),
    ("settle", _lazy("落户")),
    ("other", _lazy("其他")),
]


def _purposes() -> list[tuple[str, str]]:
    return [(code, str(title)) for code, title in _PURPOSES]


class CertificateForm(forms.Form):
    purpose = CodeField(label=_lazy("用途"), codes=_purposes)
    full = forms.BooleanField(
        label=_lazy("证明上显示完整证件号码"), required=False, help_text=_lazy("不勾选则遮盖中间各位")
    )


class ContributionCertificate(ServiceItem):
    code = "Z01"
    name = _lazy("缴存证明")
    summary = _lazy("即时出具，附验证码，收件人可在网上核验")
    source = "住房公积金管理条例第二十二条"
    applicants = frozenset({ApplicantKind.MEMBER})
    channels = frozenset({Channel.COUNTER, Channel.MEMBER, Channel.API})
    cross_province = True
    term = Term(0)
    form = CertificateForm
    groups = (Group("use", _lazy("用途与内容"), ("purpose", "full")),)
    reviews = ()
    straight_through = True

    def office(self, *, data: Mapping[str, Any], reference: str) -> str | None:
        return office_of(member(reference).unit)

    def subject(self, data: Mapping[str, Any]) -> str:
        return str(dict(_PURPOSES)[data["purpose"]])

    def checks(self, facts: Facts) -> Sequence[Check]:
        known = member(facts.case.applicant_reference)
        return [Check("Z01-1", known.closed_date is None, _("账户已销户，请到柜台查询历史缴存"), title=_("账户未销户"))]

    def effect(self, facts: Facts) -> Mapping[str, str]:
        known = member(facts.case.applicant_reference)
        certificate = issue(
            kind=CertificateKind.CONTRIBUTION, content=_content(known, facts.data, facts.business_date), of=known,
            business_date=facts.business_date, actor=facts.case.opened_by.username, at=facts.at, case=facts.case.number,
        )  # fmt: skip
        return {"certificate": certificate.number}


def _content(known: Member, data: Mapping[str, Any], on: date) -> Content:
    latest = latest_month_paid(known)
    about = [
        (_("缴存单位"), known.unit.name), (_("账户状态"), str(known.get_state_display())),
        (_("开户日期"), str(known.opened_date)), (_("缴存基数（元）"), format_yuan(known.base)),
        (_("缴至年月"), str(latest or _("尚未缴存"))), (_("连续缴存月数"), str(continuous_months(known))),
        (_("账户余额（元）"), format_yuan(account_balance(account=known.account_id))),
        (_("用途"), str(dict(_PURPOSES)[data["purpose"]])), (_("出具日期"), str(on)),
    ]  # fmt: skip
    number = known.identity if data["full"] else mask_identity_number(known.identity)
    who = [(_("姓名"), known.name), (_("证件号码"), number), (_("个人账号"), known.number)]
    masked = [(_("姓名"), mask_name(known.name)), (_("证件号码"), mask_identity_number(known.identity))]
    return Content(
        title=_("住房公积金缴存证明"), facts=[*who, *about], public=[*masked, *about], columns=(), rows=(), figures=(),
        notes=[_("本证明由系统出具，内容以出具当日为准。")],
    )  # fmt: skip
