"""Real workbooks, as employers send them: every bad row is listed with row, column, value and rule."""

import io
import time
import zipfile
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from anju.contributions.roster import HEADINGS, RosterRow, RosterTerms
from anju.contributions.roster_file import RosterFileError, money, read_roster, write_roster
from anju.kernel.errors import InvalidValueError
from anju.kernel.identity import identity_check_digit
from anju.kernel.periods import Month

MONTH = Month(2024, 5)


def identity(number: int) -> str:
    first17 = f"43060219{60 + number // 900 % 40}{1 + number // 30 % 12:02d}{1 + number % 28:02d}{number % 1000:03d}"
    return first17 + identity_check_digit(first17)


def person(number: int, base: int = 500_000) -> RosterRow:
    return RosterRow(
        row=0, account_number=f"{number:010d}", name="欧阳·明", identity_number=identity(number), base=base,
        unit_amount=base * 12 // 100, person_amount=base * 12 // 100,
    )  # fmt: skip


HEADER = ["序号", *HEADINGS.values()]


def good(number: int) -> list:
    return [number, f"{number:010d}", "张三", identity(number), 5000, 600, 600, 1200]


def workbook(rows, header=HEADER, facts=("U1", "某单位", "2024-05"), decorate=None) -> bytes:
    """A sheet as typed by hand: three facts, the header in row 5, details from row 6."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        for line, (label, value) in enumerate(zip(("单位账号", "单位名称", "汇缴年月"), facts, strict=True)):
            sheet.write_row(line, 0, [label, value])
        sheet.write_row(4, 0, header)
        for line, row in enumerate(rows, 5):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(line, column, value)
                else:
                    sheet.write(line, column, value)
        if decorate:
            decorate(book, sheet)
    return buffer.getvalue()


def problems(content: bytes, terms: RosterTerms | None = None) -> list[tuple[int, str, str]]:
    reading = read_roster(content, terms)
    assert (reading.roster is None) == bool(reading.problems)
    return [(found.row, found.column, found.rule) for found in reading.problems]


def changed(column: int, value: object) -> list[list]:
    rows = [good(1), good(2), good(3)]
    rows[1][column] = value
    return rows


def test_a_clean_roster_is_read_exactly():
    reading = read_roster(workbook([good(1), good(2), ["合计", "", "", "", "", "", "", 2400]]))
    assert reading.problems == ()
    assert [(row.row, row.amount) for row in reading.roster.rows] == [(6, 120_000), (7, 120_000)]
    assert (reading.roster.unit_number, reading.roster.month, reading.roster.total) == ("U1", MONTH, 240_000)


@pytest.mark.parametrize(
    ("column", "value", "heading", "rule"),
    [
        (1, "", "个人账号", "VALUE"),
        (1, "12 34;--", "个人账号", "VALUE"),
        (2, "", "姓名", "VALUE"),
        (2, "张\x01三", "姓名", "VALUE"),
        (3, "43060219900101001", "证件号码", "IDENTITY_LENGTH"),
        (3, "430602900101001", "证件号码", "IDENTITY_OLD_NUMBER"),
        (3, identity(2)[:17] + ("0" if identity(2)[17] != "0" else "1"), "证件号码", "IDENTITY_CHECK_DIGIT"),
        (3, "430602199013010010", "证件号码", "IDENTITY_BIRTH_DATE"),
        (3, 430602199001010000, "证件号码", "VALUE"),
        (4, "一千二", "缴存基数", "VALUE"),
        (4, "1200元", "缴存基数", "VALUE"),
        (4, "", "缴存基数", "VALUE"),
        (4, True, "缴存基数", "VALUE"),
        (4, date(2024, 5, 1), "缴存基数", "VALUE"),
        (5, -600, "单位月缴存额", "NOT_POSITIVE"),
        (5, 0, "单位月缴存额", "NOT_POSITIVE"),
        (5, 600.005, "单位月缴存额", "VALUE"),
        (5, 60_000_000, "单位月缴存额", "TOO_LARGE"),
        (6, 1e300, "个人月缴存额", "VALUE"),
        (6, 9e15, "个人月缴存额", "VALUE"),
        (6, 700, "个人月缴存额", "RATIO_OUT_OF_BOUNDS"),
        (7, 1200.01, "合计", "TOTAL_DIFFERS"),
    ],
)
def test_a_bad_cell_is_listed_with_its_row_column_and_rule(column, value, heading, rule):
    found = problems(workbook(changed(column, value)))
    assert (7, heading, rule) in found
    assert {row for row, _heading, _rule in found} == {7}


def test_every_bad_row_is_listed_and_identity_numbers_are_masked():
    rows = [good(number) for number in range(1, 30)]
    for row in rows[::2]:
        row[3] = row[3][:17] + "@"
    reading = read_roster(workbook(rows))
    assert [found.row for found in reading.problems] == list(range(6, 36, 2))
    assert all("*" in found.value and identity(1)[8:14] not in found.value for found in reading.problems)


def test_numbers_as_clean_text_full_width_and_binary_noise_are_accepted():
    rows = [good(1), good(2), good(3)]
    rows[0][4:] = ["５，０００．００", "600.00", " 600 ", "¥1,200.00"]
    rows[1][4:] = [9876.54, 1185.1800000000001, 1185.18, 2370.36]
    rows[2][3] = " " + rows[2][3][:6] + "　" + rows[2][3][6:].lower()
    reading = read_roster(workbook(rows))
    assert reading.problems == ()
    assert [row.amount for row in reading.roster.rows] == [120_000, 237_036, 120_000]
    assert reading.roster.rows[2].identity_number == identity(3)


def test_duplicates_name_both_rows():
    rows = [good(1), good(2), good(3)]
    rows[2][3] = rows[0][3]
    rows[1][1] = rows[0][1]
    reading = read_roster(workbook(rows))
    assert [(found.row, found.column, found.rule) for found in reading.problems] == [
        (7, "个人账号", "DUPLICATE"), (8, "证件号码", "DUPLICATE"),
    ]  # fmt: skip
    assert all("6" in found.message for found in reading.problems)


def test_a_roster_must_agree_with_what_is_expected():
    terms = RosterTerms(
        unit_number="U2",
        month=Month(2024, 6),
        unit_ratio=120_000,
        person_ratio=80_000,
        base_floor=600_000,
        base_cap=None,
    )
    rules = {rule for _row, _column, rule in problems(workbook([good(1)]), terms)}
    assert rules == {"UNIT", "MONTH", "AMOUNT_DIFFERS", "BASE_BELOW_FLOOR"}


@pytest.mark.parametrize(
    "header",
    [
        ["姓名", "金额"],
        [name for name in HEADER if name != "证件号码"],
        [*HEADER, "证件号码"],
        ["序号", "個人賬號", *HEADER[2:]],
    ],
)
def test_a_wrong_header_is_one_clear_problem(header):
    assert [(column, rule) for _row, column, rule in problems(workbook([good(1)], header=header))] == [
        ("header", "HEADER")
    ]


def test_columns_may_stand_in_any_order_with_units_and_spaces():
    order = [3, 1, 2, 7, 5, 4, 6]
    header = [f" {HEADER[place]}（元） " for place in order]
    reading = read_roster(workbook([[good(1)[place] for place in order]], header=header))
    assert reading.problems == ()
    assert reading.roster.rows[0].base == 500_000


def test_merged_cells_among_the_details_are_named():
    def merge(_book, sheet):
        sheet.merge_range(6, 4, 7, 4, 5000)

    assert (7, "merged", "MERGED_CELL") in problems(workbook([good(1), good(2), good(3)], decorate=merge))


def test_a_wrong_closing_total_and_an_empty_roster():
    assert problems(workbook([good(1), ["合计", "", "", "", "", "", "", 1200.5]])) == [(7, "合计", "TOTAL_DIFFERS")]
    assert [rule for _row, _column, rule in problems(workbook([]))] == ["EMPTY"]


def test_a_hundred_thousand_empty_formatted_rows_are_cheap():
    def colour(book, sheet):
        style = book.add_format({"bg_color": "#ffff00"})
        for line in range(10, 100_010):
            sheet.write_blank(line, 1, None, style)

    content = workbook([good(1), good(2)], decorate=colour)
    started = time.process_time()
    assert problems(content) == []
    assert time.process_time() - started < 20  # a runaway, not a measurement


OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(2000)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "空"),
        (OLE, ".xls"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "密码"),
        (b"a,b,c\n1,2,3\n", ".xlsx"),
        (b"PK\x03\x04" + bytes(100), ".xlsx"),
        (bytes(range(256)) * 40, ".xlsx"),
    ],
)
def test_files_that_are_no_workbook_are_told_by_kind(content, words):
    with pytest.raises(RosterFileError, match=words):
        read_roster(content)


def test_missing_files_folders_bombs_macros_and_other_packages(tmp_path):
    for path in (tmp_path, tmp_path / "missing.xlsx"):
        with pytest.raises(RosterFileError):
            read_roster(path)
    for name, size, words in (
        ("xl/worksheets/sheet1.xml", 500 << 20, "过大"), ("xl/vbaProject.bin", 10, "宏"), ("word/document.xml", 10, "xlsx"),
    ):  # fmt: skip
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
            if not name.startswith("word"):
                package.writestr("xl/workbook.xml", "<workbook/>")
            package.writestr(name, bytes(size))
        with pytest.raises(RosterFileError, match=words):
            read_roster(buffer.getvalue())


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 255), st.booleans())
def test_a_damaged_file_is_read_or_refused_but_never_crashes(place, mask, cut):
    content = bytearray(workbook([good(1), good(2)]))
    place %= len(content)
    content[place] ^= mask
    try:
        read_roster(bytes(content[:place] if cut else content))
    except RosterFileError as error:
        assert error.message  # noqa: PT017 - either outcome is right


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(170_000, 5_000_000), min_size=1, max_size=20))
def test_what_is_written_is_read_back(bases):
    path = Path(f"/tmp/anju-roster-{id(bases)}.xlsx")
    rows = [person(number, base) for number, base in enumerate(bases)]
    try:
        write_roster(path, unit_number="U1", unit_name="某单位", month=MONTH, rows=rows)
        reading = read_roster(path)
    finally:
        path.unlink(missing_ok=True)
    assert reading.problems == ()
    strip = [(r.account_number, r.name, r.identity_number, r.base, r.unit_amount, r.person_amount) for r in rows]
    assert strip == [
        (r.account_number, r.name, r.identity_number, r.base, r.unit_amount, r.person_amount)
        for r in reading.roster.rows
    ]


@given(st.integers(-(10**13), 10**13))
def test_any_amount_survives_as_a_double(fen):
    assert money(fen / 100) == fen


@pytest.mark.parametrize("cell", [float("nan"), float("inf"), 1.005, None, True, date(2024, 1, 1), "abc"])
def test_what_is_no_amount_is_refused(cell):
    with pytest.raises(InvalidValueError):
        money(cell)
