"""A trivial item: two answers, one review, an effect that does nothing but name itself."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms

from anju.cases.declarations import ApplicantKind, Channel, Facts, Group, ServiceItem, Term


class PlainForm(forms.Form):
    title = forms.CharField(label="事由", max_length=60)
    amount = forms.IntegerField(label="金额（元）", min_value=0)


class Plain(ServiceItem):
    code = "Z01"
    name = "压力测试事项"
    applicants = frozenset({ApplicantKind.MEMBER})
    channels = frozenset({Channel.MEMBER})
    term: ClassVar[Term] = Term(3)
    form = PlainForm
    groups = (Group("all", "全部", ("title", "amount")),)
    needs_reference = False

    def subject(self, data: Mapping[str, Any]) -> str:
        return str(data["title"])

    def effect(self, facts: Facts) -> Mapping[str, str]:
        return {"done": facts.case.number}
