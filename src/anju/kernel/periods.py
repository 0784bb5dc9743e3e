"""Half-open periods of days: from `start` (in) to `end` (out), open to the future when `end` is None."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from anju.kernel.errors import InvalidValueError
from anju.kernel.i18n import gettext as _
from anju.kernel.text import squeeze

_MONTH_PATTERN = re.compile(r"(?P<year>\d{4})-?(?P<month>\d{2})", re.ASCII)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


def value_day(day: date) -> int:
    """Days since 1970-01-01: the integer by which the ledger weighs amounts."""
    return day.toordinal() - _EPOCH_ORDINAL


@dataclass(frozen=True, slots=True)
class Period:
    """[start, end) in days. Two periods that touch do not overlap."""

    start: date
    end: date | None = None

    def __post_init__(self) -> None:
        if self.end is not None and self.end <= self.start:
            raise InvalidValueError(_("期间的结束日必须晚于开始日"))

    def __contains__(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day < self.end)

    def overlaps(self, other: "Period") -> bool:
        """True when some day lies in both."""
        return (self.end is None or other.start < self.end) and (other.end is None or self.start < other.end)

    def clip(self, other: "Period") -> "Period | None":
        """The days that lie in both, or None."""
        start = max(self.start, other.start)
        ends = [end for end in (self.end, other.end) if end is not None]
        end = min(ends) if ends else None
        return None if end is not None and end <= start else Period(start, end)

    @property
    def days(self) -> int:
        """Number of days; raises InvalidValueError for an open period."""
        if self.end is None:
            raise InvalidValueError(_("未结束的期间没有天数"))
        return (self.end - self.start).days


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month, as in a contribution month 汇缴年月."""

    year: int
    number: int

    def __post_init__(self) -> None:
        if not (1990 <= self.year <= 2200 and 1 <= self.number <= 12):
            raise InvalidValueError(_("年月应为 YYYY-MM，例如 2024-05"))

    @classmethod
    def parse(cls, text: str) -> "Month":
        """Read "2024-05" or "202405". Raises InvalidValueError."""
        match = _MONTH_PATTERN.fullmatch(squeeze(text))
        if match is None:
            raise InvalidValueError(_("年月应为 YYYY-MM，例如 2024-05"))
        return cls(int(match["year"]), int(match["month"]))

    @classmethod
    def of(cls, day: date) -> "Month":
        """The month that `day` lies in."""
        return cls(day.year, day.month)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    def plus(self, months: int) -> "Month":
        """This month moved by `months`, which may be negative."""
        index = self.year * 12 + self.number - 1 + months
        return Month(index // 12, index % 12 + 1)

    @property
    def first_day(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def final_day(self) -> date:
        return date(self.year, self.number, monthrange(self.year, self.number)[1])

    def day(self, number: int) -> date:
        """Day `number` of the month, or its final day when the month is shorter (对月对日)."""
        return self.first_day.replace(day=min(number, self.final_day.day))
