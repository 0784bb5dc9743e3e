"""到账: money that a bank reports is booked on arrival, once by the bank's serial number, and given to whom it belongs.

Every receipt goes through 219: 借101 贷219 on arrival, 借219 贷201 when a bill is paid from it. So money that fits no
bill, or more than one bill, or one fen too little, waits where it can be seen, and nothing is booked twice.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction

from anju.contributions.bills import in_turn, pay_bills
from anju.contributions.errors import ReceiptKnownError, ReceiptRefusedError
from anju.contributions.models import Bill, BillState, Receipt
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen
from anju.kernel.text import clean_name, squeeze
from anju.ledger.operations import CENTER_OPENED, JournalRequest, NewAccount, credit, debit, open_accounts, post
from anju.registry.models import Unit, UnitKind, UnitState

#: Journal kinds of this module.
RECEIVED, IDENTIFIED = "receipt", "receipt-identified"
#: The center's own account under 219 for money of which nobody knows whose it is.
UNKNOWN = "219-UNKNOWN"
_BILL = re.compile(r"J\d{12}")
#: What else may claim money of an unknown payer by its remark: the name of the match, or None when it is not theirs.
Claim = Callable[["Receipt"], str | None]
_claims: list[Claim] = []


def register_claim(claim: Claim) -> None:
    """Ask `claim` about receipts that fit no bill and no unit; it runs in the receipt's transaction."""
    if claim not in _claims:
        _claims.append(claim)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A bank's notice of money received (SBDC100, or a line of a receipt file). `amount` in fen."""

    bank_account: int
    serial: str
    arrived: date
    payer_name: str
    amount: Fen
    payer_account: str = ""
    remark: str = ""


@transaction.atomic
def receive(*, notice: Notice, business_date: date, maker: str) -> Receipt:
    """Book a notice (借101 贷219), find the bill or the unit that it is for, and pay what is now covered.

    The same serial number again gives the first receipt. Raises ReceiptKnownError when it comes with another amount or
    payer, ReceiptRefusedError for an amount that is not positive.
    """
    key = f"{notice.bank_account}:{notice.serial}"
    with connection.cursor() as cursor:  # the same notice twice at once: the second waits here and finds the first
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{RECEIVED}:{key}"])
    known = Receipt.objects.filter(bank_account=notice.bank_account, serial=notice.serial).first()
    if known is not None:
        if (known.amount, known.payer_name) != (notice.amount, clean_name(notice.payer_name)):
            raise ReceiptKnownError(_("银行流水号已入账，金额或付款户名不同，请与银行核对"), field="serial")
        return known
    if notice.amount <= 0:
        raise ReceiptRefusedError(_("到账金额必须大于零"), field="amount")
    bill, unit, how = _match(notice)
    if unit is not None:  # the unit before the ledger, as everywhere: what is paid below holds it too
        Unit.objects.select_for_update(no_key=True).get(pk=unit.pk)
    lines = [debit(notice.bank_account, notice.amount), credit(_suspense(unit, business_date), notice.amount)]
    posted = post(
        journals=[
            JournalRequest(
                key=f"{RECEIVED}:{key}", kind=RECEIVED, reference=notice.serial, business_date=business_date, lines=lines,
                maker=maker,
            )
        ]
    )[0]  # fmt: skip
    account: dict[str, Any] = {"payer_account": squeeze(notice.payer_account) or None}
    receipt = Receipt.objects.create(
        bank_account_id=notice.bank_account, serial=notice.serial, arrived_date=notice.arrived,
        payer_name=clean_name(notice.payer_name), **account,
        amount=notice.amount, remark=notice.remark[:200], key=key, unit=unit, bill=bill, matched_by=how,
        business_date=business_date, journal_id=posted.journal_id, maker=maker, third_party=_by_another(notice, bill, unit, how),
    )  # fmt: skip
    if unit is None:
        _let_claim(receipt)
    if bill is not None:
        for pk in in_turn(bill):
            pay_bills(low=pk, high=pk, business_date=business_date, maker=maker)
    return receipt


def _let_claim(receipt: Receipt) -> None:
    how = next((name for claim in _claims if (name := claim(receipt))), "")
    if how:
        receipt.matched_by = how
        receipt.save(update_fields=["matched_by"])


@transaction.atomic
def identify(*, receipt_id: int, unit_number: str, business_date: date, maker: str) -> Receipt:
    """Give money of an unknown payer to a unit (借219 暂收 贷219 该单位). Raises ReceiptRefusedError."""
    receipt = Receipt.objects.select_for_update().filter(pk=receipt_id).first()
    # The unit before the ledger, as everywhere: whoever pays from the money afterwards holds it too.
    payers = Unit.objects.select_for_update(no_key=True).filter(number=unit_number, kind=UnitKind.EMPLOYER)
    unit = payers.exclude(state=UnitState.CLOSED).first()
    if receipt is None or receipt.unit_id is not None or receipt.matched_by:
        raise ReceiptRefusedError(_("该笔到账不存在，或已认领"), field="receipt")
    if unit is None:
        raise ReceiptRefusedError(_("没有此单位，或已销户"), field="unit")
    lines = [
        debit(unknown_account(), receipt.amount), credit(_suspense(unit, business_date), receipt.amount)
    ]  # fmt: skip
    post(
        journals=[
            JournalRequest(
                key=f"{IDENTIFIED}:{receipt.key}", kind=IDENTIFIED, reference=unit.number, business_date=business_date,
                lines=lines, maker=maker,
            )
        ]
    )  # fmt: skip
    receipt.unit, receipt.matched_by = unit, "hand"
    receipt.save(update_fields=["unit", "matched_by"])
    return receipt


def _match(notice: Notice) -> tuple[Bill | None, Unit | None, str]:
    """By the number on the remark; else by payer and exact amount; else the payer alone; else nobody is known."""
    for number in _BILL.findall(squeeze(notice.remark).upper()):
        bill = Bill.objects.select_related("unit").filter(number=number).first()
        if bill is not None and bill.member_id is not None and bill.state != BillState.OPEN:
            return None, None, ""  # money of one person must not lie where it could be taken for another's
        if bill is not None and bill.unit.state != UnitState.CLOSED:  # a closed unit has no account that takes money
            return (bill if bill.state == BillState.OPEN else None), bill.unit, "reference"
    payers = list(
        Unit.objects.filter(name=clean_name(notice.payer_name), kind=UnitKind.EMPLOYER).exclude(state=UnitState.CLOSED)[
            :2
        ]
    )
    if len(payers) != 1:
        return None, None, ""
    bills = list(Bill.objects.filter(unit=payers[0], state=BillState.OPEN, amount=notice.amount)[:2])
    if len(bills) == 1:
        return bills[0], payers[0], "amount"
    return None, payers[0], "payer"


def _by_another(notice: Notice, bill: Bill | None, unit: Unit | None, how: str) -> bool:
    """Whether a notice was paid by its number under a name that is neither its unit's nor its person's."""
    if how != "reference" or unit is None:
        return False
    if bill is not None and bill.member is not None:
        return clean_name(notice.payer_name) != bill.member.name
    return unit.kind == UnitKind.EMPLOYER and clean_name(notice.payer_name) != unit.name


def unknown_account() -> int:
    """The center's own account under 219."""
    return open_accounts(accounts=[NewAccount(UNKNOWN, "219", CENTER_OPENED, _("不明来款暂收"))])[UNKNOWN]


def _suspense(unit: Unit | None, opened: date) -> int:
    """The account under 219 that the money waits on."""
    if unit is None:
        return unknown_account()
    if unit.suspense_id is None:
        name = _("单位暂收")
        unit.suspense_id = open_accounts(accounts=[NewAccount(unit.number, "219", opened, name)])[unit.number]
        unit.save(update_fields=["suspense"])
    return unit.suspense_id
