"""The clock of a case against a person with a wall calendar, who crosses out one day after the other."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anju.cases.clock import ClockError, ClockEvent, DayCount, Standing, Term, standing
from anju.cases.states import Clock
from anju.kernel.workday_table import firm_until
from anju.kernel.workdays import CalendarKind, WorkCalendar, calendar

CALENDAR = calendar(CalendarKind.SERVICE)
DAY = timedelta(days=1)
#: What may follow what, told as a person would: where the clock is, and where each event takes it.
WAYS = {
    ("new", Clock.START): "running",
    ("running", Clock.STOP): "stopped",
    ("running", Clock.TRANSFER): "running",
    ("running", Clock.FINISH): "finished",
    ("stopped", Clock.RESUME): "running",
    ("stopped", Clock.FINISH): "finished",
    ("finished", Clock.RESTART): "running",
}
KINDS = [kind for kind in Clock if kind]
terms = st.builds(Term, st.integers(0, 25), st.sampled_from(DayCount))
#: Anywhere; about a Spring Festival with its make-up Saturdays; about a year's end; where holidays are not announced.
starts = st.one_of(
    st.dates(date(2012, 1, 1), date(2035, 12, 31)),
    st.dates(date(2024, 1, 25), date(2024, 2, 20)),
    st.dates(date(2025, 9, 20), date(2025, 10, 12)),
    st.dates(firm_until() - timedelta(days=40), firm_until() + timedelta(days=20)),
)
gaps = st.one_of(st.integers(0, 3), st.integers(0, 40))


@st.composite
def histories(draw):
    """Events that may follow one another, on days that never go back."""
    day, place, events = draw(starts), "new", []
    for _each in range(draw(st.integers(1, 9))):
        kind = draw(st.sampled_from([kind for (where, kind) in WAYS if where == place]))
        term = draw(terms) if kind in (Clock.START, Clock.RESTART) else None
        events.append(ClockEvent(kind, day, term))
        place = WAYS[place, kind]
        day += draw(gaps) * DAY
    return events


def walked(events, days=CALENDAR) -> Standing:
    """What the wall calendar says: every day is looked at by itself."""
    since = late = due = None
    place, left, count = "new", 0, None
    for event in events:
        if event.kind in (Clock.START, Clock.RESTART):
            since, late, left, count = event.day, None, event.term.days, event.term.count
        if event.kind is Clock.STOP:
            while since < event.day and late is None:
                if left == 0 and days.is_working(since):
                    late = since
                since += DAY
                if left and (count is DayCount.CALENDAR or days.is_working(since)):
                    left -= 1
        if event.kind is Clock.RESUME:
            since = event.day
        place = WAYS[place, event.kind]
        if place != "finished":
            due = None if place == "stopped" else late or end(since, left, count, days)
    return Standing(due, due is not None and due > firm_until(), place == "running", place == "finished")


def end(day, left, count, days):
    while left or not days.is_working(day):
        day += DAY
        if left and (count is DayCount.CALENDAR or days.is_working(day)):
            left -= 1
    return day


@given(histories())
def test_the_clock_says_what_the_wall_calendar_says(events):
    assert standing(events, CALENDAR) == walked(events)


@given(histories())
def test_never_due_before_the_start_and_always_on_a_working_day(events):
    due = standing(events, CALENDAR).due
    begun = max(event.day for event in events if event.term is not None)
    assert due is None or (due >= begun and CALENDAR.is_working(due))


@given(histories(), gaps, gaps)
def test_standing_still_makes_nobody_timely_and_takes_nothing_from_them(events, until, pause):
    now = standing(events, CALENDAR)
    if not now.running:
        return
    stop = events[-1].day + until * DAY
    again = [*events, ClockEvent(Clock.STOP, stop), ClockEvent(Clock.RESUME, stop + pause * DAY)]
    due = standing(again, CALENDAR).due
    assert due == now.due if stop > now.due else due >= now.due
    if pause == 0:
        assert due == now.due


@given(histories(), gaps)
def test_a_transfer_changes_nothing(events, later):
    now = standing(events, CALENDAR)
    if now.running:
        assert standing([*events, ClockEvent(Clock.TRANSFER, events[-1].day + later * DAY)], CALENDAR) == now


@given(histories(), st.data())
def test_a_due_date_is_firm_when_no_notice_to_come_can_move_it_and_provisional_when_one_can(events, data):
    now = standing(events, CALENDAR)
    open_days = st.dates(firm_until() + DAY, firm_until() + timedelta(days=60))
    closed = data.draw(st.sets(open_days, max_size=30))
    opened = data.draw(st.sets(open_days, max_size=30)) - closed
    another = standing(events, WorkCalendar(CalendarKind.SERVICE, closed=closed, opened=opened))
    if now.due is not None and not now.provisional:
        assert another == now
    if now.provisional:
        assert standing(events, WorkCalendar(CalendarKind.SERVICE, closed=[now.due])).due != now.due


@given(histories(), st.sampled_from(KINDS), gaps, terms)
def test_what_cannot_follow_is_refused(events, kind, later, term):
    place = "new"
    for event in events:
        place = WAYS[place, event.kind]
    one_more = ClockEvent(kind, events[-1].day + later * DAY, term)
    if (place, kind) in WAYS:
        standing([*events, one_more], CALENDAR)
        for wrong in (replace(one_more, day=events[-1].day - DAY), replace(one_more, term=None)):
            if wrong.day < events[-1].day or kind is Clock.RESTART:
                with pytest.raises(ClockError):
                    standing([*events, wrong], CALENDAR)
    else:
        with pytest.raises(ClockError) as told:
            standing([*events, one_more], CALENDAR)
        assert told.value.field == "kind"


def test_nothing_comes_before_the_start_and_no_term_is_negative():
    for kind in KINDS:
        if kind is not Clock.START:
            with pytest.raises(ClockError):
                standing([ClockEvent(kind, date(2026, 5, 11), Term(1))], CALENDAR)
    with pytest.raises(ClockError):
        standing([ClockEvent(Clock.START, date(2026, 5, 11))], CALENDAR)
    with pytest.raises(ClockError):
        Term(-1)
    assert standing([], CALENDAR) == Standing()


@pytest.mark.parametrize(
    ("started", "term", "due"),
    [
        (date(2024, 2, 1), Term(5), date(2024, 2, 7)),  # Sunday 4 February is worked for the Spring Festival
        (date(2024, 2, 9), Term(1), date(2024, 2, 18)),  # and so is Sunday the 18th
        (date(2024, 2, 10), Term(0), date(2024, 2, 18)),
        (date(2023, 12, 29), Term(1), date(2024, 1, 2)),
        (date(2024, 9, 16), Term(15, DayCount.CALENDAR), date(2024, 10, 8)),  # 1 October is the first day off of seven
    ],
)
def test_examples_from_real_calendars(started, term, due):
    assert standing([ClockEvent(Clock.START, started, term)], CALENDAR) == Standing(due, running=True)
