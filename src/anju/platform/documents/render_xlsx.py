"""A grid as an Excel sheet, by XlsxWriter. Every text is written as text, whatever its first character."""

from datetime import date, datetime, time
from io import BytesIO
from math import ceil
from unicodedata import east_asian_width

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from anju.kernel.i18n import gettext as _
from anju.platform.documents.grid import FULL_WIDTH, Cell, Grid

FONT = "宋体"
#: Characters of Excel's standard type that fit between the margins of an A4 page at full scale.
_PAGE_CHARACTERS = {"portrait": 96, "landscape": 142}
#: Excel's standard type, which the column widths count in, has this size.
_STANDARD_SIZE = 11
#: Height of a line over the size of its type.
_LINE = 1.35


def render_xlsx(grid: Grid, *, as_of: date) -> bytes:
    """The grid as an .xlsx file with one sheet, fitted to the width of the page, created on `as_of`."""
    target = BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": grid.title, "created": datetime.combine(as_of, time())})
    sheet = book.add_worksheet(_("表"))
    _set_page(sheet, grid)
    line = 0
    if grid.caption:
        _write_line(book, sheet, grid, line, grid.caption, size=12)
        line += 1
    _write_line(book, sheet, grid, line, grid.title, size=16, bold=True, align="center")
    first = line + 1
    _write_table(book, sheet, grid, first)
    for number, note in enumerate(grid.notes, first + grid.rows):
        _write_line(book, sheet, grid, number, note, size=max(8, grid.point_size - 1))
    if grid.header_rows:
        sheet.repeat_rows(first, first + grid.header_rows - 1)
        sheet.freeze_panes(first + grid.header_rows, 0)
    book.close()
    return target.getvalue()


def _set_page(sheet: Worksheet, grid: Grid) -> None:
    sheet.set_paper(9)  # A4
    if grid.orientation == "landscape":
        sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.center_horizontally()
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
    sheet.set_footer("&C— &P —")
    for column, width in enumerate(grid.widths):
        sheet.set_column(column, column, _characters(grid, width))
    # Figures are texts here, as printed; without this Excel marks each of them with a green corner.
    sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{grid.rows + len(grid.notes) + 2}"})


def _write_table(book: Workbook, sheet: Worksheet, grid: Grid, first: int) -> None:
    formats: dict[tuple[str, bool, bool], Format] = {}
    for row, height in enumerate(_heights(grid)):
        sheet.set_row(first + row, height)
    for cell in grid.cells:
        look = (cell.align, cell.bold, cell.shade)
        if look not in formats:
            formats[look] = _format(book, size=grid.point_size, align=cell.align, bold=cell.bold, shade=cell.shade)
        row = first + cell.row
        if cell.row_span > 1 or cell.column_span > 1:
            end = (row + cell.row_span - 1, cell.column + cell.column_span - 1)
            sheet.merge_range(row, cell.column, *end, "", formats[look])
        _write_text(sheet, row, cell.column, cell.text, formats[look])


def _write_line(
    book: Workbook, sheet: Worksheet, grid: Grid, row: int, text: str, *, size: int, bold: bool = False,
    align: str = "left",
) -> None:  # fmt: skip
    look = _format(book, size=size, align=align, bold=bold, border=0)
    if len(grid.widths) > 1:
        sheet.merge_range(row, 0, row, len(grid.widths) - 1, "", look)
    sheet.set_row(row, _lines(text, _characters(grid, FULL_WIDTH), size) * size * _LINE + 4)
    _write_text(sheet, row, 0, text, look)


def _write_text(sheet: Worksheet, row: int, column: int, text: str, look: Format) -> None:
    if text:
        sheet.write_string(row, column, text, look)
    else:
        sheet.write_blank(row, column, None, look)


def _format(book: Workbook, *, size: int, align: str, bold: bool, shade: bool = False, border: int = 1) -> Format:
    look = {"font_name": FONT, "font_size": size, "align": align, "valign": "vcenter", "text_wrap": True, "bold": bold}
    return book.add_format(look | {"border": border} | ({"bg_color": "#EBEBEB"} if shade else {}))


def _heights(grid: Grid) -> list[float]:
    """Row heights in points: Excel never grows a row for a merged cell, so every row gets its height here."""
    lines = [1] * grid.rows
    for cell in sorted(grid.cells, key=lambda cell: cell.row_span):
        rows = range(cell.row, cell.row + cell.row_span)
        missing = _cell_lines(grid, cell) - sum(lines[row] for row in rows)
        if missing > 0:
            for row in rows:
                lines[row] += ceil(missing / len(rows))
    return [count * grid.point_size * _LINE + 6 for count in lines]


def _cell_lines(grid: Grid, cell: Cell) -> int:
    return _lines(cell.text, _characters(grid, grid.width(cell)), grid.point_size)


def _characters(grid: Grid, width: int) -> float:
    return _PAGE_CHARACTERS[grid.orientation] * width / FULL_WIDTH


def _lines(text: str, characters: float, size: int) -> int:
    """How many lines a text takes in a column of so many standard characters; a Chinese character takes two."""
    room = max(2.0, characters * _STANDARD_SIZE / size - 1)
    widths = (sum(2 if east_asian_width(char) in "WFA" else 1 for char in line) for line in text.split("\n"))
    return sum(max(1, ceil(width / (room - room % 2))) for width in widths)
