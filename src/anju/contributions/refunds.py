"""退款: money that waits under 219 goes back: a unit's to the unit, anybody else's to the account that it came from.

What came for a person's notice lies on a collective account with other people's: only what the receipts of that notice
left over goes back. Money of an unknown payer goes back whole, and nobody claims it meanwhile.

Reserved when it is approved, so no bill can take it while the bank's answer is awaited; booked (借219 贷101) when the bank
has paid. What the bank refuses stays reserved for another try, until the case is declared void.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction

from anju.contributions.errors import RefundRefusedError
from anju.contributions.models import Receipt
from anju.contributions.models_repair import Refund
from anju.contributions.receipts import unknown_account
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen, format_yuan
from anju.kernel.text import clean_name, squeeze
from anju.ledger import holds
from anju.ledger.errors import FrozenError, InsufficientBalanceError
from anju.ledger.models import Account
from anju.ledger.operations import JournalRequest, credit, debit
from anju.registry.models import Unit, UnitKind

#: Journal kind of this module.
REFUND = "suspense-refund"
#: How a receipt of an unknown payer is marked while it goes back, and once it is gone.
SENT_BACK = "refund"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payee:
    """To whom the bank pays: name and number of the account."""

    name: str
    account: str


@dataclass(frozen=True, slots=True)
class Source:
    """Money that may go back: how much in fen, and to whom. `account` is empty when the bank did not tell it.

    `whole`: not in parts. `receipt` is empty for a unit's own money.
    """

    available: Fen
    name: str
    account: str = ""
    whole: bool = False
    receipt: int | None = None


def unit_source(unit: Unit) -> Source:
    """A unit's own money under 219, which goes back to the unit."""
    return Source(available(unit=unit), unit.name)


def receipt_source(*, serial: str, member: str = "") -> Source | None:
    """What may go back of the receipt with that serial: a person's (`member` is the account), else an unknown payer's."""
    found = Receipt.objects.filter(serial=serial)
    if member:
        mine = found.filter(bill__member__number=member).order_by("id")
        sources = [_source(each, min(each.amount, left_over(each)), whole=False) for each in mine]
    else:
        sources = [_source(each, each.amount, whole=True) for each in found.filter(unit=None, matched_by="")]
    return max(sources, key=lambda source: source.available, default=None)


def left_over(receipt: Receipt) -> Fen:
    """What the receipts of a person's notice brought beyond what it took and what went back already, in fen."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT contributions_left_over(%s)", [receipt.bill_id])
        return int(cursor.fetchone()[0])


def _source(receipt: Receipt, amount: Fen, *, whole: bool) -> Source:
    return Source(amount, receipt.payer_name, receipt.payer_account or "", whole, receipt.pk)


def available(*, unit: Unit) -> Fen:
    """What of a unit's money waits under 219 and is not reserved, in fen; a collective account has no money of its own."""
    if unit.suspense_id is None or unit.kind != UnitKind.EMPLOYER:
        return 0
    return holds.available(account=unit.suspense_id)


def under_way(*, case_number: str) -> bool:
    """Whether the case's refund is reserved or paid: what the bank does is a fact, no rule undoes it."""
    return Refund.objects.filter(case_number=case_number).exclude(hold_id=None, journal_id=None).exists()


@transaction.atomic
def refund_suspense(
    *, unit_number: str, amount: Fen, payee: Payee, reason: str, case_number: str, business_date: date, maker: str
) -> Refund:
    """Reserve the amount for the bank to pay (待支付). A case that comes again, or again after a failure, is one refund.

    Raises RefundRefusedError when what waits does not cover it.
    """
    unit = _locked(unit_number)
    assert unit.suspense_id is not None
    if unit.kind != UnitKind.EMPLOYER:  # what lies there is many persons': it goes back receipt by receipt
        raise RefundRefusedError(_("集中户的款项属于个人，请按银行流水号办理个人的退款"), field="unit")
    refund = _begun(case_number) or _new(case_number, amount, payee, reason, maker, unit=unit)
    message = _("单位暂收余额可用 {amount} 元，不足退款").format(amount=format_yuan(available(unit=unit)))
    return _reserve(refund, unit.suspense_id, business_date, maker, message)


@transaction.atomic
def refund_receipt(
    *, receipt_id: int, amount: Fen, payee: Payee, reason: str, case_number: str, business_date: date, maker: str
) -> Refund:
    """As `refund_suspense`, for what a person's notice left over, or for money of an unknown payer.

    The latter is marked as sent back, so nobody claims it. Raises RefundRefusedError when it is not there (any more).
    """
    begun = _begun(case_number)
    if begun is not None and (begun.hold_id is not None or begun.journal_id is not None):
        return begun
    receipt = Receipt.objects.select_related("bill", "unit").filter(pk=receipt_id).first()
    message = _("这笔款项已认领、已退款，或剩余不足退款金额，请核对")
    if receipt is None:
        raise RefundRefusedError(message, field="serial")
    if receipt.unit is not None:  # the collective account: whoever takes money from it holds the unit
        account = _locked(receipt.unit.number).suspense_id
    else:
        account = unknown_account()
        Receipt.objects.select_for_update().get(pk=receipt_id)
    receipt = Receipt.objects.select_related("bill", "unit").get(pk=receipt_id)
    if account is None or amount > _there(receipt, amount):
        raise RefundRefusedError(message, field="serial")
    refund = begun or _new(case_number, amount, payee, reason, maker, unit=receipt.unit, receipt=receipt)
    _mark(receipt, SENT_BACK)
    return _reserve(refund, account, business_date, maker, message)


def _there(receipt: Receipt, amount: Fen) -> Fen:
    """What may go back of a receipt whose lock is held; of an unknown payer's all or nothing."""
    if receipt.unit_id is None:
        return amount if receipt.matched_by == "" and amount == receipt.amount else 0
    if receipt.bill is None or receipt.bill.member_id is None:
        return 0
    return min(receipt.amount, left_over(receipt))


def _mark(receipt: Receipt, how: str) -> None:
    if receipt.unit_id is None:
        receipt.matched_by = how
        receipt.save(update_fields=["matched_by"])


def _begun(case_number: str) -> Refund | None:
    return Refund.objects.select_for_update().filter(case_number=case_number).first()


def _new(
    case_number: str, amount: Fen, payee: Payee, reason: str, maker: str, *, unit: Unit | None,
    receipt: Receipt | None = None,
) -> Refund:  # fmt: skip
    account: dict[str, Any] = {"payee_account": squeeze(payee.account)}
    return Refund(
        case_number=case_number, unit=unit, receipt=receipt, amount=amount, payee_name=clean_name(payee.name),
        reason=reason, maker=maker, attempt=0, **account,
    )  # fmt: skip


def _reserve(refund: Refund, account: int, business_date: date, maker: str, message: str) -> Refund:
    """Hold the amount unless it is held or paid; `message` says that it is not covered."""
    if refund.hold_id is not None or refund.journal_id is not None:
        return refund
    refund.attempt += 1
    try:
        placed = holds.place(
            key=f"{REFUND}:{refund.case_number}:{refund.attempt}", account=account, kind="reserve", amount=refund.amount,
            business_date=business_date, maker=maker, reference=refund.case_number,
        )  # fmt: skip
    except (InsufficientBalanceError, FrozenError):
        raise RefundRefusedError(message, field="amount") from None
    refund.hold_id = placed.hold_id
    refund.save()
    return refund


@transaction.atomic
def refund_released(*, case_number: str, business_date: date, maker: str) -> Refund:
    """Given up after the bank refused: what was reserved waits under 219 as before. Raises RefundRefusedError when it was paid."""
    refund = _waiting(case_number)
    if refund.hold_id is not None:
        holds.release(
            hold_id=refund.hold_id, key=f"{REFUND}:{case_number}:{refund.attempt}:released", business_date=business_date,
            maker=maker,
        )  # fmt: skip
        refund.hold_id = None
        refund.save(update_fields=["hold_id"])
        if refund.receipt is not None:
            _mark(refund.receipt, "")
    return refund


@transaction.atomic
def refund_paid(*, case_number: str, bank_account: int, business_date: date, maker: str) -> Refund:
    """The bank has paid from `bank_account`: 借219 贷101, once. Raises RefundRefusedError when nothing is reserved."""
    done = Refund.objects.filter(case_number=case_number, journal_id__isnull=False).first()
    if done is not None:
        return done
    refund = _waiting(case_number)
    account = unknown_account() if refund.unit is None else refund.unit.suspense_id
    if refund.hold_id is None or account is None:
        raise RefundRefusedError(_("退款未在待支付，不能入账；请先重新发起"), field="case")
    posted = holds.capture(
        hold_id=refund.hold_id,
        journal=JournalRequest(
            key=f"{REFUND}:{case_number}", kind=REFUND, reference=case_number, narrative=refund.reason,
            business_date=business_date, maker=refund.maker, checker=maker if maker != refund.maker else None,
            lines=[debit(account, refund.amount), credit(bank_account, refund.amount)],
        ),
    )  # fmt: skip
    refund.journal_id, refund.paid_date, refund.bank_account_id = posted.journal_id, business_date, bank_account
    refund.hold_id = None
    refund.save(update_fields=["journal_id", "paid_date", "bank_account", "hold_id"])
    return refund


def paying_accounts() -> list[tuple[str, str]]:
    """The center's demand accounts (subject 101) as choices of a form."""
    found = Account.objects.filter(subject__code__startswith="101", hot=True, closed_date=None)
    return [(account.number, f"{account.number} {account.name}".strip()) for account in found]


def _locked(number: str) -> Unit:
    unit = Unit.objects.select_for_update(no_key=True).filter(number=number).first()
    if unit is None or unit.suspense_id is None:
        raise RefundRefusedError(_("没有此单位，或单位没有暂收款"), field="unit")
    return unit


def _waiting(case_number: str) -> Refund:
    refund = (
        Refund.objects.select_for_update(of=("self",))
        .select_related("unit", "receipt")
        .filter(case_number=case_number)
        .first()
    )
    if refund is None or refund.journal_id is not None:
        raise RefundRefusedError(_("没有待支付的退款，或已经退款"), field="case")
    return refund
