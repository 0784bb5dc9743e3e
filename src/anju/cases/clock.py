"""The clock of a case: events go in, the due date comes out. Nothing else decides when a case is due.

A term counts from the day after its start (民法典 Art. 201), in working days or in calendar days that end on a working
day (Art. 203). While the applicant supplements, it stands still (行政许可法 Art. 45): days up to and with the day of the
notice are used, the rest runs on from the day after the papers came back. Who was late before stays late.
A due date that leans on holidays not yet announced is provisional (暂定) and is computed again when they are: exactly
one that lies beyond them, for a clock that counted such days resumes beyond them too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import ClassVar

from anju.cases.states import Clock
from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.kernel.workdays import WorkCalendar


class ClockError(AnjuError):
    """An event that cannot follow the ones before it: a clock stopped twice, a day before the latest one."""

    code: ClassVar[str] = "CASE_CLOCK"


class DayCount(StrEnum):
    """What a term counts."""

    WORKING = "working"
    CALENDAR = "calendar"


@dataclass(frozen=True, slots=True)
class Term:
    """A deadline: so many days, 0 for "at once"."""

    days: int
    count: DayCount = DayCount.WORKING

    def __post_init__(self) -> None:
        if self.days < 0:
            raise ClockError(_("期限天数不能为负，请更正事项的办理时限"), field="days")


@dataclass(frozen=True, slots=True)
class ClockEvent:
    """Something that happened to the clock on a business day; `term` for a start or restart."""

    kind: Clock
    day: date
    term: Term | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What the events amount to. `due` is None before the start and while the clock stands still."""

    due: date | None = None
    provisional: bool = False
    running: bool = False
    finished: bool = False


@dataclass(frozen=True, slots=True)
class _Hand:
    """The clock between two events: `left` of `count` days to go from `since`; below zero: `late_since` was missed."""

    day: date = date.min
    count: DayCount = DayCount.WORKING
    since: date | None = None
    left: int = 0
    late_since: date | None = None
    started: bool = False
    finished: bool = False


def standing(events: Sequence[ClockEvent], calendar: WorkCalendar) -> Standing:
    """Where the clock stands after these events. Raises ClockError for a sequence that cannot be."""
    hand = _Hand()
    for event in events:
        hand = _turn(hand, event, calendar)
    due = _due(hand, calendar)
    provisional = due is not None and calendar.is_provisional(due)
    return Standing(due, provisional, hand.since is not None and not hand.finished, hand.finished)


def _turn(hand: _Hand, event: ClockEvent, calendar: WorkCalendar) -> _Hand:
    if event.day < hand.day:
        raise ClockError(_("计时事件的日期早于前一事件，请核对业务日期"), field="day")
    if not _follows(hand, event):
        raise ClockError(
            _("计时事件“{kind}”不能接在当前状态之后，请核对案件的办理记录").format(kind=event.kind), field="kind"
        )
    hand = replace(hand, day=event.day)
    if event.kind in (Clock.START, Clock.RESTART):
        assert event.term is not None
        return _Hand(event.day, event.term.count, event.day, event.term.days, started=True)
    if event.kind is Clock.STOP:
        return _stop(hand, event.day, calendar)
    if event.kind is Clock.RESUME:
        return replace(hand, since=event.day)
    return replace(hand, finished=True) if event.kind is Clock.FINISH else hand


def _follows(hand: _Hand, event: ClockEvent) -> bool:
    running = hand.since is not None and not hand.finished
    match event.kind:
        case Clock.START:
            return not hand.started and event.term is not None
        case Clock.RESTART:
            return hand.finished and event.term is not None
        case Clock.STOP | Clock.TRANSFER:
            return running
        case Clock.RESUME:
            return hand.started and hand.since is None and not hand.finished
        case Clock.FINISH:
            return hand.started and not hand.finished
        case _:
            return False


def _stop(hand: _Hand, day: date, calendar: WorkCalendar) -> _Hand:
    assert hand.since is not None
    if hand.left < 0:
        return replace(hand, since=None)
    due = _due(hand, calendar)
    if due is not None and day > due:
        return replace(hand, since=None, left=-1, late_since=due)
    by_calendar = hand.count is DayCount.CALENDAR
    used = (day - hand.since).days if by_calendar else calendar.working_days_between(hand.since, day).days
    return replace(hand, since=None, left=max(hand.left - used, 0))


def _due(hand: _Hand, calendar: WorkCalendar) -> date | None:
    if hand.since is None:
        return None
    if hand.left < 0:
        return hand.late_since
    if hand.count is DayCount.CALENDAR:
        return calendar.roll(hand.since + timedelta(days=hand.left)).day
    return calendar.add_working_days(hand.since, hand.left).day
