"""汇缴 in one step, for an employer's roster whose money is there: a bill, the receipt, and the booking."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from anju.contributions.bills import Owed, issue_remittance, lock_unit, pay_bill
from anju.contributions.errors import RemittanceRefusedError, RosterMismatchError
from anju.contributions.models import Bill, BillState, Remittance
from anju.contributions.receipts import Notice, receive
from anju.contributions.roster import RosterRow
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen, format_yuan
from anju.kernel.periods import Month
from anju.registry.models import Member, MemberState, Unit
from anju.registry.operations import month_number


@dataclass(frozen=True, slots=True)
class Remitted:
    """A unit's month as booked; `replayed` when the same file had been booked before."""

    journal_id: int
    amount: Fen
    members: int
    replayed: bool


@transaction.atomic
def remit(
    *,
    unit_number: str,
    month: Month,
    rows: Sequence[RosterRow],
    roster_sha256: str,
    received: Fen,
    bank_account: int,
    business_date: date,
    maker: str,
) -> Remitted:
    """Book a confirmed and paid roster: bank debited with `received`, each member credited (会计: 借101 贷219, 借219 贷201).

    `rows` come from a file without problems whose digest is `roster_sha256`; the same file again returns the first
    result, another file for a month that is paid is refused. The unit row is locked first, so two uploads at once
    book once. Raises RemittanceRefusedError (wrong month, unit not open, money ≠ roster) and RosterMismatchError.
    """
    unit = lock_unit(unit_number)
    earlier = Remittance.objects.select_related("bill").filter(unit=unit, month=month_number(month)).first()
    if earlier is not None:
        if earlier.roster_sha256 == roster_sha256 and earlier.bill.journal_id is not None:
            return Remitted(earlier.bill.journal_id, earlier.amount, earlier.members, replayed=True)
        message = _("{month} 已用另一份清册汇缴，补缴或更正请走相应业务").format(month=month)
        raise RemittanceRefusedError(message, field="month")
    total = sum(row.amount for row in rows)
    if total != received or not rows:
        message = _("到账 {received} 元与清册合计 {total} 元不一致").format(
            received=format_yuan(received), total=format_yuan(total)
        )
        raise RemittanceRefusedError(message, field="received")
    lines = match_rows(unit, rows)
    bill = issue_remittance(
        unit_number=unit_number, months=1, first_month=month, lines={month: lines}, roster_sha256=roster_sha256,
        business_date=business_date, maker=maker,
    )  # fmt: skip
    notice = Notice(
        bank_account=bank_account, serial=f"{bill.number}-{roster_sha256[:16]}", arrived=business_date,
        payer_name=unit.name, amount=received, remark=bill.number,
    )  # fmt: skip
    receive(notice=notice, business_date=business_date, maker=maker)
    return _booked(Bill.objects.get(pk=bill.pk), business_date, maker)


def _booked(bill: Bill, business_date: date, maker: str) -> Remitted:
    if bill.state != BillState.PAID:
        bill = pay_bill(bill=bill, business_date=business_date, maker=maker)
    if bill.journal_id is None:
        raise RemittanceRefusedError(_("清册中有职工账户已销户，或此前月份的缴款通知尚未缴款，未入账"), field="roster")
    return Remitted(bill.journal_id, bill.amount, bill.members, replayed=False)


def match_rows(unit: Unit, rows: Sequence[RosterRow]) -> list[Owed]:
    """The rows as lines; every row must be a normal member of this unit with that identity. Raises RosterMismatchError."""
    members = {
        member.number: member for member in Member.objects.filter(number__in=[row.account_number for row in rows])
    }
    problems: list[tuple[int, str]] = []
    for row in rows:
        member = members.get(row.account_number)
        if member is None or member.unit_id != unit.id:
            problems.append((row.row, _("个人账号不属于本单位")))
        elif member.state != MemberState.NORMAL:
            problems.append((row.row, _("个人账户状态为{state}，不能汇缴").format(state=member.get_state_display())))
        elif not member.has_identity(row.identity_number):
            problems.append((row.row, _("证件号码与该个人账号的职工不符")))
        elif member.name != row.name:
            problems.append((row.row, _("姓名与该个人账号的职工不符")))
    if problems:
        raise RosterMismatchError(problems)
    return [Owed(members[row.account_number].pk, row.base, row.unit_amount, row.person_amount) for row in rows]
