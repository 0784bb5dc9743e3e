"""Parameters: what was in force on a day, for whom, on whose word. A book holds them for one center.

Invariant: within one scope the values of a path never overlap, and the path as a whole has no gap that it does not
declare (`unknown`), so a day has one answer or a named reason why it has none.

Scopes: a value may be for a crowd, for a district, for a center or for the nation. Of several in force on a day the most
specific one counts: crowd before district before center before nation.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from itertools import pairwise

from anju.kernel.i18n import gettext as _
from anju.kernel.periods import Period
from anju.policy.errors import GapError, NotInForceError, OverlapError, RangeError, UnknownPathError
from anju.policy.units import Kind, Unit, format_value

#: The center of values that hold everywhere.
NATIONAL = "national"
#: Answers that a book remembers: some years of days for what is asked every day.
_MOST_CACHED = 50_000


class Confidence(StrEnum):
    """How far a value may be trusted."""

    SURE = "sure"  # several independent sources agree
    LIKELY = "likely"  # one secondary source
    CHECK = "check"  # a person must confirm it against the original
    ILLUSTRATIVE = "illustrative"  # made up, and told so wherever it is shown


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom a value is in force; an empty district or crowd means all."""

    center: str = NATIONAL
    district: str = ""
    crowd: str = ""

    @property
    def rank(self) -> tuple[bool, bool, bool]:
        """Greater is more specific."""
        return bool(self.crowd), bool(self.district), self.center != NATIONAL

    @property
    def general(self) -> bool:
        """Whether it is for everyone of its center."""
        return not self.district and not self.crowd

    def __str__(self) -> str:
        return "/".join(part for part in (self.center, self.district, self.crowd) if part)


@dataclass(frozen=True, slots=True)
class Table:
    """Steps: from each key on its value holds. Keys and values are integers of the parameter's key and value units."""

    keys: tuple[int, ...]
    values: tuple[int, ...]

    def look_up(self, key: int) -> int:
        """The value at a key. Raises RangeError before the first key."""
        place = bisect_right(self.keys, key) - 1
        if place < 0:
            raise RangeError(_("表中没有这么早的值，请检查输入"))
        return self.values[place]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A value in force from `start`, until `end` (exclusive) when that is known, with its source."""

    path: str
    value: int | Table
    start: date
    end: date | None
    scope: Scope
    document: str
    article: str
    announced: date | None
    confidence: Confidence
    origin: str = ""

    @property
    def period(self) -> Period:
        """Its days."""
        return Period(self.start, self.end)

    @property
    def citation(self) -> str:
        """The document with the article."""
        return self.document + self.article


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What a parameter means. `key` is the unit by which a table is looked up; `unknown` are its declared gaps."""

    path: str
    title: str
    kind: Kind
    key: Unit | None = None
    unknown: tuple[tuple[Period, str], ...] = ()

    def show(self, value: int | Table) -> str:
        """A value as a person reads it."""
        return _("对照表") if isinstance(value, Table) else format_value(value, self.kind)


@dataclass(frozen=True, slots=True)
class DatedTable:
    """A table in force, as a rule looks it up."""

    dated: Dated
    table: Table
    kind: Kind
    key: Unit
    title: str


@dataclass(frozen=True)
class Book:
    """All parameters of a center, the nation's included. Immutable: a package makes a new book."""

    center: str
    definitions: Mapping[str, Definition]
    values: Mapping[str, Mapping[Scope, tuple[Dated, ...]]]
    districts: tuple[str, ...] = ()
    _cache: dict[tuple[str, date], tuple[Dated, ...]] = field(default_factory=dict, repr=False, compare=False)

    def definition(self, path: str) -> Definition:
        """Raises UnknownPathError."""
        try:
            return self.definitions[path]
        except KeyError:
            raise UnknownPathError(_("没有参数 {path}，请检查拼写").format(path=path), field=path) from None

    def in_force(self, path: str, on: date) -> tuple[Dated, ...]:
        """The values of all scopes on a day, the least specific first. Raises NotInForceError, UnknownPathError."""
        found = self._cache.get((path, on))
        if found is None:
            if len(self._cache) >= _MOST_CACHED:
                self._cache.clear()
            found = self._cache[path, on] = self._find(path, on)
        return found

    def resolve(self, path: str, on: date, *, district: str = "", crowd: str = "") -> Dated:
        """The value of the most specific scope on a day. Raises NotInForceError, UnknownPathError."""
        fitting = [
            row
            for row in self.in_force(path, on)
            if row.scope.district in {"", district} and row.scope.crowd in {"", crowd}
        ]
        return fitting[-1]

    def change_days(self, paths: Iterable[str], period: Period) -> list[date]:
        """The days within a period on which one of the parameters changes, and the first day of the period."""
        days = {period.start}
        for path in paths:
            for rows in self.values.get(path, {}).values():
                for row in rows:
                    days |= {day for day in (row.start, row.end) if day is not None and day in period}
        return sorted(days)

    def uncovered(self, path: str, period: Period) -> list[Period]:
        """The parts of a period for which no value holds for everyone."""
        rows = [row for scope, rows in self.values.get(path, {}).items() if scope.general for row in rows]
        return _uncovered(rows, period)

    def illustrative(self, on: date) -> list[str]:
        """Paths whose value on a day is made up."""
        return [
            path
            for path in self.values
            if any(row.confidence is Confidence.ILLUSTRATIVE and on in row.period for row in self._rows(path))
        ]

    def _rows(self, path: str) -> Iterable[Dated]:
        return (row for rows in self.values.get(path, {}).values() for row in rows)

    def _find(self, path: str, on: date) -> tuple[Dated, ...]:
        definition = self.definition(path)
        rows = sorted((row for row in self._rows(path) if on in row.period), key=lambda row: row.scope.rank)
        if rows and rows[0].scope.general:
            return tuple(rows)
        known = sorted((row for row in self._rows(path) if row.scope.general), key=lambda row: row.start)
        reason = next((reason for period, reason in definition.unknown if on in period), "")
        if known and on < known[0].start:
            reason = _("最早的已知值自 {day} 起，见 {origin}").format(day=known[0].start, origin=known[0].origin)
        raise NotInForceError(
            _("{day} 没有“{title}”的已知值{reason}，请查阅当时的文件").format(
                day=on, title=_(definition.title), reason=f"（{reason}）" if reason else ""
            ),
            field=path,
        )


def build_book(
    *, center: str, definitions: Mapping[str, Definition], rows: Iterable[Dated], districts: tuple[str, ...] = ()
) -> Book:
    """A book of dated rows. A row without an end lasts until the next one of its scope.

    Raises OverlapError and GapError, naming path, date and where the row was read, and UnknownPathError.
    """
    grouped: dict[str, dict[Scope, list[Dated]]] = {path: {} for path in definitions}
    for row in rows:
        if row.path not in grouped:
            raise UnknownPathError(_("没有参数 {path}，请检查拼写").format(path=row.path), field=_at(row))
        grouped[row.path].setdefault(row.scope, []).append(row)
    values = {path: {scope: _chain(rows) for scope, rows in scopes.items()} for path, scopes in grouped.items()}
    book = Book(center, definitions, values, districts)
    for path, definition in definitions.items():
        _refuse_gaps(book, path, definition)
    return book


def amend(rows: Iterable[Dated], changes: Iterable[Dated]) -> tuple[Dated, ...]:
    """The rows of one path and scope with the changes over them: outside a change's days the rows stay as they are."""
    kept = list(rows)
    for change in changes:
        cut: list[Dated] = []
        for row in kept:
            cut += _outside(row, change.period)
        kept = [*cut, change]
    return tuple(sorted(kept, key=lambda row: row.start))


def _outside(row: Dated, period: Period) -> list[Dated]:
    if not row.period.overlaps(period):
        return [row]
    parts = []
    if row.start < period.start:
        parts.append(replace(row, end=period.start))
    if period.end is not None and (row.end is None or period.end < row.end):
        parts.append(replace(row, start=period.end))
    return parts


def _chain(rows: Iterable[Dated]) -> tuple[Dated, ...]:
    ordered = sorted(rows, key=lambda row: row.start)
    for place, (row, following) in enumerate(pairwise(ordered)):
        if row.start == following.start or (row.end is not None and row.end > following.start):
            raise OverlapError(
                _("与自 {day} 起的值在同一范围（{scope}）重叠，请改正起止日期").format(day=row.start, scope=row.scope),
                field=f"{_at(following)} {following.start}",
            )
        if row.end is None:
            ordered[place] = replace(row, end=following.start)
    return tuple(ordered)


def _refuse_gaps(book: Book, path: str, definition: Definition) -> None:
    rows = [row for scope, rows in book.values[path].items() if scope.general for row in rows]
    if not rows:
        return
    first = min(row.start for row in rows)
    ends = [row.end for row in rows]
    final = None if None in ends else max(end for end in ends if end is not None)
    declared = [period for period, _reason in definition.unknown]
    for gap in _uncovered(rows, Period(first, final)):
        if gap not in declared:
            after = next(row for row in rows if row.start == gap.end)
            raise GapError(
                _("{start} 至 {end}（不含）没有值：请补齐，或在 unknown 中写明原因").format(
                    start=gap.start, end=gap.end
                ),
                field=f"{_at(after)} {gap.start}",
            )


def _uncovered(rows: Iterable[Dated], period: Period) -> list[Period]:
    gaps, day = [], period.start
    for row in sorted(rows, key=lambda row: row.start):
        if period.end is not None and row.start >= period.end:
            break
        if row.start > day:
            gaps.append(Period(day, row.start))
        if row.end is None:
            return gaps
        day = max(day, row.end)
    if period.end is None or day < period.end:
        gaps.append(Period(day, period.end))
    return gaps


def _at(row: Dated) -> str:
    return f"{row.origin} {row.path}".strip()
