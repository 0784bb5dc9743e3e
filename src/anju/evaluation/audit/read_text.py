"""Reads a report whose tables were linearised to text.

Two forms of a table row are understood: a group of lines that each start with one tab and hold one cell (groups are
parted by empty lines), and one line with several cells between tabs. A cell may hold line breaks: lines without a tab
inside a group continue the cell above.
"""

import re

from anju.evaluation.audit.build import Builder, is_heading
from anju.evaluation.audit.document import Cell, Document, Row

_LINE_END = re.compile(r"\r\n|\r|\n")


def read_text(text: str) -> Document:
    """The document that a plain text holds; line numbers are those of the text."""
    lines = _LINE_END.split(text)
    builder = Builder("行")
    index = 0
    while index < len(lines):
        if lines[index].startswith("\t") or "\t" in lines[index].rstrip():
            rows, index = _read_table(lines, index)
            builder.table(rows)
        else:
            builder.paragraph(lines[index], index + 1)
            index += 1
    return builder.document()


def _read_table(lines: list[str], index: int) -> tuple[list[Row], int]:
    """Rows of the table that starts at `index`, and the index of the first line after it."""
    rows: list[Row] = []
    current: list[Cell] = []
    while index < len(lines):
        line = lines[index]
        if "\t" in line[1:]:
            rows += [tuple(current), tuple(Cell(part.strip(), index + 1) for part in line.split("\t"))]
            current = []
        elif line.startswith("\t"):
            current.append(Cell(line[1:].strip(), index + 1))
        elif line.strip():
            if not current or is_heading(line):
                break
            current[-1] = _continued(current[-1], line)
        else:
            following = _next_filled(lines, index)
            if following == len(lines):
                break
            if "\t" in lines[following]:
                rows.append(tuple(current))
                current = []
            elif not (current and following == index + 1 and _continues(lines, following)):
                break
            index = following - 1
        index += 1
    rows.append(tuple(current))
    return [row for row in rows if row], index


def _continued(cell: Cell, line: str) -> Cell:
    return Cell(f"{cell.text}\n{line.strip()}".strip(), cell.line)


def _next_filled(lines: list[str], index: int) -> int:
    """Index of the next line that is not empty; a lone tab is an empty cell, so it counts."""
    while index < len(lines) and not lines[index].strip() and "\t" not in lines[index]:
        index += 1
    return index


def _continues(lines: list[str], index: int) -> bool:
    """True when a line after one empty line still belongs to the cell above: the row goes on right below it."""
    has_next = index + 1 < len(lines) and lines[index + 1].startswith("\t")
    return has_next and not is_heading(lines[index])
