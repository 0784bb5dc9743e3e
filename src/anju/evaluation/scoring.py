"""评分: points by rule, and the evaluators' own scores beside them.

财预〔2020〕10号 项目支出绩效评价管理办法: the execution rate earns its weight in proportion, a target that is met earns
full points, one that is missed earns points in proportion; never less than nothing, never more than the weight.
Every score is rounded half-up to hundredths from the unrounded ratio; totals add up rounded scores.
"""

from dataclasses import dataclass
from fractions import Fraction

from anju.evaluation.actuals import Actuals, actual_of, checked
from anju.evaluation.model import Funds, Indicator, Points, Rule, SelfAssessment, SelfEvaluation, Target, format_points
from anju.evaluation.quantities import Quantity, Value
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Rounding, divide
from anju.kernel.rates import ONE

_GRADES = ((90_00, "优"), (80_00, "良"), (60_00, "中"))
#: Degrees of achievement of a qualitative indicator, from the lowest ppm that belongs to each.
_BUCKETS = ((800_000, "达成"), (600_000, "部分达成"))


@dataclass(frozen=True, slots=True)
class Execution:
    """The execution rate (unrounded) and its score."""

    rate: Fraction
    points: Points
    score: Points

    @property
    def rate_text(self) -> str:
        """The rate in per cent with two decimals: "76.08%"."""
        return percent(self.rate)


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """One scored row: the figure it was scored by, the rule's score, and the evaluators' own where it applies."""

    indicator: Indicator
    points: Points
    actual: Quantity
    rule_score: Points
    self_assessed: SelfAssessment | None

    @property
    def score(self) -> Points:
        """The score that counts."""
        return self.self_assessed.score if self.self_assessed else self.rule_score

    @property
    def actual_text(self) -> str:
        """The cell 实际完成值: a published figure as this annex prints it, any other as its source writes it."""
        return self.indicator.actual_text if self.actual.source == "published" else self.actual.text

    @property
    def completion(self) -> Fraction | None:
        """Actual over target, where the target is a least value; None for the other rules."""
        at_least = self.indicator.target.at_least
        if self.indicator.rule is not Rule.UP or not at_least:
            return None
        return Fraction(self.actual.value) / at_least

    @property
    def verdict(self) -> str:
        """How the row did, in words: the completion, whether the bound holds, or the degree's name."""
        if self.completion is not None:
            return percent(self.completion)
        if self.indicator.rule is Rule.QUALITATIVE:
            return bucket(self.actual.value)
        met = achievement(self.indicator.rule, self.actual.value, self.indicator.target) == 1
        return _("达标") if met else _("未达标")


@dataclass(frozen=True, slots=True)
class Scores:
    """A scored annex. `lines` has the scored rows in printed order; rows that do not apply are left out."""

    evaluation: SelfEvaluation
    execution: Execution
    lines: tuple[ScoreLine, ...]

    @property
    def total(self) -> Points:
        """总分, with the evaluators' own scores where they apply."""
        return self.execution.score + sum(line.score for line in self.lines)

    @property
    def rule_total(self) -> Points:
        """What the total would be if every row had the rule's score."""
        return self.execution.score + sum(line.rule_score for line in self.lines)

    @property
    def grade(self) -> str:
        """The grade of the total."""
        return grade(self.total)

    @property
    def overridden(self) -> tuple[ScoreLine, ...]:
        """The rows whose score is the evaluators' own and not the rule's."""
        return tuple(line for line in self.lines if line.score != line.rule_score)


@dataclass(frozen=True, slots=True)
class Difference:
    """A value that the published table prints otherwise."""

    what: str
    printed: str
    computed: str


def differences(scores: Scores) -> tuple[Difference, ...]:
    """Where the published table prints another rate, score or total than comes out here."""
    funds, total = scores.evaluation.funds, scores.evaluation.printed_total
    pairs = [(_("预算执行率"), funds.printed_rate, scores.execution.rate_text)]
    points = [(_("预算执行得分"), funds.printed_score, scores.execution.score)]
    points += [(_("“{name}”得分").format(name=line.indicator.name), line.indicator.printed_score, line.score)
               for line in scores.lines]  # fmt: skip
    points.append((_("总分"), total, scores.total))
    pairs += [
        (what, format_points(printed), format_points(ours)) for what, printed, ours in points if printed is not None
    ]
    return tuple(Difference(what, printed, ours) for what, printed, ours in pairs if printed and printed != ours)


def score(evaluation: SelfEvaluation, actuals: Actuals) -> Scores:
    """Score an annex by the given figures.

    The evaluators' own scores judge the published figures: as soon as any figure comes from elsewhere, every row has
    the rule's score. Raises ActualsError when a scored row has no figure, or a figure is unknown or in another unit.
    """
    checked(actuals)
    judged = all(quantity.source == "published" for quantity in actuals.values())
    lines = []
    for row in evaluation.indicators:
        if row.points is None:
            continue
        actual = actual_of(row, actuals)
        by_rule = half_up(row.points * achievement(row.rule, actual.value, row.target))
        lines.append(ScoreLine(row, row.points, actual, by_rule, row.self_assessed if judged else None))
    return Scores(evaluation, execution(evaluation.funds), tuple(lines))


def execution(funds: Funds) -> Execution:
    """The year's spending over its adjusted budget, and the weight times that, at most the weight."""
    spent, adjusted = funds.total.spent.fen, funds.total.adjusted.fen
    assert spent is not None
    assert adjusted
    rate = Fraction(spent, adjusted)
    return Execution(rate, funds.points, half_up(funds.points * min(rate, Fraction(1))))


def achievement(rule: Rule, actual: Value, target: Target) -> Fraction:
    """The share of its points that a figure earns, from 0 to 1.

    A bound that holds earns everything. Below `at_least` (UP, RANGE) it is actual ÷ bound, above `at_most` (DOWN, RANGE)
    bound ÷ actual. QUALITATIVE: the degree of achievement itself.
    """
    if rule is Rule.QUALITATIVE:
        return _clip(Fraction(actual) / ONE)
    share = Fraction(1)
    if target.at_least is not None and actual < target.at_least:
        share = Fraction(actual) / target.at_least if target.at_least > 0 else Fraction(0)
    elif target.at_most is not None and actual > target.at_most:
        share = Fraction(target.at_most) / Fraction(actual) if target.at_most > 0 else Fraction(0)
    return _clip(share)


def grade(total: Points) -> str:
    """优 from 90, 良 from 80, 中 from 60, else 差."""
    return _(next((name for least, name in _GRADES if total >= least), "差"))


def bucket(degree: Value) -> str:
    """达成 from 80 %, 部分达成 from 60 %, else 未达成; the degree is in ppm."""
    return _(next((name for least, name in _BUCKETS if degree >= least), "未达成"))


def half_up(value: Fraction) -> int:
    """The nearest integer, ties away from zero."""
    return divide(value.numerator, value.denominator, Rounding.HALF_UP)


def percent(rate: Fraction) -> str:
    """A ratio in per cent, half-up to two decimals from the unrounded ratio: 4791.96/6298.34 → "76.08%"."""
    hundredths = half_up(rate * 100_00)
    whole, rest = divmod(abs(hundredths), 100)
    return f"{'-' if hundredths < 0 else ''}{whole}.{rest:02d}%"


def _clip(share: Fraction) -> Fraction:
    return min(max(share, Fraction(0)), Fraction(1))
