"""Reads 附件1, the basic data table: headcount, three years of spending, construction.

Rows of spending hang together by their labels: "1、2、3、" are the parts of the row without a number above them,
"其中：" and what follows are the parts of the row right above.
"""

import re
from dataclasses import dataclass

from anju.evaluation.audit.document import Cell, Row, Table
from anju.evaluation.audit.numbers import whole_number
from anju.evaluation.audit.template import Entry, align, first_label, money_unit
from anju.evaluation.audit.vocabulary import vocabulary

_SPENDING_COLUMN = re.compile(r"(?P<year>20\d\d)年(?P<kind>预算|决算)数?")
_NUMBERED = re.compile(r"\d{1,2}[、.．]")
_AMONG = re.compile(r"其中[:：]?")
_CLUTTER = re.compile(r"^\d{1,2}[、.．]|^其中[:：]?|[((].*?[))]|[:：]")
#: A controlled ratio, what it divides and by what.
_CONTROLS = (
    (re.compile(r"^控制率"), re.compile(r"实际在职"), re.compile(r"编制")),
    (re.compile(r"规模控制率"), re.compile(r"实际规模"), re.compile(r"批复规模")),
    (re.compile(r"投资.*控制率"), re.compile(r"实际投资"), re.compile(r"预算投资|批复投资")),
)


@dataclass(frozen=True, slots=True)
class Control:
    """A ratio with its two operands: 控制率 = 实际 ÷ 批准."""

    rate: Entry
    actual: Entry
    approved: Entry


@dataclass(frozen=True, slots=True)
class SpendingColumn:
    """A column of the spending part: year and 预算 or 决算."""

    year: int
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class SpendingRow:
    """A spending row; `parts` are indexes of the rows that it is made of, `closed` whether they leave nothing out."""

    label: str
    name: str
    amounts: tuple[Entry, ...]
    parts: tuple[int, ...] = ()
    closed: bool = True


@dataclass(frozen=True, slots=True)
class BasicData:
    """The basic data table."""

    table: Table
    controls: tuple[Control, ...]
    columns: tuple[SpendingColumn, ...]
    rows: tuple[SpendingRow, ...]

    def amount(self, name: str, year: int, kind: str) -> Entry | None:
        """The amount of a named row in a column, None when the table has no such row or column."""
        for index, column in enumerate(self.columns):
            if (column.year, column.kind) == (year, kind):
                return next((row.amounts[index] for row in self.rows if row.name == name), None)
        return None


def read_basic_data(table: Table) -> BasicData | None:
    """The table as basic data, or None when it is none."""
    controls: list[Control] = []
    spending: list[tuple[str, tuple[Entry, ...]]] = []
    columns: tuple[SpendingColumn, ...] = ()
    header: Row = ()
    for row, following in zip(table.rows, (*table.rows[1:], ()), strict=True):
        found = _controls(table, row, following)
        if found:
            controls += found
            header = ()
        elif _spending_columns(row):
            columns, header = _spending_columns(row), row
        elif header and len(row) == len(header) and first_label(row):
            spending.append(_spending_row(table, header, row))
    if not controls and not columns:
        return None
    return BasicData(table, tuple(controls), columns, _linked(spending))


def _controls(table: Table, header: Row, row: Row) -> list[Control]:
    """The controlled ratios that a header announces, with the values of the row below."""
    found: list[Control] = []
    below = align(header, row) if row else []
    for patterns in _CONTROLS:
        indexes = [next((i for i, cell in enumerate(header) if p.search(cell.key)), None) for p in patterns]
        cells = [below[i] if below and i is not None else None for i in indexes]
        if any(index is None for index in indexes):
            continue
        rate, actual, approved = (
            _entry(table, cell, first_label(header), header[index or 0], "")
            for cell, index in zip(cells, indexes, strict=True)
        )
        found.append(Control(rate, actual, approved))
    return found


def _spending_columns(row: Row) -> tuple[SpendingColumn, ...]:
    matches = [_SPENDING_COLUMN.fullmatch(cell.key) for cell in row]
    found = [SpendingColumn(int(m["year"]), m["kind"], m.group()) for m in matches if m]
    return tuple(found) if len(found) >= 2 else ()


def _spending_row(table: Table, header: Row, row: Row) -> tuple[str, tuple[Entry, ...]]:
    label = first_label(row)
    amounts = tuple(
        _entry(table, cell, label, title, money_unit(header, index))
        for index, (cell, title) in enumerate(zip(align(header, row), header, strict=True))
        if _SPENDING_COLUMN.fullmatch(title.key)
    )
    return label, amounts


def _entry(table: Table, cell: Cell | None, label: str, title: Cell, unit: str) -> Entry:
    line = cell.line if cell else table.place.line
    return Entry(cell.text if cell else "", table.place.cell(row=label.rstrip(":"), column=title.key, line=line), unit)


def _linked(spending: list[tuple[str, tuple[Entry, ...]]]) -> tuple[SpendingRow, ...]:
    """Rows with their parts, told by the labels."""
    words = vocabulary()
    parts: dict[int, list[int]] = {index: [] for index in range(len(spending))}
    top: int | None = None
    group: int | None = None
    for index, (label, _amounts) in enumerate(spending):
        if _NUMBERED.match(label):
            group = None
            if top is not None:
                parts[top].append(index)
        elif _AMONG.match(label) and index:
            group = index - 1
            parts[group].append(index)
        elif group is not None and not _opens_top(label, words.top_level_rows):
            parts[group].append(index)
        else:
            top, group = index, None
    return tuple(
        SpendingRow(
            label=label.rstrip(":"),
            name=_CLUTTER.sub("", label),
            amounts=amounts,
            parts=tuple(parts[index]),
            closed=not any(word in label for word in words.open_parents),
        )
        for index, (label, amounts) in enumerate(spending)
    )


def _opens_top(label: str, words: tuple[str, ...]) -> bool:
    return any(word in label for word in words)


def has_amounts(row: SpendingRow) -> bool:
    """True when the row holds at least one number."""
    return any(whole_number(entry.text) for entry in row.amounts)
