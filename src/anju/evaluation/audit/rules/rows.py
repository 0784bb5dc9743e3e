"""(d, e) An indicator row by itself: weight, standard and score agree, what is scored has a target and an actual value."""

import re
from collections.abc import Iterator
from fractions import Fraction

from anju.evaluation.audit.findings import Finding, Outcome, Passed, Rule, Severity
from anju.evaluation.audit.numbers import show
from anju.evaluation.audit.report import Report
from anju.evaluation.audit.template import Entry, Evaluation, Indicator
from anju.kernel.i18n import gettext as _

_BARE_POINTS = re.compile(r"\s*\d+(?:\.\d+)?\s*分?\s*")
_FULL_MARKS = Fraction(100)


def check(report: Report) -> Iterator[Outcome]:
    """All indicator rows, and what the weights of a table come to."""
    for table in report.evaluations:
        for row in table.indicators:
            if row.applies:
                yield from _standard(row)
                yield from _score(row)
                yield from _filled(row)
        yield from _weights(table)
        yield from _standards_say_something(table)


def _standard(row: Indicator) -> Iterator[Outcome]:
    """A standard that is just points ("5分") repeats the weight."""
    weight, standard = row.weight.number, row.standard.number
    if not weight or not standard:
        return
    formula = f"{standard.text} / {weight.text}"
    if standard.value == weight.value:
        yield Passed(Rule.WEIGHT, row.standard.place, formula)
        return
    yield Finding(
        rule=Rule.WEIGHT,
        severity=Severity.ERROR,
        place=row.standard.place,
        printed=standard.text,
        recomputed=weight.text,
        formula=_("评扣分标准 {standard} ≠ 分值 {weight}").format(standard=standard.text, weight=weight.text),
        advice=_("评扣分标准的分数与分值不同：请核实该指标应为多少分，并核对各分值之和"),
        related=(row.weight.place,),
    )


def _score(row: Indicator) -> Iterator[Outcome]:
    """0 ≤ score ≤ weight; no score without a weight, no weight without a score."""
    weight, score = row.weight.number, row.score.number
    if weight and score:
        formula = f"0 ≤ {score.text} ≤ {weight.text}"
        if 0 <= score.value <= weight.value:
            yield Passed(Rule.WEIGHT, row.score.place, formula)
        else:
            yield _row_finding(Severity.ERROR, row.score, weight.text, formula, _("得分超出分值：请核对"))
    elif weight:
        yield _row_finding(Severity.OMISSION, row.score, "", weight.text, _("有分值而没有得分：请补填得分"))
    elif score:
        yield _row_finding(Severity.OMISSION, row.weight, "", score.text, _("有得分而没有分值：请补填分值"))


def _row_finding(severity: Severity, entry: Entry, recomputed: str, formula: str, advice: str) -> Finding:
    rule = Rule.WEIGHT if severity is Severity.ERROR else Rule.FILLED
    return Finding(rule, severity, entry.place, entry.text, recomputed, formula, advice)


def _filled(row: Indicator) -> Iterator[Outcome]:
    """A scored row has a target and an actual value."""
    score = row.score.number
    if not score:
        return
    pairs = (
        (row.target, _("有得分而没有年度指标值：没有目标无从评分，请补填")),
        (row.actual, _("有得分而没有实际完成值：得分没有依据，请补填实际完成值")),
    )
    for entry, advice in pairs:
        if entry.blank:
            formula = _("得分 {score}，{column}为空").format(score=score.text, column=entry.place.column)
            yield Finding(Rule.FILLED, Severity.OMISSION, entry.place, "", "", formula, advice, (row.score.place,))
        else:
            yield Passed(Rule.FILLED, entry.place, entry.place.column)


def _weights(table: Evaluation) -> Iterator[Outcome]:
    """All weights, that of the execution rate included, come to 100."""
    entries = [table.total_funds.weight] if table.total_funds else []
    entries += [row.weight for row in table.indicators]
    entries = [entry for entry in entries if entry.number]
    numbers = [entry.number for entry in entries if entry.number]
    if not numbers:
        return
    total = sum((number.value for number in numbers), Fraction(0))
    written = show(total, max(number.decimals for number in numbers))
    formula = f"{' + '.join(show(number.value, number.decimals) for number in numbers)} = {written}"
    place = table.table.place.cell(row="", column=entries[0].place.column)
    if total == _FULL_MARKS:
        yield Passed(Rule.WEIGHT, place, formula)
        return
    yield Finding(
        rule=Rule.WEIGHT,
        severity=Severity.ERROR,
        place=place,
        printed=written,
        recomputed=show(_FULL_MARKS, 0),
        formula=formula,
        advice=_("全部分值（含预算执行率）之和应为 100 分：请核对各行分值"),
        related=tuple(entry.place for entry in entries),
    )


def _standards_say_something(table: Evaluation) -> Iterator[Outcome]:
    """A column of scoring standards that prints only points tells nobody how points are taken off."""
    standards = [row.standard for row in table.indicators if row.applies and row.weight.number and row.standard.printed]
    if not standards:
        return
    place = standards[0].place
    place = table.table.place.cell(row="", column=place.column, line=place.line)
    if not all(_BARE_POINTS.fullmatch(entry.text) for entry in standards):
        yield Passed(Rule.FORM, place, place.column)
        return
    yield Finding(
        rule=Rule.FORM,
        severity=Severity.REMARK,
        place=place,
        printed=standards[0].text,
        recomputed="",
        formula=_("{count} 行都只有分数").format(count=len(standards)),
        advice=_("评扣分标准只重复了分值，没有写怎样扣分：请写明评分和扣分办法"),
    )
