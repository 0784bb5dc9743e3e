"""Lists as .xlsx files: the template with what is known filled in, and an uploaded list given back with remarks."""

import io
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import xlsxwriter

from anju.contributions.models_sheets import Sheet
from anju.contributions.sheets.declarations import WHOLE, Context, SheetKind, kind_of, typed_rows
from anju.contributions.sheets.operations import context_of
from anju.kernel.money import format_yuan

_REMARKS = "问题与更正办法"
#: The last row of a worksheet, from 0.
_LAST_ROW = 1_048_575
#: No cell of ours is a formula, a link or a number that was typed as text.
_OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
            "in_memory": True}  # fmt: skip


def template(kind: SheetKind, context: Context) -> bytes:
    """The template of a kind for a unit, amounts in yuan."""
    return _written(kind, _facts(kind, context), ((cells, {}) for cells in _shown(kind, kind.template(context))))


def with_remarks(sheet: Sheet) -> bytes:
    """The list as it was typed, each row with what is wrong with it, wrong cells marked; order and values as they were.

    What is wrong with the whole stands above the rows.
    """
    kind = kind_of(sheet.kind)
    wrong: dict[int, dict[str, str]] = defaultdict(dict)
    whole: dict[tuple[str, str], list[str]] = defaultdict(list)
    for problem in sheet.found.order_by("line", "id"):
        if problem.line == WHOLE:
            whole[problem.column, problem.message].append(problem.value)
        else:
            wrong[problem.line][problem.column] = problem.message
    rows = ((cells, wrong.get(line, {})) for line, cells in typed_rows(sheet))
    # Few lines: the header must be found again when the mended file comes back.
    above = [(column, f"{'、'.join(values)}：{message}") for (column, message), values in whole.items()]
    return _written(kind, [*_facts(kind, context_of(sheet)), *above], rows)


def _facts(kind: SheetKind, context: Context) -> list[tuple[str, str]]:
    facts = [("单位账号", context.unit.number), ("单位名称", context.unit.name)]
    return facts + ([("汇缴年月", str(context.month))] if context.month else [])


def _shown(kind: SheetKind, rows: Iterable[Sequence[Any]]) -> Iterable[Sequence[Any]]:
    for row in rows:
        yield [
            float(format_yuan(cell, grouping=False)) if column.figure and cell is not None else cell
            for column, cell in zip(kind.columns, row, strict=True)
        ]


def _written(
    kind: SheetKind, facts: Sequence[tuple[str, str]], rows: Iterable[tuple[Sequence[Any], dict[str, str]]]
) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, _OPTIONS) as book:
        book.set_properties({"title": kind.title})
        bold, text = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
        figure, bad = (
            book.add_format({"num_format": "0.00"}),
            book.add_format({"num_format": "@", "bg_color": "#FFD9D9"}),
        )
        sheet = book.add_worksheet("清单")
        sheet.set_column(0, len(kind.columns) - 1, 20, text)
        sheet.set_column(len(kind.columns), len(kind.columns), 60)
        sheet.write_string(0, 0, kind.title, bold)
        for line, (title, value) in enumerate(facts, 1):
            sheet.write_string(line, 0, title, bold)
            sheet.write_string(line, 1, value)
        top = len(facts) + 2
        for place, column in enumerate(kind.columns):
            sheet.write_string(top, place, f"{column.heading}(元)" if column.figure else column.heading, bold)
            if column.choices:
                choices = {"validate": "list", "source": list(column.choices)}
                sheet.data_validation(top + 1, place, _LAST_ROW, place, choices)
        sheet.write_string(top, len(kind.columns), _REMARKS, bold)
        for line, (cells, wrong) in enumerate(rows, top + 1):
            for place, (column, cell) in enumerate(zip(kind.columns, cells, strict=True)):
                _cell(sheet, line, place, cell, bad if column.heading in wrong else figure if column.figure else text)
            if wrong:
                remarks = "；".join(f"{column}：{words}" for column, words in wrong.items())
                sheet.write_string(line, len(kind.columns), remarks)
    return content.getvalue()


def _cell(sheet: Any, line: int, place: int, cell: Any, form: Any) -> None:
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        sheet.write_number(line, place, cell, form)
    elif cell not in (None, ""):
        sheet.write_string(line, place, str(cell), form)
