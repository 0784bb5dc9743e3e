"""What-if: what a package would change, for whom and for how much money, before anybody signs it.

The population stands still and only the policy moves: each rule is computed under both books wherever its parameters
change within the horizon. A monthly amount counts every month. A yearly one counts once a calendar year, and a ceiling
once, in the first month in which the books differ: as if everybody waited for the package. Rows are read in chunks, sums
are exact integers.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import TypeAlias

import numpy as np

from anju.kernel.i18n import gettext as _
from anju.kernel.periods import Month
from anju.policy.codes import CROWD
from anju.policy.errors import NotInForceError, RangeError
from anju.policy.evaluation import all_rows, compute
from anju.policy.parameters import Book, Scope, Table
from anju.policy.population import Chunk, Population
from anju.policy.rules import Anchor, Flow, Rule
from anju.policy.vector import Int64s

_INTEREST_YEAR_MONTH = 7
_LIMIT = 2**63
#: The values in force of a rule's parameters, by scope.
_Values: TypeAlias = tuple[tuple[tuple[Scope, int | Table], ...], ...]


@dataclass(slots=True)
class Group:
    """The rows of one office and crowd: how many, how many touched, and by how much in the horizon."""

    rows: int = 0
    touched: int = 0
    change: int = 0


@dataclass(slots=True)
class Step:
    """A point of the money path: what the rule gives in a month (or for a year), before and after."""

    month: Month
    before: int = 0
    after: int = 0


@dataclass(slots=True)
class Outcome:
    """What the package does to one rule. `groups` by (office, crowd); amounts in the rule's unit."""

    rule: Rule
    rows: int = 0
    touched: int = 0
    gaining: int = 0
    losing: int = 0
    groups: dict[tuple[str, str], Group] = field(default_factory=dict)
    path: list[Step] = field(default_factory=list)

    def by_year(self) -> list[tuple[int, int, int]]:
        """The path added up by calendar year: (year, before, after)."""
        years = dict.fromkeys(step.month.year for step in self.path)
        return [
            (
                year,
                sum(step.before for step in self.path if step.month.year == year),
                sum(step.after for step in self.path if step.month.year == year),
            )
            for year in years
        ]


@dataclass(slots=True)
class _State:
    """Months in which a rule's parameters are the same: computed once for all of them."""

    on: date
    steps: list[Step]
    changed: bool


def simulate(
    *, rules: Sequence[Rule], baseline: Book, package: Book, population: Population, start: Month, months: int
) -> list[Outcome]:
    """Compare two books over a population for `months` from a month on; one outcome a rule, in their order.

    Raises InputError for the population, NotInForceError when a rule has no value on one of its days.
    """
    outcomes = [Outcome(rule) for rule in rules]
    states = [_states(outcome, baseline, package, start, months) for outcome in outcomes]
    offices = population.offices
    for chunk in population.chunks():
        for outcome, of_rule in zip(outcomes, states, strict=True):
            _add_chunk(outcome, of_rule, baseline, package, chunk, offices)
    return outcomes


def affected(rules: Sequence[Rule], paths: set[str]) -> list[Rule]:
    """The rules that read one of the parameters."""
    return [rule for rule in rules if paths & set(rule.parameters)]


def _states(outcome: Outcome, baseline: Book, package: Book, start: Month, months: int) -> list[_State]:
    rule = outcome.rule
    states: dict[tuple[object, ...], _State] = {}
    for block in _blocks(rule.flow, start, months):
        known = [(month, *_compare(rule, baseline, package, month)) for month in block]
        month, before, after = next((point for point in known if point[1] != point[2]), known[0])
        state = states.setdefault((before, after), _State(anchor_day(rule, month), [], before != after))
        state.steps.append(Step(month))
    outcome.path = sorted((step for state in states.values() for step in state.steps), key=lambda step: step.month)
    return list(states.values())


def _blocks(flow: Flow, start: Month, months: int) -> Iterator[list[Month]]:
    """The months among which money flows once: each by itself, those of a calendar year, or all."""
    horizon = [start.plus(number) for number in range(months)]
    keys: dict[Flow, Callable[[Month], object]] = {
        Flow.MONTHLY: str,
        Flow.YEARLY: lambda month: month.year,
        Flow.ONCE: lambda _month: 0,
    }
    for _key, block in groupby(horizon, keys[flow]):
        yield list(block)


def anchor_day(rule: Rule, month: Month) -> date:
    """The day by which a rule judges a month: its first, or the first of its interest year."""
    if rule.anchor is not Anchor.INTEREST_YEAR:
        return month.first_day
    return date(month.year - (month.number < _INTEREST_YEAR_MONTH), _INTEREST_YEAR_MONTH, 1)


def _compare(rule: Rule, baseline: Book, package: Book, month: Month) -> tuple[_Values, _Values]:
    on = anchor_day(rule, month)
    if on not in rule.period:
        raise NotInForceError(
            _("规则 {rule} 自 {day} 起适用，不能用于 {on}").format(rule=rule.name, day=rule.period.start, on=on),
            field="from",
        )
    return _in_force(rule, baseline, on), _in_force(rule, package, on)


def _in_force(rule: Rule, book: Book, on: date) -> _Values:
    return tuple(tuple((row.scope, row.value) for row in book.in_force(path, on)) for path in rule.parameters)


def _add_chunk(
    outcome: Outcome, states: list[_State], baseline: Book, package: Book, chunk: Chunk, offices: tuple[str, ...]
) -> None:
    touched = np.zeros(chunk.rows, bool)
    change = np.zeros(chunk.rows, np.int64)
    for state in states:
        before = _summable(outcome, baseline, state, chunk, offices)
        total = int(before.sum())
        after_total = total
        if state.changed:
            difference = _summable(outcome, package, state, chunk, offices) - before
            touched |= difference != 0
            change += difference * len(state.steps)
            after_total += int(difference.sum())
        for step in state.steps:
            step.before += total
            step.after += after_total
    outcome.rows += chunk.rows
    outcome.touched += int(np.count_nonzero(touched))
    outcome.gaining += int(np.count_nonzero(change > 0))
    outcome.losing += int(np.count_nonzero(change < 0))
    _add_groups(outcome, chunk, offices, touched, change)


def _summable(outcome: Outcome, book: Book, state: _State, chunk: Chunk, offices: tuple[str, ...]) -> Int64s:
    """The rule's results, when their sums over the chunk and the horizon stay in 64 bits. Raises RangeError."""
    column = compute(outcome.rule, book, state.on, chunk, offices)
    if max(-column.low, column.high) * chunk.rows * len(outcome.path) * 2 >= _LIMIT:
        raise RangeError(_("规则 {rule} 的合计可能超出 64 位整数，请收窄输入的范围").format(rule=outcome.rule.name))
    return all_rows(column, chunk.rows)


def _add_groups(
    outcome: Outcome,
    chunk: Chunk,
    offices: tuple[str, ...],
    touched: "np.ndarray[tuple[int], np.dtype[np.bool_]]",
    change: Int64s,
) -> None:
    keys = chunk.offices * len(CROWD) + chunk.crowds
    size = len(offices) * len(CROWD)
    rows, touched_rows = np.bincount(keys, minlength=size), np.bincount(keys[touched], minlength=size)
    changes = np.zeros(size, np.int64)
    np.add.at(changes, keys[touched], change[touched])
    for key in np.flatnonzero(rows):
        name = offices[key // len(CROWD)], CROWD.codes[key % len(CROWD)]
        group = outcome.groups.setdefault(name, Group())
        group.rows += int(rows[key])
        group.touched += int(touched_rows[key])
        group.change += int(changes[key])
