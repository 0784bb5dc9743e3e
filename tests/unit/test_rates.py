import pytest

from anju.kernel.errors import InvalidValueError
from anju.kernel.rates import ONE, format_percent, parse_percent, ratio


@pytest.mark.parametrize(
    ("text", "ppm"),
    [
        ("2.60", 26_000), ("2.6", 26_000), ("3.025%", 30_250), ("１２％", 120_000), ("0", 0), ("100", ONE),
        ("0.0001", 1), ("1.50000000", 15_000), (" 2.6 % ", 26_000), ("9999", 9999 * 10_000),
    ],
)  # fmt: skip
def test_a_percentage_as_people_write_it(text, ppm):
    assert parse_percent(text) == ppm


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "1.", ".5", "0.00001", "10000", "1%%", "2,6", "NaN", "2.6\0", "2²", "‰"]
)
def test_what_is_no_percentage_is_a_typed_error(text):
    with pytest.raises(InvalidValueError):
        parse_percent(text)


@pytest.mark.parametrize(
    ("ppm", "decimals", "text"),
    [
        (520_700, 2, "52.07"), (193, 4, "0.0193"), (745_998, 2, "74.60"), (745_998, 0, "75"), (-5_000, 1, "-0.5"),
        (-1, 2, "0.00"), (30_250, 4, "3.0250"),
    ],
)  # fmt: skip
def test_a_percentage_is_rounded_half_up(ppm, decimals, text):
    assert format_percent(ppm, decimals) == text


def test_a_ratio_is_rounded_half_up_to_the_ppm():
    assert ratio(4_241, 5_685) == 745_998
    assert ratio(1, 2_000_000) == 1
    assert ratio(1, 2_000_001) == 0
    with pytest.raises(ZeroDivisionError):
        ratio(1, 0)
