"""What must hold for every input: schedules close at zero, products add up in any order, money is neither made nor lost."""

import contextlib
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anju.kernel.capitals import to_capitals
from anju.kernel.errors import AnjuError
from anju.kernel.identity import (
    credit_code_check_char,
    identity_check_digit,
    mask_identity_number,
    parse_credit_code,
    parse_identity_number,
)
from anju.kernel.money import Rounding, divide, format_yuan, parse_yuan
from anju.kernel.periods import Month, Period, value_day
from anju.kernel.rates import format_percent, parse_percent
from anju.ledger.interest import Flow, product_from_moment, product_rows
from anju.loans import penalty, schedule
from anju.loans.prepayment import offset
from anju.loans.schedule import Method

fen = st.integers(0, 10**12)
days = st.dates(date(1990, 1, 1), date(2060, 12, 31))


@given(st.integers(-(10**16), 10**16).filter(lambda amount: abs(amount) < 10**14))
def test_an_amount_survives_writing_and_reading(amount):
    assert parse_yuan(format_yuan(amount)) == amount
    assert parse_yuan(format_yuan(amount, grouping=False)) == amount


@given(st.text(max_size=20))
def test_any_text_is_an_amount_or_a_typed_error(text):
    for parse in (parse_yuan, parse_percent, parse_identity_number, parse_credit_code, Month.parse):
        with contextlib.suppress(AnjuError):
            parse(text)


@given(st.integers(-(10**20), 10**20), st.integers(1, 10**12))
def test_rounding_modes_bracket_the_quotient(numerator, denominator):
    down, up = divide(numerator, denominator, Rounding.DOWN), divide(numerator, denominator, Rounding.UP)
    assert abs(up) - abs(down) <= 1
    for mode in (Rounding.HALF_UP, Rounding.HALF_EVEN):
        value = divide(numerator, denominator, mode)
        assert value in {down, up}
        assert abs(2 * (value * denominator - numerator)) <= denominator
        assert divide(-numerator, denominator, mode) == -value


@given(st.integers(0, 10**10))
def test_a_percentage_survives_writing_and_reading(ppm):
    if ppm < 10**8:
        assert parse_percent(format_percent(ppm, 4)) == ppm


@given(days, st.integers(1, 999), st.booleans(), st.sampled_from(range(17)), st.integers(1, 9))
def test_every_single_wrong_digit_of_an_identity_number_is_noticed(born, serial, lower, place, shift):
    first17 = f"430602{born:%Y%m%d}{serial:03d}"
    number = first17 + identity_check_digit(first17)
    parsed = parse_identity_number(number.lower() if lower else number)
    assert (parsed.value, parsed.birth_date) == (number, born)
    assert number not in mask_identity_number(number)
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    with pytest.raises(AnjuError):
        parse_identity_number(wrong)


@given(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=17, max_size=17))
def test_a_credit_code_with_its_check_character_is_accepted_and_with_another_refused(first17):
    check = credit_code_check_char(first17)
    assert parse_credit_code(first17 + check) == first17 + check
    with pytest.raises(AnjuError):
        parse_credit_code(first17 + ("1" if check == "0" else "0"))


_DIGITS = {digit: value for value, digit in enumerate("零壹贰叁肆伍陆柒捌玖")}


def read_capitals(text: str) -> int:
    """An independent reader of 大写金额, in fen."""
    total = section = digit = whole = 0
    for char in text.lstrip("负").rstrip("整"):
        if char in _DIGITS:
            digit = _DIGITS[char]
        elif char in "拾佰仟":
            section += digit * 10 ** ("拾佰仟".index(char) + 1)
            digit = 0
        elif char == "万":
            total, section, digit = total + (section + digit) * 10**4, 0, 0
        elif char == "亿":
            total, section, digit = (total + section + digit) * 10**8, 0, 0
        elif char == "元":
            whole, total, section, digit = (total + section + digit) * 100, 0, 0, 0
        else:
            whole += digit * (10 if char == "角" else 1)
            digit = 0
    return -whole if text.startswith("负") else whole


@given(st.integers(-(10**17), 10**17))
def test_capitals_can_be_read_back(amount):
    text = to_capitals(amount)
    assert read_capitals(text) == amount
    assert "零零" not in text
    assert text.endswith("分") != text.endswith("整")


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "零元整"), (5, "伍分"), (10, "壹角整"), (15, "壹角伍分"), (100, "壹元整"), (105, "壹元零伍分"),
        (140_950, "壹仟肆佰零玖元伍角整"), (600_714, "陆仟零柒元壹角肆分"), (168_032, "壹仟陆佰捌拾元叁角贰分"),
        (10_700_053, "壹拾万柒仟元伍角叁分"), (10_000_000_100, "壹亿零壹元整"), (1_000_000_000_000, "壹佰亿元整"),
    ],
)  # fmt: skip
def test_capitals_of_known_amounts(amount, text):
    assert to_capitals(amount) == text


flow_lists = st.lists(
    st.builds(Flow, st.dates(date(2024, 7, 1), date(2025, 7, 31)), st.integers(-(10**9), 10**9)), max_size=12
)


@given(fen, flow_lists, st.randoms())
def test_products_are_the_same_day_by_day_by_moment_and_in_any_order(opening, flows, random):
    start, until = date(2024, 7, 1), date(2025, 7, 1)
    rows = product_rows(opening, flows, start, until)
    assert sum(row.days for row in rows) == 365
    inside = [flow for flow in flows if flow.day < until]
    moment = opening * value_day(start) + sum(flow.amount * value_day(flow.day) for flow in inside)
    balance = opening + sum(flow.amount for flow in inside)
    assert sum(row.product for row in rows) == product_from_moment(balance, moment, until)
    shuffled = flows[:]
    random.shuffle(shuffled)
    assert sum(row.product for row in product_rows(opening, shuffled, start, until)) == sum(row.product for row in rows)


@given(st.integers(100_000, 10**10), st.integers(0, 100_000), st.integers(1, 360), st.sampled_from(Method))
def test_a_schedule_closes_at_exactly_zero(principal, rate, months, method):
    rows = schedule.schedule(principal, rate, months, method)
    assert rows[-1].balance == 0
    assert sum(row.principal for row in rows) == principal
    assert all(row.payment == row.principal + row.interest and row.principal >= 0 for row in rows)
    if method is Method.EQUAL_INSTALMENT:
        assert len({row.payment for row in rows[:-1]}) <= 1


@given(
    st.integers(0, 10**8),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**5)), min_size=1, max_size=6),
    st.sampled_from(penalty.AllocationOrder),
)
def test_an_allocation_pays_all_it_can_and_not_a_fen_more(amount, debts, order):
    items = [penalty.Overdue(date(2025, 1, 1) + timedelta(days=30 * n), *debt) for n, debt in enumerate(debts)]
    shared = penalty.allocate(amount, items, order)
    paid, left = sum(item.total for item in shared.paid), sum(item.total for item in shared.left)
    assert paid + shared.unapplied == amount
    assert paid + left == sum(item.total for item in items)
    assert shared.unapplied == 0 or left == 0


@given(fen, st.lists(fen, max_size=4), st.integers(0, 10_000))
def test_an_offset_draws_no_account_below_what_it_retains(instalment, accounts, retain):
    draws, card = offset(instalment, accounts, retain=retain)
    assert sum(draw.drawn for draw in draws) + card == instalment
    for balance, draw in zip(accounts, draws, strict=True):
        assert draw.balance >= min(balance, retain)
        assert card == 0 or draw.drawn == max(0, balance - retain)


@given(days, st.integers(1, 4000), days, st.integers(1, 4000))
def test_periods_overlap_exactly_when_they_share_a_day(start, length, other_start, other_length):
    one = Period(start, start + timedelta(days=length))
    other = Period(other_start, other_start + timedelta(days=other_length))
    shared = one.clip(other)
    assert one.overlaps(other) == other.overlaps(one) == (shared is not None)
    if shared is not None:
        assert shared.start in one
        assert shared.start in other
        assert shared.days == (min(one.end, other.end) - max(start, other_start)).days
    assert one.end not in one
