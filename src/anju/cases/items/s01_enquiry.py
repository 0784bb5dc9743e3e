"""S01 咨询、投诉、建议: somebody asks, complains or proposes; customer service answers in writing."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _lazy

from anju.cases.declarations import ApplicantKind, Channel, Group, ServiceItem, Term
from anju.cases.form_fields import CodeField, PhoneField, WordsField
from anju.platform.people.models import Role

KINDS = [("enquiry", _lazy("咨询")), ("complaint", _lazy("投诉")), ("proposal", _lazy("建议"))]


def _kinds() -> list[tuple[str, str]]:
    return [(code, str(title)) for code, title in KINDS]


class EnquiryForm(forms.Form):
    kind = CodeField(label=_lazy("类别"), codes=_kinds)
    about = WordsField(
        label=_lazy("内容"), help_text=_lazy("何时、何地、何事；请不要填写身份证号码、银行卡号。最多 2000 字")
    )
    wish = WordsField(label=_lazy("您的诉求"), longest=500, required=False, help_text=_lazy("希望我们怎样办，可不填"))
    phone = PhoneField(label=_lazy("联系手机"), required=False, help_text=_lazy("需要电话联系时填写，11 位"))


class ReplyForm(forms.Form):
    reply = WordsField(label=_lazy("答复"), help_text=_lazy("写给申请人，办结后可见；写明结论与依据"))


class Enquiry(ServiceItem):
    code = "S01"
    name = _lazy("咨询、投诉、建议")
    summary = _lazy("五个工作日内书面答复；不满意可在 30 日内要求重新办理")
    source = "事项目录 S01（12329、12345 工单）"
    applicants = frozenset({ApplicantKind.PERSON, ApplicantKind.MEMBER, ApplicantKind.UNIT})
    channels = frozenset({Channel.COUNTER, Channel.MEMBER, Channel.EMPLOYER, Channel.HOTLINE})
    term = Term(5)
    form = EnquiryForm
    groups = (
        Group("matter", _lazy("您要说的事"), ("kind", "about", "wish")),
        Group("contact", _lazy("联系方式"), ("phone",)),
    )
    handler = Role.SERVICE
    handling = ReplyForm
    reviews = ()
    reopen_days = 30
    needs_reference = False

    def subject(self, data: Mapping[str, Any]) -> str:
        return str(dict(KINDS)[data["kind"]])

    def reply(self, handling: Mapping[str, Any]) -> str:
        words: str = handling["reply"]
        return words
