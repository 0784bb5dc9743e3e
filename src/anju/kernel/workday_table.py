"""The facts behind the working-day calendars: each year's holidays as its notice sets them, or as the law lets us assume.

A year is official when the State Council's notice for it is in `workdays.yaml`, and provisional (暂定) otherwise. The
two are never mixed: nothing is guessed into an official year, and a provisional one says what it assumes.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import yaml

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _

#: Years of the calendars. The first is that of the oldest notice carried; the last only bounds the memory.
FIRST_YEAR, FINAL_YEAR = 2004, 2100
_DAY = timedelta(days=1)
_SATURDAY = 5


class CalendarRangeError(AnjuError):
    """A day or year that the calendars do not reach."""

    code: ClassVar[str] = "CALENDAR_RANGE"

    def __init__(self, *, field: str = "") -> None:
        message = _("工作日历只有 {first} 年至 {final} 年，请改用其间的日期")
        super().__init__(message.format(first=FIRST_YEAR, final=FINAL_YEAR), field=field)


class YearStatus(StrEnum):
    """Whether a year rests on its notice (official) or on the law and assumptions (provisional, 暂定)."""

    OFFICIAL = "official"
    PROVISIONAL = "provisional"


class Confidence(StrEnum):
    """How far a year's source was checked."""

    NOTICE = "notice"
    TEXT = "text"
    STATUTE = "statute"
    FIXED_DAYS = "fixed-days"


class CalendarKind(StrEnum):
    """The center's service days (服务日), or the banks' settlement days (结算日)."""

    SERVICE = "service"
    SETTLEMENT = "settlement"


@dataclass(frozen=True, slots=True)
class Document:
    """A published source; number, date and place only where they are known for certain."""

    title: str
    number: str = ""
    issued: date | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Festival:
    """One festival's days off, weekends inside included, and the weekend days worked for it (调休上班)."""

    name: str
    off: tuple[date, ...]
    work: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The holidays of one year. A New Year's holiday may begin, or be worked for, in the December before."""

    year: int
    status: YearStatus
    confidence: Confidence
    documents: tuple[Document, ...]
    festivals: tuple[Festival, ...]


@dataclass(frozen=True, slots=True)
class Deviation:
    """Days on which a calendar differs from the national working days."""

    closed: frozenset[date] = frozenset()
    opened: frozenset[date] = frozenset()


@cache
def arrangement(year: int) -> Arrangement:
    """The holidays of a year. Raises CalendarRangeError."""
    if not FIRST_YEAR <= year <= FINAL_YEAR:
        raise CalendarRangeError(field="year")
    notice = _notices().get(year)
    return _assumed(year) if notice is None else notice


def festivals_within(year: int) -> list[Festival]:
    """The festivals with any day in the calendar year, the next year's New Year included, in order."""
    candidates = arrangement(year).festivals
    if year < FINAL_YEAR:
        candidates += arrangement(year + 1).festivals
    return [item for item in candidates if any(day.year == year for day in (*item.off, *item.work))]


@cache
def firm_until() -> date:
    """The last day that published notices settle.

    The days after December 24 of the last official year stay open: the next notice may still make a weekend there a
    working day, or give New Year a bridge. The earliest it ever reached is December 29.
    """
    return date(max(_notices()), 12, 24)


def deviation(kind: CalendarKind) -> Deviation:
    """Where the banks or the center are known to differ from the national working days, in every year."""
    years: Mapping[int, Mapping[str, list[date]]] = _table()["deviations"][kind]
    return Deviation(
        closed=frozenset(day for each in years.values() for day in each.get("closed", ())),
        opened=frozenset(day for each in years.values() for day in each.get("open", ())),
    )


def is_weekend(day: date) -> bool:
    """Saturday or Sunday."""
    return day.weekday() >= _SATURDAY


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("workdays.yaml").read_text(encoding="utf-8"))
    return table


@cache
def _notices() -> dict[int, Arrangement]:
    return {
        entry["year"]: Arrangement(
            year=entry["year"],
            status=YearStatus.OFFICIAL,
            confidence=Confidence(entry["confidence"]),
            documents=tuple(Document(**document) for document in entry["documents"]),
            festivals=tuple(
                Festival(item["name"], tuple(_days(item["from"], item["to"])), tuple(item.get("work", ())))
                for item in entry["festivals"]
            ),
        )
        for entry in _table()["notices"]
    }


def _assumed(year: int) -> Arrangement:
    """A year without a notice: the statutory days off, each one lost to a weekend or to another made up for."""
    named = sorted(_statutory_days(year))
    taken = {day for day, _name in named}
    off: defaultdict[str, list[date]] = defaultdict(list)
    previous = None
    for day, name in named:
        off[name].append(day)
        if is_weekend(day) or day == previous:
            substitute = next(later for later in _days_after(day) if later not in taken and not is_weekend(later))
            taken.add(substitute)
            off[name].append(substitute)
        previous = day
    known = year in _table()["statutory"]["lunar"]
    return Arrangement(
        year=year,
        status=YearStatus.PROVISIONAL,
        confidence=Confidence.STATUTE if known else Confidence.FIXED_DAYS,
        documents=(Document(**_table()["statutory"]["document"]),),
        festivals=tuple(Festival(name, tuple(sorted(days))) for name, days in off.items()),
    )


def _statutory_days(year: int) -> Iterator[tuple[date, str]]:
    statutory = _table()["statutory"]
    for item in statutory["fixed"]:
        for text in item["days"]:
            yield date.fromisoformat(f"{year}-{text}"), item["name"]
    lunar: Mapping[str, date] = statutory["lunar"].get(year, {})
    for name, day in lunar.items():
        before, after = statutory["around"].get(name, (0, 0))
        yield from ((each, name) for each in _days(day - before * _DAY, day + after * _DAY))


def _days(first: date, final: date) -> Iterator[date]:
    return (first + number * _DAY for number in range((final - first).days + 1))


def _days_after(day: date) -> Iterator[date]:
    while True:
        day += _DAY
        yield day
