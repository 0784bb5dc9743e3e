"""委托收款: open bills of units that agreed to it are collected by the bank from a list (BDC104).

A list is made for a day, sent once, and answered line by line: what was collected is a receipt like any other, what was
not keeps the bank's reason and is on the next day's list again.
"""

import csv
import io
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from anju.contributions.errors import DebitRefusedError
from anju.contributions.models import Method
from anju.contributions.models_debit import DebitBatch, DebitMandate
from anju.kernel.i18n import gettext as _
from anju.kernel.money import format_yuan
from anju.kernel.text import clean_name, squeeze
from anju.platform import audit
from anju.registry.models import Unit, UnitState

#: Headings of the list that goes to the bank.
HEADINGS = ("批次号", "序号", "缴款编号", "付款户名", "付款账号", "金额", "附言")


@transaction.atomic
def agree(
    *, unit_number: str, payer_name: str, payer_account: str, signed: date, maker: str, at: datetime
) -> DebitMandate:
    """Keep a unit's agreement; one in force before ends on that day. Raises DebitRefusedError."""
    unit = Unit.objects.select_for_update(no_key=True).filter(number=unit_number).first()
    if unit is None or unit.state == UnitState.CLOSED:
        raise DebitRefusedError(_("没有此单位，或已销户"), field="unit")
    account = squeeze(payer_account)
    if not (6 <= len(account) <= 40 and account.isascii() and account.isalnum()):
        raise DebitRefusedError(_("付款账号应为 6 至 40 位的数字或字母"), field="payer_account")
    earlier = DebitMandate.objects.filter(unit=unit, member=None)
    if earlier.filter(ended_date=None, signed_date__gt=signed).exists():
        raise DebitRefusedError(_("签约日期早于现行协议，请核对"), field="signed")
    earlier.filter(ended_date=None).update(ended_date=signed)
    sealed: dict[str, Any] = {"payer_account": account}
    mandate = DebitMandate.objects.create(
        key=f"{unit.number}:{earlier.count() + 1}", unit=unit, payer_name=clean_name(payer_name), **sealed,
        signed_date=signed, maker=maker,
    )  # fmt: skip
    _told(maker, "debit.agree", "unit", unit.number, {"mandate": mandate.key}, at)
    return mandate


@transaction.atomic
def end_mandate(*, unit_number: str, ended: date, maker: str, at: datetime) -> DebitMandate:
    """End a unit's agreement; collections that are under way are still answered. Raises DebitRefusedError."""
    own = DebitMandate.objects.filter(unit__number=unit_number, member=None, ended_date=None)
    mandate = own.select_for_update().first()
    if mandate is None or mandate.signed_date > ended:
        raise DebitRefusedError(_("该单位没有可终止的委托收款协议"), field="unit")
    mandate.ended_date = ended
    mandate.save(update_fields=["ended_date"])
    _told(maker, "debit.end", "unit", unit_number, {"mandate": mandate.key}, at)
    return mandate


@transaction.atomic
def collect(*, bank_account: int, business_date: date, maker: str) -> DebitBatch | None:
    """Make the day's list of every open bill that may be collected now; None when there is none.

    A remittance that the unit said to transfer is left to the unit: it would pay twice. A bill that waits for the bank, or
    failed on a list of this very day, is left out, so two lists at once and a list made again hold no bill twice.
    """
    batch = DebitBatch.objects.create(bank_account_id=bank_account, business_date=business_date, maker=maker)
    with connection.cursor() as cursor:
        cursor.execute(_COLLECT, {"batch": batch.pk, "day": business_date, "method": Method.DEBIT.value})
        found = cursor.rowcount
    if not found:
        batch.delete()
        return None
    return batch


@transaction.atomic
def send(*, number: str, maker: str, at: datetime) -> bytes:
    """The list as the bank takes it (CSV, GB18030); `at` is kept as the time of sending when it is the first.

    Only a list that was sent is answered. The list names accounts in clear, so each look is audited. Raises
    DebitRefusedError.
    """
    batch = of_number(number, lock=True)
    if batch.sent_at is None:
        batch.sent_at = at
        batch.save(update_fields=["sent_at"])
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADINGS)
    lines = batch.lines.select_related("bill", "mandate")
    for place, line in enumerate(lines, 1):
        mandate: Any = line.mandate
        amount = format_yuan(line.amount, grouping=False)
        writer.writerow(
            [number, place, line.bill.number, mandate.payer_name, mandate.payer_account, amount, line.bill.number]
        )
    _told(maker, "debit.send", "debit-batch", number, {"lines": len(lines)}, at)
    return text.getvalue().encode("gb18030")


def mandate_of(unit: Unit) -> DebitMandate | None:
    """The unit's agreement that has not ended; it is in force from the day on which it was signed."""
    return DebitMandate.objects.filter(unit=unit, member=None, ended_date=None).first()


def of_number(number: str, *, lock: bool = False) -> DebitBatch:
    """The list of this number. Raises DebitRefusedError."""
    wanted = squeeze(number).upper()
    known = len(wanted) == 13 and wanted[0] == "D" and wanted.isascii() and wanted[1:].isdigit()
    batches = DebitBatch.objects.select_for_update() if lock else DebitBatch.objects
    batch = batches.filter(pk=int(wanted[1:])).first() if known else None
    if batch is None:
        raise DebitRefusedError(_("没有批次号为 {number} 的委托收款清单").format(number=number[:20]), field="batch")
    return batch


def _told(actor: str, action: str, kind: str, reference: str, detail: dict[str, Any], at: datetime) -> None:
    audit.record(
        actor=actor, action=action, object_kind=kind, object_reference=reference, detail=detail, at=at
    )  # fmt: skip


_COLLECT = """
WITH wanted AS (
    SELECT b.id, b.amount, m.id AS mandate_id
      FROM contributions_bill b
      JOIN contributions_debitmandate m ON m.unit_id = b.unit_id AND m.member_id IS NOT DISTINCT FROM b.member_id
                                       AND m.signed_date <= %(day)s AND m.ended_date IS NULL
     WHERE b.state = 'open' AND (b.kind <> 'remittance' OR b.method = %(method)s)
       AND NOT EXISTS (SELECT FROM contributions_debitline l JOIN contributions_debitbatch d ON d.id = l.batch_id
                        WHERE l.bill_id = b.id AND (l.state <> 'failed' OR d.business_date >= %(day)s))
     ORDER BY b.id FOR NO KEY UPDATE OF b SKIP LOCKED
), listed AS (
    INSERT INTO contributions_debitline (batch_id, bill_id, mandate_id, amount, state, reason)
    SELECT %(batch)s, id, mandate_id, amount, 'waiting', '' FROM wanted ORDER BY id
    ON CONFLICT DO NOTHING
    RETURNING bill_id
)
UPDATE contributions_bill SET method = %(method)s WHERE id IN (SELECT bill_id FROM listed)
"""
