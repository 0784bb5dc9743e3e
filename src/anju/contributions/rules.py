"""Numbers of the policy book that contributions need. A center that has not set one gets what is said here."""

from datetime import date, timedelta

from anju.kernel.money import Fen, Rounding, divide
from anju.kernel.periods import Month
from anju.kernel.rates import ONE, Ppm
from anju.policy.errors import PolicyError
from anju.registry.rules import in_force

#: A unit may pay this many months ahead of the current one: later, nobody knows who will be there.
MONTHS_AHEAD = 1
#: At most so many months stand on one bill.
MONTHS_AT_ONCE = 12


def round_unit(on: date) -> Fen:
    """To what a monthly part is rounded, in fen: `contribution.round_unit`, else one fen."""
    return parameter("contribution.round_unit", on) or 1


def monthly_part(base: Fen, ratio: Ppm, to: Fen) -> Fen:
    """What a side pays of a month in fen: base × ratio, half-up once to `to` fen (sql/payment.sql does it in a batch)."""
    return divide(base * ratio, ONE * to, Rounding.HALF_UP) * to


def base_bounds(on: date) -> tuple[Fen | None, Fen | None]:
    """Floor and cap of the contribution base in fen; None where the center has set none."""
    return parameter("contribution.base.floor", on), parameter("contribution.base.cap", on)


def base_fall(on: date) -> Ppm:
    """By how much bases per head may fall against the contribution year before until the radar shows the unit."""
    return in_force("contribution.base.watched_fall", on)


def latest_month(on: date) -> Month:
    """The latest month that may be remitted on a day."""
    return Month.of(on).plus(MONTHS_AHEAD)


def relief_months(on: date) -> int:
    """For how many months at most a lower ratio or a deferral is approved at once."""
    return in_force("unit.relief.months", on)


def relief_floor(on: date) -> Ppm:
    """The lowest ratio that an approval may allow."""
    return in_force("unit.relief.ratio_floor", on)


def reminder_days(on: date) -> int:
    """How many days before its end a relief is called to mind."""
    return in_force("unit.relief.reminder_days", on)


def due_day(payday: int | None, month: Month) -> date:
    """Until when a month is paid: within five days of payday (条例 Art. 19); without a known payday, of the month's end."""
    paid = month.final_day if payday is None else month.first_day.replace(day=payday)
    return paid + timedelta(days=in_force("contribution.payment_days", paid))


def months_before_transfer(on: date) -> int:
    """Months paid here before an account elsewhere may follow: `transfer.months_paid`, else six (spec 5.6)."""
    return parameter("transfer.months_paid", on) or 6


def parameter(path: str, on: date) -> int | None:
    """The value of a parameter on a day; None where neither the center's book nor the national pack has one."""
    try:
        return in_force(path, on)
    except PolicyError:
        return None
