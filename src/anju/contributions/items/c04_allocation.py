"""C04 暂收分摊: money of an unknown payer is given to the unit that it is from, and pays what it covers.

A flexible worker's shares the collective account with others', so it is given to a notice, not to a unit.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _lazy

from anju.cases.declarations import ApplicantKind, Channel, Check, Facts, Group, Material, ServiceItem, Term
from anju.cases.form_fields import NumberField, WordsField
from anju.contributions.bills import pay_bills
from anju.contributions.flexible.payments import assign
from anju.contributions.models import Bill, BillKind, BillState, Receipt
from anju.contributions.receipts import identify
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen
from anju.registry.models import Unit, UnitKind, UnitState
from anju.registry.queries import office_of


class AllocationForm(forms.Form):
    serial = NumberField(label=_lazy("银行流水号"), longest=40, help_text=_lazy("暂收队列中该笔到账的流水号"))
    unit = NumberField(
        label=_lazy("归属单位账号"), longest=20, help_text=_lazy("灵活就业人员的款项，填写其待缴款的缴款编号，J 开头")
    )
    reason = WordsField(
        label=_lazy("认定依据"), longest=300, help_text=_lazy("例如 单位来函、银行回单；不要填写证件号码")
    )


class SuspenseAllocation(ServiceItem):
    code = "C04"
    revision = 2
    name = _lazy("暂收分摊")
    summary = _lazy("把不明来款认定给单位，足够支付缴款通知的自动入账")
    source = "住房公积金会计核算办法（219 其他应付款）；GB/T 51271-2017 5.10"
    applicants = frozenset({ApplicantKind.CENTER})
    channels = frozenset({Channel.COUNTER})
    term = Term(1)
    form = AllocationForm
    groups = (Group("money", _lazy("到账与归属"), ("serial", "unit", "reason")),)
    materials = (Material("evidence", _lazy("单位来函或银行回单"), required=False),)
    needs_reference = False

    def office(self, *, data: Mapping[str, Any], reference: str) -> str | None:
        notice = _notice(data["unit"])
        payer = notice.unit if notice is not None else Unit.objects.filter(number=data["unit"]).first()
        return None if payer is None else office_of(payer)

    def subject(self, data: Mapping[str, Any]) -> str:
        return f"{data['serial']} → {data['unit']}"

    def amount(self, data: Mapping[str, Any]) -> Fen:
        receipt = _waiting(data["serial"])
        return receipt.amount if receipt else 0

    def checks(self, facts: Facts) -> Sequence[Check]:
        receipt = _waiting(facts.data["serial"])
        number = facts.data["unit"]
        payer = Unit.objects.filter(number=number, kind=UnitKind.EMPLOYER).exclude(state=UnitState.CLOSED)
        known = payer.exists() or _notice(number) is not None
        return [
            Check("C04-1", receipt is not None, _("没有此流水号的不明来款，或已认领，请核对"), field="serial", title=_("到账尚未认领")),
            Check("C04-2", known, _("没有此单位或待缴款的灵活就业缴款编号，或单位已销户"), field="unit", title=_("归属存在")),
        ]  # fmt: skip

    def effect(self, facts: Facts) -> Mapping[str, str]:
        receipt = _waiting(facts.data["serial"])
        assert receipt is not None  # asked by the rules, in this very transaction
        notice = _notice(facts.data["unit"])
        if notice is not None:
            paid = assign(
                receipt_id=receipt.pk, bill_number=notice.number, business_date=facts.business_date, maker=facts.actor
            )  # fmt: skip
            return {"bill": paid.number}
        given = identify(
            receipt_id=receipt.pk, unit_number=facts.data["unit"], business_date=facts.business_date, maker=facts.actor
        )
        bills = list(
            Bill.objects.filter(unit=given.unit, state=BillState.OPEN).order_by("id").values_list("pk", flat=True)
        )
        for pk in bills:
            pay_bills(low=pk, high=pk, business_date=facts.business_date, maker=facts.actor)
        return {"unit": facts.data["unit"]}


def _notice(number: str) -> Bill | None:
    """The open notice of a flexible worker with that number."""
    wanted = Bill.objects.filter(number=number, kind=BillKind.FLEXIBLE, state=BillState.OPEN)
    return wanted.select_related("unit").first()


def _waiting(serial: str) -> Receipt | None:
    """The receipt of that serial of which nobody knows whose it is."""
    return Receipt.objects.filter(serial=serial, unit=None, matched_by="").first()
