"""A grid as a Word document, by python-docx: real merged cells, fonts for Chinese named as Word in China names them."""

from datetime import date, datetime, time
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from docx.document import Document as DocumentObject
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Mm, Pt
from docx.table import Table
from docx.text.paragraph import Paragraph

from anju.platform.documents.grid import FULL_WIDTH, Cell, Grid

#: Body and table in 宋体, the small print in 仿宋; Latin letters and digits in the type that goes with them.
BODY_FONT, NOTE_FONT, LATIN_FONT = "宋体", "仿宋", "Times New Roman"
_SIDE_MM, _EDGE_MM, _A4_MM = 12, 10, (210, 297)
#: Height of a line over the size of its type.
_LINE = 1.2
_TWIPS_PER_MM = 1440 / 25.4
_ALIGN = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "center": WD_ALIGN_PARAGRAPH.CENTER,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
}
#: The date of every entry in the zip: a fixed one, so that the same document has the same bytes on any day.
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def render_docx(grid: Grid, *, as_of: date) -> bytes:
    """The grid as a .docx file, created on `as_of`."""
    document = Document()
    _set_properties(document, grid, as_of)
    _set_page(document, grid)
    if grid.caption:
        _write(document.add_paragraph(), grid.caption, size=12)
    title = document.add_paragraph()
    title.paragraph_format.space_after = Pt(6)
    title.alignment = _ALIGN["center"]
    _write(title, grid.title, size=16, bold=True)
    _add_table(document, grid)
    for note in grid.notes:
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.space_before = Pt(1)
        _write(paragraph, note, size=max(8, grid.point_size - 1), font=NOTE_FONT)
    if not grid.notes:  # Word wants a paragraph after a table
        _write(document.add_paragraph(), "", size=1)
    target = BytesIO()
    document.save(target)
    return _with_fixed_dates(target)


def _set_properties(document: DocumentObject, grid: Grid, as_of: date) -> None:
    properties = document.core_properties
    properties.title, properties.author, properties.comments = grid.title, "", ""
    properties.created = properties.modified = datetime.combine(as_of, time())
    properties.language = "zh-CN"


def _set_page(document: DocumentObject, grid: Grid) -> None:
    section = document.sections[0]
    width, height = _A4_MM if grid.orientation == "portrait" else _A4_MM[::-1]
    section.page_width, section.page_height = Mm(width), Mm(height)
    if grid.orientation == "landscape":
        section.orientation = WD_ORIENT.LANDSCAPE
    section.left_margin = section.right_margin = Mm(_SIDE_MM)
    section.top_margin = section.bottom_margin = Mm(_EDGE_MM)
    section.footer_distance = Mm(5)
    style = document.styles["Normal"]
    style.font.size = Pt(grid.point_size)
    _set_fonts(style.element.get_or_add_rPr(), BODY_FONT)
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:eastAsia"), "zh-CN")
    style.paragraph_format.space_after = style.paragraph_format.space_before = Pt(0)
    footer = section.footer.paragraphs[0]
    footer.alignment = _ALIGN["center"]
    _write(footer, "— ", size=9)
    field = OxmlElement("w:fldSimple", attrs={qn("w:instr"): "PAGE"})
    footer._p.append(field)  # noqa: SLF001 - python-docx has no public way to a field
    _write(footer, " —", size=9)


def _add_table(document: DocumentObject, grid: Grid) -> None:
    """The table, built from its XML elements: merging cells through python-docx takes time that grows as n²."""
    table = document.add_table(rows=0, cols=0, style="Table Grid")
    table.autofit = False
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table._tblPr.find(qn("w:tblLook")).addprevious(_cell_margins())  # noqa: SLF001 - python-docx knows no margins
    twips = [round(width * _width_twips(grid) / FULL_WIDTH) for width in grid.widths]
    element = table._tbl  # noqa: SLF001 - the element is the public table's own
    for width in twips:
        element.tblGrid.append(OxmlElement("w:gridCol", attrs={qn("w:w"): str(width)}))
    covering = {(row, cell.column): cell for cell in grid.cells for row in range(cell.row, cell.row + cell.row_span)}
    for number in range(grid.rows):
        row = OxmlElement("w:tr")
        _set_row_properties(row, repeated=number < grid.header_rows)
        for column in range(len(twips)):
            cell = covering.get((number, column))
            if cell is not None:
                width = sum(twips[column : column + cell.column_span])
                row.append(_cell_element(table, cell, width=width, first=cell.row == number, size=grid.point_size))
        element.append(row)


def _cell_margins() -> BaseOxmlElement:
    margins = OxmlElement("w:tblCellMar")
    for side, twips in (("top", 15), ("left", 50), ("bottom", 15), ("right", 50)):
        margins.append(OxmlElement(f"w:{side}", attrs={qn("w:w"): str(twips), qn("w:type"): "dxa"}))
    return margins


def _width_twips(grid: Grid) -> float:
    page = _A4_MM[0] if grid.orientation == "portrait" else _A4_MM[1]
    return (page - 2 * _SIDE_MM) * _TWIPS_PER_MM


def _set_row_properties(row: BaseOxmlElement, *, repeated: bool) -> None:
    properties = OxmlElement("w:trPr")
    properties.append(OxmlElement("w:cantSplit"))
    if repeated:
        properties.append(OxmlElement("w:tblHeader"))
    row.append(properties)


def _cell_element(table: Table, cell: Cell, *, width: int, first: bool, size: int) -> BaseOxmlElement:
    """One w:tc: the cell itself in its first row, its continuation (vMerge without text) in the rows below."""
    element = OxmlElement("w:tc")
    properties = OxmlElement("w:tcPr")
    properties.append(OxmlElement("w:tcW", attrs={qn("w:w"): str(width), qn("w:type"): "dxa"}))
    if cell.column_span > 1:
        properties.append(OxmlElement("w:gridSpan", attrs={qn("w:val"): str(cell.column_span)}))
    if cell.row_span > 1:
        properties.append(OxmlElement("w:vMerge", attrs={qn("w:val"): "restart" if first else "continue"}))
    if cell.shade:
        properties.append(OxmlElement("w:shd", attrs={qn("w:val"): "clear", qn("w:fill"): "EBEBEB"}))
    properties.append(OxmlElement("w:vAlign", attrs={qn("w:val"): "center"}))
    element.append(properties)
    paragraph = Paragraph(OxmlElement("w:p"), table)
    paragraph.alignment = _ALIGN[cell.align]
    _write(paragraph, cell.text if first else "", size=size, bold=cell.bold)
    element.append(paragraph._p)  # noqa: SLF001 - the element is the public paragraph's own
    return element


def _write(paragraph: Paragraph, text: str, *, size: int, bold: bool = False, font: str = BODY_FONT) -> None:
    """Text with an exact line height: fonts for Chinese differ by a third in their own, and so would the pages."""
    paragraph.paragraph_format.line_spacing = Pt(size * _LINE)
    if text:
        run = paragraph.add_run(text)
        run.bold = bold or None
        run.font.size = Pt(size)
        _set_fonts(run._r.get_or_add_rPr(), font)  # noqa: SLF001 - python-docx knows no East Asian font


def _set_fonts(properties: BaseOxmlElement, font: str) -> None:
    names = properties.get_or_add_rFonts()
    for kind, name in (("ascii", LATIN_FONT), ("hAnsi", LATIN_FONT), ("eastAsia", font), ("hint", "eastAsia")):
        names.set(qn(f"w:{kind}"), name)


def _with_fixed_dates(source: BytesIO) -> bytes:
    target = BytesIO()
    with ZipFile(source) as old, ZipFile(target, "w", ZIP_DEFLATED) as new:
        for entry in old.infolist():
            fixed = ZipInfo(entry.filename, _ZIP_DATE)
            fixed.compress_type = ZIP_DEFLATED
            new.writestr(fixed, old.read(entry))
    return target.getvalue()
