"""Rules: small pure functions with what they need declared beside them: anchor, inputs, parameters, days, result.

`@rule(...)` registers one. Its version is a digest of its text, so a stored decision knows by which text it was taken.
"""

import ast
import hashlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from textwrap import dedent
from typing import Any, TypeAlias

from anju.kernel.i18n import gettext as _
from anju.kernel.money import YUAN, Fen
from anju.kernel.periods import Period
from anju.policy.codes import CodeList
from anju.policy.errors import PolicyError, UnknownRuleError
from anju.policy.units import Kind, Unit

#: No amount of one person or house may reach this: far above any, and low enough that products stay in 64 bits.
MOST_MONEY: Fen = 1_000_000_000 * YUAN
_MOST = {
    Unit.FEN: MOST_MONEY, Unit.PPM: 1_000_000, Unit.TIMES: 1_000_000_000, Unit.MONTHS: 1_200, Unit.COUNT: 1_000,
    Unit.WORKING_DAYS: 10_000, Unit.CALENDAR_DAYS: 100_000, Unit.FLAG: 1, Unit.MONTH: 2_200 * 12 + 11,
    Unit.DAY: 84_000, Unit.AREA: 10_000_000, Unit.PRODUCT: 10**14 - 1,
}  # fmt: skip
_LEAST = {Unit.MONTH: 1_900 * 12}


class Anchor(StrEnum):
    """Which day decides by which text a case is judged."""

    ACCEPTED = "accepted"
    SIGNED = "signed"
    DISBURSED = "disbursed"
    INTEREST_YEAR = "interest_year"
    MONTH = "month"
    ACT = "act"


ANCHORS = {
    Anchor.ACCEPTED: "受理日",
    Anchor.SIGNED: "合同签订日",
    Anchor.DISBURSED: "放款日",
    Anchor.INTEREST_YEAR: "结息年度首日",
    Anchor.MONTH: "所属月份首日",
    Anchor.ACT: "行为发生日",
}


class Flow(StrEnum):
    """How often the result is money: what the money path of a simulation adds up."""

    MONTHLY = "monthly"
    YEARLY = "yearly"
    ONCE = "once"  # a ceiling or a state; compared, never added over time


@dataclass(frozen=True, slots=True)
class Input:
    """An input of a rule: its meaning, kind, range (both ends included) and the value when it is not given."""

    title: str
    kind: Kind
    low: int
    high: int
    default: int | None = None


def given(
    title: str,
    unit: Unit,
    *,
    codes: CodeList | None = None,
    low: int | None = None,
    high: int | None = None,
    default: int | None = None,
) -> Input:
    """Declare an input. Its range is the unit's usual one unless given."""
    most = len(codes) - 1 if codes else _MOST[unit]
    return Input(
        title, Kind(unit, codes), _LEAST.get(unit, 0) if low is None else low, most if high is None else high, default
    )


#: A rule's function: (operations, inputs, parameters) → result. Generic in the backend, which only its author's types see.
RuleFunction: TypeAlias = Callable[[Any, Any, Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule and all it declares. `period`: the days for which it claims to be right."""

    name: str
    title: str
    anchor: Anchor
    kind: Kind
    flow: Flow
    inputs: Mapping[str, Input]
    parameters: tuple[str, ...]
    period: Period
    function: RuleFunction
    version: str


_RULES: dict[str, Rule] = {}


def declare(
    function: RuleFunction,
    name: str,
    *,
    title: str,
    anchor: Anchor,
    unit: Unit,
    inputs: Mapping[str, Input],
    parameters: tuple[str, ...],
    period: Period,
    flow: Flow = Flow.ONCE,
    uses: tuple[Callable[..., Any], ...] = (),
) -> Rule:
    """A rule of a function. `uses` are the functions it calls: the inputs and parameters of those that are rules are
    declared with its own, and the text of all of them is part of its version.
    """
    parts = [known for known in _RULES.values() if known.function in uses]
    return Rule(
        name=name,
        title=title,
        anchor=anchor,
        kind=Kind(unit),
        flow=flow,
        inputs={**{key: one for part in parts for key, one in part.inputs.items()}, **inputs},
        parameters=tuple(dict.fromkeys([*parameters, *(path for part in parts for path in part.parameters)])),
        period=period,
        function=function,
        version=_version(name, anchor, unit, function, uses, [part.version for part in parts]),
    )


def rule(name: str, **declared: Any) -> Callable[[RuleFunction], RuleFunction]:
    """Register a function of the rulebook as a rule; what is declared is told by `declare`."""

    def register(function: RuleFunction) -> RuleFunction:
        if name in _RULES:
            raise PolicyError(_("规则 {name} 重复登记").format(name=name), field=name)
        _RULES[name] = declare(function, name, **declared)
        return function

    return register


def rules() -> dict[str, Rule]:
    """All rules of the rulebook by name."""
    _load_rulebook()
    return dict(sorted(_RULES.items()))


def find_rule(name: str) -> Rule:
    """Raises UnknownRuleError."""
    known = rules()
    try:
        return known[name]
    except KeyError:
        raise UnknownRuleError(_("没有规则 {name}；可用：{names}").format(
            name=name[:40], names="、".join(known)), field="rule") from None  # fmt: skip


def _version(
    name: str,
    anchor: Anchor,
    unit: Unit,
    function: RuleFunction,
    uses: tuple[Callable[..., Any], ...],
    parts: list[str],
) -> str:
    texts = [name, anchor, unit, *(_text(one) for one in (function, *uses)), *parts]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def _text(function: Callable[..., Any]) -> str:
    """The text of a function with its decorator, whatever its layout and comments."""
    return ast.unparse(ast.parse(dedent(inspect.getsource(function))))


@cache
def _load_rulebook() -> None:
    from anju.policy import rulebook

    for module in iter_modules(rulebook.__path__):
        import_module(f"{rulebook.__name__}.{module.name}")
