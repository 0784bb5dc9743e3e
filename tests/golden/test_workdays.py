"""The working-day calendars: the notices against two public calendars, against the law, and by hand where it is tricky."""

import re
from datetime import date, timedelta
from pathlib import Path

import chinese_calendar
import holidays
import pytest
import yaml

from anju.kernel.workday_table import FIRST_YEAR, Confidence, arrangement, festivals_within, firm_until, is_weekend
from anju.kernel.workdays import CalendarKind, Roll, WorkCalendar, YearStatus, calendar, status

PEERS = yaml.safe_load((Path(__file__).parent / "workday_peers.yaml").read_text(encoding="utf-8"))
OFFICIAL = range(2004, 2027)
SERVICE = calendar(CalendarKind.SERVICE)
SETTLEMENT = calendar(CalendarKind.SETTLEMENT)


def days_of(years):
    day = date(years[0], 1, 1)
    while day.year <= years[-1]:
        yield day
        day += timedelta(days=1)


def assert_differs_only_as_listed(peer, years, is_working):
    found = {day: SERVICE.is_working(day) for day in days_of(years) if is_working(day) != SERVICE.is_working(day)}
    assert found == {item["day"]: item["working"] for item in PEERS[peer]}
    assert all(item["why"] for item in PEERS[peer])


def test_against_chinesecalendar():
    assert_differs_only_as_listed("chinesecalendar", OFFICIAL, chinese_calendar.is_workday)


def test_against_holidays_with_the_years_assumed():
    years = range(2004, 2036)
    assert_differs_only_as_listed("holidays", years, holidays.country_holidays("CN", years=years).is_working_day)


def test_settlement_days_are_the_national_ones_until_a_deviation_is_on_file():
    assert all(SETTLEMENT.is_working(day) == SERVICE.is_working(day) for day in days_of(OFFICIAL))


@pytest.mark.parametrize("year", OFFICIAL)
def test_an_official_year_is_well_formed(year):
    known = arrangement(year)
    assert known.status is status(year) is YearStatus.OFFICIAL
    off = [day for item in known.festivals for day in item.off]
    work = [day for item in known.festivals for day in item.work]
    assert len({*off, *work}) == len(off) + len(work)
    assert all(is_weekend(day) for day in work)
    assert all(day.year == year or (day.year == year - 1 and day >= date(year - 1, 12, 29)) for day in off + work)
    assert sorted(off) == off
    for document in known.documents:
        if known.confidence is Confidence.NOTICE:
            issued = document.issued.year if document.issued else year - 1
            assert re.fullmatch(rf"(国办|国)发明电〔{issued}〕\d+号", document.number)
            assert issued in {year - 1, year}
        else:
            assert not document.number
    assert str(year) in known.documents[0].title


#: All citizens' days off by the measure in force (1999, 2007, 2013, 2024), and what single notices added to them.
STATUTORY = {**dict.fromkeys(range(2004, 2008), 10), **dict.fromkeys(range(2008, 2025), 11), 2025: 13, 2026: 13}
ADDED = {
    2015: 1,  # September 3
    2020: 2,  # January 31, and February 1 that was to be worked
}


@pytest.mark.parametrize("year", OFFICIAL)
def test_make_up_days_move_holidays_but_never_add_one(year):
    """Weekdays off less weekends worked are the statutory days: an omission or a slip of one day shows here."""
    festivals = arrangement(year).festivals
    net = sum(not is_weekend(day) for item in festivals for day in item.off) - sum(len(item.work) for item in festivals)
    assert net == STATUTORY[year] + ADDED.get(year, 0)


@pytest.mark.parametrize("year", range(2027, 2036))
def test_an_assumed_year_has_its_statutory_days_too(year):
    known = arrangement(year)
    assert known.status is YearStatus.PROVISIONAL
    assert known.confidence is Confidence.STATUTE
    assert len({day for item in known.festivals for day in item.off if not is_weekend(day)}) == 13
    assert not any(item.work for item in known.festivals)


def test_beyond_the_lunar_table_only_the_fixed_days_are_assumed():
    known = arrangement(2036)
    assert [item.name for item in known.festivals] == ["元旦", "劳动节", "国庆节"]
    assert known.confidence is Confidence.FIXED_DAYS


WORKED = [
    "2004-01-17",
    "work",
    "2004-01-24",
    "off",
    "2004-05-09",
    "work",
    "2005-01-03",
    "off",
    "2005-12-31",
    "work",
    "2006-01-03",
    "off",
    "2006-12-31",
    "work",
    "2007-05-07",
    "off",
    "2007-12-29",
    "work",
    "2007-12-31",
    "off",
    "2008-05-02",
    "off",
    "2008-05-04",
    "work",
    "2009-10-08",
    "off",
    "2009-10-10",
    "work",
    "2011-12-31",
    "work",
    "2014-01-30",
    "work",
    "2014-04-07",
    "off",
    "2015-02-18",
    "off",
    "2015-09-03",
    "off",
    "2015-09-04",
    "off",
    "2015-09-06",
    "work",
    "2015-09-28",
    "work",
    "2017-10-08",
    "off",
    "2018-12-29",
    "work",
    "2018-12-31",
    "off",
    "2019-05-02",
    "off",
    "2019-05-05",
    "work",
    "2020-01-31",
    "off",
    "2020-02-01",
    "off",
    "2020-02-03",
    "work",
    "2020-10-08",
    "off",
    "2022-12-31",
    "off",
    "2023-10-08",
    "work",
    "2024-02-09",
    "work",
    "2024-02-18",
    "work",
    "2025-01-01",
    "off",
    "2025-05-02",
    "off",
    "2025-10-08",
    "off",
    "2025-10-11",
    "work",
    "2026-01-04",
    "work",
    "2026-02-16",
    "off",
    "2026-09-20",
    "work",
]


@pytest.mark.parametrize(("day", "word"), list(zip(WORKED[::2], WORKED[1::2], strict=True)))
def test_a_day_by_hand(day, word):
    assert SERVICE.is_working(date.fromisoformat(day)) == (word == "work")


@pytest.mark.parametrize(
    ("start", "number", "day"),
    [
        ("2025-09-28", 5, "2025-10-11"),  # a Sunday worked; 29, 30, October 9, 10, and a Saturday worked
        ("2025-09-28", 0, "2025-09-28"),
        ("2025-10-01", 0, "2025-10-09"),
        ("2020-01-23", 1, "2020-02-03"),  # the extended Spring Festival
        ("2024-02-09", 1, "2024-02-18"),  # New Year's Eve was worked in 2024; the next day worked is a Sunday
        ("2015-09-02", 2, "2015-09-07"),  # parade, bridge, Saturday; the Sunday is worked
        ("2008-09-26", 3, "2008-10-06"),  # the week begins on September 29 that year
        ("2005-12-30", 2, "2006-01-04"),  # the notice of 2006 reaches into December
        ("2023-12-29", 1, "2024-01-02"),
    ],
)
def test_a_term_by_hand(start, number, day):
    due = SERVICE.add_working_days(date.fromisoformat(start), number)
    assert (str(due.day), due.provisional) == (day, False)


def test_counting_leaves_out_the_first_day_and_takes_in_the_last():
    assert SERVICE.working_days_between(date(2025, 9, 28), date(2025, 10, 11)).days == 5
    assert SERVICE.working_days_between(date(2025, 9, 30), date(2025, 10, 8)).days == 0
    assert SERVICE.working_days_between(date(2024, 12, 31), date(2025, 12, 31)).days == 248


def test_rolling_by_hand():
    holiday, month_end = date(2025, 10, 1), date(2024, 8, 31)
    assert SERVICE.roll(holiday).day == date(2025, 10, 9)
    assert SERVICE.roll(holiday, Roll.PRECEDING).day == date(2025, 9, 30)
    assert SERVICE.roll(holiday, Roll.MODIFIED_FOLLOWING).day == date(2025, 10, 9)
    assert SERVICE.roll(month_end).day == date(2024, 9, 2)
    assert SERVICE.roll(month_end, Roll.MODIFIED_FOLLOWING).day == date(2024, 8, 30)
    assert SERVICE.roll(date(2025, 10, 11)).day == date(2025, 10, 11)


def test_what_a_coming_notice_may_change_is_provisional():
    """The last week of the last official year may still be rearranged by the next notice, so it is not firm either."""
    assert firm_until() == date(OFFICIAL[-1], 12, 24)
    assert not SERVICE.add_working_days(date(2026, 12, 23), 1).provisional
    assert SERVICE.add_working_days(date(2026, 12, 24), 1).provisional
    assert SERVICE.previous_working_day(date(2026, 12, 25)).provisional
    assert SERVICE.working_days_between(date(2026, 12, 24), date(2026, 12, 25)).provisional
    assert not SERVICE.is_provisional(firm_until())
    assert not SERVICE.roll(firm_until()).provisional
    assert SERVICE.is_provisional(date(2026, 12, 25))
    assert SERVICE.roll(date(2026, 12, 25)).provisional
    assert status(2027) is YearStatus.PROVISIONAL


def test_a_center_and_its_bank_may_keep_other_days():
    bank = WorkCalendar(CalendarKind.SETTLEMENT, closed=[date(2025, 10, 11)], opened=[date(2025, 10, 4)])
    assert not bank.is_working(date(2025, 10, 11))
    assert bank.add_working_days(date(2025, 9, 30), 1).day == date(2025, 10, 4)
    assert bank.next_working_day(date(2025, 10, 10)).day == date(2025, 10, 13)
    assert SETTLEMENT.is_working(date(2025, 10, 11))


def test_a_year_shows_the_holiday_that_begins_in_its_december():
    assert [item.name for item in festivals_within(2018)][-1] == "元旦"
    assert festivals_within(2018)[-1].work == (date(2018, 12, 29),)
    assert len(festivals_within(2025)) == len(arrangement(2025).festivals)
    assert arrangement(FIRST_YEAR).year == 2004
