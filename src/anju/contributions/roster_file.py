"""Rosters as .xlsx files: written as the template is, read as any employer's upload is read.

Reading never stops at the first mistake: every bad row is listed with row, column, value and rule; a roster with any
problem has no `roster`, so nothing of it can be booked.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from pathlib import Path
from typing import Any

import xlsxwriter
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from anju.contributions.roster import (
    HEADINGS,
    Roster,
    RosterRow,
    RosterTerms,
    RowProblem,
    check_duplicates,
    check_row,
    problem,
    read_account_number,
    read_identity,
    read_name,
)
from anju.contributions.xlsx_guard import RosterFileError, load
from anju.kernel.errors import AnjuError, InvalidValueError
from anju.kernel.i18n import gettext as _
from anju.kernel.money import MAX_AMOUNT, YUAN, Fen, format_yuan, parse_yuan
from anju.kernel.periods import Month
from anju.kernel.text import squeeze

TITLE = "住房公积金汇缴清册"
_FACTS = {"unit_number": "单位账号", "unit_name": "单位名称", "month": "汇缴年月"}
_MONEY = ("base", "unit_amount", "person_amount", "amount")
_TOTAL = "合计"
#: The header is looked for in the first rows only.
_HEADER_WITHIN = 20
MAX_ROWS = 200_000
#: Listed problems; a file with more is wrong as a whole, the count is told.
MAX_PROBLEMS = 10_000


@dataclass(frozen=True, slots=True)
class RosterReading:
    """What a file says: the roster when there is no problem, else the problems; digest of the very bytes."""

    roster: Roster | None
    problems: tuple[RowProblem, ...]
    sha256: str


def read_roster(source: Path | bytes, terms: RosterTerms | None = None) -> RosterReading:
    """Read an uploaded roster and check it against `terms`.

    Raises RosterFileError when the file is no roster workbook at all.
    """
    content = load(source)
    digest = sha256(content).hexdigest()
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            sheet = book.get_sheet_by_index(0)
            reader = _Reader(sheet, terms or RosterTerms())
            roster = reader.read()
    except RosterFileError:
        raise
    except (CalamineError, ValueError, OSError) as error:
        raise RosterFileError(_("工作簿已损坏，请重新保存后上传"), field="file") from error
    if reader.problems:
        ordered = sorted(reader.problems, key=lambda found: found.row)
        return RosterReading(None, tuple(ordered[:MAX_PROBLEMS]), digest)
    return RosterReading(roster, (), digest)


class _Reader:
    """One pass over the first sheet."""

    def __init__(self, sheet: CalamineSheet, terms: RosterTerms) -> None:
        self.sheet = sheet
        self.terms = terms
        self.problems: list[RowProblem] = []
        self.facts: dict[str, str] = {}
        self.columns: dict[str, int] = {}
        self.declared: tuple[int, Fen] | None = None

    def read(self) -> Roster | None:
        """The roster, complete only when `problems` stays empty."""
        numbered = enumerate(self.sheet.iter_rows(), 1)
        header = self._find_header(numbered)
        if not header:
            return None
        self._check_merged(header)
        rows = [row for number, cells in self._details(numbered) if (row := self._row(number, cells)) is not None]
        self.problems += check_duplicates(rows)
        self._check_total(rows)
        month = self._month()
        self._check_unit()
        if not rows and not self.problems:
            self._report(header, "file", "", "EMPTY", _("清册没有任何职工"))
        if month is None or self.problems:
            return None
        return Roster(self.facts["unit_number"], self.facts.get("unit_name", ""), month, tuple(rows))

    def _find_header(self, numbered: Iterator[tuple[int, list[Any]]]) -> int:
        """Read facts above the header and the place of each column; 0 when no header was found."""
        wanted = {heading: field for field, heading in HEADINGS.items()}
        for number, cells in numbered:
            texts = [heading(cell) for cell in cells]
            found = {wanted[text]: place for place, text in enumerate(texts) if text in wanted}
            if len(found) >= 3:
                missing = [HEADINGS[field] for field in HEADINGS if field not in found and field != "amount"]
                repeated = [text for text in wanted if texts.count(text) > 1]
                if missing or repeated:
                    message = _("表头缺少或重复：{names}").format(names="、".join(missing + repeated))
                    self._report(number, "header", "", "HEADER", message)
                    return 0
                self.columns = found
                return number
            for field, label in _FACTS.items():
                if label in texts:
                    values = [str(cell).strip() for cell in cells[texts.index(label) + 1 :] if str(cell).strip()]
                    self.facts[field] = whole(values[0]) if values else ""
            if number >= _HEADER_WITHIN:
                break
        self._report(
            1, "header", "", "HEADER", _("前 {rows} 行没有找到清册表头，请使用模板").format(rows=_HEADER_WITHIN)
        )
        return 0

    def _check_merged(self, header: int) -> None:
        for (top, left), _end in self.sheet.merged_cell_ranges or []:
            if top >= header:
                place = f"{letter(left)}{top + 1}"
                self._report(top + 1, "merged", place, "MERGED_CELL", _("明细中有合并单元格，请取消合并后逐行填写"))

    def _details(self, numbered: Iterator[tuple[int, list[Any]]]) -> Iterator[tuple[int, list[Any]]]:
        """Detail rows up to the closing total; blank rows are passed over."""
        count = 0
        for number, cells in numbered:
            values = {field: cells[place] if place < len(cells) else "" for field, place in self.columns.items()}
            if all(value == "" for value in values.values()):
                continue
            if _TOTAL in {heading(cell) for cell in cells} and not str(values["identity_number"]).strip():
                self._declare_total(number, values.get("amount", ""))
                return
            count += 1
            if count > MAX_ROWS:
                self._report(number, "rows", "", "TOO_MANY_ROWS", _("超过 {most} 行").format(most=MAX_ROWS))
                return
            yield number, cells

    def _row(self, number: int, cells: list[Any]) -> RosterRow | None:
        """One person, or None with the reasons reported."""
        values: dict[str, Any] = {}
        before = len(self.problems)
        for field, place in self.columns.items():
            cell = cells[place] if place < len(cells) else ""
            try:
                values[field] = self._value(field, cell)
            except AnjuError as error:
                self.problems.append(problem(number, field, str(cell), error))
        if len(self.problems) > before:
            return None
        declared = values.pop("amount", None)
        row = RosterRow(row=number, **values)
        found = check_row(row, declared, self.terms)
        self.problems += found
        return None if found else row

    def _value(self, field: str, cell: Any) -> Any:
        if field in _MONEY:
            return None if field == "amount" and cell == "" else money(cell)
        text = whole(str(cell)) if isinstance(cell, float) else str(cell)
        if field == "identity_number":
            if isinstance(cell, float):
                raise InvalidValueError(_("证件号码被存为数字，末位已丢失；请将该列设为文本后重新填写"))
            return read_identity(text)
        return read_name(text) if field == "name" else read_account_number(text)

    def _declare_total(self, number: int, cell: Any) -> None:
        try:
            self.declared = (number, money(cell))
        except AnjuError as error:
            self.problems.append(problem(number, "amount", str(cell), error))

    def _check_total(self, rows: Sequence[RosterRow]) -> None:
        total = sum(row.amount for row in rows)
        if self.declared is not None and not self.problems and self.declared[1] != total:
            number, declared = self.declared
            message = _("与各行之和 {total} 不符").format(total=format_yuan(total))
            self._report(number, _TOTAL, format_yuan(declared), "TOTAL_DIFFERS", message)

    def _month(self) -> Month | None:
        text = self.facts.get("month", "")
        try:
            month = Month.parse(squeeze(text))
        except AnjuError as error:
            self._report(1, _FACTS["month"], text[:20], "MONTH", error.message)
            return None
        if self.terms.month is not None and month != self.terms.month:
            message = _("应为 {month}").format(month=self.terms.month)
            self._report(1, _FACTS["month"], str(month), "MONTH", message)
        return month

    def _check_unit(self) -> None:
        number = self.facts.get("unit_number", "")
        if not number or (self.terms.unit_number is not None and number != self.terms.unit_number):
            self._report(1, _FACTS["unit_number"], number[:20], "UNIT", _("单位账号缺失或与本单位不符"))

    def _report(self, row: int, column: str, value: str, rule: str, message: str) -> None:
        self.problems.append(RowProblem(row, column, value, rule, message))


def money(cell: Any) -> Fen:
    """A cell as fen: text by `parse_yuan`, a number exactly as Excel shows it.

    Excel stores binary doubles, so 1185.18 may arrive as 1185.1800000000001: noise below a millionth is dropped, a
    real third decimal is refused. Raises InvalidValueError.
    """
    if isinstance(cell, str):
        return parse_yuan(cell)
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        raise InvalidValueError(_("应为金额，例如 1234.50"))
    if isinstance(cell, int) or (cell.is_integer() and abs(cell) < MAX_AMOUNT // YUAN):
        return _bearable(int(cell) * YUAN)
    try:
        exact = Decimal(repr(cell)) * YUAN
        fen = int(exact.to_integral_value())
    except (InvalidOperation, OverflowError, ValueError):
        raise InvalidValueError(_("应为金额，例如 1234.50")) from None
    if abs(_bearable(fen) - exact) > Decimal("0.0001"):
        raise InvalidValueError(_("金额最多两位小数"))
    return fen


def _bearable(fen: Fen) -> Fen:
    if abs(fen) >= MAX_AMOUNT:
        raise InvalidValueError(_("金额过大：单笔不得达到一万亿元"))
    return fen


def write_roster(path: Path, *, unit_number: str, unit_name: str, month: Month, rows: Iterable[RosterRow]) -> None:
    """Write a roster, or with no rows the empty template, as employers fill it in."""
    with xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties({"title": TITLE})
        bold, text = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
        amount = book.add_format({"num_format": "0.00"})
        sheet = book.add_worksheet("清册")
        sheet.set_column(1, 3, 20, text)
        sheet.set_column(4, 7, 16)
        sheet.write_string(0, 0, TITLE, bold)
        for line, value in enumerate((unit_number, unit_name, str(month)), 1):
            sheet.write_string(line, 0, tuple(_FACTS.values())[line - 1], bold)
            sheet.write_string(line, 1, value)
        headings = ["序号", *(f"{name}(元)" if field in _MONEY else name for field, name in HEADINGS.items())]
        for column, heading in enumerate(headings):
            sheet.write_string(5, column, heading, bold)
        number, total = 0, 0
        for number, row in enumerate(rows, 1):
            sheet.write_number(5 + number, 0, number)
            for column, value in enumerate((row.account_number, row.name, row.identity_number), 1):
                sheet.write_string(5 + number, column, value)
            for column, fen in enumerate((row.base, row.unit_amount, row.person_amount, row.amount), 4):
                sheet.write_number(
                    5 + number, column, float(format_yuan(fen, grouping=False)), amount
                )  # Excel's doubles
            total += row.amount
        sheet.write_string(6 + number, 0, _TOTAL, bold)
        sheet.write_number(6 + number, 7, float(format_yuan(total, grouping=False)), amount)


def heading(cell: Any) -> str:
    """A heading without spaces, brackets and units, for comparison."""
    text = squeeze(cell) if isinstance(cell, str) else ""
    return text.split("(")[0].rstrip(":")


def whole(text: str) -> str:
    """A number that Excel keeps as 202405.0 is the code 202405."""
    return text.removesuffix(".0")


def letter(column: int) -> str:
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
