"""What a unit deferred is made up: the plan that is written when a deferral ends, and how far it is paid."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection

from anju.contributions.bills import Owed
from anju.contributions.models import BackPaymentReason, BillState, MakeUp, Relief
from anju.contributions.rules import round_unit
from anju.kernel.money import Fen
from anju.kernel.periods import Month
from anju.registry.models import Unit
from anju.registry.operations import month_number, month_of

#: Reasons for which a month is paid as a whole: what is paid for them counts towards the plan.
_WHOLE_MONTHS = (BackPaymentReason.DEFERRED, BackPaymentReason.MISSED, BackPaymentReason.ORDERED)


def write_plan(*, unit: Unit, relief: Relief, on: date) -> None:
    """Spread the deferred months over the parts, the oldest first; a month in which nobody was owed for has no line."""
    first, last = month_of(relief.first_month), month_of(relief.last_month)
    count = span(first, last)
    parts = max(1, min(relief.make_up_months, count))
    for place in range(count):
        month = first.plus(place)
        lines = deferred(unit=unit, month=month, on=on)
        if lines:
            MakeUp.objects.create(
                relief=relief, month=month_number(month), due_month=month_number(last.plus(1 + place * parts // count)),
                members=len(lines), amount=sum(line.amount for line in lines),
            )  # fmt: skip


def deferred(*, unit: Unit, month: Month, on: date) -> list[Owed]:
    """What a deferred month comes to, by member, at the bases and ratios of that month: what a make-up bill lists."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT member_id, base, unit_amount, person_amount FROM contributions_due(%s, %s, %s) ORDER BY member_id",
            [[unit.pk], month_number(month), round_unit(on)],
        )
        return [Owed(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class MakeUpLine:
    """A line of the plan as it stands: months, amounts in fen; `paid` by back payments that are booked."""

    month: Month
    due_month: Month
    amount: Fen
    paid: Fen

    @property
    def open(self) -> Fen:
        """What is still to be paid."""
        return max(self.amount - self.paid, 0)


def make_up_plan(unit: Unit) -> Sequence[MakeUpLine]:
    """The unit's plan, by month deferred."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT p.month, p.due_month, p.amount, coalesce((
                       SELECT sum(b.unit_amount + b.person_amount)
                         FROM contributions_backpayment b JOIN contributions_bill l ON l.id = b.bill_id
                        WHERE l.unit_id = r.unit_id AND l.state = %s AND b.reason = ANY (%s) AND b.month = p.month), 0)
              FROM contributions_makeup p JOIN contributions_relief r ON r.id = p.relief_id
             WHERE r.unit_id = %s ORDER BY p.month
            """,
            [BillState.PAID, [str(reason) for reason in _WHOLE_MONTHS], unit.pk],
        )
        return [
            MakeUpLine(month_of(month), month_of(due), amount, int(paid))
            for month, due, amount, paid in cursor.fetchall()
        ]


def span(first: Month, last: Month) -> int:
    """How many months there are from `first` to `last`, both in."""
    return (last.year - first.year) * 12 + last.number - first.number + 1
