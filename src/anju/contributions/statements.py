"""个人明细: what went through a member's account in a period, from the ledger itself. A unit's is in `unit_ledgers`."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from anju.kernel.money import Fen
from anju.ledger.queries import StatementRow, statement
from anju.ledger.settlement import interest_due
from anju.registry.models import Member
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


def member_statement(*, member: Member, start: date, end: date) -> MemberStatement:
    """The member's entries with the months that they are for; equal to the ledger to the fen."""
    opening, rows = statement(account=member.account_id, start=start, end=end)
    months = _months_of(member, [row.narrative for row in rows])
    return MemberStatement(start, end, opening, [_line(row, months) for row in rows])


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
        return {number: span(first, last) for number, first, last in cursor.fetchall()}


def span(first: int, last: int) -> str:
    """Months yyyymm..yyyymm in words."""
    return str(month_of(first)) if first == last else f"{month_of(first)} – {month_of(last)}"
