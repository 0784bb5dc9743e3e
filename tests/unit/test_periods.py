from datetime import date

import pytest

from anju.kernel.errors import InvalidValueError
from anju.kernel.periods import Month, Period, value_day


def test_value_days_count_from_1970():
    assert value_day(date(1970, 1, 1)) == 0
    assert value_day(date(1969, 12, 31)) == -1
    assert value_day(date(2024, 3, 1)) - value_day(date(2024, 2, 28)) == 2


def test_a_period_has_its_start_and_not_its_end():
    year = Period(date(2024, 7, 1), date(2025, 7, 1))
    assert year.days == 365
    assert date(2024, 7, 1) in year
    assert date(2025, 6, 30) in year
    assert date(2025, 7, 1) not in year
    assert date(2024, 6, 30) not in year


def test_periods_that_touch_do_not_overlap():
    first, second = Period(date(2024, 1, 1), date(2024, 2, 1)), Period(date(2024, 2, 1))
    assert not first.overlaps(second)
    assert not second.overlaps(first)
    assert first.clip(second) is None


def test_an_open_period_goes_on_for_ever():
    since = Period(date(2024, 2, 1))
    assert date(9999, 12, 31) in since
    assert since.overlaps(Period(date(2100, 1, 1)))
    assert since.clip(Period(date(2100, 1, 1))) == Period(date(2100, 1, 1))
    with pytest.raises(InvalidValueError):
        _ = since.days


@pytest.mark.parametrize("end", [date(2024, 1, 1), date(2023, 12, 31)])
def test_a_period_without_a_day_is_refused(end):
    with pytest.raises(InvalidValueError):
        Period(date(2024, 1, 1), end)


@pytest.mark.parametrize("text", ["2024-05", "202405", " 2024-05 ", "２０２４－０５"])
def test_a_month_as_people_write_it(text):
    assert Month.parse(text) == Month(2024, 5)


@pytest.mark.parametrize(
    "text", ["", "2024", "2024-5", "2024-13", "2024-00", "20-2405", "2-0-2-4-0-5", "24-05", "1989-12", "2201-01", "2024-05-01", "二〇二四"]
)  # fmt: skip
def test_what_is_no_month_is_a_typed_error(text):
    with pytest.raises(InvalidValueError):
        Month.parse(text)


def test_months_are_counted_over_years():
    assert Month(2024, 12).plus(1) == Month(2025, 1)
    assert Month(2024, 1).plus(-1) == Month(2023, 12)
    assert Month(2024, 5).plus(-29) == Month(2021, 12)
    assert Month(2024, 5).plus(0) == Month(2024, 5)
    assert Month(2024, 12) < Month(2025, 1)
    assert str(Month(2024, 5)) == "2024-05"
    with pytest.raises(InvalidValueError):
        Month(2200, 12).plus(1)


def test_a_month_knows_its_days():
    assert Month.of(date(2024, 2, 10)) == Month(2024, 2)
    assert Month(2024, 2).first_day == date(2024, 2, 1)
    assert Month(2024, 2).final_day == date(2024, 2, 29)
    assert Month(2100, 2).final_day == date(2100, 2, 28)
    assert Month(2200, 12).final_day == date(2200, 12, 31)
    assert [Month(2025, 2).day(number) for number in (1, 28, 31)] == [date(2025, 2, n) for n in (1, 28, 28)]
