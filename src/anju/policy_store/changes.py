"""What a proposal would change, worked out without a database: its content as JSON, and the rows that end and begin.

Invariant: a plan is made of whole books. Outside the days that a proposal names every value stays as it was, and the book
that results has no overlap and no undeclared gap, or there is no plan.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from anju.kernel.i18n import gettext as _
from anju.kernel.periods import Period
from anju.policy.errors import OverlapError, UnknownPathError, WrongUnitError
from anju.policy.lint import Finding, lint
from anju.policy.overlay import Overlay
from anju.policy.packs import load_book
from anju.policy.parameters import NATIONAL, Book, Dated, Definition, Scope, Table, amend, build_book
from anju.policy.rules import rules
from anju.policy.stored import definition_from, definition_to, kind_to, row_from, row_to
from anju.policy_store.errors import NothingChangedError, PackConflictError, RuleGapError, StaleProposalError


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRow(Dated):
    """A value with its row in the database (0: not yet there), the proposal that brought it, and whether a package did."""

    id: int = 0
    source: int
    promoted: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A version of the store: the book that was in force with it. Version 0 is empty."""

    version: int
    book: Book


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The book after a proposal, and how to get there from the one before. `findings`: what lint then says anew."""

    book: Book
    ended: list[StoredRow]
    added: list[StoredRow]
    ended_definitions: list[str]
    added_definitions: list[Definition]
    redistricted: bool
    findings: list[Finding]

    @property
    def empty(self) -> bool:
        """Whether nothing would change."""
        return not (self.ended or self.added or self.ended_definitions or self.added_definitions or self.redistricted)


def read_pack(center: str, folder: Path) -> tuple[Book, dict[str, Any]]:
    """A center's pack from a folder of packs: its book, and its content with a digest of each file. Raises PolicyError."""
    book = load_book(center, folder)
    files = sorted(path for name in dict.fromkeys((NATIONAL, center)) for path in (folder / name).glob("*.yaml"))
    return book, {
        "files": {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
        "districts": list(book.districts),
        "definitions": [definition_content(definition) for definition in book.definitions.values()],
        "rows": [row_content(row, book.definitions[row.path]) for row in rows_of(book)],
    }


def package_content(overlay: Overlay, book: Book) -> dict[str, Any]:
    """A package as JSON. Raises UnknownPathError, WrongUnitError."""
    return {"rows": [row_content(row, book.definition(row.path)) for row in overlay.rows]}


def digest_of(*, kind: str, center: str, name: str, content: Mapping[str, Any]) -> bytes:
    """What tells one content from another."""
    text = json.dumps([kind, center, name, content], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).digest()


def row_content(row: Dated, definition: Definition) -> dict[str, Any]:
    """A row as JSON with its unit, exact both ways. Raises WrongUnitError."""
    if isinstance(row.value, Table) != (definition.key is not None):
        raise WrongUnitError(
            _("参数的值与定义不符：对照表与单值不能互换"), field=f"{row.origin} {row.path} {row.start}"
        )
    return {**row_to(row, definition), "unit": kind_to(definition.kind)}


def definition_content(definition: Definition) -> dict[str, Any]:
    """A definition as JSON, its declared gaps included."""
    gaps = [[str(period.start), period.end and str(period.end), reason] for period, reason in definition.unknown]
    return {**definition_to(definition), "unknown": gaps}


def definition_of(item: Mapping[str, Any]) -> Definition:
    """The reverse of `definition_content`."""
    return replace(
        definition_from(item),
        unknown=tuple(
            (Period(date.fromisoformat(start), end and date.fromisoformat(end)), reason)
            for start, end, reason in item["unknown"]
        ),
    )


def stored_row(item: Mapping[str, Any], definition: Definition, *, source: int, promoted: bool, pk: int) -> StoredRow:
    """A row of JSON as a value of a book. Raises WrongUnitError when the parameter is of another unit by now."""
    if item["unit"] != kind_to(definition.kind):
        raise WrongUnitError(
            _("单位是 {unit}，参数现在的单位是 {kind}，请按现行定义重新提案").format(
                unit=item["unit"], kind=definition.kind
            ),
            field=f"{item['origin']} {item['path']} {item['start']}",
        )
    row = row_from(item, definition)
    facts = {one.name: getattr(row, one.name) for one in fields(Dated)}
    return StoredRow(**facts, id=pk, source=source, promoted=promoted)


def plan_package(content: Mapping[str, Any], *, base: Snapshot, now: Snapshot, source: int) -> Plan:
    """Lay a package over the rows of this moment.

    Raises StaleProposalError when its days were changed after `base`, UnknownPathError, WrongUnitError, OverlapError,
    GapError, RuleGapError, NothingChangedError.
    """
    changes: dict[tuple[str, Scope], list[StoredRow]] = {}
    for item in content["rows"]:
        definition = _definition_for(item, now.book)
        row = stored_row(item, definition, source=source, promoted=True, pk=0)
        changes.setdefault((row.path, row.scope), []).append(row)
    series: dict[tuple[str, Scope], tuple[Dated, ...]] = dict(series_of(now.book))
    for (path, scope), rows in changes.items():
        for row in rows:
            if _told(base.book, path, scope, row.period) != _told(now.book, path, scope, row.period):
                raise StaleProposalError(
                    _("提案之后，自 {day} 起的值（{scope}）已被其他提案改动，请撤回后按现行值重新提案").format(
                        day=row.start, scope=scope
                    ),
                    field=f"{row.origin} {path} {row.start}",
                )
        _refuse_overlap(rows)
        series[path, scope] = amend(series.get((path, scope), ()), rows)
    plan = _plan(now.book, now.book.definitions, now.book.districts, series)
    if plan.empty:
        raise NothingChangedError(_("提案的值与现行值完全相同，无需提案"), field="changes")
    if plan.findings:
        found = plan.findings[0]
        raise RuleGapError(
            _("按此提案，规则 {rule} 自 {day} 起不能计算：{message}").format(
                rule=found.rule, day=found.on or "", message=found.message
            ),
            field=found.path,
        )
    return plan


def plan_pack(
    content: Mapping[str, Any], *, latest_pack: Mapping[str, Any] | None, now: Snapshot, center: str, source: int
) -> Plan:
    """Put a pack in the place of the one before it; days that a package has changed stay as the package made them.

    Raises PackConflictError naming the values that the new pack changes against a package; PolicyError.
    """
    definitions = {item["path"]: definition_of(item) for item in content["definitions"]}
    old_definitions = {item["path"]: definition_of(item) for item in latest_pack["definitions"]} if latest_pack else {}
    new, old = (
        _series(pack["rows"], known, source) if pack else {}
        for pack, known in ((content, definitions), (latest_pack, old_definitions))
    )
    conflicts: list[str] = []
    for key, rows in series_of(now.book).items():
        promoted = [row for row in rows if row.promoted]
        if promoted:
            conflicts += _conflicts(promoted, old.get(key, ()), new.get(key, ()), definitions, now.book)
            new[key] = amend(new.get(key, ()), promoted)
    if conflicts:
        raise PackConflictError(
            _("政策包已改动的值不能由文件覆盖，请先在文件中写入已生效的值：{names}").format(names="；".join(conflicts)),
            field=conflicts[0],
        )
    before = replace(now.book, center=center)
    return _plan(before, definitions, tuple(content["districts"]), new)


def rows_of(book: Book) -> list[Dated]:
    """All rows of a book."""
    return [row for scopes in book.values.values() for rows in scopes.values() for row in rows]


def series_of(book: Book) -> dict[tuple[str, Scope], tuple[StoredRow, ...]]:
    """The rows of a stored book by path and scope."""
    return {
        (path, scope): tuple(row for row in rows if isinstance(row, StoredRow))
        for path, scopes in book.values.items()
        for scope, rows in scopes.items()
    }


def _refuse_overlap(rows: list[StoredRow]) -> None:
    """Of rows that overlap `amend` would let the later one win."""
    for row, following in pairwise(sorted(rows, key=lambda row: row.start)):
        if row.period.overlaps(following.period):
            raise OverlapError(
                _("与自 {day} 起的值在同一范围（{scope}）重叠，请改正起止日期").format(day=row.start, scope=row.scope),
                field=f"{following.origin} {following.path} {following.start}",
            )


def _definition_for(item: Mapping[str, Any], book: Book) -> Definition:
    if item["path"] not in book.definitions:
        raise UnknownPathError(
            _("没有参数 {path}（自 {day}），请检查拼写").format(path=item["path"], day=item["start"]),
            field=f"{item['origin']} {item['path']} {item['start']}",
        )
    return book.definitions[item["path"]]


def _series(
    items: Iterable[Mapping[str, Any]], definitions: Mapping[str, Definition], source: int
) -> dict[tuple[str, Scope], tuple[Dated, ...]]:
    found: dict[tuple[str, Scope], tuple[Dated, ...]] = {}
    for item in items:
        row = stored_row(item, definitions[item["path"]], source=source, promoted=False, pk=0)
        found[row.path, row.scope] = (*found.get((row.path, row.scope), ()), row)
    return found


def _conflicts(
    promoted: list[StoredRow], old: Iterable[Dated], new: Iterable[Dated], definitions: Mapping[str, Definition],
    book: Book,
) -> Iterator[str]:  # fmt: skip
    for row in promoted:
        name = f"{row.path}（{row.scope}，{row.start}）"
        meaning, known = definitions.get(row.path), book.definition(row.path)
        if meaning is None or (meaning.kind, meaning.key) != (known.kind, known.key):
            yield name
            continue
        was, will = _values(old, row.period), _values(new, row.period)
        if was != will and will != _values([row], row.period):
            yield name


def _plan(
    before: Book,
    definitions: Mapping[str, Definition],
    districts: tuple[str, ...],
    series: Mapping[tuple[str, Scope], tuple[Dated, ...]],
) -> Plan:
    after = build_book(
        center=before.center,
        definitions=definitions,
        rows=(row for rows in series.values() for row in rows),
        districts=districts,
    )
    old = {_fact(row): row for rows in series_of(before).values() for row in rows}
    new = {_fact(row): row for rows in series_of(after).values() for row in rows}
    known = [_finding(found) for found in lint([before], rules().values())] if before.definitions else []
    return Plan(
        book=after,
        ended=[row for fact, row in old.items() if fact not in new],
        added=[row for fact, row in new.items() if fact not in old],
        ended_definitions=[path for path, one in before.definitions.items() if definitions.get(path) != one],
        added_definitions=[one for path, one in definitions.items() if before.definitions.get(path) != one],
        redistricted=before.districts != districts,
        findings=[found for found in lint([after], rules().values()) if _finding(found) not in known],
    )


def _told(book: Book, path: str, scope: Scope, period: Period) -> list[tuple[date, int | Table]]:
    return _values(book.values.get(path, {}).get(scope, ()), period)


def _values(rows: Iterable[Dated], period: Period) -> list[tuple[date, int | Table]]:
    """Which values hold within a period, and from when; how the days are cut into rows makes no difference."""
    told: list[tuple[date, int | Table]] = []
    for row in sorted(rows, key=lambda row: row.start):
        days = row.period.clip(period)
        if days is not None and (not told or told[-1][1] != row.value):
            told.append((days.start, row.value))
    return told


def _fact(row: Dated) -> tuple[object, ...]:
    return (
        row.path, row.scope, row.start, row.end, row.value, row.document, row.article, row.announced, row.confidence,
    )  # fmt: skip


def _finding(found: Finding) -> tuple[str, str, date | None]:
    return found.rule, found.path, found.on
