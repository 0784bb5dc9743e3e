"""What holds for every term of working days: it can be counted back, it never runs backwards, it says when it may move."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anju.kernel.errors import InvalidValueError
from anju.kernel.workday_table import CalendarRangeError, arrangement, firm_until
from anju.kernel.workdays import CalendarKind, Roll, WorkCalendar, calendar, status

CALENDAR = calendar(CalendarKind.SERVICE)
FIRST, FINAL = date(2004, 1, 1), date(2100, 12, 31)
days = st.dates(date(2004, 2, 1), date(2060, 12, 31))
numbers = st.integers(1, 400)


def walk(start, number):
    """The term as a person counts it on a wall calendar."""
    day = start
    while number:
        day += timedelta(days=1)
        number -= CALENDAR.is_working(day)
    return day


@given(days, st.integers(1, 60))
def test_a_term_is_what_walking_the_calendar_gives(start, number):
    assert CALENDAR.add_working_days(start, number).day == walk(start, number)


@given(days, numbers)
def test_a_term_counts_back_to_its_length_and_ends_on_a_working_day(start, number):
    due = CALENDAR.add_working_days(start, number)
    assert CALENDAR.working_days_between(start, due.day).days == number
    assert CALENDAR.is_working(due.day)
    assert due.day > start
    assert due.provisional == (due.day > firm_until())


@given(days, numbers, numbers)
def test_terms_add_up(start, first, second):
    middle = CALENDAR.add_working_days(start, first).day
    assert CALENDAR.add_working_days(middle, second) == CALENDAR.add_working_days(start, first + second)


@given(days, st.integers(0, 40), st.integers(0, 400))
def test_a_later_start_or_a_longer_term_never_ends_earlier(start, later, number):
    due = CALENDAR.add_working_days(start, number)
    assert CALENDAR.add_working_days(start, number + 1).day >= due.day
    after = CALENDAR.add_working_days(start + timedelta(days=later), number)
    assert after.day >= due.day
    assert after.provisional >= due.provisional


@given(days, st.sampled_from(Roll))
def test_rolling_moves_only_days_off_and_to_the_nearest_working_day(day, convention):
    rolled = CALENDAR.roll(day, convention)
    assert CALENDAR.is_working(rolled.day)
    assert (rolled.day == day) == CALENDAR.is_working(day)
    assert CALENDAR.roll(rolled.day, convention).day == rolled.day
    between = range(1, abs((rolled.day - day).days))
    step = 1 if rolled.day > day else -1
    assert not any(CALENDAR.is_working(day + step * timedelta(days=number)) for number in between)
    if convention is Roll.FOLLOWING:
        assert rolled.day >= day
    elif convention is Roll.PRECEDING:
        assert rolled.day <= day
    elif rolled.day < day:
        assert CALENDAR.roll(day).day.month != day.month
    assert rolled.provisional >= (day > firm_until())


@given(days)
def test_the_next_and_the_previous_day_are_neighbours(day):
    following, preceding = CALENDAR.next_working_day(day).day, CALENDAR.previous_working_day(day).day
    assert preceding < day < following
    assert CALENDAR.working_days_between(preceding, following).days == 1 + CALENDAR.is_working(day)


@given(st.sets(days, max_size=8), st.sets(days, max_size=8), days)
def test_a_centers_own_days_win_and_touch_no_other(closed, opened, day):
    closed -= opened
    own = WorkCalendar(CalendarKind.SERVICE, closed=closed, opened=opened)
    assert all(own.is_working(each) for each in opened)
    assert not any(own.is_working(each) for each in closed)
    if day not in closed | opened:
        assert own.is_working(day) == CALENDAR.is_working(day)


def code_and_field(call, *arguments):
    with pytest.raises((CalendarRangeError, InvalidValueError)) as caught:
        call(*arguments)
    assert str(caught.value)
    return caught.value.code, caught.value.field


def test_what_cannot_be_answered_is_refused_by_name():
    before, day = date(2003, 12, 31), date(2025, 1, 2)
    assert code_and_field(CALENDAR.is_working, before) == ("CALENDAR_RANGE", "day")
    assert code_and_field(CALENDAR.is_working, date(2101, 1, 1)) == ("CALENDAR_RANGE", "day")
    assert code_and_field(CALENDAR.add_working_days, before, 1) == ("CALENDAR_RANGE", "start")
    assert code_and_field(CALENDAR.add_working_days, FINAL, 1) == ("CALENDAR_RANGE", "number")
    assert code_and_field(CALENDAR.add_working_days, day, 10**12) == ("CALENDAR_RANGE", "number")
    assert code_and_field(CALENDAR.add_working_days, day, -1) == ("VALUE", "number")
    assert code_and_field(CALENDAR.working_days_between, day, date(2025, 1, 1)) == ("VALUE", "end")
    assert code_and_field(CALENDAR.working_days_between, before, day) == ("CALENDAR_RANGE", "start")
    assert code_and_field(CALENDAR.previous_working_day, FIRST) == ("CALENDAR_RANGE", "day")
    assert code_and_field(CALENDAR.roll, FIRST, Roll.PRECEDING) == ("CALENDAR_RANGE", "day")
    assert code_and_field(arrangement, 2003) == code_and_field(status, 2101) == ("CALENDAR_RANGE", "year")
    both = {"closed": [day], "opened": [day]}
    assert code_and_field(lambda: WorkCalendar(CalendarKind.SERVICE, **both)) == ("VALUE", "closed")
    assert code_and_field(lambda: WorkCalendar(CalendarKind.SERVICE, opened=[before])) == ("CALENDAR_RANGE", "opened")
