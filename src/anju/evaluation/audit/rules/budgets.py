"""(h) Initial budget, adjusted budget and spending are different bases: they are not mixed, and each has one value."""

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import TypeAlias

from anju.evaluation.audit.document import Place
from anju.evaluation.audit.findings import Finding, Outcome, Passed, Rule, Severity
from anju.evaluation.audit.numbers import Number, show, total
from anju.evaluation.audit.report import Report
from anju.evaluation.audit.targets import parse_target
from anju.evaluation.audit.template import Entry, Evaluation, FundRow, Split
from anju.kernel.i18n import gettext as _

_ADJUSTMENT_ROW = re.compile(r"预算调整")
#: A number with its place; a budget's amount on one basis with how it is written and its place.
_Stated: TypeAlias = tuple[Number, Place]
_Basis: TypeAlias = tuple[Fraction, str, Place]


def check(report: Report) -> Iterator[Outcome]:
    """All comparisons of budgets."""
    yield from _stated_budgets(report)
    for table in report.evaluations:
        yield from _cost_target(table)
        yield from _split_bases(table)
    yield from _body_basis(report)
    yield from _adjustment_row(report)


def _stated_budgets(report: Report) -> Iterator[Outcome]:
    """The project budget, as body, 附件1 and all 附件3 together state it, and the total budget of body and 附件2."""
    projects = [table.total_funds for table in report.projects if table.total_funds]
    whole = [report.whole.total_funds] if report.whole and report.whole.total_funds else []
    for quantity, funds in (("project_budget", projects), ("total_budget", whole)):
        bases = [basis for basis in (_sum_of(funds, "initial"), _sum_of(funds, "adjusted")) if basis]
        stated = [(mention.number, mention.place) for mention in report.stated(quantity)]
        yield from _one_value_per_basis(report.words.label(quantity), stated, bases)


def _one_value_per_basis(label: str, stated: list[_Stated], bases: list[_Basis]) -> Iterator[Outcome]:
    """There is one initial and one adjusted budget: every stated value is one of them."""
    strange: list[_Stated] = []
    for number, place in stated:
        fitting = next((text for exact, text, _place in bases if number.prints(exact)), "")
        if fitting:
            yield Passed(Rule.SAME_VALUE, place, f"{number.text} = {fitting}")
        else:
            strange.append((number, place))
    alone = not bases and len({number.exact for number, _place in strange}) == 1
    if not strange or alone:
        return
    texts = list(dict.fromkeys([number.text for number, _place in strange] + [text for _exact, text, _place in bases]))
    places = [place for _number, place in strange] + [place for _exact, _text, place in bases]
    yield Finding(
        rule=Rule.SAME_VALUE,
        severity=Severity.CONTRADICTION,
        place=places[0],
        printed="、".join(texts),
        recomputed="",
        formula=_("{label}：{texts}").format(label=label, texts=" ≠ ".join(texts)),
        advice=_("同一预算在报告中有多个数值：年初预算、全年预算应各只有一个数，请核实并注明口径"),
        related=tuple(places[1:]),
    )


def _sum_of(funds: list[FundRow], column: str) -> _Basis | None:
    """The sum of one budget column over all projects, with how it is written; None when one is missing."""
    entries: list[Entry] = [getattr(row, column) for row in funds]
    numbers = [entry.number for entry in entries if entry.number]
    if not numbers or len(numbers) < len(entries):
        return None
    return total(numbers), " + ".join(number.text for number in numbers), entries[0].place


def _cost_target(table: Evaluation) -> Iterator[Outcome]:
    """A cost target in money is the budget that the execution rate uses: the adjusted one."""
    funds = table.total_funds
    for row in table.indicators:
        target = parse_target(row.target.text, indicator=row.name, level=row.level1) if row.is_cost else None
        if not (funds and target and target.high.dimension == "money" and "预算" in row.name):
            continue
        number = target.high
        initial, adjusted = funds.initial.number, funds.adjusted.number
        if adjusted and number.exact == adjusted.exact:
            yield Passed(Rule.BASIS, row.target.place, f"{number.text} = {adjusted.text}")
        elif initial and adjusted and number.exact == initial.exact:
            yield _mixed_target(row.target, number, initial, adjusted, funds)
        elif initial or adjusted:
            texts = " / ".join(n.text for n in (initial, adjusted) if n)
            yield Finding(
                rule=Rule.SAME_VALUE,
                severity=Severity.CONTRADICTION,
                place=row.target.place,
                printed=number.text,
                recomputed="",
                formula=f"{number.text} ≠ {texts}",
                advice=_("成本指标的目标既不是本表的年初预算数，也不是全年预算数：请核实"),
                related=(funds.initial.place, funds.adjusted.place),
            )


def _mixed_target(entry: Entry, number: Number, initial: Number, adjusted: Number, funds: FundRow) -> Finding:
    return Finding(
        rule=Rule.BASIS,
        severity=Severity.BASIS,
        place=entry.place,
        printed=number.text,
        recomputed="",
        formula=_("{number} = 年初预算数 {initial}；执行率的分母是全年预算数 {adjusted}").format(
            number=number.text, initial=initial.text, adjusted=adjusted.text
        ),
        advice=_("成本目标用年初预算，执行率用调整后的全年预算，口径不一：请统一按全年预算数，或说明理由"),
        related=(funds.initial.place, funds.adjusted.place),
    )


def _split_bases(table: Evaluation) -> Iterator[Outcome]:
    """The split by source and the split by nature break down one and the same total."""
    funds = table.total_funds
    source, nature = (_filled(split) for split in (table.by_source, table.by_nature))
    if not funds or not source or not nature:
        return
    sums = [total(number for _place, number in side) for side in (source, nature)]
    columns = [
        next((entry for entry in (funds.adjusted, funds.actual, funds.initial) if _is(entry, amount)), None)
        for amount in sums
    ]
    if not all(columns):
        return  # rules/sums.py has found that one of them does not add up
    left, right = (column.place.column for column in columns if column)
    words = " + ".join(number.text for _place, number in source), " + ".join(number.text for _place, number in nature)
    formula = f"{words[0]} = {left}；{words[1]} = {right}"
    if sums[0] == sums[1]:
        yield Passed(Rule.BASIS, source[0][0], formula)
        return
    yield Finding(
        rule=Rule.BASIS,
        severity=Severity.BASIS,
        place=source[0][0],
        printed=show(sums[0] / 10_000, 2) + "、" + show(sums[1] / 10_000, 2),
        recomputed="",
        formula=formula,
        advice=_("按收入性质填的是一个口径，按支出性质填的是另一个口径：请按同一口径填列，使两边合计相等"),
        related=tuple(place for place, _number in nature),
    )


def _filled(split: tuple[Split, ...]) -> list[tuple[Place, Number]]:
    return [(part.entry.place, part.entry.number) for part in split if part.entry.number]


def _is(entry: Entry, amount: Fraction) -> bool:
    return entry.number is not None and entry.number.exact == amount


def _body_basis(report: Report) -> Iterator[Outcome]:
    """A body that states initial budgets and a rate on the adjusted budget must tell the adjusted budget."""
    funds = report.whole.total_funds if report.whole else None
    rate = report.in_body("execution_rate")
    basic, project = report.in_body("basic_budget"), report.in_body("project_budget")
    if not (funds and rate and basic and project and funds.initial.number and funds.adjusted.number):
        return
    initial, adjusted = funds.initial.number, funds.adjusted.number
    stated = basic.number.exact + project.number.exact
    actual = funds.actual.number
    if initial.exact == adjusted.exact or not actual or not stated:
        return
    names_adjusted = any(
        figure.number.exact == adjusted.exact for sentence in report.sentences for figure in sentence.figures
    )
    formula = _("{basic} + {project} = {stated}（年初），执行率 {rate} 的分母是 {adjusted}（全年）").format(
        basic=basic.number.text,
        project=project.number.text,
        stated=initial.like(stated),
        rate=rate.number.text,
        adjusted=adjusted.text,
    )
    if names_adjusted or stated != initial.exact:
        return
    yield Finding(
        rule=Rule.BASIS,
        severity=Severity.BASIS,
        place=rate.place,
        printed=rate.number.text,
        recomputed=rate.number.like(actual.exact / stated),
        formula=f"{formula}；{actual.text} ÷ {initial.text} = {rate.number.like(actual.exact / stated)}",
        advice=_("正文只列年初预算，执行率却按全年预算计算：请在正文写明全年预算数及调整原因"),
        related=(basic.place, project.place, funds.adjusted.place),
    )


def _adjustment_row(report: Report) -> Iterator[Outcome]:
    """附件1 has a row for budget adjustments: it is filled when the budget was adjusted."""
    funds = report.whole.total_funds if report.whole else None
    rows = [row for row in (report.basic.rows if report.basic else ()) if _ADJUSTMENT_ROW.search(row.label)]
    if not (funds and funds.initial.number and funds.adjusted.number):
        return
    change = funds.adjusted.number.exact - funds.initial.number.exact
    for row in rows:
        formula = f"{funds.adjusted.number.text} - {funds.initial.number.text} = {funds.initial.number.like(change)}"
        if change == 0 or not all(entry.blank for entry in row.amounts):
            yield Passed(Rule.FILLED, row.amounts[0].place, formula)
            continue
        yield Finding(
            rule=Rule.FILLED,
            severity=Severity.OMISSION,
            place=row.amounts[0].place,
            printed="",
            recomputed="",
            formula=formula,
            advice=_("全年预算与年初预算不等，说明年中有调整，而预算调整一行为空：请补填或说明"),
            related=(funds.initial.place, funds.adjusted.place),
        )
