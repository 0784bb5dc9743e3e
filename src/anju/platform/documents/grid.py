"""A table as paper shows it: cells with spans on a grid of columns, a title above, notes below.

Guard: the cells cover every place of the grid exactly once, so that each renderer can trust the spans.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from anju.kernel.errors import InvalidValueError
from anju.kernel.i18n import gettext as _

Align: TypeAlias = Literal["left", "center", "right"]
Orientation: TypeAlias = Literal["portrait", "landscape"]

#: The widths of a grid's columns add up to this: the whole width between the margins, in ‰.
FULL_WIDTH = 1000


def printable(text: str) -> str:
    """Return `text` unless it holds a control character other than a line break.

    Raises InvalidValueError: no Word or Excel file can carry such a character.
    """
    if any(unicodedata.category(char) in {"Cc", "Cs"} and char != "\n" for char in text):
        raise InvalidValueError(_("文字中含有不可见的控制字符，无法写入文件，请删除后重试"))
    return text


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text, which may have line breaks, its upper left place counted from 0, and its spans."""

    text: str
    row: int
    column: int
    row_span: int = 1
    column_span: int = 1
    align: Align = "center"
    bold: bool = False
    shade: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A cell that has no place yet; `flow` gives it one. `across` and `down` are its spans."""

    text: str
    across: int = 1
    down: int = 1
    align: Align = "center"
    bold: bool = False
    shade: bool = False


def flow(rows: Iterable[Sequence[Box]]) -> tuple[Cell, ...]:
    """Give each box its place, row by row from the left, around what the rows above hang down (as HTML does)."""
    cells: list[Cell] = []
    taken: set[tuple[int, int]] = set()
    for row, boxes in enumerate(rows):
        column = 0
        for box in boxes:
            while (row, column) in taken:
                column += 1
            cell = Cell(box.text, row, column, box.down, box.across, box.align, box.bold, box.shade)
            cells.append(cell)
            taken.update(_places(cell))
            column += box.across
    return tuple(cells)


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with its page: A4, upright or across.

    `caption` stands above the title at the left ("附件2"); `widths` are the columns' widths in ‰ of the width between
    the margins; the first `header_rows` rows are repeated on every page; `notes` are paragraphs below the table;
    `point_size` is the size of the table's type; `qr` is what a QR code below says (PDF only). Raises ValueError when the cells do not tile the grid, and
    InvalidValueError for text that no file can carry.
    """

    title: str
    widths: tuple[int, ...]
    cells: tuple[Cell, ...]
    caption: str = ""
    notes: tuple[str, ...] = ()
    orientation: Orientation = "portrait"
    header_rows: int = 0
    point_size: int = 10
    qr: str = ""

    def __post_init__(self) -> None:
        for text in (self.title, self.caption, *self.notes, *(cell.text for cell in self.cells)):
            printable(text)
        if sum(self.widths) != FULL_WIDTH or min(self.widths) <= 0:
            raise ValueError(f"column widths must be positive and add up to {FULL_WIDTH}: {self.widths}")
        if not self.cells or any(cell.row_span < 1 or cell.column_span < 1 for cell in self.cells):
            raise ValueError("a grid needs cells, and each spans at least one row and one column")
        places = [place for cell in self.cells for place in _places(cell)]
        wanted = {(row, column) for row in range(self.rows) for column in range(len(self.widths))}
        if len(places) != len(wanted) or set(places) != wanted:
            raise ValueError(f"the cells do not tile the grid: see {sorted(set(places) ^ wanted)[:5]} or overlaps")
        if any(cell.row < self.header_rows < cell.row + cell.row_span for cell in self.cells):
            raise ValueError("a cell hangs out of the header rows")

    @property
    def rows(self) -> int:
        """How many rows the cells reach down."""
        return max(cell.row + cell.row_span for cell in self.cells)

    def width(self, cell: Cell) -> int:
        """The width of a cell in ‰, all the columns it spans together."""
        return sum(self.widths[cell.column : cell.column + cell.column_span])


def _places(cell: Cell) -> Iterable[tuple[int, int]]:
    for row in range(cell.row, cell.row + cell.row_span):
        for column in range(cell.column, cell.column + cell.column_span):
            yield row, column
