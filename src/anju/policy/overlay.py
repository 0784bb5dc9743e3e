"""政策包: a named overlay over parameters. It replaces values for some days and some scopes, and is nothing until promoted.

A rule's variant is a parameter of unit code, so a package switches it as it changes a number.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from anju.kernel.i18n import gettext as _
from anju.kernel.yaml_node import read_mapping
from anju.policy.errors import OverlapError, PolicyError, UnknownPathError
from anju.policy.packs import Source, read_row, read_source
from anju.policy.parameters import Book, Confidence, Dated, Scope, amend, build_book


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """A package: its name, and for each changed path the rows that count instead."""

    name: str
    document: str
    changes: Mapping[str, tuple[Dated, ...]]
    origin: str = ""

    @property
    def rows(self) -> list[Dated]:
        """All changed rows in the order of the file."""
        return [row for rows in self.changes.values() for row in rows]


def read_overlay(path: Path, book: Book) -> Overlay:
    """Read a package for the center of a book.

    Raises PolicyError: an unknown path, a value of another unit, rows that overlap; each with file, line and path.
    """
    root = read_mapping(path, PolicyError)
    name, center = root.text("name"), root.text("center")
    if center != book.center:
        root.refuse("center", _("此政策包属于 {center}，不是 {book}").format(center=center, book=book.center))
    common = read_source(root, Source(confidence=Confidence.CHECK))
    if not common.document:
        root.refuse("document", _("缺少此项"))
    parameters = root.mapping("changes")
    root.close()
    changes: dict[str, tuple[Dated, ...]] = {}
    for key in parameters.keys:
        if key not in book.definitions:
            first = next((item.text("from", optional=True) for item in parameters.mappings(key)), "")
            parameters.refuse(
                key, _("没有参数 {path}（自 {day}），请检查拼写").format(path=key, day=first), UnknownPathError
            )
        rows = [
            replace(
                read_row(item, book.definitions[key], Scope(center), book.districts, common),
                origin=f"{path.name} {name}",
            )
            for item in parameters.mappings(key)
        ]
        _refuse_overlap(path.name, rows)
        changes[key] = tuple(rows)
    if not changes:
        root.refuse("changes", _("政策包没有任何改动"))
    return Overlay(name=name, document=common.document, changes=changes, origin=path.name)


def apply(book: Book, overlay: Overlay) -> Book:
    """The book as it would be with the package in force. Raises UnknownPathError, OverlapError, GapError."""
    values = {path: dict(scopes) for path, scopes in book.values.items()}
    for path, rows in overlay.changes.items():
        book.definition(path)
        for scope in dict.fromkeys(row.scope for row in rows):
            own = [row for row in rows if row.scope == scope]
            values[path][scope] = amend(values[path].get(scope, ()), own)
    return build_book(
        center=book.center,
        definitions=book.definitions,
        rows=(row for scopes in values.values() for rows in scopes.values() for row in rows),
        districts=book.districts,
    )


def _refuse_overlap(file: str, rows: list[Dated]) -> None:
    for place, row in enumerate(rows):
        for other in rows[:place]:
            if row.scope == other.scope and row.period.overlaps(other.period):
                raise OverlapError(
                    _("与自 {day} 起的值在同一范围（{scope}）重叠，请改正起止日期").format(
                        day=other.start, scope=row.scope
                    ),
                    field=f"{file} {row.path} {row.start}",
                )
