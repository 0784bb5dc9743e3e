"""First reminders (催缴提醒) of what the radar found: sent once for each fault to those who act for the unit.

A unit without a sign-in is not reminded, and nothing says that it was: it has to be called. What a reminder says stands
before the unit on its pages of the portal until the fault is gone.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from anju.contributions.models_arrears import ArrearsReminder, RadarHit, RadarKind
from anju.platform import audit
from anju.registry.models import Unit, UnitAgent

#: Faults of which one press reminds at most, the largest arrears first; another press takes the next.
AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class Scope:
    """Of which faults that stand: empty fields mean all kinds, all offices, all units."""

    kind: str = ""
    office: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Reminding:
    """Of what stands in a scope: faults that can be told now and their units, units to be called, faults told before."""

    faults: int
    units: int
    unreachable: int
    told: int


@dataclass(frozen=True, slots=True)
class Reminded:
    """What a press did: faults told now, the units they are of, and reachable faults that are left for the next press."""

    faults: int
    units: int
    left: int


def reached() -> frozenset[int]:
    """The units (primary keys) for which somebody with an active sign-in acts."""
    return frozenset(_agents().values_list("unit_id", flat=True).distinct())


def remindable(scope: Scope) -> Reminding:
    """How a press would go."""
    standing, here = RadarHit.objects.filter(_of(scope)), Exists(_agents().filter(unit=OuterRef("unit")))
    fresh = standing.filter(here, reminder=None)
    return Reminding(
        faults=fresh.count(), units=fresh.values("unit").distinct().count(),
        unreachable=standing.filter(~here).values("unit").distinct().count(),
        told=standing.filter(reminder__isnull=False).count(),
    )  # fmt: skip


# Rows go in by the order of their faults, so two clerks who press at once wait for each other and never in a circle; the
# one who comes second finds them told.
_SEND = """
WITH agents AS (
    SELECT a.unit_id, count(*) AS number
      FROM registry_unitagent a JOIN platform_user u ON u.id = a.user_id AND u.is_active GROUP BY a.unit_id
), fresh AS (
    SELECT h.id, h.members, h.amount, a.number
      FROM contributions_radarhit h JOIN registry_unit u ON u.id = h.unit_id JOIN agents a ON a.unit_id = h.unit_id
     WHERE h.resolved IS NULL AND (%(kind)s = '' OR h.kind = %(kind)s) AND (%(office)s = '' OR u.office = %(office)s)
       AND (%(unit)s = '' OR u.number = %(unit)s)
       AND NOT EXISTS (SELECT FROM contributions_arrearsreminder r WHERE r.hit_id = h.id)
     ORDER BY h.amount DESC, h.id LIMIT %(most)s
), told AS (
    INSERT INTO contributions_arrearsreminder (hit_id, members, amount, agents, sent_date, sent_at, sent_by)
    SELECT id, members, amount, number, %(on)s, %(at)s, %(by)s FROM fresh ORDER BY id
    ON CONFLICT (hit_id) DO NOTHING RETURNING hit_id
)
SELECT count(*), count(DISTINCT h.unit_id) FROM told JOIN contributions_radarhit h ON h.id = told.hit_id
"""


@transaction.atomic
def remind(*, scope: Scope, business_date: date, actor: str, at: datetime) -> Reminded:
    """Tell those who act for the units of what stands in a scope and was not told yet, `AT_ONCE` faults at most."""
    parameters: dict[str, Any] = {
        "kind": scope.kind, "office": scope.office, "unit": scope.unit, "most": AT_ONCE, "on": business_date, "at": at,
        "by": actor,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_SEND, parameters)
        faults, units = cursor.fetchone() or (0, 0)
    done = Reminded(faults, units, remindable(scope).faults)
    audit.record(
        actor=actor, action="arrears.remind", object_kind="unit" if scope.unit else "radar",
        object_reference=scope.unit, at=at,
        detail={"kind": scope.kind, "office": scope.office, "faults": done.faults, "units": done.units},
    )  # fmt: skip
    return done


def told(units: Collection[Unit]) -> QuerySet[ArrearsReminder]:
    """What these units were reminded of and have not put right, by unit and kind, the oldest month first.

    A month counts as paid at once, not only from the next sweep on.
    """
    standing = Q(hit__unit__in=units, hit__resolved=None)
    paid = Q(hit__kind=RadarKind.MISSING, hit__month__lte=F("hit__unit__paid_to"))
    found = ArrearsReminder.objects.filter(standing).exclude(paid).select_related("hit__unit")
    return found.order_by("hit__unit__number", "hit__kind", "hit__month")


def _agents() -> QuerySet[UnitAgent]:
    return UnitAgent.objects.filter(user__is_active=True)


def _of(scope: Scope) -> Q:
    found = Q(resolved=None)
    for field, value in (("kind", scope.kind), ("unit__office", scope.office), ("unit__number", scope.unit)):
        if value:
            found &= Q((field, value))
    return found
