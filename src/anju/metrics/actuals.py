"""The indicators that a self-evaluation scores, as the ledger has them.

A synthetic city is a center at a reduced scale; its amounts are multiplied back by the scale, and the text says so,
because the targets that they are scored against are those of the whole center.
"""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.kernel.money import YI, format_in
from anju.kernel.rates import format_percent
from anju.ledger.models import Journal
from anju.metrics.indicators import INDICATORS
from anju.platform.models import CenterFact

#: Indicators that the ledger knows, of those that the annexes score.
AMOUNTS = ("contributions", "withdrawals", "loans_granted", "value_added_income")
RATIOS = ("overdue_rate", "loan_to_deposit_ratio")


@dataclass(frozen=True, slots=True)
class LedgerFigure:
    """A year's figure: exact value in fen or ppm, its text, and that it comes from the ledger."""

    value: int
    unit: Literal["fen", "ppm"]
    text: str
    source: Literal["ledger"] = "ledger"


class NoBooksError(AnjuError):
    """Nothing was booked in the year: its figures would be zeros that look like results."""

    code: ClassVar[str] = "METRICS_NO_BOOKS"


def city_scale() -> int | None:
    """The scale 1:N of a synthetic city, None for a real center."""
    fact = CenterFact.objects.filter(key="city").first()
    return int(fact.value["scale"]) if fact is not None else None


def ledger_actuals(year: int) -> dict[str, LedgerFigure]:
    """Indicator code → figure of the year. Raises NoBooksError for a year without a journal."""
    if not Journal.objects.filter(business_date__range=(date(year, 1, 1), date(year, 12, 31))).exists():
        raise NoBooksError(
            _("账簿中没有 {year} 年的记录，请核对年度，或改用 --actuals published").format(year=year), field="year"
        )
    scale = city_scale()
    note = _("（演示城市 1:{scale} 折算）").format(scale=scale) if scale else ""
    figures: dict[str, LedgerFigure] = {}
    for code in AMOUNTS:
        amount = INDICATORS[code].compute(year) * (scale or 1)
        figures[code] = LedgerFigure(amount, "fen", _("{amount}亿元").format(amount=format_in(amount, YI, 4)) + note)
    for code in RATIOS:
        indicator = INDICATORS[code]
        ppm = indicator.compute(year)
        figures[code] = LedgerFigure(ppm, "ppm", f"{format_percent(ppm, indicator.decimals)}%")
    return figures
