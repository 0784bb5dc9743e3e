"""One case judged by one rule: the result, why, and enough on record to take the same decision again.

Invariant: a stored decision holds every input and every parameter it read, so its replay asks no pack and no table; it
must give the same result by the same steps, or `replay` says so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from anju.kernel.i18n import gettext as _
from anju.policy.access import DeclaredInputs, DeclaredLaw, dated_table, plain_value
from anju.policy.errors import InputError, PolicyError, ReplayError
from anju.policy.parameters import Book, Dated, DatedTable, Definition
from anju.policy.rules import Input, Rule, find_rule
from anju.policy.scalar import Node, ScalarOperations, Traced
from anju.policy.stored import definition_from, definition_to, node_to, row_from, row_to
from anju.policy.units import format_value, parse_value, text_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is judged: the anchor day, the inputs in their base units (fen, ppm, months …), and for whom."""

    on: date
    inputs: Mapping[str, int]
    district: str = ""
    crowd: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The result of a rule for a case with its steps. `read` are the parameters it read, in the order of reading."""

    rule: Rule
    center: str
    case: Case
    inputs: Mapping[str, int]
    read: tuple[tuple[Definition, Dated], ...]
    tree: Node = field(repr=False)

    @property
    def value(self) -> int:
        """The result in the rule's unit."""
        return self.tree.value

    def to_json(self) -> dict[str, Any]:
        """What is stored with a decision: plain JSON, exact, and of the same text for the same decision."""
        return {
            "rule": self.rule.name,
            "version": self.rule.version,
            "center": self.center,
            "on": str(self.case.on),
            "district": self.case.district,
            "crowd": self.case.crowd,
            "inputs": {name: text_of(value, self.rule.inputs[name].kind) for name, value in self.inputs.items()},
            "parameters": [{**definition_to(definition), **row_to(row, definition)} for definition, row in self.read],
            "result": self.value,
            "tree": node_to(self.tree),
        }


def decide(rule: Rule, book: Book, case: Case) -> Decision:
    """Judge a case by a rule. Raises InputError, NotInForceError, RangeError."""
    if case.on not in rule.period:
        raise PolicyError(
            _("规则 {rule} 自 {day} 起适用，不能用于 {on} 的业务").format(
                rule=rule.name, day=rule.period.start, on=case.on
            ),
            field="on",
        )
    if case.district and case.district not in book.districts:
        raise InputError(_("没有管理部“{name}”；可用：{names}").format(
            name=case.district[:40], names="、".join(book.districts)), field="district")  # fmt: skip
    law: dict[str, tuple[Definition, Dated]] = {}

    def find(path: str) -> Dated:
        row = book.resolve(path, case.on, district=case.district, crowd=case.crowd)
        law[path] = book.definition(path), row
        return row

    def table(path: str) -> DatedTable:
        return dated_table(book, find(path))

    tree, inputs = _run(rule, case, lambda path: _parameter(find(path), book.definition(path)), table)
    return Decision(rule=rule, center=book.center, case=case, inputs=inputs, read=tuple(law.values()), tree=tree)


def replay(stored: Mapping[str, Any]) -> Decision:
    """Take a stored decision again from what it recorded. Raises ReplayError when the result or a step differs,
    or when the text of the rule is no longer the one that decided.
    """
    rule = find_rule(stored["rule"])
    if rule.version != stored["version"]:
        raise ReplayError(
            _("规则 {rule} 的文本已变（当时 {then}，现在 {now}），不能重演").format(
                rule=rule.name, then=stored["version"], now=rule.version
            ),
            field="version",
        )
    rows = [(definition_from(item), row_from(item)) for item in stored["parameters"]]
    known = {definition.path: (definition, row) for definition, row in rows}
    case = Case(
        on=date.fromisoformat(stored["on"]),
        inputs=read_inputs(rule, stored["inputs"]),
        district=stored["district"],
        crowd=stored["crowd"],
    )

    def find(path: str) -> tuple[Definition, Dated]:
        if path not in known:
            raise ReplayError(_("记录中缺少参数 {path}").format(path=path), field=path)
        return known[path]

    book = Book(stored["center"], {path: definition for path, (definition, _row) in known.items()}, {})
    tree, inputs = _run(
        rule, case, lambda path: _parameter(find(path)[1], find(path)[0]), lambda path: dated_table(book, find(path)[1])
    )
    decision = Decision(rule=rule, center=stored["center"], case=case, inputs=inputs, read=tuple(rows), tree=tree)
    for key, value in decision.to_json().items():
        if value != stored[key]:
            raise ReplayError(_("重演结果与记录不一致：{key}").format(key=key), field=key)
    return decision


def read_inputs(rule: Rule, texts: Mapping[str, object]) -> dict[str, int]:
    """Inputs from their texts with units. Raises InputError, WrongUnitError with the input as field."""
    values = {}
    for name, text in texts.items():
        if name not in rule.inputs:
            raise InputError(
                _("规则 {rule} 没有输入 {name}；可用：{names}").format(
                    rule=rule.name, name=name[:40], names="、".join(rule.inputs)
                ),
                field=name[:40],
            )
        try:
            values[name] = parse_value(str(text), rule.inputs[name].kind)
        except PolicyError as error:
            error.field = name
            raise
    return values


def complete(rule: Rule, inputs: Mapping[str, int]) -> dict[str, int]:
    """All inputs of a rule, defaults filled in. Raises InputError for one that is missing, unknown or out of range."""
    for name in inputs:
        if name not in rule.inputs:
            raise InputError(_("规则 {rule} 没有输入 {name}").format(rule=rule.name, name=name), field=name)
    return {
        name: _checked(name, declared, inputs.get(name, declared.default)) for name, declared in rule.inputs.items()
    }


def _checked(name: str, declared: Input, value: int | None) -> int:
    if value is None:
        raise InputError(_("缺少输入：{title}").format(title=_(declared.title)), field=name)
    if type(value) is not int or not declared.low <= value <= declared.high:
        raise InputError(
            _("{title}须在 {low} 到 {high} 之间").format(
                title=_(declared.title),
                low=format_value(declared.low, declared.kind),
                high=format_value(declared.high, declared.kind),
            ),
            field=name,
        )
    return value


def _run(
    rule: Rule, case: Case, fetch: Callable[[str], Traced], table: Callable[[str], DatedTable]
) -> tuple[Node, dict[str, int]]:
    inputs = complete(rule, case.inputs)

    def given(name: str) -> Traced:
        declared = rule.inputs[name]
        return Traced(Node("input", inputs[name], declared.kind, declared.title))

    law = DeclaredLaw[Traced](rule, fetch, table)
    result: Traced = rule.function(ScalarOperations(case.on), DeclaredInputs[Traced](rule, given), law)
    if result.kind.unit is not rule.kind.unit:
        raise PolicyError(_("规则 {rule} 的结果不是它声明的单位").format(rule=rule.name), field=rule.name)
    return result.node, inputs


def _parameter(row: Dated, definition: Definition) -> Traced:
    return Traced(Node("parameter", plain_value(row), definition.kind, definition.title, parameter=row))
