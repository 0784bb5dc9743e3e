"""Members who changed the unit: one by one (同城转移), or all at once when units merged, were split or closed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from anju.kernel.money import Fen
from anju.registry.models import Member, Unit

#: How a member came to another unit when it was alone; else the kind of the succession.
ALONE = "move"


@dataclass(frozen=True, slots=True)
class Moved:
    """A member's change of unit with the account's balance (fen) and, of a move alone, moment (fen x days) at that instant."""

    day: date
    kind: str
    member: str
    name: str
    from_number: str
    from_name: str
    to_number: str
    to_name: str
    balance: Fen
    moment: int | None
    case_number: str
    incoming: bool


@dataclass(frozen=True, slots=True)
class Sum:
    """How many members, and their balances in fen."""

    members: int = 0
    balance: Fen = 0


def moves_of(member: Member) -> list[Moved]:
    """A member's changes of unit, the latest first."""
    return _rows(_MOVED + _LISTED, {"member": member.pk, **_NO_UNIT})


def moves(*, unit: Unit, start: date, end: date, first: int = 0, limit: int = 50) -> list[Moved]:
    """Who came to a unit and who left it in the days start..end, the latest first; `first` counts from 0."""
    return _rows(
        _MOVED + _LISTED,
        {"member": None, "unit": unit.pk, "start": start, "end": end, "first": first, "limit": limit},
    )


def sums(*, unit: Unit, start: date, end: date) -> Mapping[str, Sum]:
    """Those who came ("incoming") and those who left ("outgoing") in the days start..end."""
    with connection.cursor() as cursor:
        cursor.execute(_MOVED + _SUMS, {"member": None, "unit": unit.pk, "start": start, "end": end})
        found = {incoming: Sum(int(members), int(balance)) for incoming, members, balance in cursor.fetchall()}
    return {"incoming": found.get(True, Sum()), "outgoing": found.get(False, Sum())}


def _rows(statement: str, parameters: Mapping[str, Any]) -> list[Moved]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [Moved(*row) for row in cursor.fetchall()]


_NO_UNIT = {"unit": None, "start": date.min, "end": date.max, "first": 0, "limit": None}
_MOVED = """
WITH moved AS (
    SELECT 'move' AS kind, id, member_id, from_unit_id, to_unit_id, day, balance, moment, case_number FROM registry_move
     WHERE (member_id = %(member)s OR %(unit)s IN (from_unit_id, to_unit_id)) AND day BETWEEN %(start)s AND %(end)s
    UNION ALL
    SELECT s.kind, l.id, l.member_id, s.source_id, s.target_id, s.day, l.balance, NULL, s.case_number
      FROM registry_succession s JOIN registry_successionmember l ON l.succession_id = s.id
     WHERE (l.member_id = %(member)s OR %(unit)s IN (s.source_id, s.target_id)) AND s.day BETWEEN %(start)s AND %(end)s
)
"""
_LISTED = """
SELECT v.day, v.kind, m.number, m.name, f.number, f.name, t.number, t.name, v.balance, v.moment, v.case_number,
       v.to_unit_id IS NOT DISTINCT FROM %(unit)s
  FROM moved v JOIN registry_member m ON m.id = v.member_id JOIN registry_unit f ON f.id = v.from_unit_id
  JOIN registry_unit t ON t.id = v.to_unit_id
 ORDER BY v.day DESC, v.kind, v.id DESC LIMIT %(limit)s OFFSET %(first)s
"""
_SUMS = """
SELECT to_unit_id = %(unit)s, count(*), sum(balance) FROM moved GROUP BY 1
"""
