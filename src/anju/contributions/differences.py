"""What a unit's next month has that its last one had not: joiners, leavers, other bases or amounts (本月增减变动)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db import connection

from anju.contributions.models import Remittance
from anju.contributions.rules import round_unit
from anju.kernel.money import Fen
from anju.kernel.periods import Month
from anju.registry.models import Unit
from anju.registry.operations import month_number, month_of


class Change(StrEnum):
    """How a member's month differs from the one before."""

    JOINED = "joined"
    LEFT = "left"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """A member whose month differs; amounts of both parts together in fen, None where there is no such month."""

    change: Change
    number: str
    name: str
    base_before: Fen | None
    amount_before: Fen | None
    base: Fen | None
    amount: Fen | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A month to remit beside the latest month remitted; `previous` is None for a unit's first month."""

    month: Month
    previous: Month | None
    differences: Sequence[Difference]
    members: int
    amount: Fen
    members_before: int
    amount_before: Fen

    def count(self, change: Change) -> int:
        """How many members differ in that way."""
        return sum(each.change is change for each in self.differences)

    @property
    def same(self) -> int:
        """Members whose base and amount are as before."""
        return self.members - self.count(Change.JOINED) - self.count(Change.CHANGED)


def compare(*, unit: Unit, month: Month, on: date) -> Comparison:
    """What the unit owes for `month` beside what it remitted last, by member number."""
    before = Remittance.objects.filter(unit=unit, month__lt=month_number(month)).order_by("-month").first()
    with connection.cursor() as cursor:
        cursor.execute(
            _COMPARED,
            {
                "unit": unit.pk, "month": month_number(month), "round_unit": round_unit(on),
                "before": before.pk if before else None,
            },
        )  # fmt: skip
        rows = cursor.fetchall()
        cursor.execute(
            "SELECT count(*), coalesce(sum(unit_amount + person_amount), 0)::bigint FROM contributions_owed(%s, %s, %s)",
            [[unit.pk], month_number(month), round_unit(on)],
        )
        members, amount = cursor.fetchone()
    return Comparison(
        month=month, previous=month_of(before.month) if before else None,
        differences=[Difference(Change(kind), *rest) for kind, *rest in rows], members=members, amount=amount,
        members_before=before.members if before else 0, amount_before=before.amount if before else 0,
    )  # fmt: skip


_COMPARED = """
WITH now AS (
    SELECT member_id, base, unit_amount + person_amount AS amount
      FROM contributions_owed(ARRAY[%(unit)s]::bigint[], %(month)s, %(round_unit)s)
), before AS (
    SELECT member_id, base, unit_amount + person_amount AS amount
      FROM contributions_contribution WHERE remittance_id = %(before)s
)
SELECT CASE WHEN b.member_id IS NULL THEN 'joined' WHEN n.member_id IS NULL THEN 'left' ELSE 'changed' END,
       m.number, m.name, b.base, b.amount, n.base, n.amount
  FROM now n FULL JOIN before b ON b.member_id = n.member_id
  JOIN registry_member m ON m.id = coalesce(n.member_id, b.member_id)
 WHERE (b.base, b.amount) IS DISTINCT FROM (n.base, n.amount)
 ORDER BY 1 DESC, m.number
"""
