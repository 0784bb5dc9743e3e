"""Both backends give the same integer for every row, whatever the order and the cut; amounts keep their bounds."""

from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anju.kernel.money import Rounding, divide
from anju.kernel.periods import Month, Period
from anju.policy import packs
from anju.policy.codes import CROWD
from anju.policy.decision import Case, decide
from anju.policy.evaluation import compute, evaluate
from anju.policy.explanation import explain
from anju.policy.overlay import Overlay, apply
from anju.policy.parameters import Scope
from anju.policy.population import Chunk, office_names
from anju.policy.rules import find_rule, rules
from anju.policy.scalar import ScalarOperations, Traced
from anju.policy.simulation import simulate
from anju.policy.units import Kind, Unit
from anju.policy.vector import Column, VectorOperations

BOOK = packs.book("demo")
OFFICES = office_names(BOOK.districts)
DAYS = [date(2019, 3, 24), date(2026, 9, 19), date(2026, 9, 20), date(2027, 2, 28)]
NAMES = sorted(rules())


def rows_of(rule, rows, seed):
    """Half of the cells at or beside a bound or a parameter, half anywhere; offices and crowds mixed."""
    random = np.random.default_rng(seed)

    def column(declared):
        near = [
            row.value
            for path in rule.parameters
            for row in BOOK.in_force(path, DAYS[-1])
            if BOOK.definition(path).kind == declared.kind
        ]
        edges = {
            declared.low,
            declared.high,
            *(value + step for value in near if isinstance(value, int) for step in (-1, 0, 1)),
        }
        edges = np.array(sorted(edge for edge in edges if declared.low <= edge <= declared.high))
        scale = random.integers(1, 1 + max(1, (declared.high - declared.low).bit_length()), rows)
        anywhere = declared.low + random.integers(0, 1 << 62, rows) % np.minimum(
            1 << scale, declared.high - declared.low + 1
        )
        return np.where(random.integers(0, 2, rows) == 0, edges[random.integers(0, len(edges), rows)], anywhere)

    columns = {name: column(declared) for name, declared in rule.inputs.items()}
    return Chunk(rows, columns, random.integers(0, len(OFFICES), rows), random.integers(0, len(CROWD), rows))


def scalar(rule, chunk, on, row):
    inputs = {name: int(values[row]) for name, values in chunk.columns.items()}
    case = Case(on=on, inputs=inputs, district=OFFICES[chunk.offices[row]], crowd=CROWD.codes[chunk.crowds[row]])
    return decide(rule, BOOK, case)


def disagreements(rule, rows, seed):
    chunk = rows_of(rule, rows, seed)
    on = DAYS[seed % len(DAYS)]
    column = compute(rule, BOOK, on, chunk, OFFICES)
    together = evaluate(rule, BOOK, on, chunk, OFFICES)
    assert column.low <= int(together.min())
    assert int(together.max()) <= column.high
    return [row for row in range(rows) if scalar(rule, chunk, on, row).value != together[row]]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", NAMES)
def test_a_case_and_a_population_agree(name, seed):
    assert disagreements(find_rule(name), 420, seed) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_case_and_a_population_agree_on_a_million_rows(name):
    """The million is shared out among the rules and the days."""
    each = 1_000_000 // len(NAMES) // len(DAYS) + 1
    assert [disagreements(find_rule(name), each, 100 + seed) for seed in range(len(DAYS))] == [[]] * len(DAYS)


def picked(chunk, places):
    columns = {name: values[places] for name, values in chunk.columns.items()}
    return Chunk(len(places), columns, chunk.offices[places], chunk.crowds[places])


@given(st.sampled_from(NAMES), st.integers(0, 999), st.permutations(range(40)))
@settings(max_examples=60)
def test_the_order_of_rows_does_not_matter(name, seed, order):
    rule, chunk = find_rule(name), rows_of(find_rule(name), 40, seed)
    straight = evaluate(rule, BOOK, DAYS[2], chunk, OFFICES)
    mixed = evaluate(rule, BOOK, DAYS[2], picked(chunk, np.array(order)), OFFICES)
    assert np.array_equal(straight[np.array(order)], mixed)


@dataclass
class Cut:
    """One chunk cut at some places."""

    chunk: Chunk
    cuts: list

    offices = OFFICES

    def chunks(self):
        ends = [0, *sorted(set(self.cuts)), self.chunk.rows]
        for first, end in pairwise(ends):
            if end > first:
                yield picked(self.chunk, np.arange(first, end))


def package():
    changes = {}
    for path, value in (
        ("withdrawal.rent.monthly_limit", 200_000),
        ("loan.cap.couple", 90_000_000),
        ("contribution.base.cap", 2_500_000),
    ):
        row = BOOK.resolve(path, date(2027, 1, 1))
        changes[path] = (replace(row, value=value, start=date(2027, 3, 1), end=date(2028, 3, 1), scope=Scope("demo")),)
    return apply(BOOK, Overlay(name="试", document="试", changes=changes))


PACKAGE = package()


@given(st.integers(0, 99), st.lists(st.integers(0, 60), max_size=6))
@settings(max_examples=25)
def test_the_cut_into_chunks_does_not_matter(seed, cuts):
    for name in ("withdrawal-rent", "loan-ceiling", "contribution-monthly"):
        rule = find_rule(name)
        chunk = rows_of(rule, 60, seed)

        def run(places, rule=rule, chunk=chunk):
            return simulate(
                rules=[rule],
                baseline=BOOK,
                package=PACKAGE,
                population=Cut(chunk, places),
                start=Month(2027, 1),
                months=18,
            )

        assert run(cuts) == run([])


@given(
    st.sampled_from(["withdrawal-rent", "withdrawal-purchase", "withdrawal-renovation", "withdrawal-property-fee"]),
    st.integers(0, 9999),
)
def test_a_withdrawal_never_exceeds_what_the_account_may_give(name, seed):
    rule = find_rule(name)
    chunk = rows_of(rule, 20, seed)
    drawn = evaluate(rule, BOOK, DAYS[2], chunk, OFFICES)
    assert np.all(drawn >= 0)
    assert np.all(drawn <= np.maximum(chunk.columns["balance"] - 10_000, 0))


@given(st.sampled_from(NAMES), st.integers(0, 9999))
@settings(max_examples=150)
def test_what_binds_decides(name, seed):
    """A result of zero by a condition names a condition that fails; a limit that binds is the result before rounding."""
    rule = find_rule(name)
    decision = scalar(rule, rows_of(rule, 1, seed), DAYS[2], 0)
    reasons = explain(decision)
    assert {reason.label for reason in reasons.binding if not reason.holds} <= {
        reason.label for reason in reasons.conditions if not reason.holds
    }
    if name == "loan-ceiling" and decision.value:
        limits = [child.value for child in least(decision.tree).children]
        assert decision.value == min(limits) - min(limits) % 100_000
        assert reasons.binding[0].label in {
            child.label for child in least(decision.tree).children if child.value == min(limits)
        }


def least(node):
    return node if node.step == "least" else next((found for child in node.children if (found := least(child))), None)


def term_of(value, unit):
    return ScalarOperations(DAYS[0]).constant(value, unit)


@given(
    st.integers(0, 10**15),
    st.integers(0, 10**9),
    st.sampled_from([Rounding.DOWN, Rounding.UP, Rounding.HALF_UP]),
    st.booleans(),
)
def test_a_product_too_wide_for_64_bits_is_exact(value, ratio, rounding, wide):
    """The bounds alone decide whether the product is taken in two parts; both ways are exact."""
    low_high = 10**15 if wide or value * ratio >= 2**62 else max(value, 1)
    term = Column(np.array([value]), Kind(Unit.FEN), 0, low_high)
    factor = Column(np.array([ratio]), Kind(Unit.TIMES), 0, 10**9 if wide else max(ratio, 1))
    product = VectorOperations(DAYS[0]).times_ppm(term, factor, rounding)
    assert int(product.values[0]) == divide(value * ratio, 10**6, rounding)


@given(
    st.integers(0, 10**12),
    st.integers(0, 10**6),
    st.integers(1, 10**6),
    st.sampled_from([Rounding.DOWN, Rounding.HALF_UP]),
)
def test_a_product_to_a_step_is_rounded_once(value, ratio, step, rounding):
    columns = [
        Column(np.array([number]), Kind(unit), 0 if unit is not Unit.FEN else 1, high)
        for number, unit, high in ((step, Unit.FEN, 10**6), (ratio, Unit.PPM, 10**6))
    ]
    term = Column(np.array([value]), Kind(Unit.FEN), 0, 10**12)
    product = VectorOperations(DAYS[0]).times_ppm_to(term, columns[1], columns[0], rounding)
    assert int(product.values[0]) == divide(value * ratio, 10**6 * step, rounding) * step


@given(st.integers(0, 10**9), st.integers(0, 240_000), st.integers(1, 480))
def test_a_present_value_is_exact_to_the_fen(instalment, rate, months):
    scalar_result = ScalarOperations(DAYS[0]).present_value(
        term_of(instalment, Unit.FEN), term_of(rate, Unit.PPM), term_of(months, Unit.MONTHS)
    )
    column = VectorOperations(DAYS[0]).present_value(
        Column(np.array([instalment]), Kind(Unit.FEN), 0, 10**9),
        Column(np.array([rate]), Kind(Unit.PPM), 0, 10**6),
        Column(np.array([months]), Kind(Unit.MONTHS), 0, 480),
    )
    assert scalar_result.value == int(column.values[0])
    assert isinstance(scalar_result, Traced)


@given(st.integers(1, 900_000))
def test_a_present_value_that_is_a_whole_fen_is_not_one_fen_short(number):
    """At 1.2 % a month's instalment of 1001 pays off 1000: no decimal digits of the factor could tell that alone."""
    columns = [
        Column(np.array([value]), Kind(unit), 0, high)
        for value, unit, high in ((1001 * number, Unit.FEN, 10**9), (12_000, Unit.PPM, 10**6), (1, Unit.MONTHS, 480))
    ]
    assert int(VectorOperations(DAYS[0]).present_value(*columns).values[0]) == 1000 * number


@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99))
def test_when_bounds_cross_the_upper_one_wins(value, low, high):
    terms = [term_of(number, Unit.FEN) for number in (value, low, high)]
    columns = [Column(np.array([number]), Kind(Unit.FEN), 0, 99) for number in (value, low, high)]
    expected = min(max(value, low), high)
    assert ScalarOperations(DAYS[0]).clip(*terms).value == expected
    assert int(VectorOperations(DAYS[0]).clip(*columns).values[0]) == expected


@given(st.dates(date(1970, 1, 1), date(2150, 12, 31)), st.integers(0, 120))
def test_a_day_moved_by_months_is_the_same_in_both(day, months):
    value = (day - date(1970, 1, 1)).days
    moved = ScalarOperations(day).add_months(term_of(value, Unit.DAY), term_of(months, Unit.MONTHS)).value
    columns = (
        Column(np.array([value]), Kind(Unit.DAY), 0, 84_000),
        Column(np.array([months]), Kind(Unit.MONTHS), 0, 120),
    )
    assert int(VectorOperations(day).add_months(*columns).values[0]) == moved


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 200)), min_size=1, max_size=4), st.integers(0, 700))
def test_a_package_counts_on_its_days_and_nothing_else_changes(spans, probe):
    def day(number):
        return date.fromordinal(date(2027, 1, 1).toordinal() + number)

    rows, path = [], "loan.cap.single"
    for place, (start, days) in enumerate(spans):
        rows = [row for row in rows if not row.period.overlaps(Period(day(start), day(start + days)))]
        base = BOOK.resolve(path, date(2026, 6, 1))
        rows.append(replace(base, value=1000 + place, start=day(start), end=day(start + days)))
    changed = apply(BOOK, Overlay(name="试", document="试", changes={path: tuple(rows)}))
    on = day(probe)
    expected = next((row.value for row in rows if on in row.period), BOOK.resolve(path, on).value)
    assert changed.resolve(path, on).value == expected
    assert not changed.uncovered(path, Period(date(2019, 3, 24)))
