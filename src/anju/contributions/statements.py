"""明细: what went through a member's account and what a unit paid, in a period, from the ledger itself."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from anju.contributions.models import Bill
from anju.kernel.money import Fen
from anju.ledger.queries import StatementRow, statement
from anju.ledger.settlement import interest_due
from anju.registry.models import Member, Unit
from anju.registry.operations import month_of


@dataclass(frozen=True, slots=True)
class MemberLine:
    """One entry of a member's account: day, kind of journal, the months that it is for in words, amount, balance."""

    day: date
    kind: str
    months: str
    amount: Fen
    balance: Fen


@dataclass(frozen=True, slots=True)
class MemberStatement:
    """A member's account in the days start..end, both included; amounts in fen."""

    start: date
    end: date
    opening: Fen
    lines: list[MemberLine]

    @property
    def closing(self) -> Fen:
        return self.lines[-1].balance if self.lines else self.opening

    @property
    def received(self) -> Fen:
        return sum(line.amount for line in self.lines if line.amount > 0)

    @property
    def paid(self) -> Fen:
        return -sum(line.amount for line in self.lines if line.amount < 0)


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit's bill that was booked: day, number, kind, months in words, headcount, fen."""

    day: date
    number: str
    kind: str
    months: str
    members: int
    amount: Fen


@dataclass(frozen=True, slots=True)
class UnitLedger:
    """What a unit paid in the days start..end, and what waits in its suspense account at the end."""

    start: date
    end: date
    lines: list[UnitLine]
    suspense: Fen

    @property
    def amount(self) -> Fen:
        return sum(line.amount for line in self.lines)


def member_statement(*, member: Member, start: date, end: date) -> MemberStatement:
    """The member's entries with the months that they are for; equal to the ledger to the fen."""
    opening, rows = statement(account=member.account_id, start=start, end=end)
    months = _months_of(member, [row.narrative for row in rows])
    return MemberStatement(start, end, opening, [_line(row, months) for row in rows])


def unit_ledger(*, unit: Unit, start: date, end: date) -> UnitLedger:
    """The unit's bills booked in the period, in the order of booking."""
    bills = list(Bill.objects.filter(unit=unit, paid_date__range=(start, end)).order_by("paid_date", "id"))
    months = _months_of_bills([bill.pk for bill in bills])
    lines = [
        UnitLine(
            bill.paid_date,
            bill.number,
            str(bill.get_kind_display()),
            months.get(bill.pk, ""),
            bill.members,
            bill.amount,
        )
        for bill in bills
        if bill.paid_date is not None
    ]
    held = statement(account=unit.suspense_id, start=end, end=end) if unit.suspense_id else None
    suspense = 0 if held is None else held[1][-1].balance if held[1] else held[0]
    return UnitLedger(start, end, lines, suspense)


def interest_so_far(*, member: Member, until: date) -> Fen:
    """Interest that the account has earned since its last settlement, up to the day before `until`; half-up once."""
    return interest_due(account=member.account_id, until=until)


def _line(row: StatementRow, months: dict[str, str]) -> MemberLine:
    return MemberLine(row.business_date, row.kind, months.get(row.narrative, ""), row.amount, row.balance)


def _months_of(member: Member, numbers: list[str]) -> dict[str, str]:
    """The member's months on bills, by bill number."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT b.number, min(l.month), max(l.month) FROM contributions_bill b JOIN ("
            " SELECT r.bill_id, c.month FROM contributions_contribution c"
            "   JOIN contributions_remittance r ON r.id = c.remittance_id WHERE c.member_id = %s"
            " UNION ALL SELECT p.bill_id, p.month FROM contributions_backpayment p WHERE p.member_id = %s) AS l"
            " ON l.bill_id = b.id WHERE b.number = ANY (%s) GROUP BY b.number",
            [member.pk, member.pk, [number for number in numbers if number]],
        )
        return {number: _span(first, last) for number, first, last in cursor.fetchall()}


def _months_of_bills(bills: list[int]) -> dict[int, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT bill_id, min(month), max(month) FROM (SELECT bill_id, month FROM contributions_remittance"
            " UNION ALL SELECT bill_id, month FROM contributions_backpayment) AS l WHERE bill_id = ANY (%s) GROUP BY bill_id",
            [bills],
        )
        return {bill: _span(first, last) for bill, first, last in cursor.fetchall()}


def _span(first: int, last: int) -> str:
    return str(month_of(first)) if first == last else f"{month_of(first)} – {month_of(last)}"
