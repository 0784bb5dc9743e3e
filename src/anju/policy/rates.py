"""Deposit and loan rates by date, from the national pack. Every value has its first day; nothing is guessed before it."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import yaml

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.kernel.rates import Ppm, parse_percent

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
    row = _row("deposit", on)
    return DepositRate(parse_percent(row["current_year"]), parse_percent(row["carried_over"]))


def loan_rate(*, on: date, months: int, second_home: bool = False) -> Ppm:
    """The yearly loan rate in ppm for a loan disbursed on a day with a contract of `months` months.

    A second home has its floor announced separately since 2015-08-26; before, since 2010-11-03, 1.1 times the
    first-home rate; earlier than that no separate rate is known. Raises RateUnknownError.
    """
    band = "le5y" if months <= SHORT_TERM_MONTHS else "gt5y"
    if not second_home:
        return parse_percent(_row("loan_first_home", on)[band])
    factor = _pack()["second_home_factor"]
    if factor["valid_from"] <= on < factor["valid_to"]:
        return parse_percent(_row("loan_first_home", on)[band]) * parse_percent(factor["factor"]) // parse_percent("1")
    return parse_percent(_row("loan_second_home_floor", on)[band])


@cache
def _pack() -> dict[str, Any]:
    path = Path(__file__).parent / "packs" / "national" / "rates.yaml"
    pack: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return pack


def _row(table: str, on: date) -> dict[str, str]:
    rows = _pack()[table]
    place = bisect_right([row["valid_from"] for row in rows], on)
    if place == 0:
        raise RateUnknownError(_("{on} 之前没有已知的利率").format(on=rows[0]["valid_from"]), field="on")
    row: dict[str, str] = rows[place - 1]
    return row
