"""Why a decision came out as it did, in words: what binds and by which article, each condition, each limit.

The steps are the decision's own; here they are only put into sentences, through gettext, so a stored tree can be read in
another language later. A condition that fails says what it needs and what there is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from anju.kernel.i18n import gettext as _
from anju.policy.decision import Decision
from anju.policy.parameters import Confidence, Dated, Definition
from anju.policy.rules import ANCHORS
from anju.policy.scalar import Node
from anju.policy.units import Unit, format_value

_CONDITIONS = {"at least", "at most", "more than", "holds", "fails", "among"}
#: Steps that take one of their terms and leave the others out of account.
_BRANCHES = {"when", "pick"}
_CHOICES = {"least", "most", "clip", "gate", *_BRANCHES}


@dataclass(frozen=True, slots=True)
class Reason:
    """A condition or a limit in words. `binds`: it decided the result; `sources`: the parameters it rests on."""

    label: str
    text: str
    holds: bool
    binds: bool
    sources: tuple[Dated, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision in words. `binding` are the reasons that decided, the outermost first; `parameters` those that applied."""

    title: str
    anchor: str
    result: str
    binding: tuple[Reason, ...]
    conditions: tuple[Reason, ...]
    limits: tuple[Reason, ...]
    parameters: tuple[tuple[Definition, Dated], ...]

    @property
    def illustrative(self) -> bool:
        """Whether a value that it rests on is made up."""
        return any(row.confidence is Confidence.ILLUSTRATIVE for _definition, row in self.parameters)


def explain(decision: Decision) -> Explanation:
    """Put a decision into words."""
    binding = _distinct(_binding(decision.tree))
    bound = {_words(node) for node in binding}
    steps = list(_relevant(decision.tree))
    used = {node.parameter for node in steps}
    conditions = [node for node in steps if node.step in _CONDITIONS and node.label]
    limits = [child for node in steps if node.step in {"least", "clip"} for child in node.children]
    return Explanation(
        title=_(decision.rule.title),
        anchor=_("{anchor} {on}").format(anchor=_(ANCHORS[decision.rule.anchor]), on=decision.case.on),
        result=format_value(decision.value, decision.rule.kind),
        binding=tuple(_reason(node, binds=True) for node in binding),
        conditions=tuple(_reason(node, binds=_words(node) in bound) for node in _distinct(conditions)),
        limits=tuple(
            _reason(node, binds=_words(node) in bound) for node in _distinct(limits) if node.label or node.parameter
        ),
        parameters=tuple((definition, row) for definition, row in decision.read if row in used),
    )


def to_lines(explanation: Explanation) -> list[str]:
    """The explanation as a person reads it, line by line."""
    lines = [
        _("{title}：{result}").format(title=explanation.title, result=explanation.result),
        _("按 {anchor} 有效的规定").format(anchor=explanation.anchor),
    ]
    if explanation.binding:
        lines += ["", _("决定结果的是：")]
        for reason in explanation.binding:
            lines += [f"  {_sentence(reason)}", *(f"    {_source(row)}" for row in reason.sources)]
    for heading, reasons in ((_("条件："), explanation.conditions), (_("各项额度："), explanation.limits)):
        if reasons:
            lines += ["", heading, *(f"  {_mark(reason)} {_sentence(reason)}" for reason in reasons)]
    lines += ["", _("适用的规定：")]
    for definition, row in explanation.parameters:
        lines.append(
            "  "
            + _("{title}：{value}（{citation}{trust}）").format(
                title=_(definition.title), value=definition.show(row.value), citation=row.citation, trust=trust_of(row)
            )
        )
    if explanation.illustrative:
        lines += ["", _("注意：标有“示例值”的不是本市现行规定，结果仅供演示。")]
    return lines


def to_object(explanation: Explanation) -> dict[str, Any]:
    """The explanation as plain JSON."""
    return {
        "title": explanation.title,
        "anchor": explanation.anchor,
        "result": explanation.result,
        "illustrative": explanation.illustrative,
        "binding": [_object(reason) for reason in explanation.binding],
        "conditions": [_object(reason) for reason in explanation.conditions],
        "limits": [_object(reason) for reason in explanation.limits],
    }


def _object(reason: Reason) -> dict[str, Any]:
    return {
        "label": reason.label,
        "text": reason.text,
        "holds": reason.holds,
        "binds": reason.binds,
        "sources": [
            {"path": row.path, "citation": row.citation, "confidence": row.confidence} for row in reason.sources
        ],
    }


def _binding(node: Node) -> Iterator[Node]:
    """The steps that decided the value, from the outside in."""
    if node.step in _CONDITIONS:
        if not node.value:
            yield node
        return
    if node.step == "any of" and node.value:
        return
    chosen = [node.children[place] for place in node.decisive] or list(node.children)
    for child in chosen:
        if node.step in {"least", "most", "clip"} and (child.label or child.parameter):
            yield child
        yield from _binding(child)


def _relevant(node: Node) -> Iterator[Node]:
    """All steps but those of branches not taken, and of the question which branch to take."""
    yield node
    for place in node.decisive if node.step in _BRANCHES else range(len(node.children)):
        yield from _relevant(node.children[place])


def _distinct(nodes: Sequence[Node] | Iterator[Node]) -> list[Node]:
    """Steps with the same words and value are told once."""
    found: dict[tuple[str, str, int], Node] = {}
    for node in nodes:
        found.setdefault(_words(node), node)
    return list(found.values())


def _words(node: Node) -> tuple[str, str, int]:
    return node.step, node.label, node.value


def _sources(node: Node) -> Iterator[Dated]:
    """The parameters that a step rests on: of a choice only those of the branch taken."""
    if node.parameter:
        yield node.parameter
    places = node.decisive if node.step in _CHOICES and node.decisive else range(len(node.children))
    for place in places:
        yield from _sources(node.children[place])


def _reason(node: Node, *, binds: bool) -> Reason:
    sources = tuple(dict.fromkeys(_sources(node)))
    if node.step in _CONDITIONS:
        return Reason(_(node.label), _condition_text(node), bool(node.value), binds, sources)
    return Reason(_(node.label), format_value(node.value, node.kind), True, binds, sources)


def _condition_text(node: Node) -> str:
    actual, bound = _shown(node.children[0]), _shown(node.children[-1])
    if node.step == "at least":
        return _("需要 {needed}，现有 {actual}").format(needed=bound, actual=actual)
    if node.step == "more than":
        return _("须超过 {needed}，现有 {actual}").format(needed=bound, actual=actual)
    if node.step == "at most" and node.children[0].kind.unit is Unit.DAY:
        return _("不得晚于 {needed}，现为 {actual}").format(needed=bound, actual=actual)
    if node.step == "at most":
        return _("最多 {needed}，现有 {actual}").format(needed=bound, actual=actual)
    if node.step == "among":
        return _("可为：{needed}；现为：{actual}").format(needed=bound, actual=actual)
    return _("是") if node.value else _("否")


def _shown(node: Node) -> str:
    if node.kind.unit is Unit.DAY and node.value == 0:
        return _("无")
    return format_value(node.value, node.kind)


def _sentence(reason: Reason) -> str:
    return _("{label}：{text}").format(label=reason.label, text=reason.text)


def _mark(reason: Reason) -> str:
    if reason.binds:
        return "▶" if reason.holds else "✗"
    return "✓" if reason.holds else "✗"


def _source(row: Dated) -> str:
    return _("依据：{citation}{trust}").format(citation=row.citation, trust=trust_of(row))


def trust_of(row: Dated) -> str:
    """What must be said about a value that is made up or unconfirmed, ready to follow it; else nothing."""
    if row.confidence is Confidence.ILLUSTRATIVE:
        return _("，示例值")
    return _("，待核对原文") if row.confidence is Confidence.CHECK else ""
