"""The radar finds what is wrong, says nothing of what is right, and lets go of what was put right."""

from datetime import date

import pytest

from anju.contributions.arrears import sweep
from anju.contributions.models import Relief, ReliefKind
from anju.contributions.models_arrears import RadarHit
from anju.kernel.periods import Month
from anju.registry.models import SpellEnded, Unit
from anju.registry.operations import seal_members
from contribution_walk import a_bank, a_paying_unit, remit
from item_walk import serial

pytestmark = [pytest.mark.usefixtures("business_days")]
OPENED = date(2026, 1, 1)


def hits(unit: Unit, kind: str) -> list[tuple[int, int, int, bool]]:
    rows = RadarHit.objects.filter(unit=unit, kind=kind).order_by("month")
    return [(row.month, row.members, row.amount, row.resolved is not None) for row in rows]


def test_missing_months_are_counted_until_they_are_paid():
    unit, _members = a_paying_unit(500_000, 300_000, first=Month(2026, 3))
    paid, _others = a_paying_unit(500_000, first=Month(2026, 4))
    bank = a_bank(OPENED)
    remit(paid, 1, date(2026, 5, 4), bank)
    sweep(on=date(2026, 5, 11))
    assert hits(unit, "missing") == [(202603, 2, 128_000, False), (202604, 2, 128_000, False)]
    assert hits(paid, "missing") == []
    remit(unit, 1, date(2026, 5, 11), bank)
    sweep(on=date(2026, 5, 12))
    assert [row[3] for row in hits(unit, "missing")] == [True, False]
    first, second = RadarHit.objects.filter(unit=unit, kind="missing").order_by("month")
    assert (first.first_seen, first.resolved) == (date(2026, 5, 11), date(2026, 5, 12))
    assert (second.first_seen, second.last_seen) == (date(2026, 5, 11), date(2026, 5, 12))


def test_a_month_is_missing_after_its_last_day_and_a_deferred_one_never():
    unit, _members = a_paying_unit(500_000, first=Month(2026, 4))
    deferred, _others = a_paying_unit(500_000, first=Month(2026, 4))
    Relief.objects.create(
        unit=deferred, kind=ReliefKind.DEFERRAL, first_month=202604, last_month=202606, resolution="职代会决议",
        make_up_months=3, case_number=serial(), approved_date=OPENED,
    )  # fmt: skip
    sweep(on=date(2026, 5, 5))  # the fifth day after April's end
    assert hits(unit, "missing") == []
    sweep(on=date(2026, 5, 6))
    assert hits(unit, "missing") == [(202604, 1, 80_000, False)]
    assert hits(deferred, "missing") == []


@pytest.mark.parametrize(("leaving", "found"), [(1, True), (0, False)], ids=["a third", "nobody"])
def test_a_third_less_people_than_three_months_before_shows(leaving, found):
    unit, members = a_paying_unit(500_000, 500_000, 500_000, first=Month(2026, 1))
    remit(unit, 4, date(2026, 4, 30), a_bank(OPENED))
    if leaving:
        numbers = [member.number for member in members[:leaving]]
        seal_members(numbers=numbers, last_month=Month(2026, 4), reason=SpellEnded.LEFT, sealed=date(2026, 5, 1))
    sweep(on=date(2026, 5, 11))
    assert hits(unit, "shrunk") == ([(202605, 1, 0, False)] if found else [])


def test_bases_that_nobody_adjusted_since_july_show_and_new_units_do_not():
    stale, _members = a_paying_unit(500_000, first=Month(2025, 3))
    new, _others = a_paying_unit(500_000, first=Month(2026, 3))
    sweep(on=date(2026, 5, 11))
    assert hits(stale, "stale_base") == [(202507, 1, 0, False)]
    assert hits(new, "stale_base") == []
