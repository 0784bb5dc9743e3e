"""A report as paper shows it: paragraphs, tables of ragged rows, and the place of each.

Readers of text and of Word files both deliver this model. A row holds only the cells that are really there: a cell
merged downwards shows again as an empty cell, a cell merged sideways is one cell. So a table that was linearised to
text and the same table in a Word file look alike, and rules need to know only one shape.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

from anju.kernel.i18n import gettext as _
from anju.kernel.text import squeeze


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is printed: in the body by section, in a table by row and column, always by line.

    `line` counts from 1: lines of a text file, or paragraphs and cells of a Word file (`unit` says which).
    """

    line: int
    unit: str = "行"
    section: str = ""
    table: str = ""
    row: str = ""
    column: str = ""

    def cell(self, *, row: str, column: str, line: int | None = None) -> "Place":
        """The same table, at a named row and column."""
        return replace(self, row=row, column=column, line=self.line if line is None else line)

    @property
    def address(self) -> tuple[str, str, str, str]:
        """The place without its line: equal for the same report in different file formats."""
        return (self.section, self.table, self.row, self.column)

    def __str__(self) -> str:
        if self.table:
            row = _("“{row}”行").format(row=self.row) if self.row else ""
            column = _("“{column}”列").format(column=self.column) if self.column else ""
            where = f"{self.table}{row}{column}"
        else:
            where = _("正文“{section}”").format(section=self.section) if self.section else _("正文")
        return _("{where}（第{line}{unit}）").format(where=where, line=self.line, unit=_(self.unit))


@dataclass(frozen=True)
class Cell:
    """One table cell: its text as printed and its line. `column` is its grid column where the file tells, else -1."""

    text: str
    line: int
    column: int = -1
    span: int = 1

    @cached_property
    def key(self) -> str:
        """The text in half-width without white space, for comparing labels."""
        return squeeze(self.text)


Row: TypeAlias = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph of the body; `place` carries the headings above it."""

    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Table:
    """One table: the paragraphs right above it (附件号, title) and its rows."""

    heading: tuple[str, ...]
    rows: tuple[Row, ...]
    place: Place

    @property
    def title(self) -> str:
        """The line right above the table, without white space; empty when there is none."""
        return squeeze(self.heading[-1]) if self.heading else ""


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report in printed order."""

    paragraphs: tuple[Paragraph, ...]
    tables: tuple[Table, ...]

    def texts(self) -> Iterator[str]:
        """Every printed text, for looking up whether something is mentioned at all."""
        for paragraph in self.paragraphs:
            yield paragraph.text
        for table in self.tables:
            for row in table.rows:
                yield from (cell.text for cell in row)
