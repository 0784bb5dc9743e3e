"""年度结息单: what a member's account held, took in, gave out and earned in an interest year, as the ledger booked it."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen
from anju.ledger.settled_years import (
    DIFFERENCE,
    SETTLEMENT,
    AccountSettlement,
    KindTurnover,
    RateInForce,
    account_settlements,
    rates_in_force,
    turnover_by_kind,
)
from anju.registry.models import Member

#: The interest year ends with the day of the yearly settlement (`accounting.operations.settle_year`).
_MONTH, _DAY = 6, 30
_INTEREST = (SETTLEMENT, DIFFERENCE)


class NotSettledError(AnjuError):
    """The member's account was not settled in that year."""

    code: ClassVar[str] = "INTEREST_NOT_SETTLED"


@dataclass(frozen=True, slots=True)
class InterestSlip:
    """The interest year start..end (July 1 to June 30) of one account; all amounts in fen, by business date.

    `interest` is what the settlement of `end` credited; `adjusted` what corrections added to the interest of earlier
    settlements in these days, mostly 0. `turnover` is everything else by kind. opening + received − paid + interest +
    adjusted = closing.
    """

    start: date
    end: date
    opening: Fen
    turnover: list[KindTurnover]
    interest: Fen
    adjusted: Fen
    rates: list[RateInForce]

    @property
    def year(self) -> int:
        """The year in which the interest year ends: its name."""
        return self.end.year

    @property
    def received(self) -> Fen:
        return sum(each.received for each in self.turnover)

    @property
    def paid(self) -> Fen:
        return sum(each.paid for each in self.turnover)

    @property
    def closing(self) -> Fen:
        return self.opening + self.received - self.paid + self.interest + self.adjusted


def settled_years(*, member: Member) -> list[AccountSettlement]:
    """The settlements of which the member can have a slip, with the interest that they credited, latest first."""
    found = account_settlements(account=member.account_id)
    return [each for each in found if (each.day.month, each.day.day) == (_MONTH, _DAY)]


def interest_slip(*, member: Member, year: int) -> InterestSlip:
    """The slip of the interest year that ends in `year`. Raises NotSettledError."""
    if year not in [each.day.year for each in settled_years(member=member)]:
        message = _("账户没有 {year} 年 6 月 30 日的结息：尚未结息，或当时未开户、已销户；请选择已结息的年度")
        raise NotSettledError(message.format(year=year), field="year")
    end = date(year, _MONTH, _DAY)
    start = date(year - 1, _MONTH, _DAY) + timedelta(days=1)
    opening, kinds = turnover_by_kind(account=member.account_id, start=start, end=end)
    earned = {kind: sum(each.received - each.paid for each in kinds if each.kind == kind) for kind in _INTEREST}
    others = [each for each in kinds if each.kind not in _INTEREST]
    rates = rates_in_force(start=start, end=end)
    return InterestSlip(start, end, opening, others, earned[SETTLEMENT], earned[DIFFERENCE], rates)
