from datetime import date

import pytest

from anju.kernel.errors import InvalidValueError
from anju.kernel.periods import Period
from anju.ledger.interest import Flow, RateSegment, interest, product_rows, rate_segments, segmented_interest, settle

JULY, AUGUST = date(2024, 7, 1), date(2024, 8, 1)


@pytest.mark.parametrize(
    ("product", "rate", "fen"),
    [
        (0, 15_000, 0), (24_000, 15_000, 1), (12_000, 15_000, 1), (11_999, 15_000, 0), (-12_000, 15_000, -1),
        (-11_999, 15_000, 0), (36_000, 15_000, 2), (10**18, 15_000, 41_666_666_666_667), (10**9, 0, 0),
    ],
)  # fmt: skip
def test_interest_is_rounded_half_up_once_on_both_sides_of_zero(product, rate, fen):
    assert interest(product, rate) == fen


def test_a_day_bears_the_balance_at_its_end():
    rows = product_rows(100, [Flow(date(2024, 7, 3), 50), Flow(date(2024, 7, 3), -20), Flow(JULY, 7)], JULY, AUGUST)
    assert [(row.start, row.end, row.balance, row.days, row.product) for row in rows] == [
        (date(2024, 7, 1), date(2024, 7, 2), 107, 2, 214),
        (date(2024, 7, 3), date(2024, 7, 31), 137, 29, 3973),
    ]


def test_flows_outside_the_days_bear_nothing():
    outside = [Flow(date(2024, 6, 30), 10**6), Flow(AUGUST, 10**6)]
    settled = settle(100, outside, start=JULY, until=AUGUST, rate=15_000)
    assert (settled.product, settled.principal) == (3100, 100)


def test_opened_and_closed_on_one_day_is_no_interest_and_no_error():
    settled = settle(100, [], start=JULY, until=JULY, rate=15_000)
    assert (settled.rows, settled.interest, settled.total) == ((), 0, 100)


def test_an_end_before_the_start_is_refused():
    with pytest.raises(InvalidValueError) as caught:
        settle(100, [], start=AUGUST, until=JULY, rate=15_000)
    assert caught.value.field == "until"


def test_segments_take_the_flows_of_earlier_segments_along():
    half = date(2024, 7, 16)
    rates = [(Period(JULY, half), 20_000), (Period(half, AUGUST), 10_000)]
    flows = [Flow(date(2024, 7, 11), 10), Flow(half, 100), Flow(date(2024, 6, 1), 999)]
    assert rate_segments(1000, flows, rates) == [
        RateSegment(1000 * 15 + 10 * 5, 20_000),
        RateSegment(1110 * 16, 10_000),
    ]
    with pytest.raises(InvalidValueError):
        rate_segments(0, [], [(Period(JULY), 15_000)])


def test_segments_are_rounded_together_and_not_one_by_one():
    halves = [RateSegment(8_000, 15_000)] * 3  # a third of a fen each
    assert [interest(half.product, half.rate) for half in halves] == [0, 0, 0]
    assert segmented_interest(halves) == 1
    assert segmented_interest([]) == 0
