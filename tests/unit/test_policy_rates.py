from datetime import date, timedelta

import pytest

from anju.kernel.periods import Period
from anju.policy.packs import book
from anju.policy.parameters import NATIONAL, Scope
from anju.policy.rates import DepositRate, RateUnknownError, deposit_rate, deposit_rates, loan_rate


@pytest.mark.parametrize(
    ("on", "current_year", "carried_over"),
    [
        ("1999-06-10", 9_900, 19_800), ("2002-02-20", 9_900, 19_800), ("2002-02-21", 7_200, 17_100),
        ("2015-10-23", 3_500, 13_500), ("2016-02-20", 3_500, 11_000), ("2016-02-21", 15_000, 15_000), ("2026-11-23", 15_000, 15_000),
    ],
)  # fmt: skip
def test_deposit_rates_change_on_their_day(on, current_year, carried_over):
    assert deposit_rate(date.fromisoformat(on)) == DepositRate(current_year, carried_over)


@pytest.mark.parametrize(
    ("on", "months", "second_home", "rate"),
    [
        ("1999-09-21", 60, False, 41_400), ("1999-09-21", 61, False, 45_900),
        ("2015-08-25", 360, False, 35_000), ("2015-08-26", 360, False, 32_500), ("2015-08-26", 12, False, 27_500),
        ("2022-09-30", 240, False, 32_500), ("2022-10-01", 240, False, 31_000), ("2024-05-18", 240, False, 28_500),
        ("2025-05-07", 60, False, 23_500), ("2025-05-08", 60, False, 21_000), ("2025-05-08", 61, False, 26_000),
        # second homes: their own table, announced apart and not 1.1 times the first-home rate
        ("2015-08-26", 60, True, 30_250), ("2022-10-01", 61, True, 35_750), ("2024-05-18", 60, True, 27_750),
        ("2025-05-08", 61, True, 30_750), ("2026-11-23", 60, True, 25_250),
        # before: 1.1 times the first-home rate, and before that the same rate
        ("2015-08-25", 61, True, 38_500), ("2012-07-06", 60, True, 44_000), ("2010-12-01", 60, True, 38_500),
        ("2010-10-31", 60, True, 35_000), ("2003-01-01", 61, True, 40_500),
    ],
)  # fmt: skip
def test_loan_rates_by_day_term_and_home(on, months, second_home, rate):
    assert loan_rate(on=date.fromisoformat(on), months=months, second_home=second_home) == rate


@pytest.mark.parametrize("on", ["2010-11-01", "2010-11-30", "1999-09-20"])
def test_a_second_home_rate_that_is_not_known_is_not_guessed(on):
    with pytest.raises(RateUnknownError) as caught:
        loan_rate(on=date.fromisoformat(on), months=120, second_home=True)
    assert (caught.value.code, caught.value.field) == ("RATE_UNKNOWN", "on")


def test_before_the_first_row_nothing_is_known():
    with pytest.raises(RateUnknownError, match="1999-06-10"):
        deposit_rate(date(1999, 6, 9))
    with pytest.raises(RateUnknownError, match="1999-09-21"):
        loan_rate(on=date(1999, 9, 20), months=120)


def test_the_rates_within_a_period_follow_one_another_without_a_gap():
    period = Period(date(2008, 7, 1), date(2009, 7, 1))
    found = deposit_rates(period)
    assert [part.start for part, _rate in found] == [
        date(2008, 7, 1), date(2008, 10, 9), date(2008, 10, 30), date(2008, 11, 27), date(2008, 12, 23),
    ]  # fmt: skip
    assert [part.end for part, _rate in found] == [*(part.start for part, _rate in found[1:]), period.end]
    for part, rate in found:
        assert rate == deposit_rate(part.start) == deposit_rate(part.end - timedelta(days=1))


def test_a_period_that_begins_on_the_day_of_a_change_has_no_empty_part():
    assert deposit_rates(Period(date(2016, 2, 21))) == [(Period(date(2016, 2, 21)), DepositRate(15_000, 15_000))]


def test_the_national_pack_holds_every_announced_rate():
    values = book(NATIONAL).values
    counts = {path: len(values[path][Scope()]) for path in values if "rate." in path and not path.startswith("rates")}
    assert counts == {
        "deposit.rate.current_year": 27, "deposit.rate.carried_over": 27,
        "loan.rate.first_home.le5y": 30, "loan.rate.first_home.gt5y": 30,
        "loan.rate.second_home.le5y": 3, "loan.rate.second_home.gt5y": 3,
        "loan.rate.second_home.factor": 2, "loan.rate.short_term": 1,
    }  # fmt: skip
