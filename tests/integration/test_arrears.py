"""The radar finds what is wrong, says nothing of what is right, and lets go of what was put right."""

from datetime import date

import pytest

from anju.contributions import arrears
from anju.contributions.arrears import sweep
from anju.contributions.models import Relief, ReliefKind
from anju.contributions.models_arrears import RadarHit
from anju.kernel.periods import Month
from anju.registry.models import MemberBase, SpellEnded, Unit
from anju.registry.operations import seal_members
from contribution_walk import a_bank, a_paying_unit, join, remit
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


@pytest.mark.parametrize(
    ("now", "found"), [((399_000, 400_000), True), ((400_000, 400_000), False)], ids=["by more", "by 20 %"]
)
def test_bases_per_head_that_fell_by_more_than_a_fifth_since_june_show(now, found):
    """Of two people in June one is left, and one who came since counts."""
    unit, (left, stays) = a_paying_unit(600_000, 400_000, first=Month(2025, 6))
    seal_members(numbers=[left.number], last_month=Month(2025, 7), reason=SpellEnded.LEFT, sealed=date(2025, 7, 31))
    MemberBase.objects.create(member=stays, first_month=202507, amount=now[0])
    join(unit.number, now[1], Month(2025, 8))
    sweep(on=date(2026, 3, 11))
    assert hits(unit, "base_fell") == ([(202507, 2, 0, False)] if found else [])


def test_bases_below_the_floor_show_one_at_it_does_not(monkeypatch):
    monkeypatch.setattr(arrears, "base_bounds", lambda _on: (210_000, None))
    unit, _members = a_paying_unit(209_999, 150_000, 210_000, first=Month(2026, 3))
    least, _others = a_paying_unit(210_000, first=Month(2026, 3))
    sweep(on=date(2026, 4, 11))
    assert hits(unit, "low_base") == [(202507, 2, 0, False)]
    assert hits(least, "low_base") == []


def test_a_fault_that_comes_back_is_told_beside_the_one_that_was_put_right():
    unit, (member,) = a_paying_unit(500_000, first=Month(2025, 3))
    sweep(on=date(2026, 5, 11))
    MemberBase.objects.create(member=member, first_month=202605, amount=510_000)
    sweep(on=date(2026, 5, 12))
    MemberBase.objects.filter(member=member, first_month=202605).delete()
    sweep(on=date(2026, 5, 13))
    sweep(on=date(2026, 5, 14))
    rows = RadarHit.objects.filter(unit=unit, kind="stale_base").order_by("id")
    assert [(row.first_seen.day, row.last_seen.day, row.resolved and row.resolved.day) for row in rows] == [
        (11, 11, 12), (13, 14, None),
    ]  # fmt: skip
