"""单位明细: what happened to the money of a unit's members as the unit's, in a period: bills, interest, moves.

A unit's sum follows from its members' accounts. It grows by what the unit pays and by the interest that its members of
the day were credited, and changes with members who come and go. What members draw themselves is theirs: not shown here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db import connection
from django.db.models import Count, Q, Sum

from anju.contributions.models import Bill
from anju.contributions.statements import span
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen
from anju.ledger.queries import balance_at
from anju.ledger.settled_years import DIFFERENCE, SETTLEMENT
from anju.registry.models import Unit
from anju.registry.models_accounts import Move
from anju.registry.models_successions import Succession

#: Of fewer members than this, a sum tells too much of each of them.
_FEW = 3


class LineKind(StrEnum):
    """What a line of a unit's ledger is, in the order in which lines of one day stand."""

    BILL = "bill"
    CAME = "came"
    LEFT = "left"
    INTEREST = "interest"


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A line of a unit's ledger: day, what it is, in words, the bill's number, months in words, headcount, fen.

    `other` is the unit that members came from or went to; `amount` of such a line is what was on their accounts.
    `amount` of interest is negative where a correction took some back.
    """

    day: date
    what: LineKind
    kind: str
    members: int
    amount: Fen
    number: str = ""
    months: str = ""
    other: str = ""

    @property
    def personal(self) -> bool:
        """Whether the amount tells what persons have: members who moved, interest of a few. Not for an employer's eyes."""
        return self.what in {LineKind.CAME, LineKind.LEFT} or (self.what is LineKind.INTEREST and self.members < _FEW)


@dataclass(frozen=True, slots=True)
class UnitLedger:
    """What happened to a unit in the days start..end, and what waits in its suspense account at the end."""

    start: date
    end: date
    lines: list[UnitLine]
    suspense: Fen

    @property
    def amount(self) -> Fen:
        """What the unit paid for its members."""
        return self._sum(LineKind.BILL)

    @property
    def interest(self) -> Fen:
        """What its members were credited as interest, however few they are."""
        return self._sum(LineKind.INTEREST)

    def _sum(self, what: LineKind) -> Fen:
        return sum(line.amount for line in self.lines if line.what is what)


def unit_ledger(*, unit: Unit, start: date, end: date) -> UnitLedger:
    """The unit's bills, moves, successions and its members' interest in the period, by day."""
    lines = [
        *_bills(unit, start, end), *_moves(unit, start, end), *_successions(unit, start, end), *_interest(unit, start, end)
    ]  # fmt: skip
    order = list(LineKind)
    lines.sort(key=lambda line: (line.day, order.index(line.what)))
    suspense = 0 if unit.suspense_id is None else balance_at(account=unit.suspense_id, on=end)
    return UnitLedger(start, end, lines, suspense)


def _bills(unit: Unit, start: date, end: date) -> Iterator[UnitLine]:
    bills = list(Bill.objects.filter(unit=unit, paid_date__range=(start, end)).order_by("paid_date", "id"))
    months = _months_of_bills([bill.pk for bill in bills])
    for bill in bills:
        if bill.paid_date is not None:
            yield UnitLine(
                bill.paid_date, LineKind.BILL, str(bill.get_kind_display()), bill.members, bill.amount, bill.number,
                months.get(bill.pk, ""),
            )  # fmt: skip


def _moves(unit: Unit, start: date, end: date) -> Iterator[UnitLine]:
    """Members who moved one by one (同城转移, 异单位启封), a line for each day and other unit."""
    found = Move.objects.filter(Q(from_unit=unit) | Q(to_unit=unit), day__range=(start, end))
    groups = found.values("day", "to_unit_id", "from_unit__name", "to_unit__name")
    for row in groups.annotate(members=Count("pk"), total=Sum("balance")).order_by("day", "from_unit", "to_unit"):
        came = row["to_unit_id"] == unit.pk
        what, kind = (LineKind.CAME, _("同城转入")) if came else (LineKind.LEFT, _("同城转出"))
        other = row["from_unit__name" if came else "to_unit__name"]
        yield UnitLine(row["day"], what, kind, row["members"], row["total"], other=other)


def _successions(unit: Unit, start: date, end: date) -> Iterator[UnitLine]:
    """Members who came or left at once: merger, split, closing."""
    found = Succession.objects.select_related("source", "target").filter(day__range=(start, end))
    for each in found.filter(Q(source=unit) | Q(target=unit)):
        came = each.target_id == unit.pk
        what, words = (LineKind.CAME, _("{kind}转入")) if came else (LineKind.LEFT, _("{kind}转出"))
        kind, other = words.format(kind=each.get_kind_display()), each.source if came else each.target
        yield UnitLine(each.day, what, kind, each.members, each.balance, other=other.name)


def _interest(unit: Unit, start: date, end: date) -> Iterator[UnitLine]:
    """Interest credited to whoever was the unit's on the day: where the first move after that day began, else now."""
    names = {SETTLEMENT: _("结算公积金利息"), DIFFERENCE: _("以前年度利息调整")}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH went AS (
                SELECT member_id, from_unit_id AS source_id, to_unit_id AS target_id, day FROM registry_move
                UNION ALL
                SELECT l.member_id, s.source_id, s.target_id, s.day
                  FROM registry_successionmember l JOIN registry_succession s ON s.id = l.succession_id
            ), once AS (
                SELECT id FROM registry_member WHERE unit_id = %(unit)s
                UNION SELECT member_id FROM went WHERE %(unit)s IN (source_id, target_id)
            )
            SELECT e.business_date, j.kind, count(DISTINCT m.id), sum(-e.amount)::bigint
              FROM once JOIN registry_member m ON m.id = once.id
              JOIN ledger_entry e ON e.account_id = m.account_id AND e.business_date BETWEEN %(start)s AND %(end)s
              JOIN ledger_journal j ON j.id = e.journal_id AND j.kind = ANY (%(kinds)s)
             WHERE %(unit)s = coalesce((SELECT w.source_id FROM went w WHERE w.member_id = m.id AND w.day > e.business_date
                                         ORDER BY w.day LIMIT 1), m.unit_id)
             GROUP BY 1, 2 ORDER BY 1, 2
            """,
            {"unit": unit.pk, "start": start, "end": end, "kinds": list(names)},
        )
        for day, kind, members, amount in cursor.fetchall():
            yield UnitLine(day, LineKind.INTEREST, names[kind], members, amount)


def _months_of_bills(bills: list[int]) -> dict[int, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT bill_id, min(month), max(month) FROM (SELECT bill_id, month FROM contributions_remittance"
            " UNION ALL SELECT bill_id, month FROM contributions_backpayment) AS l WHERE bill_id = ANY (%s) GROUP BY bill_id",
            [bills],
        )
        return {bill: span(first, last) for bill, first, last in cursor.fetchall()}
