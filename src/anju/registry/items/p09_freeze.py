"""P09 冻结、续冻、解冻: a court's order about an account, taken in at the counter; a freeze behind others waits."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _lazy

from anju.cases.declarations import ApplicantKind, Channel, Check, Facts, Group, Material, ServiceItem, Term
from anju.cases.form_fields import CodeField, DayField, MoneyField, NameField, NumberField
from anju.kernel.i18n import gettext as _
from anju.registry.accounts import Deed
from anju.registry.freezes import Order, extend, freeze, freeze_fault, last_day_fault, lift
from anju.registry.models import Member
from anju.registry.models_accounts import Freeze, FreezeState
from anju.registry.queries import office_of

_ACTS = [("freeze", "冻结（含轮候）"), ("extend", "续冻"), ("lift", "解除冻结")]


class FreezeForm(forms.Form):
    number = NumberField(label=_lazy("个人账号"), longest=20, help_text=_lazy("被执行人的个人账号"))
    act = CodeField(label=_lazy("协助事项"), codes=_ACTS)
    document = NameField(label=_lazy("执行文书编号"), longest=60)
    court = NameField(label=_lazy("执行法院"), longest=100)
    officer = NameField(label=_lazy("执行人员"), longest=60)
    amount = MoneyField(label=_lazy("冻结金额"), required=False, help_text=_lazy("元；冻结整个账户的留空"))
    last_day = DayField(label=_lazy("到期日期"), required=False, help_text=_lazy("冻结、续冻须填写，最长一年"))
    freeze = NumberField(
        label=_lazy("原冻结的业务流水号"), longest=20, required=False, help_text=_lazy("续冻、解除须填写")
    )


class CourtFreeze(ServiceItem):
    code = "P09"
    name = _lazy("个人账户冻结与解冻")
    summary = _lazy("按人民法院的协助执行通知书冻结、续冻或解除；已有冻结的轮候")
    source = "JGJ/T 320-2014 归集业务类型 14 冻结、15 解冻"
    applicants = frozenset({ApplicantKind.CENTER})  # no case of the member's: what a court orders is not theirs to read
    channels = frozenset({Channel.COUNTER})
    term = Term(1)
    form = FreezeForm
    groups = (
        Group("order", _lazy("执行文书"), ("number", "act", "document", "court", "officer")),
        Group("what", _lazy("冻结内容"), ("amount", "last_day", "freeze")),
    )
    needs_reference = False
    materials = (
        Material("assistance", _lazy("协助执行通知书")),
        Material("ruling", _lazy("裁定书")),
        Material("officers", _lazy("执行人员工作证件")),
    )

    def office(self, *, data: Mapping[str, Any], reference: str) -> str | None:
        known = Member.objects.select_related("unit").filter(number=data["number"]).first()
        return None if known is None else office_of(known.unit)

    def subject(self, data: Mapping[str, Any]) -> str:
        return f"{dict(_ACTS)[data['act']]} {data['number']}"

    def checks(self, facts: Facts) -> Sequence[Check]:
        data, own = facts.data, Member.objects.filter(number=facts.data["number"]).first()
        if own is None:
            return [
                Check("P09-0", passed=False, message=_("没有此个人账号，请核对"), field="number", title=_("账户存在"))
            ]
        act, day = data["act"], facts.business_date
        needs_day = act != "lift"
        last_day = data["last_day"] or None
        running = Freeze.objects.filter(member=own, case_number=data["freeze"], state=FreezeState.ACTIVE)
        fault = ""
        if act == "freeze" and last_day:
            fault = freeze_fault(own, _order(data), day)
        elif act == "extend" and last_day:
            fault = last_day_fault(day, last_day)
        return [
            Check(
                "P09-1", not needs_day or last_day is not None, _("请填写到期日期"), field="last_day",
                title=_("写明了到期日期"),
            ),
            Check(
                "P09-2", act == "freeze" or running.exists(), _("没有这份生效中的冻结，请核对原冻结的业务流水号"),
                field="freeze", title=_("原冻结生效中"),
            ),
            Check("P09-3", not fault, fault, field="last_day", title=_("冻结可以执行")),
        ]  # fmt: skip

    def effect(self, facts: Facts) -> Mapping[str, str]:
        data, case = facts.data, facts.case
        deed = Deed(business_date=facts.business_date, actor=facts.actor, at=facts.at, case=case.number)
        if data["act"] == "freeze":
            done = freeze(number=data["number"], order=_order(data), deed=deed)
        elif data["act"] == "extend":
            done = extend(case_number=data["freeze"], last_day=data["last_day"], document=data["document"], deed=deed)
        else:
            done = lift(case_number=data["freeze"], document=data["document"], deed=deed)
        return {"freeze": done.case_number}


def _order(data: Mapping[str, Any]) -> Order:
    return Order(
        document=data["document"], court=data["court"], officer=data["officer"], amount=data["amount"] or None,
        last_day=data["last_day"],
    )  # fmt: skip
