"""Figures over time and by kind, for charts and their tables. Amounts in fen."""

from dataclasses import dataclass

from django.db.models import Sum

from anju.contributions.bills import REMITTANCE
from anju.kernel.money import Fen
from anju.ledger.queries import monthly_turnover
from anju.loans.operations import DISBURSEMENT
from anju.withdrawals.models import Reason, Withdrawal
from anju.withdrawals.operations import CLOSE_OUT, PARTIAL


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """What one month brought in, paid out and lent."""

    month: int
    contributions: Fen
    withdrawals: Fen
    loans: Fen


def monthly(*, year: int) -> list[MonthFigures]:
    """The twelve months of a year."""
    received = monthly_turnover(subject="201", year=year, kinds=[REMITTANCE])
    paid = monthly_turnover(subject="201", year=year, kinds=[PARTIAL, CLOSE_OUT])
    lent = monthly_turnover(subject="121", year=year, kinds=[DISBURSEMENT])
    return [
        MonthFigures(number, into[1], out[0], loan[0])
        for number, (into, out, loan) in enumerate(zip(received, paid, lent, strict=True), 1)
    ]


def withdrawals_by_reason(*, year: int) -> list[tuple[str, Fen]]:
    """Principal withdrawn in the year by reason, largest first."""
    rows = (
        Withdrawal.objects.filter(business_date__year=year)
        .order_by()
        .values_list("reason")
        .annotate(total=Sum("amount"))
        .order_by("-total")
    )
    return [(str(Reason(reason).label), total) for reason, total in rows]
