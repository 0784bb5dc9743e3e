"""Repayment schedules, exact to the fen: the monthly rate is a twelfth of the yearly one and is never rounded.

等额本息: one level payment, interest of each month half-up on the balance, the last payment takes what is left.
等额本金: one share of principal, the last takes the residue. Sources: JGJ/T 320 codes 01 and 02; GB/T 51267-2017 8.2.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.kernel.money import MAX_AMOUNT, Fen, Rounding, divide
from anju.kernel.periods import Month
from anju.kernel.rates import ONE, Ppm

#: A yearly rate in ppm over this is the rate of one month.
MONTHS_PPM = 12 * ONE
#: A yearly rate in ppm over this is the rate of one day.
DAYS_PPM = 360 * ONE
MAX_MONTHS = 360
MAX_RATE: Ppm = 24 * ONE // 100


class Method(StrEnum):
    """How a loan is repaid."""

    EQUAL_INSTALMENT = "equal-instalment"
    EQUAL_PRINCIPAL = "equal-principal"


class RateChangeMode(StrEnum):
    """How the instalment after a rate change on January 1 bears interest."""

    WHOLE_PERIOD_NEW = "whole-period-new"
    SEGMENT_ACT_360 = "segment-act-360"
    SEGMENT_MONTH_SHARE = "segment-month-share"


class LoanTermsError(AnjuError):
    """Principal, months or rate outside what a loan can have."""

    code: ClassVar[str] = "LOAN_TERMS"


@dataclass(frozen=True, slots=True)
class Instalment:
    """One month of a schedule, in fen; `balance` is what is owed after it."""

    number: int
    payment: Fen
    principal: Fen
    interest: Fen
    balance: Fen


def check_terms(principal: Fen, rate: Ppm, months: int) -> None:
    """Raise LoanTermsError, with the field, for terms that no loan here can have."""
    if not 0 < principal < MAX_AMOUNT:
        raise LoanTermsError(_("贷款本金必须大于零且小于一万亿元"), field="principal")
    if not 1 <= months <= MAX_MONTHS:
        raise LoanTermsError(_("期数应在 1 到 {most} 之间").format(most=MAX_MONTHS), field="months")
    if not 0 <= rate <= MAX_RATE:
        raise LoanTermsError(_("年利率应在 0 到 24% 之间"), field="rate")


def level_payment(principal: Fen, rate: Ppm, months: int) -> Fen:
    """The monthly payment of 等额本息: P·i·(1+i)ⁿ / ((1+i)ⁿ − 1), half-up once; a zero rate divides evenly."""
    check_terms(principal, rate, months)
    if rate == 0:
        return divide(principal, months, Rounding.HALF_UP)
    grown, unit = (MONTHS_PPM + rate) ** months, MONTHS_PPM**months
    return divide(principal * rate * grown, MONTHS_PPM * (grown - unit), Rounding.HALF_UP)


def principal_share(principal: Fen, months: int) -> Fen:
    """The monthly principal of 等额本金, half-up; the last month takes the residue."""
    return divide(principal, months, Rounding.HALF_UP)


def monthly_interest(balance: Fen, rate: Ppm) -> Fen:
    """A month's interest on a balance, half-up."""
    return divide(balance * rate, MONTHS_PPM, Rounding.HALF_UP)


def daily_interest(balance: Fen, rate: Ppm, days: int) -> Fen:
    """Interest for a part of a month by actual days over 360, half-up."""
    return divide(balance * rate * days, DAYS_PPM, Rounding.HALF_UP)


def fixed_amount(principal: Fen, rate: Ppm, months: int, method: Method) -> Fen:
    """What stays the same every month: the payment (等额本息) or the share of principal (等额本金)."""
    if method is Method.EQUAL_INSTALMENT:
        return level_payment(principal, rate, months)
    check_terms(principal, rate, months)
    return principal_share(principal, months)


def schedule(principal: Fen, rate: Ppm, months: int, method: Method) -> list[Instalment]:
    """All instalments of a loan. Raises LoanTermsError."""
    return list(remaining(principal, rate, months, method, fixed_amount(principal, rate, months, method)))


def remaining(balance: Fen, rate: Ppm, months: int, method: Method, fixed: Fen) -> Iterator[Instalment]:
    """The instalments still to come from a balance, with the amount that stays the same given.

    Ends early when the balance is repaid before the months are over (a shortened term). Raises LoanTermsError when a
    level payment does not even cover the interest, so that the debt would grow.
    """
    number = 0
    while balance:
        number += 1
        interest = monthly_interest(balance, rate)
        if method is Method.EQUAL_INSTALMENT and fixed < interest and number < months:
            raise LoanTermsError(_("月供不足以支付当期利息"), field="payment")
        wanted = fixed - interest if method is Method.EQUAL_INSTALMENT else fixed
        principal = balance if number >= months else min(balance, wanted)
        balance -= principal
        yield Instalment(number, principal + interest, principal, interest, balance)


def due_dates(first_due: date, months: int, due_day: int | None = None) -> list[date]:
    """Due dates month by month; a month without the day takes its final day (对月对日)."""
    day = due_day or first_due.day
    return [Month.of(first_due).plus(number).day(day) for number in range(months)]


def stub_interest(principal: Fen, rate: Ppm, disbursed: date, first_due: date) -> Fen:
    """Interest of the first, shorter or longer, period up to a fixed repayment day (固定还款日).

    Raises LoanTermsError for a repayment day before disbursement.
    """
    if first_due < disbursed:
        raise LoanTermsError(_("首期还款日不能早于放款日"), field="first_due")
    return daily_interest(principal, rate, (first_due - disbursed).days)


@dataclass(frozen=True, slots=True)
class RateChange:
    """The first instalment after a rate change and the level payment from then on."""

    payment: Fen
    first: Instalment


def change_rate(
    balance: Fen,
    *,
    old_rate: Ppm,
    new_rate: Ppm,
    months_left: int,
    effective: date,
    previous_due: date,
    next_due: date,
    mode: RateChangeMode,
) -> RateChange:
    """Recompute a level-payment loan whose rate changes on `effective` between two due dates.

    The principal of the first instalment is that of the new level payment over a whole month; only its interest
    depends on the mode. Raises LoanTermsError for impossible terms or a day that is not between the two due dates.
    """
    if not previous_due <= effective <= next_due:
        raise LoanTermsError(_("利率变动日应在前后两个还款日之间"), field="effective")
    payment = level_payment(balance, new_rate, months_left)
    principal = payment - monthly_interest(balance, new_rate)
    days_old, days_new = (effective - previous_due).days, (next_due - effective).days
    if mode is RateChangeMode.WHOLE_PERIOD_NEW:
        interest = monthly_interest(balance, new_rate)
    elif mode is RateChangeMode.SEGMENT_ACT_360:
        interest = divide(balance * (old_rate * days_old + new_rate * days_new), DAYS_PPM, Rounding.HALF_UP)
    else:
        weighted = old_rate * days_old + new_rate * days_new
        interest = divide(balance * weighted, MONTHS_PPM * (days_old + days_new), Rounding.HALF_UP)
    return RateChange(payment, Instalment(1, principal + interest, principal, interest, balance - principal))
