"""C05 暂收退款: money of a unit that fits no notice goes back. Reserved on approval, booked when the bank has paid."""

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
    Settlement,
    Term,
)  # fmt: skip
from anju.cases.form_fields import CodeField, MoneyField, NameField, WordsField
from anju.contributions.refunds import (
    Payee,
    available,
    paying_accounts,
    refund_paid,
    refund_released,
    refund_suspense,
    under_way,
)  # fmt: skip
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen, format_yuan
from anju.kernel.text import clean_name
from anju.ledger.models import Account
from anju.registry.queries import office_of, unit


class RefundForm(forms.Form):
    amount = MoneyField(label=_lazy("退款金额（元）"))
    payee_name = NameField(label=_lazy("收款户名"), longest=120, help_text=_lazy("须与单位名称一致"))
    payee_account = NameField(label=_lazy("收款账号"), longest=40, help_text=_lazy("原付款的银行账号"))
    reason = WordsField(label=_lazy("退款原因"), longest=200)

    field_order = ("amount", "payee_name", "payee_account", "reason")


class PayingForm(forms.Form):
    bank_account = CodeField(label=_lazy("付款专户"), codes=paying_accounts)


class SuspenseRefund(ServiceItem):
    code = "C05"
    name = _lazy("暂收退款")
    summary = _lazy("单位多汇、误汇而未用于缴存的款项退回原单位")
    source = "GB/T 51271-2017 5.10"
    applicants = frozenset({ApplicantKind.UNIT})
    channels = frozenset({Channel.COUNTER, Channel.EMPLOYER, Channel.API})
    term = Term(3)
    form = RefundForm
    groups = (
        Group("amount", _lazy("退款金额与原因"), ("amount", "reason")),
        Group("payee", _lazy("退到哪里"), ("payee_name", "payee_account")),
    )
    materials = (Material("voucher", _lazy("原付款凭证"), hint=_lazy("银行回单，加盖单位公章")),)
    handling = PayingForm
    settlement = Settlement.PAYMENT

    def prefill(self, *, reference: str) -> Mapping[str, Any]:
        payer = unit(reference)
        return {"payee_name": payer.name, "amount": format_yuan(available(unit=payer), grouping=False)}

    def office(self, *, data: Mapping[str, Any], reference: str) -> str | None:
        return office_of(unit(reference))

    def subject(self, data: Mapping[str, Any]) -> str:
        return _("{amount} 元").format(amount=format_yuan(data["amount"]))

    def amount(self, data: Mapping[str, Any]) -> Fen:
        amount: Fen = data["amount"]
        return amount

    def checks(self, facts: Facts) -> Sequence[Check]:
        payer, data = unit(facts.case.applicant_reference), facts.data
        sent, left = under_way(case_number=facts.case.number), available(unit=payer)
        return [
            Check(
                "C05-1", sent or 0 < data["amount"] <= left,
                _("退款金额须大于零，且不超过单位暂收的可用余额 {amount} 元").format(
                    amount=format_yuan(left)
                ),
                field="amount", title=_("暂收余额足够"),
            ),
            Check(
                "C05-2", sent or data["payee_name"] == clean_name(payer.name), _("收款户名须与单位名称一致，款项只退回单位"),
                field="payee_name", title=_("退回原单位"),
            ),
        ]  # fmt: skip

    def reserve(self, facts: Facts) -> None:
        data = facts.data
        refund_suspense(
            unit_number=facts.case.applicant_reference, amount=data["amount"], reason=data["reason"],
            payee=Payee(name=data["payee_name"], account=data["payee_account"]), case_number=facts.case.number,
            business_date=facts.business_date, maker=facts.case.opened_by.username,
        )  # fmt: skip

    def release(self, facts: Facts) -> None:
        refund_released(case_number=facts.case.number, business_date=facts.business_date, maker=facts.actor)

    def effect(self, facts: Facts) -> Mapping[str, str]:
        bank = Account.objects.get(number=facts.handling["bank_account"])
        done = refund_paid(
            case_number=facts.case.number, bank_account=bank.pk, business_date=facts.business_date, maker=facts.actor
        )
        return {"journal": str(done.journal_id)}
