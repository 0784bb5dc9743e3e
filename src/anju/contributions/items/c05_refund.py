"""C05 暂收退款: money that fits no notice goes back. Reserved on approval, booked when the bank has paid.

A unit asks for its own; what a person paid beyond a notice, and money of an unknown payer, is named by the bank's serial
number and goes back to the account that it came from.
"""

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
from anju.cases.form_fields import CodeField, MoneyField, NameField, NumberField, WordsField
from anju.contributions.refunds import (
    Payee,
    Source,
    available,
    paying_accounts,
    receipt_source,
    refund_paid,
    refund_receipt,
    refund_released,
    refund_suspense,
    under_way,
    unit_source,
)  # fmt: skip
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen, format_yuan
from anju.kernel.text import clean_name, squeeze
from anju.ledger.models import Account
from anju.registry.models import Unit
from anju.registry.queries import member, office_of


class RefundForm(forms.Form):
    serial = NumberField(
        label=_lazy("银行流水号"),
        longest=40,
        required=False,
        help_text=_lazy("单位退款不填；灵活就业人员多缴、不明来款退款的，填写该笔到账的流水号"),
    )
    amount = MoneyField(label=_lazy("退款金额（元）"))
    payee_name = NameField(
        label=_lazy("收款户名"), longest=120, help_text=_lazy("单位退款须与单位名称一致，其他退款须为原付款户名")
    )
    payee_account = NumberField(label=_lazy("收款账号"), longest=40, help_text=_lazy("原付款的银行账号"))
    reason = WordsField(label=_lazy("退款原因"), longest=200)

    field_order = ("serial", "amount", "payee_name", "payee_account", "reason")


class PayingForm(forms.Form):
    bank_account = CodeField(label=_lazy("付款专户"), codes=paying_accounts)


class SuspenseRefund(ServiceItem):
    code = "C05"
    revision = 2
    name = _lazy("暂收退款")
    summary = _lazy("多汇、误汇而未用于缴存的款项退回原单位，灵活就业多缴款与不明来款退回原付款账户")
    source = "GB/T 51271-2017 5.10"
    applicants = frozenset({ApplicantKind.UNIT, ApplicantKind.MEMBER, ApplicantKind.CENTER})
    channels = frozenset({Channel.COUNTER, Channel.EMPLOYER, Channel.API})
    term = Term(3)
    form = RefundForm
    groups = (
        Group("amount", _lazy("退款金额与原因"), ("serial", "amount", "reason")),
        Group("payee", _lazy("退到哪里"), ("payee_name", "payee_account")),
    )
    materials = (Material("voucher", _lazy("原付款凭证"), hint=_lazy("银行回单；单位的加盖单位公章")),)
    handling = PayingForm
    settlement = Settlement.PAYMENT

    def prefill(self, *, reference: str) -> Mapping[str, Any]:
        payer = Unit.objects.filter(number=reference).first()
        if payer is None:
            return {}
        return {"payee_name": payer.name, "amount": format_yuan(available(unit=payer), grouping=False)}

    def office(self, *, data: Mapping[str, Any], reference: str) -> str | None:
        if not reference:
            return None
        return office_of(Unit.objects.filter(number=reference).first() or member(reference).unit)

    def subject(self, data: Mapping[str, Any]) -> str:
        return _("{amount} 元").format(amount=format_yuan(data["amount"]))

    def amount(self, data: Mapping[str, Any]) -> Fen:
        amount: Fen = data["amount"]
        return amount

    def checks(self, facts: Facts) -> Sequence[Check]:
        data, sent = facts.data, under_way(case_number=facts.case.number)
        source = _source(facts)
        if source is None:
            message = _("没有此流水号的可退款项，或已认领、已退款，请核对")
            return [Check("C05-3", sent, message, field="serial", title=_("款项可退"))]
        left, amount, account = source.available, data["amount"], squeeze(data["payee_account"])
        return [
            Check(
                "C05-1", sent or (amount == left if source.whole else 0 < amount <= left), _too_much(source),
                field="amount", title=_("暂收余额足够"),
            ),
            Check(
                "C05-2", sent or data["payee_name"] == clean_name(source.name), _wrong_payee(source),
                field="payee_name", title=_("退回原付款人"),
            ),
            Check(
                "C05-4", sent or source.account in ("", account), _("收款账号须为原付款账号，款项原路退回"),
                field="payee_account", title=_("退回原账户"),
            ),
        ]  # fmt: skip

    def reserve(self, facts: Facts) -> None:
        data, source = facts.data, _source(facts)
        shared: dict[str, Any] = {
            "amount": data["amount"], "reason": data["reason"], "case_number": facts.case.number,
            "payee": Payee(name=data["payee_name"], account=data["payee_account"]),
            "business_date": facts.business_date, "maker": facts.case.opened_by.username,
        }  # fmt: skip
        if facts.case.applicant_kind == ApplicantKind.UNIT:
            refund_suspense(unit_number=facts.case.applicant_reference, **shared)
        else:
            refund_receipt(receipt_id=source.receipt if source and source.receipt else 0, **shared)

    def release(self, facts: Facts) -> None:
        refund_released(case_number=facts.case.number, business_date=facts.business_date, maker=facts.actor)

    def effect(self, facts: Facts) -> Mapping[str, str]:
        bank = Account.objects.get(number=facts.handling["bank_account"])
        done = refund_paid(
            case_number=facts.case.number, bank_account=bank.pk, business_date=facts.business_date, maker=facts.actor
        )
        return {"journal": str(done.journal_id)}


def _source(facts: Facts) -> Source | None:
    """The money that the case asks for; None when it is not there."""
    kind, reference = facts.case.applicant_kind, facts.case.applicant_reference
    if kind == ApplicantKind.UNIT:
        payer = Unit.objects.filter(number=reference).first()  # answers of revision 1 hold no serial number
        return None if payer is None else unit_source(payer)
    serial = facts.data.get("serial", "")
    return receipt_source(serial=serial, member=reference) if serial else None


def _too_much(source: Source) -> str:
    left = format_yuan(source.available)
    if source.whole:
        return _("不明来款须全额退回，应为 {amount} 元").format(amount=left)
    return _("退款金额须大于零，且不超过暂收的可用余额 {amount} 元").format(amount=left)


def _wrong_payee(source: Source) -> str:
    if source.receipt is None:
        return _("收款户名须与单位名称一致，款项只退回单位")
    return _("收款户名须为原付款户名，款项原路退回")
