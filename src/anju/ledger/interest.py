"""Account interest by products (积数计息法), pure: from the day of crediting to the settlement day, rounded once.

A product is Σ balance at the end of each day, in fen x days; interest = product x yearly rate / 360 (银发〔2005〕129号),
half-up to the fen, once for each account and settlement.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from anju.kernel.errors import InvalidValueError
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen, Rounding, divide
from anju.kernel.periods import Period, value_day
from anju.kernel.rates import ONE, Ppm

#: Days of the interest year by which a yearly rate is divided.
DAY_BASE = 360


@dataclass(frozen=True, slots=True)
class Flow:
    """A change of balance: positive in, negative out; `day` is its value date."""

    day: date
    amount: Fen


@dataclass(frozen=True, slots=True)
class ProductRow:
    """Days with one balance: first and final day, both counted."""

    start: date
    end: date
    balance: Fen
    days: int
    product: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """Interest paid for some days, and what stands on the account before and after."""

    rows: tuple[ProductRow, ...]
    product: int
    interest: Fen
    principal: Fen

    @property
    def total(self) -> Fen:
        return self.principal + self.interest


def interest(product: int, rate: Ppm) -> Fen:
    """Interest in fen for a product in fen x days at a yearly rate in ppm; half-up, symmetric about zero."""
    return divide(product * rate, DAY_BASE * ONE, Rounding.HALF_UP)


def product_from_moment(balance: Fen, moment: int, until: date) -> int:
    """Product up to the day before `until` from the two totals that the ledger keeps; moment = Σ amount x value day."""
    return balance * value_day(until) - moment


def product_rows(opening: Fen, flows: Sequence[Flow], start: date, until: date) -> list[ProductRow]:
    """Day-by-day products from `start` up to the day before `until`, one row for each run of days with one balance.

    Flows may come in any order; those outside the days are left out. Raises InvalidValueError for an end before the
    start; no days at all (opened and closed on one day) is no error.
    """
    if until < start:
        raise InvalidValueError(_("止息日不能早于起息日"), field="until")
    inside = sorted((flow for flow in flows if start <= flow.day < until), key=lambda flow: flow.day)
    rows: list[ProductRow] = []
    balance, since = opening, start
    for flow in (*inside, Flow(until, 0)):
        if flow.day > since:
            days = (flow.day - since).days
            rows.append(ProductRow(since, flow.day - timedelta(days=1), balance, days, balance * days))
            since = flow.day
        balance += flow.amount
    return rows


def settle(opening: Fen, flows: Sequence[Flow], *, start: date, until: date, rate: Ppm) -> Settlement:
    """Interest from `start` up to the day before `until`.

    Yearly settlement (年度结息): until = July 1, so June 30 counts. Close-out (销户结息): until = the closing day,
    which does not count (算头不算尾).
    """
    rows = product_rows(opening, flows, start, until)
    product = sum(row.product for row in rows)
    principal = opening + sum(flow.amount for flow in flows if start <= flow.day < until)
    return Settlement(tuple(rows), product, interest(product, rate), principal)


@dataclass(frozen=True, slots=True)
class RateSegment:
    """A product that bears one rate."""

    product: int
    rate: Ppm


def rate_segments(opening: Fen, flows: Sequence[Flow], rates: Sequence[tuple[Period, Ppm]]) -> list[RateSegment]:
    """Cut the product of one account where its rate changes; `opening` is the balance at the first period's start.

    Money that bears two rates side by side (上年结转 and 当年归集, before 2016-02-21) is two calls, one for each tier
    with its own flows; `segmented_interest` adds up the segments of both. Raises InvalidValueError for an open period.
    """
    segments = []
    for period, rate in rates:
        if period.end is None:
            raise InvalidValueError(_("计息期间必须有结束日"), field="rates")
        earlier = sum(flow.amount for flow in flows if rates[0][0].start <= flow.day < period.start)
        rows = product_rows(opening + earlier, flows, period.start, period.end)
        segments.append(RateSegment(sum(row.product for row in rows), rate))
    return segments


def segmented_interest(segments: Sequence[RateSegment]) -> Fen:
    """Interest of several rate segments (分段计息): exact in sum, rounded half-up once."""
    return divide(sum(segment.product * segment.rate for segment in segments), DAY_BASE * ONE, Rounding.HALF_UP)
