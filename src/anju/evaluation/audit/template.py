"""Recognises the three official tables in a document and reads them into rows with named cells.

附件1 基础数据表 (headcount and spending of three columns), 附件2 部门整体支出绩效自评表 and one 附件3 项目支出绩效自评表
per project, which share one shape: budget rows on top, indicators below, a total at the end. Tables are recognised by
their column labels, not by their titles, so that a renamed or retyped annex is still read.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from anju.evaluation.audit.document import Cell, Place, Row, Table
from anju.evaluation.audit.numbers import Number, find_numbers, whole_number

_NOT_APPLICABLE = re.compile(r"不适用|无|[/／—–-]+")
_GROUP_POINTS = re.compile(r"[((](\d{1,3})分[))]")
_MONEY_UNIT = re.compile(r"[((](万元|亿元|元)[))]")

_FUND_COLUMNS = {
    "label": re.compile(r"资金来源|项目资金|年度预算申请"),
    "initial": re.compile(r"年初预算"),
    "adjusted": re.compile(r"全年预算|调整后?预算"),
    "actual": re.compile(r"全年执行|执行数|实际支出"),
    "weight": re.compile(r"分值|权重"),
    "rate": re.compile(r"执行率"),
    "score": re.compile(r"得分"),
}
_INDICATOR_COLUMNS = {
    "level1": re.compile(r"一级指标"),
    "level2": re.compile(r"二级指标"),
    "name": re.compile(r"三级指标"),
    "target": re.compile(r"年度指标值|指标值|目标值"),
    "actual": re.compile(r"实际完成|完成值"),
    "standard": re.compile(r"评.*分标准|评分细则"),
    "weight": re.compile(r"^分值|权重"),
    "score": re.compile(r"得分"),
    "deviation": re.compile(r"偏差"),
}
_TOTAL_LABEL = re.compile(r"总分|总计|合计|总得分")
_FUND_TOTAL = re.compile(r"资金总额|资金合计|合计")
_GOAL_HEADER = re.compile(r"预期目标")


class Scope(StrEnum):
    """Whether a table evaluates the whole unit or one project."""

    WHOLE = "whole"
    PROJECT = "project"


@dataclass(frozen=True)
class Entry:
    """A cell in its role. `number` is set when it holds exactly one number and nothing else."""

    text: str
    place: Place
    unit: str = ""
    printed: bool = True

    @cached_property
    def number(self) -> Number | None:
        number = whole_number(self.text)
        return number.in_unit(self.unit) if number and self.unit else number

    @property
    def blank(self) -> bool:
        return not self.text

    @property
    def not_applicable(self) -> bool:
        return bool(_NOT_APPLICABLE.fullmatch(self.text))


@dataclass(frozen=True, slots=True)
class FundRow:
    """A budget row: 年初预算数, 全年预算数, 全年执行数, 分值, 执行率, 得分."""

    label: str
    is_total: bool
    initial: Entry
    adjusted: Entry
    actual: Entry
    weight: Entry
    rate: Entry
    score: Entry


@dataclass(frozen=True, slots=True)
class Indicator:
    """An indicator row. Levels that stand in a merged cell above are carried down."""

    level1: str
    level2: str
    name: str
    name_place: Place
    target: Entry
    actual: Entry
    standard: Entry
    weight: Entry
    score: Entry
    deviation: Entry

    @property
    def applies(self) -> bool:
        """False for rows that say 不适用."""
        return bool(self.name) and not _NOT_APPLICABLE.fullmatch(self.name) and not self.target.not_applicable

    @property
    def is_cost(self) -> bool:
        return self.level1.startswith("成本")


@dataclass(frozen=True, slots=True)
class Split:
    """A label with its amount, from the part that splits the year's funds by source or by nature."""

    label: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One self-evaluation table (附件2 or one 附件3)."""

    table: Table
    scope: Scope
    facts: Mapping[str, Entry]
    funds: tuple[FundRow, ...]
    by_source: tuple[Split, ...]
    by_nature: tuple[Split, ...]
    goals: tuple[Entry, ...]
    indicators: tuple[Indicator, ...]
    group_points: Mapping[str, tuple[Number, Place]]
    total_weight: Entry | None
    total_score: Entry | None

    @property
    def total_funds(self) -> FundRow | None:
        """The row of the year's total funds; the only row when there is but one."""
        totals = [row for row in self.funds if row.is_total]
        return totals[0] if totals else self.funds[0] if len(self.funds) == 1 else None

    @property
    def part_funds(self) -> tuple[FundRow, ...]:
        return tuple(row for row in self.funds if not row.is_total) if self.total_funds else ()


def align(header: Row, row: Row) -> list[Cell | None]:
    """For each header cell the cell of `row` below it.

    By grid column where the file tells it, by position when both have as many cells, else from the right: leading
    cells that are merged downwards are the ones that get lost.
    """
    if all(cell.column >= 0 for cell in (*header, *row)):
        below = [next((c for c in row if c.column <= h.column < c.column + c.span), None) for h in header]
        if len({id(cell) for cell in below}) == len(header):
            return below
    missing = len(header) - len(row)
    return [None] * missing + list(row) if missing >= 0 else list(row[-missing:])


def roles(header: Row, patterns: Mapping[str, re.Pattern[str]]) -> dict[str, int]:
    """Role → index in the header; the first cell that fits a role takes it."""
    found: dict[str, int] = {}
    for role, pattern in patterns.items():
        for index, cell in enumerate(header):
            if pattern.search(cell.key) and index not in found.values():
                found[role] = index
                break
    return found


def money_unit(header: Row, index: int) -> str:
    """The unit that a column's label or the table's first label names; 万元, the template's unit, when none does."""
    for cell in (header[index], *header):
        match = _MONEY_UNIT.search(cell.key)
        if match:
            return match.group(1)
    return "万元"


def first_label(row: Row) -> str:
    """The first cell of a row that holds something, squeezed."""
    return next((cell.key for cell in row if cell.key), "")


def is_fund_header(row: Row) -> bool:
    found = roles(row, _FUND_COLUMNS)
    return {"adjusted", "actual", "rate"} <= found.keys() or {"initial", "actual", "rate"} <= found.keys()


def is_indicator_header(row: Row) -> bool:
    return {"name", "target", "weight", "score"} <= roles(row, _INDICATOR_COLUMNS).keys()


def read_evaluation(table: Table) -> Evaluation | None:
    """The table as a self-evaluation, or None when it is none."""
    if not any(is_indicator_header(row) for row in table.rows):
        return None
    return _EvaluationReader(table).read()


class _EvaluationReader:
    """Walks the rows of one table; the latest header decides how a row is read."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.facts: dict[str, Entry] = {}
        self.funds: list[FundRow] = []
        self.splits: tuple[list[Split], list[Split]] = ([], [])
        self.goals: list[Entry] = []
        self.indicators: list[Indicator] = []
        self.group_points: dict[str, tuple[Number, Place]] = {}
        self.total_weight: Entry | None = None
        self.total_score: Entry | None = None
        self.header: Row = ()
        self.columns: dict[str, int] = {}
        self.part = "facts"

    def read(self) -> Evaluation:
        for row in self.table.rows:
            if not first_label(row):
                continue
            if is_indicator_header(row):
                self._start("indicators", row, _INDICATOR_COLUMNS)
            elif is_fund_header(row):
                self._start("funds", row, _FUND_COLUMNS)
            elif any(_GOAL_HEADER.fullmatch(cell.key) for cell in row):
                self.part = "goals"
            elif sum("性质分" in cell.key for cell in row) == 2:
                self.part = "splits"
            else:
                getattr(self, f"_read_{self.part}")(row)
        is_project = any("项目" in label for label in self.facts) or "项目" in self.table.title
        return Evaluation(
            table=self.table,
            scope=Scope.PROJECT if is_project and "整体" not in self.table.title else Scope.WHOLE,
            facts=self.facts,
            funds=tuple(self.funds),
            by_source=tuple(self.splits[0]),
            by_nature=tuple(self.splits[1]),
            goals=tuple(self.goals),
            indicators=tuple(self.indicators),
            group_points=self.group_points,
            total_weight=self.total_weight,
            total_score=self.total_score,
        )

    def _start(self, part: str, header: Row, patterns: Mapping[str, re.Pattern[str]]) -> None:
        self.part, self.header, self.columns = part, header, roles(header, patterns)

    def _entries(self, row: Row, label: str) -> dict[str, Entry]:
        below = align(self.header, row)
        return {role: self._entry(below[index], label, role) for role, index in self.columns.items()}

    def _entry(self, cell: Cell | None, label: str, role: str) -> Entry:
        index = self.columns[role]
        column = self.header[index].key
        line = cell.line if cell else self.table.place.line
        place = self.table.place.cell(row=label, column=column, line=line)
        unit = money_unit(self.header, index) if role in {"initial", "adjusted"} and self.part == "funds" else ""
        if self.part == "funds" and role == "actual":
            unit = money_unit(self.header, index)
        return Entry(cell.text if cell else "", place, unit)

    def _absent(self, label: str, line: int) -> Entry:
        return Entry("", self.table.place.cell(row=label, column="", line=line), printed=False)

    def _read_facts(self, row: Row) -> None:
        for label, value in zip(row[::2], row[1::2], strict=False):
            if label.key and not find_numbers(label.key):
                place = self.table.place.cell(row=label.key, column="", line=value.line)
                self.facts.setdefault(label.key, Entry(value.text, place))

    def _read_funds(self, row: Row) -> None:
        label = first_label(row)
        entries = self._entries(row, label.rstrip(":"))
        if not any(entries[role].number for role in ("initial", "adjusted", "actual") if role in entries):
            return
        absent = self._absent(label, row[0].line)
        self.funds.append(
            FundRow(
                label=label.rstrip(":"),
                is_total=bool(_FUND_TOTAL.search(label)),
                **{
                    name: entries.get(name, absent)
                    for name in ("initial", "adjusted", "actual", "weight", "rate", "score")
                },
            )
        )

    def _read_splits(self, row: Row) -> None:
        cells = row if row[0].key else row[1:]
        for side, (label, value) in enumerate(zip(cells[::2], cells[1::2], strict=False)):
            name = label.key.removeprefix("其中").strip(":")
            if name and side < 2:
                place = self.table.place.cell(row=name, column="", line=value.line)
                self.splits[side].append(Split(name, Entry(value.text, place, "万元")))

    def _read_goals(self, row: Row) -> None:
        for cell, column in zip(row[1:], ("预期目标", "实际完成情况"), strict=False):
            self.goals.append(
                Entry(cell.text, self.table.place.cell(row="年度总体目标", column=column, line=cell.line))
            )

    def _read_indicators(self, row: Row) -> None:
        label = first_label(row)
        if _TOTAL_LABEL.fullmatch(label):
            self._read_total(row, label)
            return
        entries = self._entries(row, "")
        name = entries["name"].text
        if not name or not entries["target"].printed or len(row) < 3:
            return
        entries = self._entries(row, name)
        absent = self._absent(name, entries["name"].place.line)
        level1, level2 = self._levels(entries)
        self.indicators.append(
            Indicator(
                level1=level1,
                level2=level2,
                name=name,
                name_place=entries["name"].place,
                **{
                    role: entries.get(role, absent)
                    for role in ("target", "actual", "standard", "weight", "score", "deviation")
                },
            )
        )

    def _levels(self, entries: Mapping[str, Entry]) -> tuple[str, str]:
        """Level names, carried down from merged cells; points in a level's label ("产出指标(50分)") are kept apart."""
        above = self.indicators[-1] if self.indicators else None
        level1 = entries["level1"].text if "level1" in entries else ""
        level2 = entries["level2"].text if "level2" in entries else ""
        stated = _GROUP_POINTS.search(level1)
        if stated:
            level1 = level1[: stated.start()] + level1[stated.end() :]
            self.group_points[level1] = (find_numbers(stated.group(1))[0], entries["level1"].place)
        if not level1 and above:
            level1, level2 = above.level1, level2 or above.level2
        return level1, level2

    def _read_total(self, row: Row, label: str) -> None:
        """The last row: the score alone, or the weights' total and the score."""
        cells = [cell for cell in row if whole_number(cell.text)]
        places = [self.table.place.cell(row=label, column="", line=cell.line) for cell in cells]
        entries = [Entry(cell.text, place) for cell, place in zip(cells, places, strict=True)]
        if entries:
            self.total_score = entries[-1]
        if len(entries) > 1:
            self.total_weight = entries[-2]
