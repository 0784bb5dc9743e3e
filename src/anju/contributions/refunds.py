"""退款: money of a unit that waits under 219 goes back to it.

Reserved when it is approved, so no bill can take it while the bank's answer is awaited; booked (借219 贷101) when the bank
has paid. What the bank refuses stays reserved for another try, until the case is declared void.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction

from anju.contributions.errors import RefundRefusedError
from anju.contributions.models_repair import Refund
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen, format_yuan
from anju.kernel.text import clean_name, squeeze
from anju.ledger import holds
from anju.ledger.errors import FrozenError, InsufficientBalanceError
from anju.ledger.models import Account
from anju.ledger.operations import JournalRequest, credit, debit
from anju.registry.models import Unit

#: Journal kind of this module.
REFUND = "suspense-refund"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payee:
    """To whom the bank pays: name and number of the account."""

    name: str
    account: str


def available(*, unit: Unit) -> Fen:
    """What of a unit's money waits under 219 and is not reserved, in fen."""
    return 0 if unit.suspense_id is None else holds.available(account=unit.suspense_id)


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
    refund = Refund.objects.select_for_update().filter(case_number=case_number).first()
    if refund is not None and (refund.hold_id is not None or refund.journal_id is not None):
        return refund
    if refund is None:
        account: dict[str, Any] = {"payee_account": squeeze(payee.account)}
        refund = Refund(
            case_number=case_number, unit=unit, amount=amount, payee_name=clean_name(payee.name), reason=reason,
            maker=maker, attempt=0, **account,
        )  # fmt: skip
    refund.attempt += 1
    try:
        assert unit.suspense_id is not None
        placed = holds.place(
            key=f"{REFUND}:{case_number}:{refund.attempt}", account=unit.suspense_id, kind="reserve", amount=amount,
            business_date=business_date, maker=maker, reference=case_number,
        )  # fmt: skip
    except (InsufficientBalanceError, FrozenError):
        message = _("单位暂收余额可用 {amount} 元，不足退款").format(amount=format_yuan(available(unit=unit)))
        raise RefundRefusedError(message, field="amount") from None
    refund.hold_id = placed.hold_id
    refund.save()
    return refund


@transaction.atomic
def refund_released(*, case_number: str, business_date: date, maker: str) -> Refund:
    """Given up after the bank refused: what was reserved is the unit's again. Raises RefundRefusedError when it was paid."""
    refund = _waiting(case_number)
    if refund.hold_id is not None:
        holds.release(
            hold_id=refund.hold_id, key=f"{REFUND}:{case_number}:{refund.attempt}:released", business_date=business_date,
            maker=maker,
        )  # fmt: skip
        refund.hold_id = None
        refund.save(update_fields=["hold_id"])
    return refund


@transaction.atomic
def refund_paid(*, case_number: str, bank_account: int, business_date: date, maker: str) -> Refund:
    """The bank has paid from `bank_account`: 借219 贷101, once. Raises RefundRefusedError when nothing is reserved."""
    done = Refund.objects.filter(case_number=case_number, journal_id__isnull=False).first()
    if done is not None:
        return done
    refund = _waiting(case_number)
    if refund.hold_id is None or refund.unit.suspense_id is None:
        raise RefundRefusedError(_("退款未在待支付，不能入账；请先重新发起"), field="case")
    posted = holds.capture(
        hold_id=refund.hold_id,
        journal=JournalRequest(
            key=f"{REFUND}:{case_number}", kind=REFUND, reference=case_number, narrative=refund.reason,
            business_date=business_date, maker=refund.maker, checker=maker if maker != refund.maker else None,
            lines=[debit(refund.unit.suspense_id, refund.amount), credit(bank_account, refund.amount)],
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
        Refund.objects.select_for_update(of=("self",)).select_related("unit").filter(case_number=case_number).first()
    )
    if refund is None or refund.journal_id is not None:
        raise RefundRefusedError(_("没有待支付的退款，或已经退款"), field="case")
    return refund
