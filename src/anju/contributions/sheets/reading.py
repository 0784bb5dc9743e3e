"""An uploaded workbook or text file as rows of cells: .xlsx of Excel and WPS, .csv in the encodings that they write.

Nothing is judged here but the form: a header with the kind's headings, no merged cells below it, not too many rows.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from anju.contributions.roster import RowProblem
from anju.contributions.roster_file import MAX_ROWS, heading, letter
from anju.contributions.sheets.declarations import TableKind
from anju.contributions.xlsx_guard import MAX_FILE_BYTES, RosterFileError, load
from anju.kernel.i18n import gettext as _

#: The header is looked for in the first rows only.
_HEADER_WITHIN = 20
_TOTAL = "合计"
#: Characters in which the separator of a text file is looked for: a title above the header has none.
_HEAD = 2_000
_ENCODINGS = ("utf-8-sig", "gb18030")
Cells = list[Any]


@dataclass(frozen=True, slots=True)
class Table:
    """The rows below the header: line as in the file, cells in the order of the kind's columns."""

    rows: list[tuple[int, Cells]]
    problems: list[RowProblem]


def read_table(content: bytes, kind: TableKind) -> Table:
    """Read the first sheet, or the text. Raises RosterFileError for what is no such file or has no such header."""
    if not content.startswith((b"PK", bytes.fromhex("d0cf11e0"))):
        return _table(_text_rows(content), kind, [])
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(load(content))) as book:
            sheet = book.get_sheet_by_index(0)
            merged = [(top, f"{letter(left)}{top + 1}") for (top, left), _end in sheet.merged_cell_ranges or []]
            return _table(sheet.iter_rows(), kind, merged)
    except RosterFileError:
        raise
    except (CalamineError, ValueError, OSError) as error:
        raise RosterFileError(_("工作簿已损坏，请重新保存后上传"), field="file") from error


def _text_rows(content: bytes) -> Iterator[Cells]:
    if not content:
        raise RosterFileError(_("文件是空的"), field="file")
    if len(content) > MAX_FILE_BYTES:
        raise RosterFileError(_("文件超过 50 MB"), field="file")
    text = None
    for encoding in _ENCODINGS:
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    if text is None or "\0" in text:
        raise RosterFileError(_("不是 .xlsx 或 .csv 文件，请用模板填写后上传"), field="file")
    head = text[:_HEAD]
    delimiter = max((",", "\t", ";", "，"), key=head.count)
    try:
        yield from csv.reader(io.StringIO(text), delimiter=delimiter)
    except csv.Error as error:
        raise RosterFileError(_("文本文件格式不对，请用模板填写并另存为 .xlsx"), field="file") from error


def _table(rows: Iterable[Cells], kind: TableKind, merged: list[tuple[int, str]]) -> Table:
    numbered = enumerate(rows, 1)
    header, places = _header(numbered, kind)
    problems = [
        RowProblem(top + 1, "merged", place, "MERGED_CELL", _("明细中有合并单元格，请取消合并后逐行填写"))
        for top, place in merged
        if top >= header
    ]
    found: list[tuple[int, Cells]] = []
    for number, cells in numbered:
        values = [cells[place] if place is not None and place < len(cells) else "" for place in places]
        if all(value == "" or value is None for value in values):
            continue
        if _closes(cells, values):
            break
        if len(found) >= MAX_ROWS:
            raise RosterFileError(_("超过 {most} 行，请分批上传").format(most=MAX_ROWS), field="file")
        found.append((number, values))
    if not found:
        raise RosterFileError(_("清单没有任何数据行，请填写后上传"), field="file")
    return Table(found, problems)


def _closes(cells: Cells, values: Cells) -> bool:
    """Whether a row is the total below the rows: nobody is named in it. Most rows name somebody and are told at once."""
    named = [value for value in values[:2] if value not in ("", None) and str(value).strip()]
    if any(heading(value) != _TOTAL for value in named):
        return False
    return _TOTAL in {heading(cell) for cell in cells}


def _header(numbered: Iterator[tuple[int, Cells]], kind: TableKind) -> tuple[int, list[int | None]]:
    """The line of the header, and where each of the kind's columns stands in it; optional columns may be missing."""
    wanted = [column.heading for column in kind.columns]
    for number, cells in numbered:
        texts = [heading(cell) for cell in cells]
        present = [text for text in wanted if text in texts]
        if len(present) >= min(2, len(wanted)):
            lacking = [column.heading for column in kind.columns if column.required and column.heading not in texts]
            twice = [text for text in wanted if texts.count(text) > 1]
            if lacking or twice:
                words = _("表头缺少或重复：{names}").format(names="、".join(lacking + twice))
                raise RosterFileError(words, field="file")
            return number, [texts.index(text) if text in texts else None for text in wanted]
        if number >= _HEADER_WITHIN:
            break
    raise RosterFileError(_("前 {rows} 行没有找到清单表头，请使用模板").format(rows=_HEADER_WITHIN), field="file")
