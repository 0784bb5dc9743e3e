"""U01 单位缴存登记: a unit registers, gets its number and its suspense account, and its clerk may act for it."""

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
    CountField,
    CreditCodeField,
    DayField,
    DocumentField,
    IdentityField,
    MonthField,
    NameField,
    PhoneField,
    PostcodeField,
    RatioField,
)  # fmt: skip
from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.kernel.identity import parse_identity_number
from anju.kernel.periods import Month
from anju.kernel.rates import Ppm, format_percent
from anju.kernel.text import squeeze
from anju.platform.people.models import Kind
from anju.registry.changes import Registration, register_unit
from anju.registry.code_lists import IDENTITY_CARD, choices
from anju.registry.models import Unit
from anju.registry.queries import office_names
from anju.registry.rules import ratio_bounds, registration_deadline

#: So many months ahead may a unit begin to remit: a later year is a slip of the pen that nothing would put right.
_AHEAD = 12
_RATIO_HINT = _lazy("百分数，最多两位小数，例如 8 或 7.5")


class UnitRegistrationForm(forms.Form):
    name = NameField(
        label=_lazy("单位名称"), longest=120, autocomplete="organization", help_text=_lazy("与营业执照或批文一致的全称")
    )
    credit_code = CreditCodeField(
        label=_lazy("统一社会信用代码"), help_text=_lazy("营业执照或法人证书上的 18 位代码，例如 91430600MA4L16N75P")
    )
    sector = CodeField(label=_lazy("单位性质"), codes=choices("sector"))
    industry = CodeField(label=_lazy("所属行业"), codes=choices("industry"), help_text=_lazy("国民经济行业门类"))
    economic_type = CodeField(label=_lazy("经济类型"), codes=choices("economic_type"))
    affiliation = CodeField(
        label=_lazy("隶属关系"), codes=choices("affiliation"), help_text=_lazy("没有主管单位的选“其他”")
    )
    established = DayField(label=_lazy("设立日期"), help_text=_lazy("营业执照的成立日期，例如 2026-05-11"))
    address = NameField(label=_lazy("单位地址"), longest=200, autocomplete="street-address")
    postcode = PostcodeField(label=_lazy("邮政编码"), help_text=_lazy("6 位数字，例如 414000"))
    office = CodeField(label=_lazy("办理的管理部"), codes=office_names, help_text=_lazy("按单位所在地选择"))
    legal_name = NameField(label=_lazy("法定代表人姓名"), help_text=_lazy("没有法定代表人的填负责人"))
    legal_document_type = CodeField(label=_lazy("法定代表人证件类型"), codes=choices("document_type"))
    legal_number = DocumentField(label=_lazy("法定代表人证件号码"), longest=40)
    agent_name = NameField(label=_lazy("经办人姓名"), autocomplete="name")
    agent_number = IdentityField(label=_lazy("经办人身份证号码"), help_text=_lazy("18 位，末位可为 X"))
    agent_phone = PhoneField(label=_lazy("经办人手机号码"), help_text=_lazy("11 位，用于接收办理通知"))
    payday = CountField(label=_lazy("发薪日"), lowest=1, highest=28, help_text=_lazy("每月几日发工资，1 至 28"))
    bank = NameField(label=_lazy("受托银行"), help_text=_lazy("缴款的银行，例如 建设银行岳阳分行"))
    unit_ratio = RatioField(label=_lazy("单位缴存比例（%）"), help_text=_RATIO_HINT)
    person_ratio = RatioField(label=_lazy("个人缴存比例（%）"), help_text=_RATIO_HINT)
    first_month = MonthField(label=_lazy("首次汇缴年月"), help_text=_lazy("例如 2026-05"))

    def clean(self) -> dict[str, Any]:
        """An identity card has an identity number, whose check digit is verified; other papers are taken as typed."""
        data: dict[str, Any] = super().clean() or {}
        typed = data.get("legal_number", "")
        try:
            card = typed and data.get("legal_document_type") == IDENTITY_CARD
            data["legal_number"] = parse_identity_number(typed).value if card else squeeze(typed).upper()
        except AnjuError as error:
            self.add_error("legal_number", error.message)
        return data


class UnitRegistration(ServiceItem):
    code = "U01"
    name = _lazy("单位缴存登记")
    summary = _lazy("单位设立之日起 30 日内办理，登记后为职工设立账户")
    source = "住房公积金管理条例第十四条；GB/T 51271-2017 5.3"
    applicants = frozenset({ApplicantKind.UNIT})
    channels = frozenset({Channel.COUNTER, Channel.EMPLOYER, Channel.API})
    cross_province = True
    term = Term(1)
    form = UnitRegistrationForm
    groups = (
        Group("unit", _lazy("单位信息"), ("name", "credit_code", "established")),
        Group("kind", _lazy("单位类别"), ("sector", "industry", "economic_type", "affiliation")),
        Group("place", _lazy("地址与管理部"), ("address", "postcode", "office")),
        Group("legal", _lazy("法定代表人"), ("legal_name", "legal_document_type", "legal_number")),
        Group("agent", _lazy("经办人"), ("agent_name", "agent_number", "agent_phone")),
        Group(
            "terms", _lazy("缴存约定"), ("payday", "bank", "unit_ratio", "person_ratio", "first_month"),
            hint=_lazy("单位与个人比例各自在 5% 至 12% 之间"),
        ),
    )  # fmt: skip
    materials = (
        Material("licence", _lazy("营业执照或设立批文"), (Source.SUBMITTED, Source.SHARED)),
        Material("legal_identity", _lazy("法定代表人身份证件"), (Source.SUBMITTED, Source.SHARED)),
        Material("agent_identity", _lazy("经办人身份证件"), (Source.SUBMITTED, Source.SHARED)),
        Material("authorisation", _lazy("单位授权书"), tolerable=True, hint=_lazy("可容缺受理，10 个工作日内补交")),
    )
    needs_reference = False

    def prefill(self, *, reference: str) -> Mapping[str, Any]:
        return {"legal_document_type": IDENTITY_CARD}

    def office(self, *, data: Mapping[str, Any], reference: str) -> str | None:
        office: str = data["office"]
        return office

    def subject(self, data: Mapping[str, Any]) -> str:
        name: str = data["name"]
        return name

    def checks(self, facts: Facts) -> Sequence[Check]:
        data, day = facts.data, facts.business_date
        known = Unit.objects.filter(credit_code=data["credit_code"]).values_list("office", flat=True).first()
        deadline, latest = registration_deadline(data["established"], day), Month.of(day).plus(_AHEAD)
        return [
            Check(
                "U01-1", known is None,
                _("该统一社会信用代码已在{office}登记，请勿重复办理；如有疑问请联系该管理部").format(office=known or ""),
                field="credit_code", title=_("未重复登记"),
            ),
            Check("U01-2", data["established"] <= day, _("设立日期不能晚于今天，请核对"), field="established",
                title=_("设立日期属实"),
            ),
            Check(
                "U01-3", day <= deadline, _("逾期登记：应于 {day} 前办理（条例第十四条）").format(day=deadline),
                blocking=False, title=_("设立之日起 30 日内登记"),
            ),
            _ratio("U01-4", "unit_ratio", _("单位"), facts),
            _ratio("U01-5", "person_ratio", _("个人"), facts),
            Check(
                "U01-6", data["first_month"].final_day >= data["established"],
                _("首次汇缴年月不能早于设立的月份，请核对"), field="first_month",
                title=_("首次汇缴年月不早于设立"),
            ),
            Check(
                "U01-7", data["first_month"] <= latest,
                _("首次汇缴年月最晚可填 {latest}，请核对年份").format(latest=latest), field="first_month",
                title=_("首次汇缴年月不过晚"),
            ),
        ]  # fmt: skip

    def effect(self, facts: Facts) -> Mapping[str, str]:
        opener = facts.case.opened_by
        unit = register_unit(
            registration=Registration(**facts.data), business_date=facts.business_date, actor=facts.actor, at=facts.at,
            case=facts.case.number, agent=opener if opener.kind == Kind.UNIT else None,
        )  # fmt: skip
        return {"unit": unit.number, "applicant_reference": unit.number}


def _ratio(rule: str, field: str, whose: str, facts: Facts) -> Check:
    floor, cap = ratio_bounds(facts.business_date)
    ratio: Ppm = facts.data[field]
    message = _("{whose}缴存比例应在 {floor}% 至 {cap}% 之间，请更正")
    bounds = {"floor": format_percent(floor, 0), "cap": format_percent(cap, 0)}
    return Check(
        rule,
        floor <= ratio <= cap,
        message.format(whose=whose, **bounds),
        field=field,
        title=_("{whose}缴存比例在规定范围内").format(whose=whose),
    )
