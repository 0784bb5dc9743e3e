"""A grid and its three files: what was asked for stands in them, and nothing of it is ever code."""

from datetime import date
from io import BytesIO
from zipfile import ZipFile

import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from anju.evaluation.run import RENDERERS
from anju.kernel.errors import InvalidValueError
from anju.platform.documents import render_pdf as pdf_module
from anju.platform.documents.grid import Box, Cell, Grid, flow
from anju.platform.documents.render_docx import render_docx
from anju.platform.documents.render_pdf import ChineseFontMissingError, render_pdf
from anju.platform.documents.render_xlsx import render_xlsx

AS_OF = date(2025, 3, 31)
HOSTILE = (
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    '#panic("x") *粗* $x$ \\',
    "<w:t>&amp;</w:t>",
    "http://x.cn",
)


def sample(**changes: object) -> Grid:
    rows = [
        [Box("绩效\n指标", down=3), Box("项目", across=2, bold=True, shade=True), Box("金额", align="right")],
        [Box("归集"), Box("额", align="left"), Box("56.85")],
        [Box("合计", across=2), Box("")],
    ]
    facts: dict[str, object] = {"caption": "附件9", "notes": ("注：一", "注：二"), **changes}
    return Grid("样表", (100, 400, 300, 200), flow(rows), **facts)  # type: ignore[arg-type]


def one_column(texts: tuple[str, ...]) -> Grid:
    return Grid("样表", (1000,), flow([[Box(text)] for text in texts]))


def test_flow_places_boxes_around_spans() -> None:
    places = {cell.text: (cell.row, cell.column, cell.row_span, cell.column_span) for cell in sample().cells}
    assert places == {
        "绩效\n指标": (0, 0, 3, 1), "项目": (0, 1, 1, 2), "金额": (0, 3, 1, 1),
        "归集": (1, 1, 1, 1), "额": (1, 2, 1, 1), "56.85": (1, 3, 1, 1), "合计": (2, 1, 1, 2), "": (2, 3, 1, 1),
    }  # fmt: skip


@pytest.mark.parametrize(
    "cells",
    [
        (),
        (Cell("a", 0, 0),),  # a hole
        (Cell("a", 0, 0, column_span=2), Cell("b", 0, 1)),  # an overlap
        (Cell("a", 0, 0), Cell("b", 0, 1, column_span=2)),  # over the edge
        (Cell("a", 0, 0, row_span=0), Cell("b", 0, 1)),
    ],
)
def test_cells_must_tile_the_grid(cells: tuple[Cell, ...]) -> None:
    with pytest.raises(ValueError, match=r"grid|cells"):
        Grid("表", (500, 500), cells)


def test_widths_must_fill_the_page() -> None:
    with pytest.raises(ValueError, match="1000"):
        Grid("表", (500, 400), flow([[Box("a"), Box("b")]]))


def test_a_cell_may_not_hang_out_of_the_header() -> None:
    with pytest.raises(ValueError, match="header"):
        sample(header_rows=1)


@pytest.mark.parametrize("text", ["a\x00b", "\x1b[31m", "tab\t", "\ud800"])
def test_text_that_no_file_can_carry_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError):
        one_column((text,))


def test_docx_has_the_texts_and_real_merges() -> None:
    document = Document(BytesIO(render_docx(sample(), as_of=AS_OF)))
    assert [paragraph.text for paragraph in document.paragraphs] == ["附件9", "样表", "注：一", "注：二"]
    (table,) = document.tables
    grid = sample()
    assert (len(table.rows), len(table.columns)) == (grid.rows, len(grid.widths))
    for cell in grid.cells:
        covered = {
            table.cell(row, column)._tc
            for row in range(cell.row, cell.row + cell.row_span)
            for column in range(cell.column, cell.column + cell.column_span)
        }
        assert len(covered) == 1
        assert table.cell(cell.row, cell.column).text == cell.text
    assert document.core_properties.created.date() == AS_OF


def test_docx_names_chinese_fonts_and_language() -> None:
    with ZipFile(BytesIO(render_docx(sample(), as_of=AS_OF))) as package:
        body, styles = package.read("word/document.xml").decode(), package.read("word/styles.xml").decode()
    assert 'w:eastAsia="宋体"' in body
    assert 'w:eastAsia="仿宋"' in body
    assert 'w:eastAsia="zh-CN"' in styles


def test_docx_repeats_header_rows() -> None:
    grid = Grid("表", (1000,), flow([[Box("头")], [Box("体")]]), header_rows=1)
    with ZipFile(BytesIO(render_docx(grid, as_of=AS_OF))) as package:
        assert package.read("word/document.xml").decode().count("<w:tblHeader") == 1


def test_xlsx_has_the_texts_and_real_merges() -> None:
    sheet = CalamineWorkbook.from_object(BytesIO(render_xlsx(sample(), as_of=AS_OF))).get_sheet_by_index(0)
    rows = sheet.to_python(skip_empty_area=False)
    assert rows[0][0] == "附件9"
    assert rows[1][0] == "样表"
    for cell in sample().cells:
        assert rows[2 + cell.row][cell.column] == cell.text
    assert [row[0] for row in rows[5:]] == ["注：一", "注：二"]
    merges = {area for area in sheet.merged_cell_ranges or [] if 2 <= area[0][0] < 5}
    assert merges == {((2, 0), (4, 0)), ((2, 1), (2, 2)), ((4, 1), (4, 2))}


def test_xlsx_never_holds_a_formula_or_a_link() -> None:
    rows = [[Box(text), Box(text, down=2)] for text in HOSTILE]
    boxes = [row for pair in rows for row in (pair, [Box("x")])]
    data = render_xlsx(Grid("=title", (500, 500), flow(boxes), caption="=c", notes=("@n",)), as_of=AS_OF)
    with ZipFile(BytesIO(data)) as package:
        sheet = package.read("xl/worksheets/sheet1.xml").decode()
        assert not [name for name in package.namelist() if "sheet1.xml.rels" in name]
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    read = CalamineWorkbook.from_object(BytesIO(data)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    assert [read[2 + 2 * index][0] for index in range(len(HOSTILE))] == list(HOSTILE)
    assert [read[2 + 2 * index][1] for index in range(len(HOSTILE))] == list(HOSTILE)


def test_hostile_text_is_only_text_in_docx() -> None:
    (table,) = Document(BytesIO(render_docx(one_column(HOSTILE), as_of=AS_OF))).tables
    assert tuple(cell.text for cell in table.columns[0].cells) == HOSTILE


def test_hostile_text_does_not_run_in_typst() -> None:
    assert render_pdf(one_column(HOSTILE), as_of=AS_OF).startswith(b"%PDF")


def test_pdf_grows_with_its_content() -> None:
    short, long = (render_pdf(one_column(("归集住房公积金",) * rows), as_of=AS_OF) for rows in (1, 200))
    assert short.startswith(b"%PDF")
    assert b"D:20250331" in short
    assert len(long) > len(short) > 5_000
    assert b"/Type/Pages/Count 1/" in short
    assert b"/Type/Pages/Count 4/" in long


@pytest.mark.parametrize("kind", ["docx", "xlsx", "pdf"])
def test_same_grid_and_date_give_the_same_bytes(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    render = RENDERERS[kind]  # type: ignore[index]
    first = render(sample(), as_of=AS_OF)
    now = time.time()
    monkeypatch.setattr(time, "localtime", lambda *_args: time.gmtime(now + 86_400))
    assert render(sample(), as_of=AS_OF) == first
    assert render(sample(), as_of=date(2025, 4, 1)) != first


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=20), min_size=1, max_size=4))
def test_any_printable_text_comes_back_from_docx_and_xlsx(texts: list[str]) -> None:
    grid = one_column(tuple(texts))
    (table,) = Document(BytesIO(render_docx(grid, as_of=AS_OF))).tables
    assert [cell.text for cell in table.columns[0].cells] == texts
    data = BytesIO(render_xlsx(grid, as_of=AS_OF))
    rows = CalamineWorkbook.from_object(data).get_sheet_by_index(0).to_python(skip_empty_area=False)
    read = [row[0] if row else "" for row in rows[1:]]
    assert read + [""] * (len(texts) - len(read)) == texts


def test_missing_chinese_font_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoFonts:
        def families(self) -> list[str]:
            return ["DejaVu Sans Mono"]

    monkeypatch.setattr(pdf_module, "installed_fonts", NoFonts)
    with pytest.raises(ChineseFontMissingError, match="apt-get install fonts-noto-cjk"):
        render_pdf(sample(), as_of=AS_OF)
