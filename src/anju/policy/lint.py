"""Proof that no live rule meets a gap: for every center, every rule and every day that the rule claims.

A parameter may change only on known days, so trying the first day of each stretch proves the stretch. On each the rule
is run over the corners of its inputs by the backend for columns, whose bounds show every overflow and mixed unit.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from anju.kernel.i18n import gettext as _
from anju.policy.access import DeclaredInputs, DeclaredLaw, dated_table, plain_value
from anju.policy.errors import PolicyError
from anju.policy.parameters import Book
from anju.policy.rules import Rule
from anju.policy.vector import Column, VectorOperations


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong: the center, the rule, the parameter or input, the day, and the sentence."""

    center: str
    rule: str
    path: str
    on: date | None
    message: str


def lint(books: Iterable[Book], rules: Iterable[Rule]) -> list[Finding]:
    """All findings, none when every rule has what it reads on every day that it claims."""
    known = list(rules)
    return [finding for book in books for rule in known for finding in _lint_rule(book, rule)]


def _lint_rule(book: Book, rule: Rule) -> Iterator[Finding]:
    sound = True
    for path in rule.parameters:
        for finding in _lint_parameter(book, rule, path):
            sound = False
            yield finding
    if sound:
        yield from _try_days(book, rule)


def _lint_parameter(book: Book, rule: Rule, path: str) -> Iterator[Finding]:
    if path not in book.definitions:
        yield Finding(book.center, rule.name, path, None, _("没有这个参数"))
        return
    for gap in book.uncovered(path, rule.period):
        yield Finding(
            book.center,
            rule.name,
            path,
            gap.start,
            _("自 {start} 起没有值，直至 {end}").format(start=gap.start, end=gap.end or _("以后")),
        )


def _try_days(book: Book, rule: Rule) -> Iterator[Finding]:
    parameters: set[str] = set()
    inputs: set[str] = set()
    for day in book.change_days(rule.parameters, rule.period):
        try:
            read = _try_day(book, rule, day)
        except PolicyError as error:
            yield Finding(book.center, rule.name, error.field, day, error.message)
            return
        parameters |= read[0]
        inputs |= read[1]
    for path in sorted(set(rule.parameters) - parameters):
        yield Finding(book.center, rule.name, path, None, _("声明了参数而从未读取"))
    for name in sorted(set(rule.inputs) - inputs):
        yield Finding(book.center, rule.name, name, None, _("声明了输入而从未读取"))


def _try_day(book: Book, rule: Rule, on: date) -> tuple[set[str], set[str]]:
    """Run the rule over its corners for every scope at once; what it read."""

    def given(name: str) -> Column:
        declared = rule.inputs[name]
        return Column(np.array([declared.low, declared.high]), declared.kind, declared.low, declared.high)

    def parameter(path: str) -> Column:
        values = sorted(plain_value(row) for row in book.in_force(path, on))
        return Column(np.array([values[0], values[-1]]), book.definition(path).kind, values[0], values[-1])

    inputs = DeclaredInputs[Column](rule, given)
    law = DeclaredLaw[Column](rule, parameter, lambda path: dated_table(book, book.resolve(path, on)))
    result: Column = rule.function(VectorOperations(on), inputs, law)
    if result.kind.unit is not rule.kind.unit:
        raise PolicyError(
            _("结果的单位是 {kind}，不是声明的 {unit}").format(kind=result.kind, unit=rule.kind), field=rule.name
        )
    return law.read.keys() | law.tables.keys(), set(inputs.read)
