"""What holds for every amount, number, name and month; test_pure_rules.py has the round trips of amounts and capitals."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from anju.kernel.errors import AnjuError, InvalidValueError
from anju.kernel.identity import (
    BankCardError,
    CreditCodeError,
    IdentityNumber,
    credit_code_check_char,
    identity_check_digit,
    luhn_digit,
    mask_bank_card,
    mask_identity_number,
    mask_name,
    mask_phone,
    parse_bank_card,
    parse_credit_code,
    parse_identity_number,
    parse_phone,
    upgrade_15,
)
from anju.kernel.money import WAN, YI, YUAN, format_in, parse_yuan
from anju.kernel.periods import Month
from anju.kernel.rates import ONE, ratio
from anju.kernel.text import clean_name, squeeze, to_half_width

CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
FULL_WIDTH = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})

months = st.builds(Month, st.integers(1990, 2200), st.integers(1, 12))
birth_dates = st.dates(date(1900, 1, 1), date(2026, 11, 23))


@st.composite
def identity_numbers(draw) -> str:
    first17 = f"{draw(st.integers(110000, 829999))}{draw(birth_dates):%Y%m%d}{draw(st.integers(0, 999)):03d}"
    return first17 + identity_check_digit(first17)


@given(st.text())
def test_tidied_text_has_no_space_left_and_a_tidied_name_stays_as_it_is(text):
    assert not any(char.isspace() for char in squeeze(text))
    try:
        name = clean_name(text)
    except InvalidValueError:
        return
    assert clean_name(name) == name
    assert "\0" not in name


@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"], exclude_characters=" ")))
def test_full_width_text_reads_as_its_half_width_twin(text):
    assert to_half_width(text.translate(FULL_WIDTH)) == to_half_width(text) == text


@given(st.text(st.sampled_from("0123456789.,+-¥￥０１２３９．，－² \u200b"), max_size=30))
def test_an_amount_is_what_its_digits_say_or_refused(text):
    try:
        fen = parse_yuan(text)
    except InvalidValueError:
        return
    exact = Fraction(squeeze(text).replace(",", "").replace("¥", ""))
    assert fen == exact * YUAN


@given(st.integers(-(10**16), 10**16), st.sampled_from([YUAN, WAN, YI]), st.integers(0, 6))
def test_an_amount_in_a_larger_unit_is_at_most_half_a_place_off(fen, unit, decimals):
    shown = Fraction(format_in(fen, unit, decimals))
    assert abs(shown - Fraction(fen, unit)) <= Fraction(1, 2 * 10**decimals)


@given(st.integers(-(10**15), 10**15), st.integers(1, 10**15))
def test_a_ratio_is_at_most_half_a_ppm_off(numerator, denominator):
    assert abs(ratio(numerator, denominator) - Fraction(numerator * ONE, denominator)) <= Fraction(1, 2)


@given(identity_numbers(), st.sampled_from(range(17)))
def test_two_swapped_neighbours_of_an_identity_number_are_noticed(number, place):
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assume(swapped != number)
    with pytest.raises(AnjuError):
        parse_identity_number(swapped)


@given(identity_numbers())
def test_an_identity_number_survives_the_ways_it_is_typed_and_is_nowhere_shown_whole(number):
    parsed = parse_identity_number(number)
    assert isinstance(parsed, IdentityNumber)
    assert parse_identity_number(f" {number[:6]} {number[6:14].translate(FULL_WIDTH)}{number[14:].lower()}") == parsed
    assert (parsed.sex == "male") == (int(number[16]) % 2 == 1)
    assert f"{parsed.birth_date:%Y%m%d}" == number[6:14]
    assert number[4:14] not in mask_identity_number(number)
    assert number not in repr(parsed)


@given(identity_numbers())
def test_an_old_number_is_upgraded_to_the_number_it_became(number):
    assume(number[6:8] == "19")
    old = number[:6] + number[8:17]
    assert upgrade_15(old).value == number


@given(st.text(CREDIT_ALPHABET, min_size=17, max_size=17), st.integers(0, 17), st.sampled_from(CREDIT_ALPHABET))
def test_every_single_wrong_character_of_a_credit_code_is_noticed(first17, place, other):
    code = first17 + credit_code_check_char(first17)
    assume(code[place] != other)
    assert parse_credit_code(code.lower()) == code
    with pytest.raises(CreditCodeError):
        parse_credit_code(code[:place] + other + code[place + 1 :])


@given(st.text("0123456789", min_size=13, max_size=16), st.data())
def test_every_single_wrong_digit_of_a_union_pay_card_is_noticed(account, data):
    card = f"62{account}" + luhn_digit(f"62{account}")
    assert parse_bank_card(card) == card
    place = data.draw(st.integers(2, len(card) - 1))
    other = data.draw(st.sampled_from("0123456789").filter(lambda digit: digit != card[place]))
    with pytest.raises(BankCardError):
        parse_bank_card(card[:place] + other + card[place + 1 :])


@given(st.text("0123456789Xx １２+-", max_size=40))
def test_a_phone_or_card_is_read_or_refused_and_never_repeated(text):
    for parse in (parse_phone, parse_bank_card, upgrade_15):
        said = ""
        try:
            parse(text)
        except AnjuError as error:
            said = str(error)
        assert len(text.strip()) < 6 or text not in said


@given(st.text("0123456789X张王李欧阳", max_size=20))
def test_a_mask_keeps_the_length_or_less_and_hides_the_middle(value):
    assert len(mask_identity_number(value)) == len(value) == len(mask_name(value))
    assert len(mask_phone(value)) == len(value)
    for mask, kept in ((mask_identity_number, 8), (mask_phone, 7), (mask_bank_card, 4), (mask_name, 2)):
        assert sum(char != "*" for char in mask(value)) <= kept


@given(months, st.integers(-2000, 2000), st.integers(-2000, 2000))
def test_months_add_up(month, first, second):
    assume(all(1990 * 12 <= month.year * 12 + month.number - 1 + n < 2201 * 12 for n in (first, first + second)))
    assert month.plus(first).plus(second) == month.plus(first + second)
    assert (month.plus(first) > month) == (first > 0)
    assert Month.parse(str(month)) == Month.parse(str(month).replace("-", "")) == month


@given(months, st.integers(1, 31))
def test_the_day_of_a_month_is_never_outside_it(month, number):
    assert Month.of(month.day(number)) == month
    assert month.day(number).day in {number, month.final_day.day}
    assert Month.of(month.final_day) == month
    assert (month.final_day + timedelta(days=1)).day == 1
