"""T01: an item with everything an item can have, declared as any other."""

from django import forms

from anju.cases.declarations import (
    ApplicantKind,
    Channel,
    Check,
    Group,
    Material,
    ReviewStep,
    ServiceItem,
    Source,
    Term,
)
from anju.platform.people.models import Role


class ErrandForm(forms.Form):
    title = forms.CharField(label="事由", max_length=60)
    amount = forms.IntegerField(label="金额（元）", min_value=0)
    rush = forms.BooleanField(label="加急", required=False)


class Errand(ServiceItem):
    code = "T01"
    name = "测试事项"
    applicants = frozenset({ApplicantKind.MEMBER, ApplicantKind.UNIT})
    channels = frozenset({Channel.COUNTER, Channel.MEMBER, Channel.EMPLOYER, Channel.API})
    term = Term(3)
    form = ErrandForm
    groups = (Group("what", "事由", ("title", "rush")), Group("money", "金额", ("amount",)))
    materials = (
        Material("proof", "证明", (Source.DECLARED, Source.SUBMITTED), when="rush"),
        Material("later", "补充材料", (Source.DECLARED,), tolerable=True, follows_within=5, when="rush"),
    )
    reviews = (ReviewStep(Role.REVIEWER), ReviewStep(Role.OFFICE_HEAD, above=100_000_00))
    reopen_days = 30
    needs_reference = False
    #: What took effect, to be looked at.
    effects: list = []

    def office(self, *, data, reference):
        return None

    def subject(self, data):
        return data["title"]

    def amount(self, data):
        return data["amount"] * 100

    def checks(self, facts):
        return [Check("T01-1", facts.data["title"] != "不准", "事由不符合规定，请更正", field="title")]

    def effect(self, facts):
        if facts.data["title"] == "炸":
            raise ZeroDivisionError
        self.effects.append(facts.case.number)
        return {"errand": f"E{facts.case.pk}"}
