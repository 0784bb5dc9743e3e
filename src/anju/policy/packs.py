"""Packs: the YAML files from which a book is read. One folder a center; the nation's pack is under every center's.

A pack's `pack.yaml` names it; the other files hold parameters. Reading is strict: an unknown key, a value of another
unit, an overlap or a gap is refused with file, line and path.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path

from anju.kernel.errors import InvalidValueError
from anju.kernel.i18n import gettext as _
from anju.kernel.periods import Period
from anju.kernel.yaml_node import MappingNode, read_mapping
from anju.policy.codes import CODE_LISTS, CROWD
from anju.policy.errors import PolicyError, UnknownPathError, WrongUnitError
from anju.policy.parameters import NATIONAL, Book, Confidence, Dated, Definition, Scope, Table, build_book
from anju.policy.units import Kind, Unit, parse_value

PACKS = Path(__file__).parent / "packs"
#: The file that names a pack.
ABOUT = "pack.yaml"


@dataclass(frozen=True, slots=True)
class Source:
    """On whose word a value is in force; what a row leaves out is its parameter's."""

    document: str = ""
    article: str = ""
    announced: date | None = None
    confidence: Confidence | None = None


@cache
def book(center: str) -> Book:
    """The book of a shipped center ("yueyang", "demo"), or of the nation alone ("national")."""
    return load_book(center, PACKS)


def centers() -> list[str]:
    """The centers that have a pack here, the nation first."""
    return [NATIONAL, *sorted(path.parent.name for path in PACKS.glob(f"*/{ABOUT}") if path.parent.name != NATIONAL)]


def load_book(center: str, packs: Path) -> Book:
    """Read the nation's pack and a center's from a folder of packs. Raises PolicyError."""
    definitions: dict[str, Definition] = {}
    rows: list[Dated] = []
    districts: tuple[str, ...] = ()
    for name in dict.fromkeys((NATIONAL, center)):
        folder = packs / name
        if not (folder / ABOUT).is_file():
            raise PolicyError(_("没有政策包目录 {name}，可用：{names}").format(
                name=name, names="、".join(centers())), field="center")  # fmt: skip
        districts = _read_about(folder / ABOUT, name)
        for path in sorted(folder.glob("*.yaml")):
            if path.name != ABOUT:
                rows += _read_file(path, Scope(name), districts, definitions)
    return build_book(center=center, definitions=definitions, rows=rows, districts=districts)


def read_rows(node: MappingNode, definition: Definition, scope: Scope, districts: tuple[str, ...]) -> Iterator[Dated]:
    """The rows of one parameter from its mapping: `values` and what its rows have in common."""
    common = read_source(node, Source())
    for item in node.mappings("values"):
        yield read_row(item, definition, scope, districts, common)


def read_row(
    item: MappingNode, definition: Definition, scope: Scope, districts: tuple[str, ...], common: Source
) -> Dated:
    """One dated value. Raises PolicyError, WrongUnitError."""
    source = read_source(item, common)
    start = item.parsed("from", read_day)
    value = _read_value(item, definition, start)
    end = item.optional("to", read_day)
    if end is not None and end <= start:
        item.refuse("to", _("结束日必须晚于开始日 {day}（{path}）").format(day=start, path=definition.path))
    narrowed = _read_scope(item, scope, districts)
    if isinstance(value, Table) and not narrowed.general:
        item.refuse("table", _("对照表不能按区县或人群区分（{path}）").format(path=definition.path))
    origin = f"{scope.center}/{item.place()}"
    item.close()
    if not source.document or source.confidence is None:
        item.refuse("document", _("须写明 document（依据文件）和 confidence（{path}）").format(path=definition.path))
    return Dated(
        path=definition.path, value=value, start=start, end=end, scope=narrowed, document=source.document,
        article=source.article, announced=source.announced, confidence=source.confidence, origin=origin,
    )  # fmt: skip


def read_source(node: MappingNode, common: Source) -> Source:
    """The source that a mapping names, what it leaves out from `common`."""
    return Source(
        node.text("document", optional=True) or common.document,
        node.text("article", optional=True) or common.article,
        node.optional("announced", read_day) or common.announced,
        node.optional("confidence", _read_confidence) or common.confidence,
    )


def read_day(text: str) -> date:
    """A day as 2026-09-20. Raises InvalidValueError."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidValueError(_("日期应为 YYYY-MM-DD")) from None


def _read_about(path: Path, name: str) -> tuple[str, ...]:
    node = read_mapping(path, PolicyError)
    if node.text("pack") != name:
        node.refuse("pack", _("应与目录名 {name} 一致").format(name=name))
    node.text("title")
    node.text("note", optional=True)
    districts = tuple(node.texts("districts")) if node.has("districts") else ()
    node.close()
    return districts


def _read_file(
    path: Path, scope: Scope, districts: tuple[str, ...], definitions: dict[str, Definition]
) -> Iterator[Dated]:
    root = read_mapping(path, PolicyError)
    parameters = root.mapping("parameters")
    root.close()
    for name in parameters.keys:
        node = parameters.mapping(name)
        known = definitions.get(name)
        if known is None:
            definitions[name] = known = _define(name, node)
        elif node.has("unit"):
            node.refuse("unit", _("{path} 已由全国政策定义，此处不得再写 unit").format(path=name), WrongUnitError)
        unknown = tuple(_read_unknown(node))
        definitions[name] = replace(known, unknown=known.unknown + unknown)
        if node.has("values"):
            yield from read_rows(node, known, scope, districts)
        node.close()


def _define(path: str, node: MappingNode) -> Definition:
    if not node.has("unit"):
        node.refuse("unit", _("没有参数 {path}：新参数须写 title 和 unit").format(path=path), UnknownPathError)
    kind = Kind(_read_unit(node))
    if kind.unit in {Unit.CODE, Unit.CODES}:
        name = node.text("list")
        if name not in CODE_LISTS:
            node.refuse("list", _("没有代码表 {name}；可用：{names}").format(name=name, names="、".join(CODE_LISTS)))
        kind = Kind(kind.unit, CODE_LISTS[name])
    key = Unit.MONTH if node.optional("key", str) == Unit.MONTH else None
    return Definition(path=path, title=node.text("title"), kind=kind, key=key)


def _read_unit(node: MappingNode) -> Unit:
    name = node.text("unit")
    if name not in set(Unit):
        node.refuse(
            "unit", _("没有单位 {name}；可用：{units}").format(name=name, units="、".join(Unit)), WrongUnitError
        )
    return Unit(name)


def _read_unknown(node: MappingNode) -> Iterator[tuple[Period, str]]:
    if node.has("unknown"):
        for item in node.mappings("unknown"):
            yield Period(item.parsed("from", read_day), item.parsed("to", read_day)), item.text("reason")
            item.close()


def _read_value(item: MappingNode, definition: Definition, start: date) -> int | Table:
    if definition.key is not None:
        return _read_table(item.mapping("table"), definition, definition.key, start)
    text = item.text("value") if item.is_scalar("value") else ",".join(item.texts("value"))
    return _parse(item, "value", text, definition, start)


def _read_table(node: MappingNode, definition: Definition, key: Unit, start: date) -> Table:
    keys = []
    for text in node.keys:
        try:
            keys.append(parse_value(text, Kind(key)))
        except WrongUnitError as error:
            node.refuse(text, f"{error.message}（{definition.path}）", WrongUnitError)
    if not keys or keys != sorted(set(keys)):
        node.refuse("", _("对照表的键须由小到大，不得重复（{path}）").format(path=definition.path))
    return Table(tuple(keys), tuple(_parse(node, text, node.text(text), definition, start) for text in node.keys))


def _parse(node: MappingNode, key: str, text: str, definition: Definition, start: date) -> int:
    try:
        return parse_value(text, definition.kind)
    except WrongUnitError as error:
        node.refuse(key, f"{error.message}（{definition.path} {start}）", WrongUnitError)


def _read_scope(item: MappingNode, scope: Scope, districts: tuple[str, ...]) -> Scope:
    district, crowd = item.text("district", optional=True), item.text("crowd", optional=True)
    if district and district not in districts:
        item.refuse(
            "district", _("没有管理部“{name}”；可用：{names}").format(name=district, names="、".join(districts))
        )
    if crowd and crowd not in CROWD.labels:
        item.refuse("crowd", _("没有人群“{name}”；可用：{names}").format(name=crowd, names="、".join(CROWD.labels)))
    return replace(scope, district=district, crowd=crowd)


def _read_confidence(text: str) -> Confidence:
    try:
        return Confidence(text)
    except ValueError:
        raise InvalidValueError(_("confidence 只能是：{values}").format(values="、".join(Confidence))) from None
