"""职工开户名单: people for whom a unit opens accounts with one P01. Who they are stays sealed in the list's parts."""

from collections.abc import Iterator, Sequence
from typing import Any

from anju.contributions.models_sheets import Sheet
from anju.contributions.opening_rules import Entry, Fault, judge
from anju.contributions.roster import RowProblem
from anju.contributions.sheets import cells
from anju.contributions.sheets.declarations import Column, Context, Given, Judged, SheetKind, read_row, typed_rows
from anju.contributions.sheets.persons import digest
from anju.kernel.errors import AnjuError, InvalidValueError
from anju.kernel.i18n import gettext as _
from anju.kernel.identity import Document, mask_identity_number, parse_document
from anju.kernel.money import format_yuan
from anju.kernel.text import squeeze
from anju.registry.code_lists import IDENTITY_CARD, code_list
from anju.registry.openings import Opening
from anju.registry.operations import month_number


def _code_of(name: str) -> Any:
    """A reader: the code of a title, or the code itself."""

    def read(cell: Any) -> str:
        asked = squeeze(cells.text(cell))
        for code, title in code_list(name):
            if asked in (code, squeeze(title)):
                return code
        words = _("没有这一项，请按系统中的名称填写，例如 {example}")
        raise InvalidValueError(words.format(example=code_list(name)[0][1]))

    return read


def _number(cell: Any) -> str:
    if isinstance(cell, float) and cell >= 1e15:
        raise InvalidValueError(_("证件号码被存为数字，末位已丢失；请将该列设为文本后重新填写"))
    return squeeze(cells.text(cell)).upper()


class OpeningSheet(SheetKind):
    code = "opening"
    title = "职工开户名单"
    item = "P01"
    once = "document_number"
    columns = (
        Column("name", "姓名", cells.name),
        Column("document_type", "证件类型", _code_of("document_type"), required=False),
        Column("document_number", "证件号码", _number, secret=True),
        Column("phone", "手机号码", cells.phone, secret=True),
        Column("base", "缴存基数", cells.amount, figure=True),
        Column("first_month", "起缴年月", cells.month),
        Column("document_country", "签发国家或地区", _code_of("country"), required=False),
    )

    def judge(self, rows: Sequence[Given], context: Context) -> tuple[list[Judged], list[RowProblem]]:
        """Read the documents, judge all rows at once, keep who can be opened."""
        problems: list[RowProblem] = []
        documents: dict[int, Document] = {}
        for row in rows:
            try:
                documents[row.line] = document_of(row.values)
            except AnjuError as error:
                column = "签发国家或地区" if error.field == "country" else "证件号码"
                shown = mask_identity_number(row.values["document_number"])
                problems.append(RowProblem(row.line, column, shown, error.code, error.message))
        by_line = {row.line: row for row in rows if row.line in documents}
        entries = [
            Entry(line, documents[line], row.values["base"], row.values["first_month"]) for line, row in by_line.items()
        ]
        faults = judge(payer=context.unit, entries=entries, on=context.on)
        wrong = {fault.row for fault in faults}
        problems += [self._told(by_line[fault.row], fault) for fault in faults]
        judged = [
            Judged(
                line, person=digest(documents[line].value), base=row.values["base"],
                month=None, code=str(month_number(row.values["first_month"])),
            )
            for line, row in by_line.items()
            if line not in wrong
        ]  # fmt: skip
        return judged, problems

    def _told(self, row: Given, fault: Fault) -> RowProblem:
        value = row.values.get(fault.field)
        shown = "" if value is None else str(value)
        if fault.field == "base":
            shown = format_yuan(row.values["base"])
        if fault.field == "document_number":
            shown = mask_identity_number(shown)
        column = next((each.heading for each in self.columns if each.name == fault.field), fault.field)
        return RowProblem(row.line, column, shown, f"OPENING_{fault.field.upper()}", fault.message)


def document_of(values: dict[str, Any]) -> Document:
    """The document of a row. Raises the typed errors of kernel.identity."""
    kind = values.get("document_type") or IDENTITY_CARD
    return parse_document(kind, values["document_number"], values.get("document_country") or "")


def openings_of(sheet: Sheet) -> Iterator[Opening]:
    """The people of a list that is in order, as typed, in its order."""
    kind = OpeningSheet()
    for line, typed in typed_rows(sheet):
        row, _problems = read_row(kind, line, typed)
        if row is None:
            raise InvalidValueError(_("名单内容不完整，请重新上传"), field="sheet")
        document = document_of(row.values)
        yield Opening(
            name=row.values["name"], phone=row.values["phone"], base=row.values["base"],
            first_month=row.values["first_month"], document_type=str(document.kind), document_number=document.value,
            document_country=document.country,
        )  # fmt: skip
