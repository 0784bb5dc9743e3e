"""What a kind of list is: its columns, how a row is read and judged, what the template holds. One small file a kind."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

from anju.contributions.models_sheets import Sheet
from anju.contributions.roster import RowProblem
from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.kernel.identity import mask_identity_number
from anju.kernel.money import Fen
from anju.kernel.periods import Month
from anju.kernel.text import squeeze
from anju.registry.models import Unit

#: The line of a problem that is no row's.
WHOLE = 0


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, how a cell is read (raising AnjuError), whether it must be filled, whether it is a figure.

    `secret` values are shown masked; `choices` are the words to choose from, which the template offers in its cells.
    """

    name: str
    heading: str
    read: Callable[[Any], Any]
    required: bool = True
    figure: bool = False
    secret: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """A row whose every cell could be read: its line in the file and the values by column name."""

    line: int
    values: dict[str, Any]


@dataclass(slots=True)
class Judged:
    """A row in order, ready to be kept; amounts in fen, `person` the digest of somebody without an account."""

    line: int
    member: int | None = None
    person: bytes | None = None
    month: int | None = None
    base: Fen | None = None
    unit_amount: Fen | None = None
    person_amount: Fen | None = None
    code: str = ""
    note: str = ""


@dataclass(slots=True)
class Context:
    """For whom, for which month and on which day a list is judged; `kept` is for what a kind looks up once."""

    unit: Unit
    month: Month | None
    on: date
    kept: dict[str, Any] = field(default_factory=dict)


class TableKind:
    """A table that is read from a file: its columns."""

    code: ClassVar[str]
    title: ClassVar[str]
    columns: ClassVar[tuple[Column, ...]]


class SheetKind(TableKind, ABC):
    """Base of all kinds of lists."""

    #: The item that uses such a list through its field `sheet`.
    item: ClassVar[str]
    needs_month: ClassVar[bool] = False
    #: Column whose value stands once in a list, told by member or person.
    once: ClassVar[str] = "identity_number"
    #: Whether it stands once for each month instead.
    monthly: ClassVar[bool] = False

    def template(self, context: Context) -> Iterable[Sequence[Any]]:
        """The rows that a template begins with, cells in the order of the columns; none by default."""
        return ()

    @abstractmethod
    def judge(self, rows: Sequence[Given], context: Context) -> tuple[list[Judged], list[RowProblem]]:
        """Some thousand rows at once: those in order, and what is wrong with the others. Lookups are set-based."""

    def judge_whole(self, sheet: Sheet, context: Context) -> list[RowProblem]:
        """What is wrong with the list as a whole, once all rows are judged: problems of line WHOLE. None by default."""
        return []


def typed_rows(sheet: Sheet) -> list[tuple[int, list[Any]]]:
    """The rows as they were typed, in their order."""
    return [(line, cells) for part in sheet.parts.order_by("place") for line, cells in json.loads(part.content)]


def read_row(kind: TableKind, line: int, cells: Sequence[Any]) -> tuple[Given | None, list[RowProblem]]:
    """A typed row by the kind's columns: what could be read, or what could not."""
    values: dict[str, Any] = {}
    problems = []
    for column, cell in zip(kind.columns, cells, strict=True):
        if cell == "" or cell is None:
            if column.required:
                problems.append(RowProblem(line, column.heading, "", "EMPTY", _("不能为空")))
            values[column.name] = None
            continue
        try:
            values[column.name] = column.read(cell)
        except AnjuError as error:
            shown = mask_identity_number(squeeze(str(cell))) if column.secret else str(cell)[:60]
            problems.append(RowProblem(line, column.heading, shown, error.code, error.message))
    return (None if problems else Given(line, values)), problems


_kinds: dict[str, SheetKind] = {}


class UnknownSheetKindError(AnjuError):
    """No list of this kind."""

    code: ClassVar[str] = "SHEET_KIND"


def register(kind: SheetKind) -> None:
    """Make a kind known by its code."""
    _kinds[kind.code] = kind


def kinds() -> list[SheetKind]:
    """All kinds, in the order of their codes."""
    return [_kinds[code] for code in sorted(_kinds)]


def kind_of(code: str) -> SheetKind:
    """The kind of a code. Raises UnknownSheetKindError."""
    if code not in _kinds:
        raise UnknownSheetKindError(code, field="kind")
    return _kinds[code]
