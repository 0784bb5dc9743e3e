"""P02 个人信息变更: a member's name, document, phone, address or e-mail changes; what is left empty stays.

The form never shows what is on record: `on_record` tells it masked.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _lazy

from anju.cases.declarations import ApplicantKind, Channel, Check, Facts, Group, Material, ServiceItem, Source, Term
from anju.cases.form_fields import CodeField, DocumentField, IdentityField, NameField, PhoneField, read_document
from anju.kernel.i18n import gettext as _
from anju.kernel.identity import mask_identity_number, mask_name, mask_phone
from anju.registry.changes import MemberChange, change_member, differences, new_document
from anju.registry.code_lists import IDENTITY_CARD, choices
from anju.registry.duplicates import account_of
from anju.registry.queries import member, office_of

_UNCHANGED = _lazy("不变更的留空")
_WHO = ("name", "identity_number", "document_type", "document_number", "document_country")
_OTHERS = [(code, title) for code, title in choices("document_type") if code != IDENTITY_CARD]


class PersonalDataForm(forms.Form):
    name = NameField(label=_lazy("新姓名"), required=False, autocomplete="name", help_text=_UNCHANGED)
    identity_number = IdentityField(
        label=_lazy("新身份证号码"), required=False, help_text=_lazy("18 位，末位可为 X；不变更的留空")
    )
    document_type = CodeField(
        label=_lazy("新证件类型"),
        codes=_OTHERS,
        required=False,
        help_text=_lazy("换发护照等的选择；居民身份证填上一栏"),
    )
    document_number = DocumentField(
        label=_lazy("新证件号码（非身份证）"), longest=40, required=False, help_text=_UNCHANGED
    )  # fmt: skip
    document_country = CodeField(
        label=_lazy("签发国家或地区"), codes=choices("country"), required=False, help_text=_lazy("护照等须选")
    )
    phone = PhoneField(label=_lazy("新手机号码"), required=False, help_text=_lazy("11 位；不变更的留空"))
    address = NameField(
        label=_lazy("新通信地址"), longest=200, required=False, autocomplete="street-address", help_text=_UNCHANGED
    )
    email = forms.EmailField(
        label=_lazy("新电子邮箱"), max_length=100, required=False, help_text=_UNCHANGED,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"invalid": _lazy("电子邮箱的格式不对，例如 name@example.cn")},
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """A document that is no identity card comes with its kind, by whose rules its number is read."""
        data: dict[str, Any] = super().clean() or {}
        kind, number = data.get("document_type"), data.get("document_number")
        if number and data.get("identity_number"):
            self.add_error("document_number", _("身份证与其他证件只能填一种，请清空其中之一"))
        elif number and not kind:
            self.add_error("document_type", _("请选择证件类型"))
        elif kind and not number and "document_number" not in self.errors:
            self.add_error("document_number", _("请填写证件号码"))
        elif kind and number:
            read_document(self, data)
        return data


class PersonalData(ServiceItem):
    code = "P02"
    name = _lazy("个人信息变更")
    summary = _lazy("变更姓名、证件号码、手机号码或联系方式")
    source = "GB/T 51271-2017 5.6"
    applicants = frozenset({ApplicantKind.MEMBER})
    channels = frozenset({Channel.COUNTER, Channel.MEMBER, Channel.API})
    cross_province = True
    term = Term(1)
    form = PersonalDataForm
    groups = (
        Group("identity", _lazy("身份信息"), _WHO, hint=_lazy("变更须提交证明")),
        Group("contact", _lazy("联系方式"), ("phone", "address", "email")),
    )
    materials = (
        Material(
            "name_proof", _lazy("户口簿或公安机关出具的姓名变更证明"), (Source.SUBMITTED, Source.SHARED), when="name"
        ),
        Material(
            "identity_proof", _lazy("新的居民身份证"), (Source.SUBMITTED, Source.SHARED), when="identity_number"
        ),
        Material(
            "document_proof", _lazy("新的护照或其他证件复印件"), (Source.SUBMITTED, Source.SHARED), when="document_number"
        ),
    )  # fmt: skip

    def on_record(self, *, reference: str) -> Mapping[str, str]:
        known = member(reference)
        number = "identity_number" if known.document_type == IDENTITY_CARD else "document_number"
        return {
            "name": mask_name(known.name),
            number: mask_identity_number(known.identity),
            "phone": mask_phone(known.phone),
        }

    def office(self, *, data: Mapping[str, Any], reference: str) -> str | None:
        return office_of(member(reference).unit)

    def subject(self, data: Mapping[str, Any]) -> str:
        return _("、").join(
            str(field.label).removeprefix("新") for name, field in self.form.base_fields.items() if data.get(name)
        )

    def checks(self, facts: Facts) -> Sequence[Check]:
        known, change = member(facts.case.applicant_reference), MemberChange(**facts.data)
        document = new_document(change)
        other = None if document is None else account_of(document, but=known.pk)
        return [
            Check("P02-1", known.closed_date is None, _("账户已销户，不能变更信息"), title=_("账户未销户")),
            Check(
                "P02-2", bool(differences(known, change)),
                _("没有要变更的内容：各栏留空或与登记的相同，请填写要变更的一项"), field="name", title=_("有要变更的内容"),
            ),
            Check(
                "P02-3", other is None,
                _("该证件号码已有个人账户，一人只能有一个账户；请核对号码，确属本人的请办理账户合并"),
                field="document_number" if change.document_number else "identity_number", title=_("证件号码未被他人使用"),
            ),
        ]  # fmt: skip

    def effect(self, facts: Facts) -> Mapping[str, str]:
        changed = change_member(
            number=facts.case.applicant_reference, change=MemberChange(**facts.data),
            business_date=facts.business_date, actor=facts.actor, at=facts.at, case=facts.case.number,
        )  # fmt: skip
        return {"member": changed.number}
