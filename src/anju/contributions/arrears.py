"""The arrears radar (催缴): what is wrong at which unit, found over all units at once as of a day, and kept as history."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum

from anju.contributions.models_arrears import RadarHit, RadarKind
from anju.contributions.rules import base_bounds, base_fall, due_day, round_unit
from anju.kernel.money import Fen
from anju.kernel.periods import Month
from anju.platform.jobs import app
from anju.registry.models import Unit
from anju.registry.operations import month_number, month_of

_BEIJING = ZoneInfo("Asia/Shanghai")
log = logging.getLogger(__name__)

#: How many months back missing months are looked for, and against which month headcount is compared.
LOOKED_BACK, COMPARED = 24, 3


def hits(*, kind: str = "", office: str = "", resolved: bool = False) -> QuerySet[RadarHit]:
    """What stands, or what was put right, of a kind and an office or all; the largest arrears first."""
    found = RadarHit.objects.filter(resolved__isnull=not resolved).select_related("unit", "reminder")
    found = found.filter(kind=kind) if kind else found
    found = found.filter(unit__office=office) if office else found
    return found.order_by("-amount", "unit__number", "month", "kind")


@dataclass(frozen=True, slots=True)
class UnitFault:
    """Faults of one kind at a unit: how many months from `first` to `last`, whom they touch at most, fen missing in all.

    `told` is the latest day on which the unit was reminded of one of them, `untold` how many it was not reminded of.
    """

    unit: Unit
    kind: RadarKind
    first: Month
    last: Month
    months: int
    members: int
    amount: Fen
    first_seen: date
    resolved: date | None
    told: date | None
    untold: int


def by_unit(found: QuerySet[RadarHit]) -> QuerySet[Any, Any]:
    """The hits, one row for a unit and kind, the largest arrears first; read through `unit_faults`."""
    rows = found.order_by().values("unit_id", "unit__number", "kind").annotate(
        first=Min("month"), until=Max("month"), months=Count("id"), touched=Max("members"), owed=Sum("amount"),
        since=Min("first_seen"), gone=Max("resolved"), told=Max("reminder__sent_date"),
        untold=Count("id", filter=Q(reminder=None)),
    )  # fmt: skip
    return rows.order_by("-owed", "unit__number", "kind")


def unit_faults(rows: Iterable[Mapping[str, Any]]) -> list[UnitFault]:
    """Some rows of `by_unit`, with their units."""
    read = list(rows)
    units = Unit.objects.in_bulk({row["unit_id"] for row in read})
    return [
        UnitFault(
            units[row["unit_id"]], RadarKind(row["kind"]), month_of(row["first"]), month_of(row["until"]), row["months"],
            row["touched"], row["owed"], row["since"], row["gone"], row["told"], row["untold"],
        )
        for row in read
    ]  # fmt: skip


def history(unit: Unit) -> QuerySet[RadarHit]:
    """What was ever found at a unit, with its reminders: first what stands, then what was put right, the latest first."""
    found = RadarHit.objects.filter(unit=unit).select_related("reminder")
    return found.order_by(F("resolved").desc(nulls_first=True), "-month", "kind")


@dataclass(frozen=True, slots=True)
class Sweep:
    """What a sweep found: faults that stand, and faults that were there before and are gone."""

    standing: int
    resolved: int


# Missing: a month from the unit's first (the first spell, or the month after `paid_to`) up to the last month that is due
# at the unit, which no paid remittance covers and in which somebody is owed for. A deferred month is not owed. The
# latest due month depends on payday only: `due` holds it for each payday, 0 for units without one.
# Bases too low are one fault a contribution year, not a new one each month.
# Fell: bases per head against those of June, the last month of the contribution year before; numeric, so nothing overflows.
_FOUND = """
CREATE TEMPORARY TABLE radar_found ON COMMIT DROP AS
WITH unit AS (
    SELECT u.id, u.paid_to, d.latest
      FROM registry_unit u JOIN unnest(%(paydays)s::int[], %(latest)s::int[]) AS d (payday, latest)
        ON d.payday = coalesce(u.payday, 0)
     WHERE u.kind = 'employer' AND u.state IN ('01', '02', '03')
), wanted AS (
    SELECT m.month, array_agg(u.id) AS units
      FROM unnest(%(months)s::int[]) AS m (month) JOIN unit u ON m.month <= u.latest AND m.month > coalesce(u.paid_to, 0)
     GROUP BY m.month
), missing AS (
    SELECT o.unit_id, w.month, count(*) AS members, sum(o.unit_amount + o.person_amount)::bigint AS amount
      FROM wanted w CROSS JOIN LATERAL contributions_owed(w.units, w.month, %(round)s) AS o
     WHERE NOT EXISTS (SELECT FROM contributions_paid p
                        WHERE p.member_id = o.member_id AND p.month = w.month AND p.paid_date <= %(on)s)
     GROUP BY o.unit_id, w.month
), heads AS (
    SELECT e.unit_id, count(*) FILTER (WHERE e.first_month <= %(now)s AND coalesce(e.last_month, 999912) >= %(now)s) AS now,
           count(*) FILTER (WHERE e.first_month <= %(then)s AND coalesce(e.last_month, 999912) >= %(then)s) AS before
      FROM registry_employment e JOIN unit u ON u.id = e.unit_id GROUP BY e.unit_id
), base AS (
    SELECT DISTINCT ON (e.member_id) e.unit_id, e.member_id, e.first_month AS since, b.first_month AS set_in, b.amount
      FROM registry_employment e JOIN unit u ON u.id = e.unit_id
      JOIN registry_memberbase b ON b.member_id = e.member_id AND b.first_month <= %(now)s
     WHERE e.first_month <= %(now)s AND coalesce(e.last_month, 999912) >= %(now)s
     ORDER BY e.member_id, b.first_month DESC
), last_year AS (
    SELECT unit_id, sum(amount) AS bases, count(*) AS heads
      FROM (SELECT DISTINCT ON (e.member_id) e.unit_id, b.amount
              FROM registry_employment e JOIN unit u ON u.id = e.unit_id
              JOIN registry_memberbase b ON b.member_id = e.member_id AND b.first_month <= %(june)s
             WHERE e.first_month <= %(june)s AND coalesce(e.last_month, 999912) >= %(june)s
             ORDER BY e.member_id, b.first_month DESC) AS l
     GROUP BY unit_id
)
SELECT unit_id, 'missing' AS kind, month, members, amount FROM missing
UNION ALL
SELECT unit_id, 'shrunk', %(now)s, before - now, 0 FROM heads WHERE before >= 3 AND (before - now) * 3 >= before
UNION ALL
SELECT unit_id, 'low_base', %(july)s, count(*), 0 FROM base WHERE amount < %(floor)s GROUP BY unit_id
UNION ALL
SELECT unit_id, 'stale_base', %(year)s, count(*), 0 FROM base
 GROUP BY unit_id HAVING max(set_in) < %(year)s AND min(since) < %(year)s
UNION ALL
SELECT b.unit_id, 'base_fell', %(july)s, count(*), 0 FROM base b JOIN last_year l ON l.unit_id = b.unit_id
 GROUP BY b.unit_id, l.bases, l.heads HAVING sum(b.amount) * l.heads * 1000000 < l.bases * count(*) * (1000000 - %(fall)s)
"""
_KEEP = """
INSERT INTO contributions_radarhit AS h (unit_id, kind, month, members, amount, first_seen, last_seen)
SELECT unit_id, kind, month, members, amount, %(on)s, %(on)s FROM radar_found ORDER BY unit_id, kind, month
ON CONFLICT (unit_id, kind, month) WHERE resolved IS NULL DO UPDATE
   SET members = excluded.members, amount = excluded.amount, last_seen = greatest(h.last_seen, excluded.last_seen)
"""
_RESOLVE = """
UPDATE contributions_radarhit h SET resolved = %(on)s
 WHERE h.resolved IS NULL AND h.last_seen <= %(on)s
   AND NOT EXISTS (SELECT FROM radar_found f WHERE (f.unit_id, f.kind, f.month) = (h.unit_id, h.kind, h.month))
"""


@transaction.atomic
def sweep(*, on: date) -> Sweep:
    """Look at all units as of the end of day `on`; what is found again is one row, what is gone is resolved."""
    now = Month.of(on)
    july = Month(now.year if now.number >= 7 else now.year - 1, 7)
    months = [now.plus(-back) for back in range(LOOKED_BACK)]
    parameters: dict[str, Any] = {
        "on": on, "now": month_number(now), "then": month_number(now.plus(-COMPARED)), "round": round_unit(on),
        "floor": base_bounds(on)[0] or 0, "months": [month_number(month) for month in months],
        "year": _base_year(now), "july": month_number(july), "june": month_number(july.plus(-1)), "fall": base_fall(on),
        **_due(on, months),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE contributions_radarhit IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(_FOUND, parameters)
        cursor.execute(_KEEP, parameters)
        standing = cursor.rowcount
        cursor.execute(_RESOLVE, parameters)
        resolved = cursor.rowcount
        cursor.execute("DROP TABLE radar_found")
    return Sweep(standing, resolved)


@app.periodic(cron="35 17 * * *")  # 01:35 in Beijing
@app.task(name="contributions.radar", queue="nightly", queueing_lock="contributions.radar")
def nightly_sweep(timestamp: int) -> None:
    """The sweep as of the day that has just ended at `timestamp` (seconds, UTC)."""
    found = sweep(on=datetime.fromtimestamp(timestamp, UTC).astimezone(_BEIJING).date())
    log.info("radar: %s faults stand, %s are gone", found.standing, found.resolved)


def _due(on: date, months: Sequence[Month]) -> dict[str, list[int]]:
    """For each payday (0: none is known) the latest month whose last day of payment is past."""
    paydays = range(29)
    latest = [next((month_number(m) for m in months if due_day(day or None, m) < on), 0) for day in paydays]
    return {"paydays": list(paydays), "latest": latest}


def _base_year(now: Month) -> int:
    """July of the contribution year (缴存年度); a unit has until the end of September to adjust."""
    year = now.year if now.number > 9 else now.year - 1
    return year * 100 + 7
