"""What differs between two books or two days, parameter by parameter."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from anju.policy.errors import NotInForceError
from anju.policy.overlay import Overlay
from anju.policy.parameters import Book, Dated, Definition, Scope


@dataclass(frozen=True, slots=True)
class Difference:
    """A parameter and scope whose value is not the same on a day: before and after, None where there is none."""

    definition: Definition
    scope: Scope
    on: date
    before: Dated | None
    after: Dated | None


def between_days(book: Book, first: date, second: date) -> Iterator[Difference]:
    """What changed from one day to another."""
    for path in book.definitions:
        yield from _compare(book, first, book, second, path)


def by_package(baseline: Book, package: Book, overlay: Overlay) -> Iterator[Difference]:
    """What a package changes, on each day on which one of its values begins or ends."""
    for path, rows in overlay.changes.items():
        for on in sorted({day for row in rows for day in (row.start, row.end) if day is not None}):
            yield from _compare(baseline, on, package, on, path)


def _compare(one: Book, first: date, other: Book, second: date, path: str) -> Iterator[Difference]:
    before, after = _by_scope(one, path, first), _by_scope(other, path, second)
    for scope in sorted({*before, *after}, key=lambda scope: (scope.rank, str(scope))):
        old, new = before.get(scope), after.get(scope)
        if (old and old.value) != (new and new.value):
            yield Difference(one.definition(path), scope, second, old, new)


def _by_scope(book: Book, path: str, on: date) -> dict[Scope, Dated]:
    try:
        return {row.scope: row for row in book.in_force(path, on)}
    except NotInForceError:
        return {}
