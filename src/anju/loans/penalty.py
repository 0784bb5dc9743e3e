"""Penalty interest on overdue instalments, and how a payment is shared out over what is owed.

Rate: the contract rate plus an uplift of 30 to 50 % (银发〔2003〕251号). Each instalment is computed and rounded
half-up by itself; there is no penalty on penalty.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from anju.kernel.errors import InvalidValueError
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen, Rounding, divide
from anju.kernel.rates import ONE, Ppm
from anju.loans.schedule import DAYS_PPM


class PenaltyBase(StrEnum):
    """What bears penalty interest."""

    PRINCIPAL_AND_INTEREST = "principal-and-interest"
    PRINCIPAL = "principal"


class DayCount(StrEnum):
    """How days are counted."""

    ACTUAL = "actual"
    THIRTY_360 = "30-360"


class AllocationOrder(StrEnum):
    """Oldest instalment first with all that belongs to it, or all penalties, then all interest, then all principal."""

    PER_INSTALMENT = "per-instalment"
    CATEGORY_FIRST = "category-first"


@dataclass(frozen=True, slots=True)
class Overdue:
    """An unpaid instalment, in fen. No part can be negative."""

    due: date
    principal: Fen
    interest: Fen
    penalty: Fen = 0

    def __post_init__(self) -> None:
        if min(self.principal, self.interest, self.penalty) < 0:
            raise InvalidValueError(_("逾期本金、利息、罚息不能为负"))

    @property
    def total(self) -> Fen:
        return self.principal + self.interest + self.penalty


#: The order within an instalment: 罚息, 利息, 本金.
CATEGORIES = ("penalty", "interest", "principal")


def days_between(start: date, end: date, count: DayCount) -> int:
    """Days from due date to payment; 30/360 takes every month as thirty days."""
    if count is DayCount.ACTUAL:
        return (end - start).days
    months = (end.year - start.year) * 12 + end.month - start.month
    return months * 30 + min(end.day, 30) - min(start.day, 30)


def with_penalty(
    item: Overdue,
    paid: date,
    rate: Ppm,
    *,
    uplift: Ppm = ONE // 2,
    base: PenaltyBase = PenaltyBase.PRINCIPAL_AND_INTEREST,
    count: DayCount = DayCount.ACTUAL,
) -> Overdue:
    """The instalment with its penalty up to the day of payment; none when it is paid by its due date."""
    amount = item.principal + (item.interest if base is PenaltyBase.PRINCIPAL_AND_INTEREST else 0)
    days = max(0, days_between(item.due, paid, count))
    penalty = divide(amount * rate * (ONE + uplift) * days, DAYS_PPM * ONE, Rounding.HALF_UP)
    return replace(item, penalty=penalty)


@dataclass(frozen=True, slots=True)
class Allocation:
    """What a payment covers of each instalment, in their order, and what is left of it."""

    paid: tuple[Overdue, ...]
    left: tuple[Overdue, ...]
    unapplied: Fen


def allocate(amount: Fen, items: Sequence[Overdue], order: AllocationOrder) -> Allocation:
    """Share out a payment over overdue instalments given oldest first. Raises InvalidValueError below zero."""
    if amount < 0:
        raise InvalidValueError(_("还款金额不能为负"), field="amount")
    if order is AllocationOrder.PER_INSTALMENT:
        claims = [(index, category) for index in range(len(items)) for category in CATEGORIES]
    else:
        claims = [(index, category) for category in CATEGORIES for index in range(len(items))]
    paid = [dict.fromkeys(CATEGORIES, 0) for _item in items]
    for index, category in claims:
        part = min(amount, getattr(items[index], category))
        paid[index][category] = part
        amount -= part
    covered = tuple(Overdue(item.due, **parts) for item, parts in zip(items, paid, strict=True))
    left = tuple(
        Overdue(item.due, **{name: getattr(item, name) - parts[name] for name in CATEGORIES})
        for item, parts in zip(items, paid, strict=True)
    )
    return Allocation(covered, left, amount)
