"""Deposit and loan rates by date, from the national pack. Each value has its first day; nothing is guessed before it."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from anju.kernel.errors import AnjuError
from anju.kernel.money import Rounding, divide
from anju.kernel.periods import Period
from anju.kernel.rates import ONE, Ppm
from anju.policy.access import plain_value
from anju.policy.errors import NotInForceError
from anju.policy.packs import book
from anju.policy.parameters import NATIONAL

_CURRENT, _CARRIED = "deposit.rate.current_year", "deposit.rate.carried_over"


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
    return DepositRate(_in_force(_CURRENT, on), _in_force(_CARRIED, on))


def deposit_rates(period: Period) -> list[tuple[Period, DepositRate]]:
    """The account rates in force within a period, in order, each with its days there (for 分段计息).

    Raises RateUnknownError when the period begins before the first known rate.
    """
    changes = book(NATIONAL).change_days([_CURRENT, _CARRIED], period)
    ends = [*changes[1:], period.end]
    return [(Period(start, end), deposit_rate(start)) for start, end in zip(changes, ends, strict=True)]


def loan_rate(*, on: date, months: int, second_home: bool = False) -> Ppm:
    """The yearly rate of a loan disbursed on a day with a contract of `months` months; for a second home its floor.

    The contract's term decides the band, not what is left of it. The floor of second homes is announced by itself since
    2015-08-26; before, it was a multiple of the first-home rate. Raises RateUnknownError.
    """
    band = "le5y" if months <= _in_force("loan.rate.short_term", on) else "gt5y"
    first = f"loan.rate.first_home.{band}"
    if not second_home:
        return _in_force(first, on)
    own = f"loan.rate.second_home.{band}"
    if not book(NATIONAL).uncovered(own, Period(on, on + timedelta(days=1))):
        return _in_force(own, on)
    return divide(_in_force(first, on) * _in_force("loan.rate.second_home.factor", on), ONE, Rounding.HALF_UP)


def _in_force(path: str, on: date) -> int:
    try:
        return plain_value(book(NATIONAL).resolve(path, on))
    except NotInForceError as error:
        raise RateUnknownError(error.message, field="on") from None
