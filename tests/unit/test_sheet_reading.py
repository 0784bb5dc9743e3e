"""Files of lists as Excel and WPS write them, and files made to hurt."""

import io
import zipfile

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from anju.contributions.sheets import cells
from anju.contributions.sheets.kinds.bases import BasesSheet
from anju.contributions.sheets.reading import read_table
from anju.contributions.sheets.writing import _written
from anju.contributions.xlsx_guard import RosterFileError
from anju.kernel.errors import InvalidValueError

KIND = BasesSheet()
HEADINGS = ("个人账号", "姓名", "证件号码", "上年月平均工资")
ROW = ["60001", "王小甲", "430602199001010011", "6543.21"]


def text(separator: str, *rows: list[str], title: str = "年度基数调整清单", encoding: str = "utf-8") -> bytes:
    lines = [title, *(separator.join(line) for line in (HEADINGS, *rows))]
    return "\r\n".join(lines).encode(encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("separator", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
def test_text_files_whatever_their_encoding_and_separator(separator, encoding):
    assert read_table(text(separator, ROW, encoding=encoding), KIND).rows == [(3, ROW)]


def test_blank_rows_and_the_closing_total_are_no_people():
    content = text(",", ROW, ["", "", "", ""], ["合计", "", "", "6543.21"], ["60002", "王小乙", "x", "1"])
    assert read_table(content, KIND).rows == [(3, ROW)]
    assert [line for line, _cells in read_table(text(",", ["60009", "合计", "1", "2"]), KIND).rows] == [3]


@pytest.mark.parametrize("typed", ['="60001"', "'60001", " 60001 ", 60001.0, "６０００１"])
def test_numbers_that_a_spreadsheet_keeps_as_text(typed):
    assert cells.account_number(typed) == "60001"


@pytest.mark.parametrize("typed", [4.30602199001010e17, "4.30602E+17", "4.30602199001010e17"])
def test_an_identity_number_that_became_a_quantity_is_told_as_that(typed):
    with pytest.raises(InvalidValueError, match="末位已丢失"):
        cells.identity_number(typed)


def workbook(**options: str) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet()
        for line, row in enumerate((HEADINGS, ROW)):
            sheet.write_row(line, 0, row)
        if "merged" in options:
            sheet.merge_range("A2:A3", "60001")
    return content.getvalue()


def with_part(name: str, content: bytes) -> bytes:
    package = io.BytesIO(workbook())
    with zipfile.ZipFile(package, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return package.getvalue()


HOSTILE = {
    "macros": lambda: with_part("xl/vbaProject.bin", b"x"),
    "bomb": lambda: with_part("xl/media/bomb.bin", bytes(2 << 20)),
    "cut off": lambda: workbook()[:-200],
    "encrypted": lambda: bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le"),
    "heading twice": lambda: ",".join([*HEADINGS, HEADINGS[0]]).encode() + b"\n1,2,3,4,5",
    "no rows": lambda: ",".join(HEADINGS).encode(),
    "utf-16": lambda: text(",", ROW, encoding="utf-16"),
    "quote never closed": lambda: text(",", [*ROW[:3], '"' + "9" * 200_000]),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_files_are_refused_whole(name, monkeypatch):
    monkeypatch.setattr("anju.contributions.xlsx_guard.MAX_UNPACKED_BYTES", 1 << 20)
    with pytest.raises(RosterFileError):
        read_table(HOSTILE[name](), KIND)


def test_a_merged_cell_is_told_with_its_place():
    (found,) = read_table(workbook(merged="yes"), KIND).problems
    assert (found.row, found.value, found.rule) == (2, "A2", "MERGED_CELL")


def test_what_comes_back_holds_no_formula_and_reads_as_it_was():
    row = ["=1+1", "@SUM(A1)", "430602199001010011", 6543.21]
    content = _written(KIND, [("单位账号", "D1")], [(row, {"姓名": "=HYPERLINK(1)"})])
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        sheet = package.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    assert b"hyperlink" not in sheet
    assert read_table(content, KIND).rows[0][1] == row
    with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
        assert book.get_sheet_by_index(0).to_python()[-1][-1] == "姓名：=HYPERLINK(1)"


def test_a_package_of_a_version_unheard_of_is_refused():
    content = bytearray(workbook())
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 6] = 0xFF  # "version needed to extract"
    with pytest.raises(RosterFileError):
        read_table(bytes(content), KIND)
