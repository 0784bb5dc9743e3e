"""Reads a Word report (.docx) in printed order, with merged cells as the document model wants them."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from zipfile import BadZipFile, ZipFile

import docx
from docx.oxml.ns import qn

from anju.evaluation.audit.build import Builder
from anju.evaluation.audit.document import Cell, Document, Row
from anju.evaluation.audit.errors import ReportFileError
from anju.kernel.i18n import gettext as _

#: A report with pictures stays far below this when unpacked; a zip bomb does not.
MAX_UNPACKED_BYTES = 64 * 1024 * 1024
MAX_MAIN_PART_BYTES = 16 * 1024 * 1024
MAX_ENTRIES = 5_000
_MAIN_PART = "word/document.xml"


def read_docx(data: bytes) -> Document:
    """The document that a .docx file holds. Raises ReportFileError when the bytes are no readable Word file."""
    _check_package(data)
    try:
        body = docx.Document(BytesIO(data)).element.body
    except Exception as error:  # whatever a broken package makes python-docx, lxml or zlib raise
        raise ReportFileError(_("Word 文件已损坏，无法读取：请用 Word 打开后另存为 .docx 再试")) from error
    builder = Builder("段")
    line = 0
    for block in body.iterchildren(qn("w:p"), qn("w:tbl"), qn("w:sdt")):
        for element in block.iter(qn("w:p"), qn("w:tbl")) if block.tag == qn("w:sdt") else (block,):
            if _inside_table(element, block):
                continue
            if element.tag == qn("w:p"):
                line += 1
                builder.paragraph(_text(element), line)
            else:
                rows, line = _rows(element, line)
                builder.table(rows)
    return builder.document()


def _check_package(data: bytes) -> None:
    """Refuse, before anything is unpacked, what is no Word file or would unpack to an unreasonable size."""
    try:
        with ZipFile(BytesIO(data)) as package:
            entries = package.infolist()
    except (BadZipFile, ValueError, OSError) as error:
        raise ReportFileError(_("Word 文件已损坏，无法读取：请用 Word 打开后另存为 .docx 再试")) from error
    sizes = {entry.filename: entry.file_size for entry in entries}
    if any(name.startswith("xl/") for name in sizes):
        raise ReportFileError(_("这是 Excel 工作簿，不是 Word 文件：请提供 .docx 或纯文本的自评报告"))
    if _MAIN_PART not in sizes:
        raise ReportFileError(_("压缩包中没有 Word 正文，不是 .docx 文件：请提供 .docx 或纯文本的自评报告"))
    too_large = sum(sizes.values()) > MAX_UNPACKED_BYTES or sizes[_MAIN_PART] > MAX_MAIN_PART_BYTES
    if too_large or len(entries) > MAX_ENTRIES:
        raise ReportFileError(_("Word 文件解压后过大，已拒绝读取：请删除图片等附件后另存再试"))


def _inside_table(element: Any, root: Any) -> bool:
    """True for an element nested in a table below `root`: the table's own cells tell its text."""
    parent = element.getparent()
    while parent is not None and parent is not root:
        if parent.tag == qn("w:tbl"):
            return True
        parent = parent.getparent()
    return False


def _rows(table: Any, line: int) -> tuple[list[Row], int]:
    """The rows of a w:tbl; a cell merged downwards is empty in the rows below, one merged sideways is one cell."""
    rows: list[Row] = []
    for row in table.iterchildren(qn("w:tr")):
        cells: list[Cell] = []
        column = 0
        for tc in _row_cells(row):
            line += 1
            properties = tc.tcPr
            span = int(properties.grid_span) if properties is not None else 1
            text = "" if tc.vMerge == "continue" else "\n".join(_text(p) for p in tc.iter(qn("w:p"))).strip()
            cells.append(Cell(text, line, column, span))
            column += span
        rows.append(tuple(cells))
    return rows, line


def _row_cells(row: Any) -> Iterator[Any]:
    """The w:tc of a row, those in content controls included, those of nested tables not."""
    for child in row.iterchildren(qn("w:tc"), qn("w:sdt")):
        if child.tag == qn("w:tc"):
            yield child
        else:
            yield from child.iterfind(f"{qn('w:sdtContent')}/{qn('w:tc')}")


def _text(paragraph: Any) -> str:
    """What a w:p shows: text, tabs as spaces, line breaks; deleted revisions and field codes are not shown."""
    parts: list[str] = []
    for node in paragraph.iter(qn("w:t"), qn("w:tab"), qn("w:br")):
        if node.tag == qn("w:t"):
            parts.append(node.text or "")
        elif node.getparent().tag == qn("w:r"):
            parts.append("\n" if node.tag == qn("w:br") else " ")
    return "".join(parts)
