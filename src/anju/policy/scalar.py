"""The backend for one case: Python integers, and a tree that remembers every step for the explanation."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TypeAlias

from anju.kernel.i18n import gettext as _
from anju.kernel.money import Rounding, divide
from anju.kernel.periods import value_day
from anju.kernel.rates import ONE
from anju.policy.checks import in_places, place_of, require_rounding, require_same, require_set, require_unit
from anju.policy.codes import CodeList
from anju.policy.errors import PolicyError, RangeError
from anju.policy.parameters import Dated, DatedTable
from anju.policy.units import Kind, Unit, month_number

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
#: 0.01 ㎡ in a square metre.
_AREA_SCALE = 100
_MONTHLY = 12 * ONE
FLAG = Kind(Unit.FLAG)
_NO_NODES: "tuple[Node, ...]" = ()


@dataclass(frozen=True, slots=True)
class Node:
    """A step: what it did, to what, with which result.

    `decisive` are the places of the children that decided: the least of several, the branch taken, the conditions failed.
    """

    step: str
    value: int
    kind: Kind
    label: str = ""
    children: "tuple[Node, ...]" = _NO_NODES
    decisive: tuple[int, ...] = ()
    parameter: Dated | None = None


@dataclass(frozen=True, slots=True)
class Traced:
    """A quantity of one case with the step that made it."""

    node: Node

    @property
    def value(self) -> int:
        return self.node.value

    @property
    def kind(self) -> Kind:
        return self.node.kind

    def __add__(self, other: "Traced") -> "Traced":
        return _step("sum", self.value + other.value, _same(self, other), self, other)

    def __sub__(self, other: "Traced") -> "Traced":
        return _step("difference", self.value - other.value, _same(self, other), self, other)


_Terms: TypeAlias = tuple[Traced, ...]


@dataclass(frozen=True, slots=True)
class ScalarOperations:
    """The verbs over one case, judged by its anchor day. The meaning of each is told in `operations`."""

    on: date

    @property
    def anchor(self) -> Traced:
        return _step("anchor", value_day(self.on), Kind(Unit.DAY), label="适用日")

    def constant(self, value: int, unit: Unit) -> Traced:
        return _step("constant", value, Kind(unit))

    def code(self, codes: CodeList, code: str) -> Traced:
        return _step("constant", codes.place(code), Kind(Unit.CODE, codes))

    def named(self, label: str, term: Traced) -> Traced:
        return _step("named", term.value, term.kind, term, label=label, decisive=(0,))

    def least(self, *terms: Traced) -> Traced:
        return _choose("least", terms, min(range(len(terms)), key=lambda place: terms[place].value))

    def most(self, *terms: Traced) -> Traced:
        return _choose("most", terms, max(range(len(terms)), key=lambda place: terms[place].value))

    def clip(self, term: Traced, low: Traced, high: Traced) -> Traced:
        if term.value > high.value or low.value > high.value:
            return _choose("clip", (term, low, high), 2)
        return _choose("clip", (term, low, high), 1 if term.value < low.value else 0)

    def positive(self, term: Traced) -> Traced:
        return _step("positive", max(term.value, 0), term.kind, term, decisive=(0,))

    def floor_to(self, term: Traced, step: Traced) -> Traced:
        return self.round_to(term, step, Rounding.DOWN)

    def round_to(self, term: Traced, step: Traced, rounding: Rounding) -> Traced:
        kind = _same(term, step)
        require_rounding(rounding)
        _require(term.value >= 0 and step.value > 0)
        value = divide(term.value, step.value, rounding) * step.value
        return _step(f"round {rounding}", value, kind, term, step, decisive=(0,))

    def times(self, term: Traced, count: Traced) -> Traced:
        return _step("times", term.value * count.value, term.kind, term, count, decisive=(0, 1))

    def times_ppm(self, term: Traced, ratio: Traced, rounding: Rounding) -> Traced:
        _want(ratio, Unit.PPM, Unit.TIMES)
        return _scaled(term, ratio, ONE, rounding)

    def times_ppm_to(self, term: Traced, ratio: Traced, step: Traced, rounding: Rounding) -> Traced:
        _want(ratio, Unit.PPM, Unit.TIMES)
        _same(term, step)
        require_rounding(rounding)
        _require(term.value >= 0 and ratio.value >= 0 and step.value > 0)
        value = divide(term.value * ratio.value, ONE * step.value, rounding) * step.value
        return _step(f"scale {rounding}", value, term.kind, term, ratio, step, decisive=(0, 1))

    def times_area(self, term: Traced, area: Traced, rounding: Rounding) -> Traced:
        _want(area, Unit.AREA)
        return _scaled(term, area, _AREA_SCALE, rounding)

    def present_value(self, instalment: Traced, rate: Traced, months: Traced) -> Traced:
        _want(rate, Unit.PPM)
        _want(months, Unit.MONTHS)
        _require(instalment.value >= 0)
        value = loan_of(instalment.value, rate.value, months.value)
        return _step("present value", value, instalment.kind, instalment, rate, months, decisive=(0,))

    def look_up(self, table: DatedTable, key: Traced) -> Traced:
        _want(key, table.key)
        node = Node("look up", table.table.look_up(key.value), table.kind, table.title, (key.node,), (), table.dated)
        return Traced(node)

    def month_of(self, day: Traced) -> Traced:
        _want(day, Unit.DAY)
        date_of = _date(day.value)
        return _step("month of", month_number(date_of.year, date_of.month), Kind(Unit.MONTH), day)

    def add_months(self, moment: Traced, months: Traced) -> Traced:
        _want(moment, Unit.DAY, Unit.MONTH)
        _want(months, Unit.MONTHS)
        if moment.kind.unit is Unit.MONTH:
            return _step("add months", moment.value + months.value, moment.kind, moment, months)
        moved = value_day(_moved(_date(moment.value), months.value))
        return _step("add months", moved, moment.kind, moment, months)

    def months_between(self, start: Traced, end: Traced) -> Traced:
        _want(start, Unit.MONTH)
        _want(end, Unit.MONTH)
        return _step("months between", end.value - start.value, Kind(Unit.MONTHS), start, end)

    def at_least(self, label: str, actual: Traced, needed: Traced) -> Traced:
        _same(actual, needed)
        return _condition("at least", label, actual.value >= needed.value, actual, needed)

    def at_most(self, label: str, actual: Traced, allowed: Traced) -> Traced:
        _same(actual, allowed)
        return _condition("at most", label, actual.value <= allowed.value, actual, allowed)

    def more_than(self, label: str, actual: Traced, bound: Traced) -> Traced:
        _same(actual, bound)
        return _condition("more than", label, actual.value > bound.value, actual, bound)

    def holds(self, label: str, flag: Traced) -> Traced:
        _want(flag, Unit.FLAG)
        return _condition("holds", label, bool(flag.value), flag)

    def fails(self, label: str, flag: Traced) -> Traced:
        _want(flag, Unit.FLAG)
        return _condition("fails", label, not flag.value, flag)

    def among(self, label: str, code: Traced, allowed: Traced) -> Traced:
        require_set(code.kind, allowed.kind)
        return _condition("among", label, bool(allowed.value >> code.value & 1), code, allowed)

    def is_code(self, term: Traced, code: str) -> Traced:
        return _step("is code", int(term.value == place_of(term.kind, code)), FLAG, term)

    def all_of(self, *flags: Traced) -> Traced:
        failed = _failing(flags)
        return _step("all of", int(not failed), FLAG, *flags, decisive=failed)

    def any_of(self, *flags: Traced) -> Traced:
        held = tuple(place for place, flag in enumerate(flags) if flag.value)
        return _step("any of", int(bool(held)), FLAG, *flags, decisive=held or tuple(range(len(flags))))

    def when(self, flag: Traced, then: Traced, otherwise: Traced) -> Traced:
        _want(flag, Unit.FLAG)
        kind = _same(then, otherwise)
        place = 1 if flag.value else 2
        return _step("when", (then if flag.value else otherwise).value, kind, flag, then, otherwise, decisive=(place,))

    def pick(self, code: Traced, terms: Mapping[str, Traced]) -> Traced:
        ordered = in_places(code.kind, terms)
        kind = _same(*ordered)
        chosen = ordered[code.value]
        return _step("pick", chosen.value, kind, code, *ordered, decisive=(code.value + 1,))

    def gate(self, term: Traced, *conditions: Traced) -> Traced:
        failed = _failing(conditions)
        decisive = tuple(place + 1 for place in failed) or (0,)
        return _step("gate", 0 if failed else term.value, term.kind, term, *conditions, decisive=decisive)


def loan_of(instalment: int, rate: int, months: int) -> int:
    """The loan in fen that a level instalment pays off in `months` at a yearly rate in ppm, rounded down. Exact."""
    numerator, denominator = annuity(rate, months)
    return instalment * numerator // denominator


@lru_cache(maxsize=4096)
def annuity(rate: int, months: int) -> tuple[int, int]:
    """(1 − (1+i)^−n) / i as numerator and denominator, with i = rate / 12; n itself for a zero rate."""
    if rate == 0 or months == 0:
        return months, 1
    grown, whole = (_MONTHLY + rate) ** months, _MONTHLY**months
    return (grown - whole) * _MONTHLY, rate * grown


def _scaled(term: Traced, factor: Traced, scale: int, rounding: Rounding) -> Traced:
    require_rounding(rounding)
    _require(term.value >= 0 and factor.value >= 0)
    value = divide(term.value * factor.value, scale, rounding)
    return _step(f"scale {rounding}", value, term.kind, term, factor, decisive=(0, 1))


def _step(step: str, value: int, kind: Kind, *terms: Traced, label: str = "", decisive: tuple[int, ...] = ()) -> Traced:
    return Traced(Node(step, value, kind, label, tuple(term.node for term in terms), decisive))


def _condition(step: str, label: str, holds: bool, *terms: Traced) -> Traced:  # noqa: FBT001 - the condition itself
    return _step(step, int(holds), FLAG, *terms, label=label)


def _choose(step: str, terms: _Terms, place: int) -> Traced:
    return _step(step, terms[place].value, _same(*terms), *terms, decisive=(place,))


def _failing(flags: _Terms) -> tuple[int, ...]:
    for flag in flags:
        _want(flag, Unit.FLAG)
    return tuple(place for place, flag in enumerate(flags) if not flag.value)


def _same(*terms: Traced) -> Kind:
    require_same([term.kind for term in terms])
    return terms[0].kind


def _want(term: Traced, *units: Unit) -> None:
    require_unit(term.kind, *units)


def _require(sound: bool) -> None:  # noqa: FBT001 - the condition itself
    if not sound:
        raise RangeError(_("规则对可能为负的值取整：请先用 positive，步长须为正"))


def _moved(day: date, months: int) -> date:
    year, month = divmod(month_number(day.year, day.month) + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _date(value: int) -> date:
    try:
        return date.fromordinal(value + _EPOCH_ORDINAL)
    except (ValueError, OverflowError):
        raise PolicyError(_("日期超出范围")) from None
