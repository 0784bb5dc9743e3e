import pytest

from anju.kernel.errors import InvalidValueError
from anju.kernel.money import MAX_AMOUNT, WAN, YI, Rounding, divide, format_in, format_yuan, parse_yuan


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("0", 0), ("12", 1200), ("12.3", 1230), ("12.34", 1234), ("1.500", 150), ("1,234,567.89", 123_456_789),
        ("-0.01", -1), ("+5", 500), ("−5", -500), ("￥１，２３４．５", 123_450), ("-¥5", -500), ("¥-5", -500),
        (" 1 234.50 ", 123_450), ("\u202d12.00\u202c", 1200), ("999999999999.99", MAX_AMOUNT - 1), ("007", 700),
    ],
)  # fmt: skip
def test_an_amount_as_people_write_it(text, fen):
    assert parse_yuan(text) == fen


@pytest.mark.parametrize(
    "text",
    [
        "", " ", ".", "1.", ".5", "1.234", "1,23", "12,34,567", "1,2345", "--1", "1-", "1e5", "0x10", "NaN", "一百", "1\0",
        "5²", "½", "①", "1.2.3", "¥¥5", "1 元", "1,,000", "٣", "9" * 5000, "1" + ",000" * 1500, "1" + "0" * 12,
    ],
)  # fmt: skip
def test_what_is_no_amount_is_a_typed_error(text):
    with pytest.raises(InvalidValueError):
        parse_yuan(text)


def test_an_amount_of_a_trillion_yuan_is_told_to_be_too_large():
    for text in ("1000000000000", "1,000,000,000,000.00", "1" * 40):
        with pytest.raises(InvalidValueError, match="金额过大"):
            parse_yuan(text)


@pytest.mark.parametrize(
    ("numerator", "denominator", "half_up", "half_even", "down", "up"),
    [
        (5, 2, 3, 2, 2, 3), (7, 2, 4, 4, 3, 4), (-5, 2, -3, -2, -2, -3), (5, -2, -3, -2, -2, -3), (-5, -2, 3, 2, 2, 3),
        (1, 3, 0, 0, 0, 1), (2, 3, 1, 1, 0, 1), (6, 3, 2, 2, 2, 2), (0, 7, 0, 0, 0, 0), (-1, 3, 0, 0, 0, -1),
    ],
)  # fmt: skip
def test_every_rounding_mode_on_both_sides_of_zero(numerator, denominator, half_up, half_even, down, up):
    results = [divide(numerator, denominator, mode) for mode in Rounding]
    assert results == [half_up, half_even, down, up]


def test_a_rounding_that_is_only_a_word_does_not_pass_for_rounding_down():
    with pytest.raises(AssertionError):
        divide(7, 2, "half-up")


def test_division_by_zero_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        divide(1, 0, Rounding.HALF_UP)


@pytest.mark.parametrize(
    ("fen", "grouped", "plain"),
    [(0, "0.00", "0.00"), (5, "0.05", "0.05"), (-5, "-0.05", "-0.05"), (123_456_789, "1,234,567.89", "1234567.89")],
)
def test_an_amount_is_written_with_two_decimals(fen, grouped, plain):
    assert (format_yuan(fen), format_yuan(fen, grouping=False)) == (grouped, plain)


@pytest.mark.parametrize(
    ("fen", "unit", "decimals", "text"),
    [
        (568_500_000_000, YI, 2, "56.85"), (376_650_000_00, YI, 2, "3.77"), (21_300_000_0, WAN, 0, "213"),
        (50_0000, WAN, 0, "1"), (-4_999_999, WAN, 0, "-5"), (-1, YI, 2, "0.00"), (4_999_99, WAN, 0, "0"),
    ],
)  # fmt: skip
def test_an_amount_in_a_larger_unit_is_rounded_half_up(fen, unit, decimals, text):
    assert format_in(fen, unit, decimals) == text
