"""P10 灵活就业开户与缴存协议: somebody without an employer joins of their own will, or agrees anew (条例 Art. 49)."""

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
    Source,
    Term,
)  # fmt: skip
from anju.cases.form_fields import (
    CodeField,
    IdentityField,
    MoneyField,
    MonthField,
    NameField,
    PhoneField,
    RatioField,
)  # fmt: skip
from anju.contributions.flexible.agreements import Applicant, Terms, account_of, obstacles, sign
from anju.contributions.models_flexible import Agreement, Mode
from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.kernel.identity import mask_name, parse_bank_card
from anju.kernel.money import format_yuan
from anju.kernel.rates import format_percent
from anju.registry.queries import office_names


def _modes() -> list[tuple[str, str]]:
    return [(str(code), str(title)) for code, title in Mode.choices]


class AgreementForm(forms.Form):
    name = NameField(label=_lazy("姓名"), autocomplete="name")
    identity_number = IdentityField(label=_lazy("身份证号码"), help_text=_lazy("18 位，末位可为 X"))
    phone = PhoneField(label=_lazy("手机号码"), help_text=_lazy("11 位，用于接收缴款提醒"))
    office = CodeField(label=_lazy("办理的管理部"), codes=office_names, help_text=_lazy("按居住地选择"))
    mode = CodeField(label=_lazy("缴存方式"), codes=_modes)
    base = MoneyField(label=_lazy("缴存基数（元）"), help_text=_lazy("在当年上下限之间自行选择"))
    ratio = RatioField(label=_lazy("缴存比例（%）"), help_text=_lazy("10 至 24，全部由本人缴存"))
    first_month = MonthField(label=_lazy("起缴年月"), help_text=_lazy("本月或下月，例如 2026-05"))
    debit_bank = NameField(label=_lazy("委托扣款银行"), required=False, help_text=_lazy("自行转账的留空"))
    debit_card = forms.CharField(
        label=_lazy("委托扣款卡号"), required=False, max_length=25, help_text=_lazy("本人的银行卡")
    )

    def clean_debit_card(self) -> str:
        """A card number whose digits are right, or nothing."""
        typed: str = self.cleaned_data["debit_card"]
        try:
            return parse_bank_card(typed) if typed else ""
        except AnjuError as error:
            raise forms.ValidationError(error.message) from error


class FlexibleAgreement(ServiceItem):
    code = "P10"
    name = _lazy("灵活就业开户与缴存协议")
    summary = _lazy("没有单位的人员自愿缴存：选择基数、比例和缴存方式，随时可以停缴或退出")
    source = "住房公积金管理条例（2026 修订）第四十九条"
    applicants = frozenset({ApplicantKind.MEMBER, ApplicantKind.PERSON})
    channels = frozenset({Channel.COUNTER, Channel.MEMBER, Channel.BANK})
    term = Term(1)
    form = AgreementForm
    groups = (
        Group("person", _lazy("您的身份"), ("name", "identity_number", "phone", "office")),
        Group("terms", _lazy("缴存约定"), ("mode", "base", "ratio", "first_month")),
        Group("debit", _lazy("委托扣款"), ("debit_bank", "debit_card")),
    )
    materials = (Material("identity", _lazy("本人身份证"), (Source.SUBMITTED, Source.SHARED)),)
    needs_reference = False

    def office(self, *, data: Mapping[str, Any], reference: str) -> str | None:
        office: str = data["office"]
        return office

    def prefill(self, *, reference: str) -> Mapping[str, Any]:
        current = Agreement.objects.filter(member__number=reference, ended_date=None).first()
        if current is None:
            return {}
        return {
            "mode": current.mode, "base": format_yuan(current.base, grouping=False),
            "ratio": format_percent(current.ratio), "debit_bank": current.debit_bank,
        }  # fmt: skip

    def subject(self, data: Mapping[str, Any]) -> str:
        return _("{name}，{mode}").format(name=mask_name(data["name"]), mode=Mode(data["mode"]).label)

    def checks(self, facts: Facts) -> Sequence[Check]:
        applicant, terms = _read(facts.data)
        found = obstacles(applicant=applicant, terms=terms, on=facts.business_date)
        if not _own(facts, applicant.identity_number):
            found.insert(
                0, ("identity_number", _("该证件号码不是您的账户所登记的，或已有个人账户；请本人登录或到柜台办理"))
            )
        return [
            Check(f"P10-{place}", passed=False, message=words, field=field)
            for place, (field, words) in enumerate(found, 1)
        ] or [Check("P10-0", passed=True, message="", title=_("年龄、账户、基数、比例和起缴年月符合规定"))]

    def effect(self, facts: Facts) -> Mapping[str, str]:
        applicant, terms = _read(facts.data)
        agreement = sign(
            applicant=applicant, terms=terms, business_date=facts.business_date, actor=facts.actor, at=facts.at,
            case=facts.case.number,
        )  # fmt: skip
        number = agreement.member.number
        return {"agreement": agreement.number, "member": number, "applicant_reference": number}


def _own(facts: Facts, identity: str) -> bool:
    """Whether the account is the applicant's: over the counter the card is seen, elsewhere the sign-in must be theirs."""
    if facts.case.channel == Channel.COUNTER:
        return True
    known = account_of(identity)
    return (known.number if known else "") == facts.case.applicant_reference


def _read(data: Mapping[str, Any]) -> tuple[Applicant, Terms]:
    applicant = Applicant(
        name=data["name"], identity_number=data["identity_number"], phone=data["phone"], office=data["office"]
    )
    terms = Terms(
        mode=Mode(data["mode"]), base=data["base"], ratio=data["ratio"], first_month=data["first_month"],
        debit_bank=data["debit_bank"], debit_card=data["debit_card"],
    )  # fmt: skip
    return applicant, terms
