"""U02 单位信息变更: a unit's name, credit code, address, legal representative, clerk or bank changes; empty stays."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _lazy

from anju.cases.declarations import ApplicantKind, Channel, Check, Facts, Group, Material, ServiceItem, Source, Term
from anju.cases.form_fields import (
    CodeField,
    CountField,
    CreditCodeField,
    DayField,
    DocumentField,
    IdentityField,
    NameField,
    PhoneField,
    PostcodeField,
)  # fmt: skip
from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.kernel.identity import mask_identity_number, mask_name, mask_phone, parse_identity_number
from anju.kernel.text import squeeze
from anju.registry.code_lists import IDENTITY_CARD, choices
from anju.registry.models import Unit, UnitState
from anju.registry.queries import office_of, unit
from anju.registry.rules import change_deadline
from anju.registry.unit_changes import Act, UnitChange, change_unit, unit_differences

_UNCHANGED = _lazy("不变更的留空")


class UnitFactsForm(forms.Form):
    name = NameField(label=_lazy("新单位名称"), longest=120, required=False, help_text=_UNCHANGED)
    credit_code = CreditCodeField(label=_lazy("新统一社会信用代码"), required=False, help_text=_UNCHANGED)
    sector = CodeField(label=_lazy("单位性质"), codes=choices("sector"), required=False, help_text=_UNCHANGED)
    industry = CodeField(label=_lazy("所属行业"), codes=choices("industry"), required=False, help_text=_UNCHANGED)
    economic_type = CodeField(
        label=_lazy("经济类型"), codes=choices("economic_type"), required=False, help_text=_UNCHANGED
    )
    affiliation = CodeField(label=_lazy("隶属关系"), codes=choices("affiliation"), required=False, help_text=_UNCHANGED)
    address = NameField(label=_lazy("新单位地址"), longest=200, required=False, help_text=_UNCHANGED)
    postcode = PostcodeField(label=_lazy("新邮政编码"), required=False, help_text=_lazy("6 位数字；不变更的留空"))
    legal_name = NameField(label=_lazy("新法定代表人姓名"), required=False, help_text=_UNCHANGED)
    legal_document_type = CodeField(
        label=_lazy("法定代表人证件类型"), codes=choices("document_type"), required=False,
        help_text=_lazy("变更证件号码时选择"),
    )  # fmt: skip
    legal_number = DocumentField(
        label=_lazy("新法定代表人证件号码"), longest=40, required=False, help_text=_UNCHANGED
    )  # fmt: skip
    agent_name = NameField(label=_lazy("新经办人姓名"), required=False, help_text=_UNCHANGED)
    agent_number = IdentityField(label=_lazy("新经办人身份证号码"), required=False, help_text=_UNCHANGED)
    agent_phone = PhoneField(label=_lazy("新经办人手机号码"), required=False, help_text=_UNCHANGED)
    payday = CountField(label=_lazy("新发薪日"), lowest=1, highest=28, required=False, help_text=_UNCHANGED)
    bank = NameField(label=_lazy("新受托银行"), required=False, help_text=_UNCHANGED)
    happened = DayField(label=_lazy("变更发生日期"), help_text=_lazy("登记机关核准变更的日期，例如 2026-05-11"))

    def clean(self) -> dict[str, Any]:
        """A new number comes with its type; an identity card's check digit is verified."""
        data: dict[str, Any] = super().clean() or {}
        typed, kind = data.get("legal_number"), data.get("legal_document_type")
        if typed and not kind:
            self.add_error("legal_document_type", _("请选择证件类型"))
        try:
            if typed and kind:
                card = kind == IDENTITY_CARD
                data["legal_number"] = parse_identity_number(typed).value if card else squeeze(typed).upper()
        except AnjuError as error:
            self.add_error("legal_number", error.message)
        return data


class UnitFacts(ServiceItem):
    code = "U02"
    name = _lazy("单位信息变更")
    summary = _lazy("变更名称、代码、地址、法定代表人或经办人；变更之日起 30 日内办理")
    source = "住房公积金管理条例第十四条；GB/T 51271-2017 5.3"
    applicants = frozenset({ApplicantKind.UNIT})
    channels = frozenset({Channel.COUNTER, Channel.EMPLOYER, Channel.API})
    cross_province = True
    term = Term(1)
    form = UnitFactsForm
    groups = (
        Group("unit", _lazy("单位名称与代码"), ("name", "credit_code", "happened"), hint=_lazy("变更名称或代码须提交证明")),
        Group("kind", _lazy("单位类别"), ("sector", "industry", "economic_type", "affiliation")),
        Group("place", _lazy("地址"), ("address", "postcode")),
        Group("legal", _lazy("法定代表人"), ("legal_name", "legal_document_type", "legal_number")),
        Group("agent", _lazy("经办人"), ("agent_name", "agent_number", "agent_phone")),
        Group("terms", _lazy("缴存约定"), ("payday", "bank")),
    )  # fmt: skip
    materials = (
        Material(
            "name_proof", _lazy("登记机关的名称变更证明"), (Source.SHARED, Source.SUBMITTED), when="name"
        ),
        Material(
            "code_proof", _lazy("新的营业执照或法人证书"), (Source.SHARED, Source.SUBMITTED), when="credit_code"
        ),
        Material(
            "legal_identity", _lazy("新法定代表人身份证件"), (Source.SUBMITTED, Source.SHARED), when="legal_number"
        ),
        Material(
            "authorisation", _lazy("新经办人的单位授权书"), when="agent_number", tolerable=True,
            hint=_lazy("可容缺受理，10 个工作日内补交"),
        ),
    )  # fmt: skip

    def on_record(self, *, reference: str) -> Mapping[str, str]:
        known = unit(reference)
        return {
            "name": known.name, "credit_code": known.credit_code or "", "address": known.address,
            "postcode": known.postcode, "legal_name": mask_name(known.legal_name) if known.legal_name else "",
            "agent_name": mask_name(known.agent_name) if known.agent_name else "",
            "agent_number": mask_identity_number(known.agent_number) if known.agent_number else "",
            "agent_phone": mask_phone(known.agent_phone) if known.agent_phone else "",
            "payday": str(known.payday or ""), "bank": known.bank_name,
        }  # fmt: skip

    def office(self, *, data: Mapping[str, Any], reference: str) -> str | None:
        return office_of(unit(reference))

    def subject(self, data: Mapping[str, Any]) -> str:
        fields = self.form.base_fields.items()
        return _("、").join(
            str(field.label).removeprefix("新") for name, field in fields if name != "happened" and data.get(name)
        )

    def checks(self, facts: Facts) -> Sequence[Check]:
        known, change = unit(facts.case.applicant_reference), _change(facts.data)
        code, happened = facts.data["credit_code"], facts.data["happened"]
        deadline = change_deadline(happened, facts.business_date)
        taken = bool(code) and Unit.objects.filter(credit_code=code).exclude(pk=known.pk).exists()
        return [
            Check("U02-1", known.state != UnitState.CLOSED, _("单位已销户，不能变更信息"), title=_("单位未销户")),
            Check(
                "U02-2", bool(unit_differences(known, change)),
                _("没有要变更的内容：各栏留空或与登记的相同，请填写要变更的一项"), field="name", title=_("有要变更的内容"),
            ),
            Check(
                "U02-3", not taken, _("该统一社会信用代码已由其他单位登记，请核对"), field="credit_code",
                title=_("代码未被他人登记"),
            ),
            Check(
                "U02-4", happened <= facts.business_date, _("变更发生日期不能晚于今天，请核对"), field="happened",
                title=_("变更已经发生"),
            ),
            Check(
                "U02-5", facts.business_date <= deadline,
                _("逾期变更：应于 {day} 前办理（条例第十四条）").format(day=deadline), blocking=False,
                title=_("变更之日起 30 日内办理"),
            ),
        ]  # fmt: skip

    def effect(self, facts: Facts) -> Mapping[str, str]:
        changed = change_unit(
            number=facts.case.applicant_reference, change=_change(facts.data),
            act=Act(business_date=facts.business_date, actor=facts.actor, at=facts.at, case=facts.case.number),
        )  # fmt: skip
        return {"unit": changed.number}


def _change(data: Mapping[str, Any]) -> UnitChange:
    return UnitChange(**{name: data.get(name) or None for name in UnitChange.__slots__})
