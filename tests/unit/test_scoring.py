"""The scoring rules of the self-evaluation: by example, and as properties."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anju.evaluation.actuals import ActualsError, published_actuals
from anju.evaluation.load import load_annexes
from anju.evaluation.model import INDICATOR_UNITS, Rule, Target
from anju.evaluation.quantities import Figure, parse_value
from anju.evaluation.scoring import achievement, bucket, execution, grade, half_up, percent, score
from anju.kernel.errors import InvalidValueError

ANNEXES = load_annexes(Path(__file__).resolve().parents[2] / "examples" / "yueyang-2024")
PUBLISHED = published_actuals(ANNEXES)

amounts = st.integers(-(10**13), 10**13)
bounds = st.integers(-10, 10**13)
weights = st.integers(0, 100_00)


def points(rule: Rule, weight: int, actual: int | Fraction, target: Target) -> int:
    return half_up(weight * achievement(rule, actual, target))


@pytest.mark.parametrize(
    ("rule", "actual", "low", "high", "expected"),
    [
        (Rule.UP, 10_19, 15_00, None, 340),  # 5 × 67.93 %
        (Rule.UP, 15_00, 15_00, None, 500),
        (Rule.UP, 42_41, 28_00, None, 500),
        (Rule.UP, -1, 28_00, None, 0),
        (Rule.UP, -1, 0, None, 0),
        (Rule.DOWN, 193, None, 600, 500),
        (Rule.DOWN, 600, None, 600, 500),
        (Rule.DOWN, 800, None, 600, 375),  # 5 × 6/8
        (Rule.DOWN, 1, None, 0, 0),
        (Rule.DOWN, 0, None, 0, 500),
        (Rule.RANGE, 520_700, 500_000, 700_000, 500),
        (Rule.RANGE, 400_000, 500_000, 700_000, 400),
        (Rule.RANGE, 875_000, 500_000, 700_000, 400),
        (Rule.QUALITATIVE, 1_000_000, None, None, 500),
        (Rule.QUALITATIVE, 700_000, None, None, 350),
        (Rule.QUALITATIVE, 0, None, None, 0),
    ],
)
def test_points_by_rule(rule: Rule, actual: int, low: int | None, high: int | None, expected: int) -> None:
    assert points(rule, 500, actual, Target("", low, high)) == expected


@given(weights, amounts, amounts, bounds)
def test_up_is_monotone_and_bounded(weight: int, one: int, other: int, target: int) -> None:
    low, high = (points(Rule.UP, weight, actual, Target("", target)) for actual in sorted((one, other)))
    assert 0 <= low <= high <= weight


@given(weights, amounts, amounts, bounds)
def test_down_is_antitone_and_bounded(weight: int, one: int, other: int, target: int) -> None:
    low, high = (points(Rule.DOWN, weight, actual, Target("", None, target)) for actual in sorted((one, other)))
    assert 0 <= high <= low <= weight


@given(weights, amounts, bounds, st.integers(0, 10**12))
def test_range_is_full_inside_and_less_outside(weight: int, actual: int, low: int, width: int) -> None:
    target = Target("", low, low + width)
    share = achievement(Rule.RANGE, actual, target)
    assert (share == 1) == (low <= actual <= low + width)
    assert 0 <= points(Rule.RANGE, weight, actual, target) <= weight


@given(weights, st.integers(1, 10**13), st.data())
def test_met_target_earns_everything(weight: int, target: int, data: st.DataObject) -> None:
    actual = data.draw(st.integers(target, 10**14))
    assert points(Rule.UP, weight, actual, Target("", target)) == weight


@given(st.permutations(ANNEXES.department.indicators))
def test_total_does_not_depend_on_the_order_of_rows(rows: list) -> None:  # type: ignore[type-arg]
    scores = score(replace(ANNEXES.department, indicators=tuple(rows)), PUBLISHED)
    assert (scores.total, scores.rule_total) == (95_61, 96_01)


@given(st.integers(0, 10**12), st.integers(1, 10**12))
def test_execution_score_is_capped(spent: int, adjusted: int) -> None:
    funds = ANNEXES.department.funds
    total = replace(
        funds.total, spent=replace(funds.total.spent, fen=spent), adjusted=replace(funds.total.adjusted, fen=adjusted)
    )
    result = execution(replace(funds, total=total))
    assert 0 <= result.score <= funds.points
    assert (result.score == funds.points) >= (spent >= adjusted)


def test_execution_score_comes_from_the_unrounded_rate() -> None:
    """A rate of 76.0499… % is 76.05 % on paper, but ten times it is 7.60 and not 7.61."""
    funds = ANNEXES.department.funds
    total = replace(
        funds.total,
        spent=replace(funds.total.spent, fen=760_499),
        adjusted=replace(funds.total.adjusted, fen=1_000_000),
    )
    result = execution(replace(funds, total=total))
    assert (result.rate_text, result.score) == ("76.05%", 7_60)


def test_one_ledger_figure_switches_the_evaluators_scores_off() -> None:
    actuals = {**PUBLISHED, "contributions": Figure(56_8500_0000_00, "fen", "56.85亿元", "ledger")}
    scores = score(ANNEXES.department, actuals)
    assert scores.overridden == ()
    assert scores.total == 96_01


def test_scored_row_without_a_figure_is_an_error() -> None:
    actuals = {code: figure for code, figure in PUBLISHED.items() if code != "counter_satisfaction"}
    with pytest.raises(ActualsError, match="住房公积金窗口服务满意度"):
        score(ANNEXES.department, actuals)


@pytest.mark.parametrize(("code", "unit"), [("contributions", "ppm"), ("overdue_rate", "fen"), ("contribution", "fen")])
def test_figure_of_another_unit_or_name_is_an_error(code: str, unit: str) -> None:
    figure = Figure(1, unit, "1", "ledger")  # type: ignore[arg-type]
    with pytest.raises(ActualsError, match=code):
        score(ANNEXES.department, {**PUBLISHED, code: figure})


def test_two_values_for_one_indicator_are_an_error() -> None:
    rows = tuple(
        replace(row, actual=row.actual + 1) if row.code == "withdrawals" and row.actual is not None else row
        for row in ANNEXES.project.indicators
    )
    with pytest.raises(ActualsError, match="withdrawals"):
        published_actuals(replace(ANNEXES, project=replace(ANNEXES.project, indicators=rows)))


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        (100_00, "优"),
        (90_00, "优"),
        (89_99, "良"),
        (80_00, "良"),
        (79_99, "中"),
        (60_00, "中"),
        (59_99, "差"),
        (0, "差"),
    ],
)
def test_grades(total: int, expected: str) -> None:
    assert grade(total) == expected


@pytest.mark.parametrize(
    ("degree", "expected"),
    [(1_000_000, "达成"), (800_000, "达成"), (799_999, "部分达成"), (600_000, "部分达成"), (599_999, "未达成")],
)
def test_buckets(degree: int, expected: str) -> None:
    assert bucket(degree) == expected


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("42.41亿元", 4_241_000_000_00, "fen"),
        ("5487.8万元", 54_878_000_00, "fen"),
        ("0.0193%", 193, "ppm"),
        ("３.7665 亿元", 376_650_000_00, "fen"),
        ("406", 406, "count"),
        ("0.00001%", Fraction(1, 10), "ppm"),
    ],
)
def test_values_are_read_exactly(text: str, value: int | Fraction, unit: str) -> None:
    assert parse_value(text) == (value, unit)


@pytest.mark.parametrize("text", ["", "亿元", "1,000", "1e3", "五", "42.41亿", "--1%", "1.%", "%"])
def test_values_that_are_no_figures_are_refused(text: str) -> None:
    with pytest.raises(InvalidValueError):
        parse_value(text)


def test_percent_of_a_loss_keeps_its_sign() -> None:
    assert percent(Fraction(-1, 3)) == "-33.33%"


def test_every_published_row_has_a_known_code() -> None:
    assert PUBLISHED.keys() <= INDICATOR_UNITS.keys()
    assert all(quantity.source == "published" for quantity in PUBLISHED.values())
