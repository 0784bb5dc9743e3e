"""(f) Target, direction, actual value and score of an indicator agree; what is off the target has a reason.

Target met: all points. Not met: points × actual ÷ target, or × target ÷ actual where less is better. Far more than
the target: a reason is due, because the target may have been set too low.
"""

from collections.abc import Iterator
from fractions import Fraction

from anju.evaluation.audit.findings import Finding, Outcome, Passed, Rule, Severity
from anju.evaluation.audit.numbers import Number, half_up, show
from anju.evaluation.audit.report import AuditParameters, Report
from anju.evaluation.audit.targets import Direction, Target, parse_target
from anju.evaluation.audit.template import Evaluation, Indicator
from anju.kernel.i18n import gettext as _


def check(report: Report) -> Iterator[Outcome]:
    """All indicators with a number for a target and for what was reached."""
    for table in report.evaluations:
        strict: dict[int, Fraction] = {}
        for index, row in enumerate(table.indicators):
            judged = judge(row)
            if judged is None:
                continue
            target, actual, compared = judged
            yield from _unit(row, actual, target)
            expected = _expected(row, target, compared, report.parameters)
            if expected is not None and row.score.number:
                yield _score(row, target, actual, compared, expected, report.parameters)
                if not target.is_met(compared.exact):
                    strict[index] = expected
            yield from _deviation(row, target, actual, compared, report.parameters)
        yield from _strict_total(table, strict, report.parameters)


def judge(row: Indicator) -> tuple[Target, Number, Number] | None:
    """Target, actual value as printed, and the actual value in the target's unit; None when not comparable."""
    if not row.applies:
        return None
    target = parse_target(row.target.text, indicator=row.name, level=row.level1)
    actual = row.actual.number
    if not target or not actual:
        return None
    compared = actual if actual.unit or actual.myriad or not target.high.symbol else actual.in_unit(target.high.symbol)
    return (target, actual, compared) if compared.dimension == target.high.dimension else None


def _unit(row: Indicator, actual: Number, target: Target) -> Iterator[Outcome]:
    """The actual value carries the unit of its target."""
    if not target.high.symbol:
        return
    formula = f"{target.high.text} / {actual.text}"
    if actual.symbol:
        yield Passed(Rule.ONE_UNIT, row.actual.place, formula)
        return
    yield Finding(
        rule=Rule.ONE_UNIT,
        severity=Severity.UNIT,
        place=row.actual.place,
        printed=actual.text,
        recomputed=f"{actual.text}{target.high.symbol}",
        formula=formula,
        advice=_("实际完成值漏写了单位：请按年度指标值的单位补上"),
        related=(row.target.place,),
    )


def _expected(row: Indicator, target: Target, compared: Number, parameters: AuditParameters) -> Fraction | None:
    weight, fulfilment = row.weight.number, target.fulfilment(compared.exact)
    if weight is None or fulfilment is None:
        return None
    return half_up(weight.value * fulfilment, parameters.score_decimals)


def _score(
    row: Indicator, target: Target, actual: Number, compared: Number, expected: Fraction, parameters: AuditParameters
) -> Outcome:
    """The printed score is the one that the rule gives, to the decimals of a score (not of this print)."""
    weight, score = row.weight.number, row.score.number
    assert weight is not None
    assert score is not None
    met = target.is_met(compared.exact)
    written = show(expected, parameters.score_decimals)
    formula = (
        _("{target}，实际 {actual}，达到目标，得 {score} 分").format(
            target=row.target.text, actual=actual.text, score=written
        )
        if met
        else f"{weight.text} × {target.formula(compared)} = {written}"
    )
    reduced = met and score.value < expected and _is_far_above(target, compared, parameters)
    if score.value == expected or reduced:
        return Passed(Rule.TARGET_SCORE, row.score.place, formula)
    return Finding(
        rule=Rule.TARGET_SCORE,
        severity=Severity.ERROR,
        place=row.score.place,
        printed=score.text,
        recomputed=written,
        formula=formula,
        advice=_("达到目标应得满分：请核对得分，扣分请写明依据")
        if met
        else _("未达到目标，得分应为分值乘以完成比例：请核对得分和总分，另有评分办法的请写明"),
        related=(row.target.place, row.actual.place),
    )


def _is_far_above(target: Target, compared: Number, parameters: AuditParameters) -> bool:
    bound = target.low.exact
    return target.direction is Direction.UP and bound > 0 and compared.exact / bound > parameters.overfulfilment


def _deviation(
    row: Indicator, target: Target, actual: Number, compared: Number, parameters: AuditParameters
) -> Iterator[Outcome]:
    """The column of reasons is filled when the target was missed or exceeded by far."""
    if not row.deviation.printed:
        return
    met, far = target.is_met(compared.exact), _is_far_above(target, compared, parameters)
    if met and not far:
        return
    ratio = target.fulfilment(compared.exact) if not met else compared.exact / target.low.exact
    share = f"{show(ratio * 100, 2)}%" if ratio is not None else ""
    formula = f"{target.formula(compared)} = {share}"
    if not row.deviation.blank and not row.deviation.not_applicable:
        yield Passed(Rule.DEVIATION, row.deviation.place, formula)
        return
    limit = f"{show(parameters.overfulfilment * 100, 0)}%"
    yield Finding(
        rule=Rule.DEVIATION,
        severity=Severity.OMISSION,
        place=row.deviation.place,
        printed=row.deviation.text,
        recomputed=share,
        formula=formula,
        advice=_("完成比例超过 {limit}，没有说明原因：请说明，并检查目标是否定得过低、得分是否应按偏离程度调减").format(
            limit=limit
        )
        if met
        else _("没有达到目标，偏差原因及改进措施为空：请补填"),
        related=(row.target.place, row.actual.place),
    )


def _strict_total(table: Evaluation, strict: dict[int, Fraction], parameters: AuditParameters) -> Iterator[Outcome]:
    """What the total would be if every missed target were scored by the rule."""
    printed = table.total_score.number if table.total_score else None
    scores = {index: row.score.number for index, row in enumerate(table.indicators) if row.score.number}
    change = sum((value - scores[index].value for index, value in strict.items()), Fraction(0))
    if not printed or not table.total_score or change == 0:
        return
    total = show(printed.value + change, parameters.score_decimals)
    sign = "+" if change > 0 else "-"
    yield Finding(
        rule=Rule.TARGET_SCORE,
        severity=Severity.REMARK,
        place=table.total_score.place,
        printed=printed.text,
        recomputed=total,
        formula=f"{printed.text} {sign} {show(abs(change), parameters.score_decimals)} = {total}",
        advice=_("未达到目标的指标若都按完成比例计分，总分会变：请在改正各行得分后重算总分"),
        related=tuple(table.indicators[index].score.place for index in strict),
    )
