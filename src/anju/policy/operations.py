"""What a rule may do. One definition of a rule runs over any backend: one case with reasons, or columns of a population.

Everything is an exact integer with a unit; a step between different units is an error. A condition is a term of unit
flag. Rounding is named at the step that rounds. Quantities that are divided or rounded must not be negative: take
`positive` of a difference first.
"""

from collections.abc import Mapping
from typing import Protocol, Self, TypeVar

from anju.kernel.money import Rounding
from anju.policy.codes import CodeList
from anju.policy.parameters import DatedTable
from anju.policy.units import Unit


class Term(Protocol):
    """A quantity of a rule. Terms of one unit add and subtract; everything else is an operation."""

    def __add__(self, other: Self) -> Self: ...

    def __sub__(self, other: Self) -> Self: ...


T = TypeVar("T", bound=Term)
T_co = TypeVar("T_co", bound=Term, covariant=True)


class Operations(Protocol[T]):
    """The verbs. Labels are Chinese words that stand in the explanation; they pass through gettext when shown."""

    @property
    def anchor(self) -> T:
        """The day by which the case is judged, unit day."""
        ...

    def constant(self, value: int, unit: Unit) -> T:
        """A number that the structure of a rule needs, such as zero; every number of policy is a parameter."""
        ...

    def code(self, codes: CodeList, code: str) -> T:
        """A code of a list."""
        ...

    def named(self, label: str, term: T) -> T:
        """The same quantity under a name of its own in the explanation."""
        ...

    def least(self, *terms: T) -> T:
        """The smallest; the first of equals binds."""
        ...

    def most(self, *terms: T) -> T:
        """The greatest; the first of equals binds."""
        ...

    def clip(self, term: T, low: T, high: T) -> T:
        """The term, raised to `low` and lowered to `high`; `high` wins when they cross."""
        ...

    def positive(self, term: T) -> T:
        """The term, or zero when it is negative."""
        ...

    def floor_to(self, term: T, step: T) -> T:
        """Rounded down to a multiple of a positive step."""
        ...

    def round_to(self, term: T, step: T, rounding: Rounding) -> T:
        """Rounded to a multiple of a positive step."""
        ...

    def times(self, term: T, count: T) -> T:
        """The term so many times; the unit is the term's."""
        ...

    def times_ppm(self, term: T, ratio: T, rounding: Rounding) -> T:
        """The term times a ratio of unit ppm or times, rounded; the unit is the term's."""
        ...

    def times_ppm_to(self, term: T, ratio: T, step: T, rounding: Rounding) -> T:
        """The term times a ratio, rounded once to a multiple of a positive step: never rounded twice."""
        ...

    def times_area(self, term: T, area: T, rounding: Rounding) -> T:
        """An amount per square metre times an area, rounded."""
        ...

    def present_value(self, instalment: T, rate: T, months: T) -> T:
        """The loan that a level instalment pays off in `months` at a yearly rate (ppm): exact, rounded down to the fen."""
        ...

    def look_up(self, table: DatedTable, key: T) -> T:
        """The step of a table at a key."""
        ...

    def month_of(self, day: T) -> T:
        """The month that a day lies in, unit month."""
        ...

    def add_months(self, moment: T, months: T) -> T:
        """A day or a month moved by months; in a shorter month its final day (对月对日)."""
        ...

    def months_between(self, start: T, end: T) -> T:
        """Months from one month to another, negative when `end` comes first."""
        ...

    def at_least(self, label: str, actual: T, needed: T) -> T:
        """Condition: actual ≥ needed."""
        ...

    def at_most(self, label: str, actual: T, allowed: T) -> T:
        """Condition: actual ≤ allowed."""
        ...

    def more_than(self, label: str, actual: T, bound: T) -> T:
        """Condition: actual > bound."""
        ...

    def holds(self, label: str, flag: T) -> T:
        """Condition: the flag is set."""
        ...

    def fails(self, label: str, flag: T) -> T:
        """Condition: the flag is not set."""
        ...

    def among(self, label: str, code: T, allowed: T) -> T:
        """Condition: the code is in a set of codes of the same list."""
        ...

    def is_code(self, term: T, code: str) -> T:
        """Flag: the term is this code of its list."""
        ...

    def all_of(self, *flags: T) -> T:
        """Condition: every flag is set."""
        ...

    def any_of(self, *flags: T) -> T:
        """Condition: some flag is set."""
        ...

    def when(self, flag: T, then: T, otherwise: T) -> T:
        """One of two terms of one unit."""
        ...

    def pick(self, code: T, terms: Mapping[str, T]) -> T:
        """The term of a code; `terms` has one for every code of the list."""
        ...

    def gate(self, term: T, *conditions: T) -> T:
        """The term when every condition holds, else zero."""
        ...


class Law(Protocol[T_co]):
    """The parameters of a rule by path."""

    def __getitem__(self, path: str) -> T_co:
        """The value in force for the case. Raises UndeclaredError for a path that the rule does not declare."""
        ...

    def table(self, path: str) -> DatedTable:
        """A table in force. Raises UndeclaredError."""
        ...


class Given(Protocol[T_co]):
    """The inputs of a rule by name."""

    def __getitem__(self, name: str) -> T_co:
        """Raises UndeclaredError for a name that the rule does not declare."""
        ...
