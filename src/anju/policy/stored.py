"""Dated rows and explanation steps as plain JSON, exact both ways: what is stored with a decision or in a table of rows."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from anju.policy.codes import CODE_LISTS
from anju.policy.parameters import Confidence, Dated, Definition, Scope, Table
from anju.policy.scalar import Node
from anju.policy.units import Kind, Unit, parse_value, text_of


def kind_to(kind: Kind) -> str:
    """A kind as text: "fen", "code:rental"."""
    return f"{kind.unit}:{kind.codes.name}" if kind.codes else str(kind.unit)


def kind_from(text: str) -> Kind:
    """The kind of a text."""
    unit, _colon, codes = text.partition(":")
    return Kind(Unit(unit), CODE_LISTS[codes] if codes else None)


def definition_to(definition: Definition) -> dict[str, Any]:
    """What a parameter means: path, title, kind, and the key of a table."""
    return {
        "path": definition.path,
        "title": definition.title,
        "kind": kind_to(definition.kind),
        "key": definition.key and str(definition.key),
    }


def definition_from(item: Mapping[str, Any]) -> Definition:
    """The reverse of `definition_to`."""
    return Definition(
        path=item["path"],
        title=item["title"],
        kind=kind_from(item["kind"]),
        key=Unit(item["key"]) if item["key"] else None,
    )


def row_to(row: Dated, definition: Definition) -> dict[str, Any]:
    """A dated row with its source; the value as text with its unit, a table as texts by key."""
    return {
        "path": row.path,
        "value": _value_to(row.value, definition),
        "start": str(row.start),
        "end": row.end and str(row.end),
        "center": row.scope.center,
        "district": row.scope.district,
        "crowd": row.scope.crowd,
        "document": row.document,
        "article": row.article,
        "announced": row.announced and str(row.announced),
        "confidence": str(row.confidence),
        "origin": row.origin,
    }


def row_from(item: Mapping[str, Any], definition: Definition | None = None) -> Dated:
    """The reverse of `row_to`; the definition may stand in the item itself. Raises WrongUnitError."""
    meaning = definition or definition_from(item)
    return Dated(
        path=item["path"],
        value=_value_from(item["value"], meaning),
        start=date.fromisoformat(item["start"]),
        end=date.fromisoformat(item["end"]) if item["end"] else None,
        scope=Scope(item["center"], item["district"], item["crowd"]),
        document=item["document"],
        article=item["article"],
        announced=date.fromisoformat(item["announced"]) if item["announced"] else None,
        confidence=Confidence(item["confidence"]),
        origin=item["origin"],
    )


def node_to(node: Node) -> dict[str, Any]:
    """A step and the steps below it. Empty facts are left out."""
    return {
        "step": node.step,
        "value": node.value,
        "kind": kind_to(node.kind),
        **({"label": node.label} if node.label else {}),
        **({"parameter": node.parameter.path} if node.parameter else {}),
        **({"decisive": list(node.decisive)} if node.decisive else {}),
        **({"children": [node_to(child) for child in node.children]} if node.children else {}),
    }


def _value_to(value: int | Table, definition: Definition) -> str | dict[str, str]:
    if isinstance(value, Table):
        assert definition.key is not None
        key = Kind(definition.key)
        pairs = zip(value.keys, value.values, strict=True)
        return {text_of(place, key): text_of(one, definition.kind) for place, one in pairs}
    return text_of(value, definition.kind)


def _value_from(value: str | Mapping[str, str], definition: Definition) -> int | Table:
    if isinstance(value, str):
        return parse_value(value, definition.kind)
    assert definition.key is not None
    key = Kind(definition.key)
    return Table(
        tuple(parse_value(text, key) for text in value),
        tuple(parse_value(text, definition.kind) for text in value.values()),
    )
