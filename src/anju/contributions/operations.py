"""汇缴: an employer's roster, paid for, becomes money on its members' accounts: all rows or none, and once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from django.db import transaction

from anju.contributions.models import Contribution, Remittance
from anju.contributions.roster import RosterRow
from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen, format_yuan
from anju.kernel.periods import Month
from anju.ledger.operations import JournalRequest, credit, debit, post
from anju.registry.models import Member, MemberState, Unit, UnitState
from anju.registry.operations import month_number

#: Journal kind of a remittance.
REMITTANCE = "remittance"


class RemittanceRefusedError(AnjuError):
    """A remittance that is refused as a whole; nothing of it was booked."""

    code: ClassVar[str] = "REMITTANCE_REFUSED"


class RosterMismatchError(AnjuError):
    """Rows of the roster do not fit the unit's members; `problems` are (row number, sentence)."""

    code: ClassVar[str] = "ROSTER_MISMATCH"

    def __init__(self, problems: Sequence[tuple[int, str]]) -> None:
        super().__init__(_("清册有 {count} 处与单位职工不符，未入账").format(count=len(problems)), field="roster")
        self.problems = tuple(problems)


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
    """Book a confirmed and paid roster: bank debited with `received`, each member credited (会计: 借101 贷201).

    `rows` come from a file without problems whose digest is `roster_sha256`; the same file again returns the first
    result, another file for a month that is paid is refused. The unit row is locked first, so two uploads at once
    book once. Raises RemittanceRefusedError (wrong month, unit not open, money ≠ roster) and RosterMismatchError.
    """
    unit = Unit.objects.select_for_update().filter(number=unit_number).first()
    if unit is None or unit.state != UnitState.NORMAL:
        raise RemittanceRefusedError(_("单位不存在或状态不是正常，不能汇缴"), field="unit")
    earlier = Remittance.objects.filter(unit=unit, month=month_number(month)).first()
    if earlier is not None:
        if earlier.roster_sha256 == roster_sha256:
            return Remitted(earlier.journal_id, earlier.amount, earlier.members, replayed=True)
        message = _("{month} 已用另一份清册汇缴，补缴或更正请走相应业务").format(month=month)
        raise RemittanceRefusedError(message, field="month")
    _require_next_month(unit, month)
    total = sum(row.unit_amount + row.person_amount for row in rows)
    if total != received or not rows:
        message = _("到账 {received} 元与清册合计 {total} 元不一致").format(
            received=format_yuan(received), total=format_yuan(total)
        )
        raise RemittanceRefusedError(message, field="received")
    members = _match(unit, rows)
    lines = [debit(bank_account, total)]
    lines += [credit(members[row.account_number].account_id, row.unit_amount + row.person_amount) for row in rows]
    posted = post(
        journals=[
            JournalRequest(
                key=f"{REMITTANCE}:{unit.number}:{month}",
                kind=REMITTANCE,
                reference=unit.number,
                narrative=_("{month} 汇缴").format(month=month),
                business_date=business_date,
                lines=lines,
                maker=maker,
            )
        ]
    )[0]
    _record(unit, month, rows, members, roster_sha256, total, business_date, posted.journal_id)
    return Remitted(posted.journal_id, total, len(rows), replayed=False)


def _require_next_month(unit: Unit, month: Month) -> None:
    """Remitted months follow one another without gap or overlap (缴至年月 + 1)."""
    if unit.paid_to is None:
        return
    expected = Month(unit.paid_to // 100, unit.paid_to % 100).plus(1)
    if month != expected:
        message = _("应汇缴 {expected}，清册是 {month}").format(expected=expected, month=month)
        raise RemittanceRefusedError(message, field="month")


def _match(unit: Unit, rows: Sequence[RosterRow]) -> dict[str, Member]:
    """The members of the rows by account number; every row must be a normal member of this unit with that identity."""
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
    return members


def _record(
    unit: Unit,
    month: Month,
    rows: Sequence[RosterRow],
    members: dict[str, Member],
    roster_sha256: str,
    total: Fen,
    business_date: date,
    journal_id: int,
) -> None:
    remittance = Remittance.objects.create(
        unit=unit,
        month=month_number(month),
        roster_sha256=roster_sha256,
        members=len(rows),
        amount=total,
        business_date=business_date,
        journal_id=journal_id,
    )
    Contribution.objects.bulk_create(
        (
            Contribution(
                remittance=remittance,
                member=members[row.account_number],
                month=month_number(month),
                base=row.base,
                unit_amount=row.unit_amount,
                person_amount=row.person_amount,
            )
            for row in rows
        ),
        batch_size=2000,
    )
    Unit.objects.filter(pk=unit.pk).update(paid_to=month_number(month))
