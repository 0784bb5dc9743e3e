"""Working-day calendars: the center's service days (服务日) and the banks' settlement days (结算日).

Deadlines are counted as the law counts them: the day on which something happens is not counted, the next one is the
first (民法典 Art. 201); a term in working days skips holidays and counts make-up days (行政许可法 Art. 82); a term in
calendar days that ends on a day off ends on the day after it (民法典 Art. 203: `roll`).

A result that leans on a day no notice has settled yet says so: it is `provisional` (暂定) and may move when the notice
is published. Whoever shows it, shows that.

A calendar keeps one flag and one count for each day of its years, so every question is a few array reads.
"""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from itertools import accumulate, compress

from anju.kernel.errors import InvalidValueError
from anju.kernel.i18n import gettext as _
from anju.kernel.workday_table import (
    FINAL_YEAR,
    FIRST_YEAR,
    CalendarKind,
    CalendarRangeError,
    YearStatus,
    arrangement,
    deviation,
    firm_until,
    is_weekend,
)

_ORIGIN = date(FIRST_YEAR, 1, 1).toordinal()
_SPAN = date(FINAL_YEAR, 12, 31).toordinal() - _ORIGIN + 1


class Roll(StrEnum):
    """Where a day moves that is no working day."""

    FOLLOWING = "following"
    PRECEDING = "preceding"
    MODIFIED_FOLLOWING = "modified-following"  # the following one, unless that lies in another month


@dataclass(frozen=True, slots=True)
class Due:
    """A day that was counted to, and whether a notice to come may still move it (暂定)."""

    day: date
    provisional: bool


@dataclass(frozen=True, slots=True)
class Count:
    """A number of working days, and whether a notice to come may still change it (暂定)."""

    days: int
    provisional: bool


class WorkCalendar:
    """The working days of one kind, from 2004-01-01 to 2100-12-31.

    Every method raises CalendarRangeError when it would need a day outside, with `field` naming the argument.
    """

    __slots__ = ("_days", "_firm_until", "_flags", "_rank")

    def __init__(self, kind: CalendarKind, *, closed: Iterable[date] = (), opened: Iterable[date] = ()) -> None:
        """The national working days, the deviations on file for `kind`, and over them a center's own days.

        Raises InvalidValueError when a day is given as both closed and opened.
        """
        closed, opened = set(closed), set(opened)
        if closed & opened:
            raise InvalidValueError(_("同一天不能既停业又营业，请更正日期"), field="closed")
        on_file = deviation(kind)
        flags = _national_days()
        for working, days in ((0, on_file.closed), (1, on_file.opened), (0, closed), (1, opened)):
            for day in days:
                flags[_index(day, "opened" if working else "closed")] = working
        self._flags = bytes(flags)
        self._rank = array("i", accumulate(self._flags))  # working days up to and with each day
        self._days = array("i", compress(range(_ORIGIN, _ORIGIN + _SPAN), self._flags))
        self._firm_until = firm_until()

    def is_working(self, day: date) -> bool:
        """True on a working day, a make-up Saturday or Sunday included."""
        return self._flags[_index(day, "day")] == 1

    def is_provisional(self, day: date) -> bool:
        """True when a notice to come may still turn the day on or off."""
        return day > self._firm_until

    def add_working_days(self, start: date, number: int) -> Due:
        """The day on which a term of `number` working days that begins with an event on `start` ends.

        `start` itself is not counted. A term of 0 ends at once: on `start`, or on the next working day when `start`
        is none. Raises InvalidValueError for a negative number.
        """
        if number < 0:
            raise InvalidValueError(_("工作日天数不能为负，请改填 0 或正整数"), field="number")
        if number == 0:
            return self.roll(start)
        return self._due(start, self._rank[_index(start, "start")] + number - 1, "number")

    def working_days_between(self, start: date, end: date) -> Count:
        """Working days after `start` up to and with `end`: how many of a term that began on `start` are used up.

        Raises InvalidValueError when `end` lies before `start`.
        """
        if end < start:
            raise InvalidValueError(_("结束日不能早于开始日，请更正日期"), field="end")
        return Count(self._rank[_index(end, "end")] - self._rank[_index(start, "start")], end > self._firm_until)

    def next_working_day(self, day: date) -> Due:
        """The first working day after `day`."""
        return self._due(day, self._rank[_index(day, "day")], "day")

    def previous_working_day(self, day: date) -> Due:
        """The last working day before `day`."""
        index = _index(day, "day")
        return self._due(day, self._rank[index] - self._flags[index] - 1, "day")

    def roll(self, day: date, convention: Roll = Roll.FOLLOWING) -> Due:
        """`day` itself when it is a working day, and otherwise the one that the convention names."""
        if self.is_working(day):
            return Due(day, day > self._firm_until)
        if convention is Roll.PRECEDING:
            return self.previous_working_day(day)
        following = self.next_working_day(day)
        if convention is Roll.MODIFIED_FOLLOWING and following.day.month != day.month:
            return Due(self.previous_working_day(day).day, following.provisional)
        return following

    def _due(self, origin: date, position: int, field: str) -> Due:
        if not 0 <= position < len(self._days):
            raise CalendarRangeError(field=field)
        day = date.fromordinal(self._days[position])
        return Due(day, max(origin, day) > self._firm_until)


@cache
def calendar(kind: CalendarKind) -> WorkCalendar:
    """The calendar of a kind without a center's own days; built once."""
    return WorkCalendar(kind)


def status(year: int) -> YearStatus:
    """Whether the year rests on its notice (official) or on assumptions (provisional). Raises CalendarRangeError."""
    return arrangement(year).status


def _index(day: date, field: str) -> int:
    index = day.toordinal() - _ORIGIN
    if not 0 <= index < _SPAN:
        raise CalendarRangeError(field=field)
    return index


def _national_days() -> bytearray:
    """One flag a day: not a weekend, then what the year's arrangement turns off and on."""
    week = bytes(not is_weekend(date.fromordinal(_ORIGIN + number)) for number in range(7))
    flags = bytearray((week * (_SPAN // 7 + 1))[:_SPAN])
    for year in range(FIRST_YEAR, FINAL_YEAR + 1):
        for festival in arrangement(year).festivals:
            for working, days in ((0, festival.off), (1, festival.work)):
                for day in days:
                    flags[_index(day, "year")] = working
    return flags
