"""The backend for a population: the same verbs over columns of int64.

No step can leave 64 bits unseen: each column carries bounds that follow from the declared ranges of the inputs, every
step computes its bounds in Python integers, and a product that could reach 2^63 is taken in two parts. So overflow is
checked once a step and not once a row. A value that is the same for all rows stays a plain integer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from anju.kernel.i18n import gettext as _
from anju.kernel.money import Rounding
from anju.kernel.periods import value_day
from anju.kernel.rates import ONE
from anju.policy.checks import in_places, place_of, require_rounding, require_same, require_set, require_unit
from anju.policy.codes import CodeList
from anju.policy.errors import RangeError
from anju.policy.parameters import DatedTable
from anju.policy.scalar import annuity
from anju.policy.units import Kind, Unit

Int64s: TypeAlias = npt.NDArray[np.int64]
Values: TypeAlias = Int64s | int
_LIMIT = 2**63
_AREA_SCALE = 100
FLAG = Kind(Unit.FLAG)
#: An annuity factor is kept as `coarse` / 10^7 + `fine` / 10^15 and what is left, which is less than 10^-15.
_COARSE, _FINE = 10**7, 10**8


@dataclass(frozen=True, slots=True)
class Column:
    """A quantity of every row (or one integer for all), its unit, and bounds that no row exceeds."""

    values: Values
    kind: Kind
    low: int
    high: int

    def __add__(self, other: "Column") -> "Column":
        kind = _same(self, other)
        return _bounded(lambda: self.values + other.values, kind, self.low + other.low, self.high + other.high)

    def __sub__(self, other: "Column") -> "Column":
        kind = _same(self, other)
        return _bounded(lambda: self.values - other.values, kind, self.low - other.high, self.high - other.low)


@dataclass(frozen=True, slots=True)
class VectorOperations:
    """The verbs over columns, judged by one anchor day. The meaning of each is told in `operations`."""

    on: date

    @property
    def anchor(self) -> Column:
        day = value_day(self.on)
        return Column(day, Kind(Unit.DAY), day, day)

    def constant(self, value: int, unit: Unit) -> Column:
        return Column(value, Kind(unit), value, value)

    def code(self, codes: CodeList, code: str) -> Column:
        place = codes.place(code)
        return Column(place, Kind(Unit.CODE, codes), place, place)

    def named(self, label: str, term: Column) -> Column:
        return term

    def least(self, *terms: Column) -> Column:
        return _fold(np.minimum, min, terms)

    def most(self, *terms: Column) -> Column:
        return _fold(np.maximum, max, terms)

    def clip(self, term: Column, low: Column, high: Column) -> Column:
        return self.least(self.most(term, low), high)

    def positive(self, term: Column) -> Column:
        return self.most(term, Column(0, term.kind, 0, 0))

    def floor_to(self, term: Column, step: Column) -> Column:
        return self.round_to(term, step, Rounding.DOWN)

    def round_to(self, term: Column, step: Column, rounding: Rounding) -> Column:
        kind = _same(term, step)
        _require(term.low >= 0 and step.low > 0)
        return _bounded(
            lambda: _divide(term.values, step.values, rounding) * step.values, kind, 0, term.high + step.high
        )

    def times(self, term: Column, count: Column) -> Column:
        corners = [one * other for one in (term.low, term.high) for other in (count.low, count.high)]
        return _bounded(lambda: term.values * count.values, term.kind, min(corners), max(corners))

    def times_ppm(self, term: Column, ratio: Column, rounding: Rounding) -> Column:
        require_unit(ratio.kind, Unit.PPM, Unit.TIMES)
        return _scaled(term, ratio, Column(ONE, term.kind, ONE, ONE), rounding)

    def times_ppm_to(self, term: Column, ratio: Column, step: Column, rounding: Rounding) -> Column:
        require_unit(ratio.kind, Unit.PPM, Unit.TIMES)
        _same(term, step)
        _require(step.low > 0)
        _require_room(step.high * ONE)
        scale = Column(step.values * ONE, step.kind, step.low * ONE, step.high * ONE)
        return self.times(_scaled(term, ratio, scale, rounding), step)

    def times_area(self, term: Column, area: Column, rounding: Rounding) -> Column:
        require_unit(area.kind, Unit.AREA)
        return _scaled(term, area, Column(_AREA_SCALE, term.kind, _AREA_SCALE, _AREA_SCALE), rounding)

    def present_value(self, instalment: Column, rate: Column, months: Column) -> Column:
        require_unit(rate.kind, Unit.PPM)
        require_unit(months.kind, Unit.MONTHS)
        _require(instalment.low >= 0 and months.low >= 0)
        # Bounded by the loan without interest, in the widest product of the computation.
        widest = instalment.high * months.high * _COARSE
        _require_room(widest, instalment.high * _FINE + _COARSE * _FINE)
        values = _loans(instalment.values, rate.values, months)
        return Column(values, instalment.kind, 0, instalment.high * months.high)

    def look_up(self, table: DatedTable, key: Column) -> Column:
        require_unit(key.kind, table.key)
        steps = table.table
        if key.low < steps.keys[0] and np.any(np.less(key.values, steps.keys[0])):
            steps.look_up(key.low)  # raises the error of a single case
        if isinstance(key.values, int):
            value = steps.look_up(key.values)
            return Column(value, table.kind, value, value)
        places = np.searchsorted(np.asarray(steps.keys, np.int64), key.values, side="right") - 1
        values = np.asarray(steps.values, np.int64)[places]
        return Column(values, table.kind, min(steps.values), max(steps.values))

    def month_of(self, day: Column) -> Column:
        require_unit(day.kind, Unit.DAY)
        low, high = (int(_months_of(np.int64(end))) for end in (day.low, day.high))
        return Column(_plain(_months_of(day.values)), Kind(Unit.MONTH), low, high)

    def add_months(self, moment: Column, months: Column) -> Column:
        require_unit(moment.kind, Unit.DAY, Unit.MONTH)
        require_unit(months.kind, Unit.MONTHS)
        if moment.kind.unit is Unit.MONTH:
            low, high = moment.low + months.low, moment.high + months.high
            return _bounded(lambda: moment.values + months.values, moment.kind, low, high)
        low, high = (
            int(_moved(np.int64(day), np.int64(by)))
            for day, by in ((moment.low, months.low), (moment.high, months.high))
        )
        return Column(_plain(_moved(moment.values, months.values)), moment.kind, low, high)

    def months_between(self, start: Column, end: Column) -> Column:
        require_unit(start.kind, Unit.MONTH)
        require_unit(end.kind, Unit.MONTH)
        return _bounded(
            lambda: end.values - start.values, Kind(Unit.MONTHS), end.low - start.high, end.high - start.low
        )

    def at_least(self, label: str, actual: Column, needed: Column) -> Column:
        _same(actual, needed)
        return _flag(np.greater_equal(actual.values, needed.values))

    def at_most(self, label: str, actual: Column, allowed: Column) -> Column:
        _same(actual, allowed)
        return _flag(np.less_equal(actual.values, allowed.values))

    def more_than(self, label: str, actual: Column, bound: Column) -> Column:
        _same(actual, bound)
        return _flag(np.greater(actual.values, bound.values))

    def holds(self, label: str, flag: Column) -> Column:
        require_unit(flag.kind, Unit.FLAG)
        return flag

    def fails(self, label: str, flag: Column) -> Column:
        require_unit(flag.kind, Unit.FLAG)
        return _flag(np.equal(flag.values, 0))

    def among(self, label: str, code: Column, allowed: Column) -> Column:
        require_set(code.kind, allowed.kind)
        return _flag(np.not_equal(np.bitwise_and(np.right_shift(allowed.values, code.values), 1), 0))

    def is_code(self, term: Column, code: str) -> Column:
        return _flag(np.equal(term.values, place_of(term.kind, code)))

    def all_of(self, *flags: Column) -> Column:
        return _join(np.logical_and, flags)

    def any_of(self, *flags: Column) -> Column:
        return _join(np.logical_or, flags)

    def when(self, flag: Column, then: Column, otherwise: Column) -> Column:
        require_unit(flag.kind, Unit.FLAG)
        kind = _same(then, otherwise)
        if isinstance(flag.values, int):
            return then if flag.values else otherwise
        values = np.where(_truth(flag.values), then.values, otherwise.values)
        return Column(values, kind, min(then.low, otherwise.low), max(then.high, otherwise.high))

    def pick(self, code: Column, terms: Mapping[str, Column]) -> Column:
        ordered = in_places(code.kind, terms)
        kind = _same(*ordered)
        if isinstance(code.values, int):
            return ordered[code.values]
        if all(isinstance(term.values, int) for term in ordered):
            values: Values = np.array([term.values for term in ordered], np.int64).take(code.values)
        else:
            values = ordered[-1].values
            for place, term in enumerate(ordered[:-1]):
                if term is not ordered[-1]:
                    values = np.where(code.values == place, term.values, values)
        return Column(values, kind, min(term.low for term in ordered), max(term.high for term in ordered))

    def gate(self, term: Column, *conditions: Column) -> Column:
        return self.when(_join(np.logical_and, conditions), term, Column(0, term.kind, 0, 0))


def _same(*columns: Column) -> Kind:
    require_same([column.kind for column in columns])
    return columns[0].kind


def _bounded(compute: Callable[[], Values], kind: Kind, low: int, high: int) -> Column:
    """A column of what `compute` gives, after its bounds are known to fit."""
    _require_room(low, high)
    return Column(compute(), kind, low, high)


def _require_room(*bounds: int) -> None:
    for bound in bounds:
        if not -_LIMIT <= bound < _LIMIT:
            raise RangeError(_("规则的中间结果可能超出 64 位整数，请收窄输入的范围"))


def _require(sound: bool) -> None:  # noqa: FBT001 - the condition itself
    if not sound:
        raise RangeError(_("规则对可能为负的值取整：请先用 positive，步长须为正"))


def _plain(values: npt.NDArray[np.int64] | np.int64) -> Values:
    return int(values) if values.ndim == 0 else np.asarray(values)


def _fold(array: "np.ufunc", plain: Callable[[list[int]], int], terms: tuple[Column, ...]) -> Column:
    kind = _same(*terms)
    values: Values = terms[0].values
    for term in terms[1:]:
        values = _plain(array(values, term.values))
    return Column(values, kind, plain([term.low for term in terms]), plain([term.high for term in terms]))


def _flag(values: npt.NDArray[np.bool_] | np.bool_) -> Column:
    """A condition. Flags are columns of bytes: they are looked at, never computed with."""
    if values.ndim == 0:
        return Column(int(values), FLAG, 0, 1)
    return Column(values.view(np.int8), FLAG, 0, 1)  # type: ignore[arg-type]


def _truth(flags: Values) -> npt.NDArray[np.bool_] | bool:
    """Flags as NumPy selects by them; those of a condition are bytes already."""
    if isinstance(flags, int):
        return bool(flags)
    return flags.view(np.bool_) if flags.dtype.itemsize == 1 else flags != 0


def _join(join: "np.ufunc", flags: tuple[Column, ...]) -> Column:
    for flag in flags:
        require_unit(flag.kind, Unit.FLAG)
    joined = _truth(flags[0].values)
    for flag in flags[1:]:
        joined = join(joined, _truth(flag.values))
    return Column(int(joined), FLAG, 0, 1) if np.ndim(joined) == 0 else _flag(np.asarray(joined))


def _scaled(term: Column, factor: Column, scale: Column, rounding: Rounding) -> Column:
    """term × factor / scale, rounded. A product too wide for 64 bits is taken as (whole scales, rest) of the term."""
    _require(term.low >= 0 and factor.low >= 0)
    high = term.high * factor.high // scale.low + 1
    if term.high * factor.high + scale.high < _LIMIT:
        return Column(_divide(term.values * factor.values, scale.values, rounding), term.kind, 0, high)
    _require_room(high, scale.high * factor.high + scale.high)
    whole, rest = term.values // scale.values, term.values % scale.values
    values = whole * factor.values + _divide(rest * factor.values, scale.values, rounding)
    return Column(values, term.kind, 0, high)


def _divide(values: Values, divisor: Values, rounding: Rounding) -> Values:
    """values / divisor for values that are not negative and positive divisors, as `anju.kernel.money.divide` does."""
    require_rounding(rounding)
    if rounding is Rounding.DOWN:
        return values // divisor
    if rounding is Rounding.UP:
        return (values + (divisor - 1)) // divisor
    return (values + divisor // 2) // divisor


def _months_of(days: Values | np.int64) -> npt.NDArray[np.int64]:
    """Days since 1970 as months since year 0."""
    return np.asarray(days, "datetime64[D]").astype("datetime64[M]").astype(np.int64) + 1970 * 12


def _moved(days: Values | np.int64, months: Values | np.int64) -> npt.NDArray[np.int64]:
    """Days moved by months, to the final day of a shorter month."""
    day = np.asarray(days, "datetime64[D]")
    month = day.astype("datetime64[M]")
    of_month = day - month.astype("datetime64[D]")
    target = month + np.asarray(months, "timedelta64[M]")
    first = target.astype("datetime64[D]")
    length = (target + np.timedelta64(1, "M")).astype("datetime64[D]") - first
    moved: npt.NDArray[np.int64] = (first + np.minimum(of_month, length - np.timedelta64(1, "D"))).astype(np.int64)
    return moved


def _loans(instalments: Values, rates: Values, months: Column) -> Values:
    """Present values row by row, exact: where the kept digits of the factor cannot decide, by Python integers."""
    shape = np.broadcast_shapes(np.shape(instalments), np.shape(rates), np.shape(months.values))
    if not shape:
        numerator, denominator = annuity(int(rates), int(months.values))
        return int(instalments) * numerator // denominator
    rates = np.broadcast_to(np.asarray(rates, np.int64), shape)
    terms = np.broadcast_to(np.asarray(months.values, np.int64), shape)
    paid = np.broadcast_to(np.asarray(instalments, np.int64), shape)
    if not rates.size:
        return paid
    coarse, fine = _factors_of(rates, terms, months.high)
    whole, rest = _split(paid * coarse, _COARSE)
    part, rest = _split(rest * _FINE + paid * fine, _COARSE * _FINE)
    loans = whole + part
    for row in np.flatnonzero(rest + paid >= _COARSE * _FINE):
        numerator, denominator = annuity(int(rates[row]), int(terms[row]))
        loans[row] = int(paid[row]) * numerator // denominator
    return np.asarray(loans)


def _factors_of(rates: Int64s, terms: Int64s, most_months: int) -> tuple[Int64s, Int64s]:
    """The annuity factor of each row, looked up in one table of all rates that occur: there are only a few."""
    low = int(rates.min())
    known = np.flatnonzero(np.bincount(rates - low)) + low
    first_of = np.zeros(int(known[-1]) - low + 1, np.int64)
    first_of[known - low] = np.arange(known.size) * (most_months + 1)
    tables = [_factors(int(rate), most_months) for rate in known]
    places = first_of.take(rates - low) + terms
    coarse, fine = (np.concatenate(digits).take(places) for digits in zip(*tables, strict=True))
    return coarse, fine


def _split(values: Int64s, divisor: int) -> tuple[Int64s, Int64s]:
    """As np.divmod, several times as fast: NumPy divides by a plain number without a division."""
    whole = values // divisor
    return whole, values - whole * divisor


@lru_cache(maxsize=64)
def _factors(rate: int, most_months: int) -> tuple[Int64s, Int64s]:
    """The annuity factors of 0 … `most_months`, coarse and fine digits."""
    digits = [
        numerator * _COARSE * _FINE // denominator
        for numerator, denominator in (annuity(rate, months) for months in range(most_months + 1))
    ]
    pairs = np.array([divmod(number, _FINE) for number in digits], np.int64)
    return pairs[:, 0].copy(), pairs[:, 1].copy()
