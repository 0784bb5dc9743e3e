"""Deposit and loan rates by date, from the national pack. Each value has its first day; nothing is guessed before it."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

import yaml

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Rounding, divide
from anju.kernel.periods import Period
from anju.kernel.rates import ONE, Ppm, parse_percent

#: Loans up to this many months bear the short rate; the contract's term decides, not what is left of it.
SHORT_TERM_MONTHS = 60


class RateUnknownError(AnjuError):
    """No rate is known for the day."""

    code: ClassVar[str] = "RATE_UNKNOWN"


@dataclass(frozen=True, slots=True)
class DepositRate:
    """Rates of members' accounts on a day: money of the current interest year, and money carried over."""

    current_year: Ppm
    carried_over: Ppm


def deposit_rate(on: date) -> DepositRate:
    """The account rates in force on a day. Raises RateUnknownError before the first known one."""
    return DepositRate(**_in_force("deposit", on))


def deposit_rates(period: Period) -> list[tuple[Period, DepositRate]]:
    """The account rates in force within a period, in order, each with its days there (for 分段计息).

    Raises RateUnknownError when the period begins before the first known rate.
    """
    changes = [period.start, *(day for day in _table("deposit").days if day != period.start and day in period)]
    ends = [*changes[1:], period.end]
    return [(Period(start, end), deposit_rate(start)) for start, end in zip(changes, ends, strict=True)]


def loan_rate(*, on: date, months: int, second_home: bool = False) -> Ppm:
    """The yearly rate of a loan disbursed on a day with a contract of `months` months; for a second home its floor.

    The floor of second homes is announced in a table of its own since 2015-08-26; before, it was a multiple of the
    first-home rate. Raises RateUnknownError.
    """
    band = "le5y" if months <= SHORT_TERM_MONTHS else "gt5y"
    if not second_home:
        return _in_force("loan_first_home", on)[band]
    if on >= _table("loan_second_home_floor").days[0]:
        return _in_force("loan_second_home_floor", on)[band]
    factor = _in_force("second_home_factor", on)["factor"]
    return divide(_in_force("loan_first_home", on)[band] * factor, ONE, Rounding.HALF_UP)


_Row: TypeAlias = Mapping[str, Ppm]


@dataclass(frozen=True, slots=True)
class _Table:
    """Rows in force from their day until the next one's, or until their own `valid_to` (a gap follows)."""

    days: tuple[date, ...]
    ends: tuple[date | None, ...]
    rows: tuple[_Row, ...]


#: What a row says about itself; the rest are rates in per cent.
_ABOUT = frozenset({"valid_from", "valid_to", "source", "confidence"})


@cache
def _pack() -> dict[str, Any]:
    path = Path(__file__).parent / "packs" / "national" / "rates.yaml"
    pack: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return pack


@cache
def _table(name: str) -> _Table:
    rows = _pack()[name]["rows"]
    return _Table(
        days=tuple(row["valid_from"] for row in rows),
        ends=tuple(row.get("valid_to") for row in rows),
        rows=tuple({key: parse_percent(row[key]) for key in row.keys() - _ABOUT} for row in rows),
    )


def _in_force(name: str, on: date) -> _Row:
    table = _table(name)
    place = bisect_right(table.days, on) - 1
    if place < 0:
        raise RateUnknownError(_("{day} 之前没有已知的利率").format(day=table.days[0]), field="on")
    end = table.ends[place]
    if end is not None and on >= end:
        raise RateUnknownError(_("{day} 起的利率未知，请查阅当时的文件").format(day=end), field="on")
    return table.rows[place]
