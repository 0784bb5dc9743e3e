"""(a) A printed ratio equals its numerator over its denominator; rate × weight equals the printed score."""

import re
from collections.abc import Iterator
from fractions import Fraction

from anju.evaluation.audit.findings import Finding, Outcome, Passed, Rule, Severity
from anju.evaluation.audit.numbers import Number, half_up, show
from anju.evaluation.audit.prose import Figure
from anju.evaluation.audit.report import Report
from anju.evaluation.audit.rules.relations import check_ratio
from anju.evaluation.audit.template import Entry, Evaluation, FundRow
from anju.kernel.i18n import gettext as _

_SHARE = re.compile(r"(?P<part>[^，,、。；;]{2,30}?)占(?P<whole>[^，,、。；;]{2,30}?)的?(?:比重|比例|比率)?[为是达]?$")
_RETURN_RATE = re.compile(r"(?:回收|有效|收回)率[为达是]?$")
#: A bare rate below this is a fraction, not a percentage.
_LARGEST_FRACTION = 2
_OF_GOAL = re.compile(r"(?:完成|达到).{0,10}(?:目标|计划|任务|指标)(?:任务|数)?的?$")


def check(report: Report) -> Iterator[Outcome]:
    """All ratios of the report."""
    yield from _controls(report)
    for table in report.evaluations:
        for row in table.funds:
            yield from _execution(report, table, row)
    for sentence in report.sentences:
        yield from _shares(report, sentence.figures)
        yield from _answers(sentence.figures)


def _controls(report: Report) -> Iterator[Outcome]:
    """控制率 = 实际 ÷ 批准, in 附件1."""
    for control in report.basic.controls if report.basic else ():
        rate, actual, approved = _rate(control.rate), control.actual.number, control.approved.number
        if actual and approved and rate:
            outcome = check_ratio(printed=rate, numerator=actual, denominator=approved, place=control.rate.place)
            if outcome:
                yield outcome
        elif actual and approved and approved.exact and control.rate.blank:
            yield Finding(
                rule=Rule.FILLED,
                severity=Severity.OMISSION,
                place=control.rate.place,
                printed="",
                recomputed=show(actual.exact / approved.exact * 100, 2) + "%",
                formula=f"{actual.text} ÷ {approved.text}",
                advice=_("批准数和实际数都已填写，控制率为空：请补填"),
            )


def _rate(entry: Entry) -> Number | None:
    """A rate printed without its sign: "76.08" is a percentage, "0.7608" a fraction."""
    number = entry.number
    if number is None or number.symbol or number.value < _LARGEST_FRACTION:
        return number
    return number.in_unit("%")


def _execution(report: Report, table: Evaluation, row: FundRow) -> Iterator[Outcome]:
    """执行率 = 全年执行数 ÷ 全年预算数, and its score."""
    base = row.adjusted.number or row.initial.number
    actual, rate = row.actual.number, _rate(row.rate)
    if base and actual and rate and base.exact:
        quotient = actual.exact / base.exact
        initial = row.initial.number
        if not rate.prints(quotient) and initial and initial.exact and rate.prints(actual.exact / initial.exact):
            yield Finding(
                rule=Rule.BASIS,
                severity=Severity.BASIS,
                place=row.rate.place,
                printed=rate.text,
                recomputed=rate.like(quotient),
                formula=f"{actual.text} ÷ {base.text} = {rate.like(quotient)}；{actual.text} ÷ {initial.text} = {rate.text}",
                advice=_("执行率按年初预算计算：应以调整后的全年预算数为分母，请改按全年预算数计算"),
                related=(row.initial.place, row.adjusted.place),
            )
        else:
            places = (row.actual.place, row.adjusted.place)
            outcome = check_ratio(
                printed=rate, numerator=actual, denominator=base, place=row.rate.place, related=places
            )
            if outcome:
                yield outcome
    yield from _execution_score(report, row, base, actual)


def _execution_score(report: Report, row: FundRow, base: Number | None, actual: Number | None) -> Iterator[Outcome]:
    """得分 = 分值 × 执行率, from the unrounded rate, not above the weight."""
    weight, score, rate = row.weight.number, row.score.number, _rate(row.rate)
    if not (weight and score):
        return
    if base and actual and base.exact:
        share, words = actual.exact / base.exact, f"{actual.text} ÷ {base.text}"
    elif rate:
        share, words = rate.exact, rate.text
    else:
        return
    decimals = report.parameters.score_decimals
    expected = half_up(weight.value * min(share, Fraction(1)), decimals)
    formula = f"{weight.text} × {words} = {show(expected, decimals)}"
    if score.value == expected:
        yield Passed(Rule.RATE_SCORE, row.score.place, formula)
        return
    yield Finding(
        rule=Rule.RATE_SCORE,
        severity=Severity.ERROR,
        place=row.score.place,
        printed=score.text,
        recomputed=show(expected, decimals),
        formula=formula,
        advice=_("预算执行得分应等于分值乘以执行率（不超过分值）：请核对得分，并重算总分"),
        related=(row.rate.place,),
    )


def _shares(report: Report, figures: tuple[Figure, ...]) -> Iterator[Outcome]:
    """“甲占乙的x%”: both are looked up among the quantities of the report; and x% of a goal named just before."""
    for figure in figures:
        match = _SHARE.search(figure.name) if figure.number.dimension == "ratio" else None
        if not match:
            continue
        operands = [report.words.quantity(match[side]) for side in ("part", "whole")]
        stated = [report.stated(quantity.key, figure.year) if quantity else () for quantity in operands]
        if all(stated):
            part, whole = (max(mentions, key=lambda m: -m.number.step) for mentions in stated)
            outcome = check_ratio(
                printed=figure.number,
                numerator=part.number,
                denominator=whole.number,
                place=figure.place,
                related=(part.place, whole.place),
            )
            if outcome:
                yield outcome
    for first, second, third in zip(figures, figures[1:], figures[2:], strict=False):
        is_goal = third.number.dimension == "ratio" and _OF_GOAL.search(f"{second.name}的")
        same = first.number.dimension == second.number.dimension != ""
        if is_goal and same and third.name in {"的", ""}:
            outcome = check_ratio(
                printed=third.number, numerator=first.number, denominator=second.number, place=third.place
            )
            if outcome:
                yield outcome


def _answers(figures: tuple[Figure, ...]) -> Iterator[Outcome]:
    """Questionnaires: the return rate is what came back over what went out."""
    for sent, returned, rate in zip(figures, figures[1:], figures[2:], strict=False):
        counted = sent.number.dimension == returned.number.dimension and rate.number.dimension == "ratio"
        if counted and "发放" in sent.name and _RETURN_RATE.search(rate.name):
            outcome = check_ratio(
                printed=rate.number, numerator=returned.number, denominator=sent.number, place=rate.place
            )
            if outcome:
                yield outcome
