"""The two relations that most rules rest on: a quotient and a sum, compared at the printed precision."""

from collections.abc import Sequence
from fractions import Fraction

from anju.evaluation.audit.document import Place
from anju.evaluation.audit.findings import Finding, Outcome, Passed, Rule, Severity
from anju.evaluation.audit.numbers import Number, show, total
from anju.kernel.i18n import gettext as _


def check_ratio(
    *, printed: Number, numerator: Number, denominator: Number, place: Place, related: Sequence[Place] = ()
) -> Outcome | None:
    """numerator ÷ denominator = printed. None when the denominator is zero.

    A printed ratio that the rounding of its operands alone can explain is only remarked on.
    """
    if denominator.exact == 0:
        return None
    quotient = numerator.exact / denominator.exact
    formula = f"{numerator.text} ÷ {denominator.text} = {printed.like(quotient)}"
    if printed.prints(quotient):
        return Passed(Rule.RATIO, place, formula)
    explained = _reachable(printed, numerator, denominator)
    return Finding(
        rule=Rule.RATIO,
        severity=Severity.REMARK if explained else Severity.ERROR,
        place=place,
        printed=printed.text,
        recomputed=printed.like(quotient),
        formula=formula,
        advice=_("按印出的分子、分母复算不等，差异在四舍五入范围内：请核对是否由未取整的数据算得")
        if explained
        else _("比率与印出的分子、分母不符：请核对三个数中哪一个有误，并检查由它推算的得分"),
        related=tuple(related),
    )


def _reachable(printed: Number, numerator: Number, denominator: Number) -> bool:
    """True when some values that round to the printed operands give the printed ratio."""
    if numerator.exact <= 0 or denominator.exact <= denominator.half_step:
        return False
    lowest = (numerator.exact - numerator.half_step) / (denominator.exact + denominator.half_step)
    highest = (numerator.exact + numerator.half_step) / (denominator.exact - denominator.half_step)
    return lowest - printed.half_step <= printed.exact <= highest + printed.half_step


def check_sum(
    *,
    whole: Number,
    parts: Sequence[Number],
    place: Place,
    names: str = "",
    shortfall: Severity | None = Severity.ERROR,
    exact: bool = False,
    related: Sequence[Place] = (),
) -> Outcome:
    """The parts add up to the whole.

    `shortfall` is how grave it is when they do not reach it: None where the parts are known not to be all. `exact` is
    for numbers that are not rounded (scores, heads): otherwise a difference that rounding can explain is a remark.
    """
    reached = total(parts)
    formula = f"{' + '.join(part.text for part in parts)} = {_written(whole, reached, parts)}"
    short = reached < whole.exact
    if reached == whole.exact or (short and shortfall is None):
        return Passed(Rule.SUM, place, formula)
    rounding = sum((part.half_step for part in parts), whole.half_step)
    severity, advice = shortfall if short and shortfall else Severity.ERROR, _("各分项之和与合计不等：请核对分项和合计")
    if not exact and whole.decimals > 0 and abs(reached - whole.exact) <= rounding:
        severity, advice = Severity.REMARK, _("各分项之和与合计相差在四舍五入范围内：请说明为尾差，或调整使其相等")
    elif severity is Severity.REMARK:
        advice = _("列出的分项之和小于合计：若只是部分列举请注明，否则请核对")
    return Finding(
        rule=Rule.SUM,
        severity=severity,
        place=place,
        printed=whole.text,
        recomputed=_written(whole, reached, parts),
        formula=f"{names}：{formula}" if names else formula,
        advice=advice,
        related=tuple(related),
    )


def _written(whole: Number, exact: Fraction, parts: Sequence[Number]) -> str:
    """`exact` in the unit of the whole, with as many decimals as the most precise printed number needs."""
    value = exact / whole.scale
    decimals = whole.decimals
    while decimals < 8 and value * 10**decimals % 1:
        decimals += 1
    return f"{show(value, decimals)}{whole.symbol if whole.text.endswith(whole.symbol) else ''}"
