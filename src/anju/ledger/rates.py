"""Rates of members' accounts that a new center begins with, from the national pack."""

from dataclasses import dataclass
from datetime import date

from anju.kernel.periods import Period
from anju.kernel.rates import Ppm
from anju.policy.rates import deposit_rates

#: Since this day money of the year and money carried over bear one rate (银发〔2016〕43号), which is all the ledger knows.
ONE_RATE_SINCE = date(2016, 2, 21)
DOCUMENT = "银发〔2016〕43号"


@dataclass(frozen=True, slots=True)
class DatedRate:
    """A yearly rate in ppm in force from `start`, until `end` when that is known."""

    start: date
    end: date | None
    rate: Ppm


def member_rates() -> list[DatedRate]:
    """The dated rates since members' accounts bear one rate."""
    known = deposit_rates(Period(ONE_RATE_SINCE))
    return [DatedRate(period.start, period.end, rate.carried_over) for period, rate in known]
