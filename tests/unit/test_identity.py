from datetime import date

import pytest

from anju.kernel import identity
from anju.kernel.errors import AnjuError
from anju.kernel.identity import (
    BankCardError,
    CreditCodeError,
    IdentityBirthDateError,
    IdentityCheckDigitError,
    IdentityLengthError,
    IdentityOldNumberError,
    PhoneError,
    mask_bank_card,
    mask_identity_number,
    mask_name,
    mask_phone,
    parse_bank_card,
    parse_credit_code,
    parse_identity_number,
    parse_phone,
    read_document_number,
    upgrade_15,
)

#: The example of GB 11643 itself: its check character is X.
PRINTED = "11010519491231002X"


def numbered(first17: str) -> str:
    return first17 + identity.identity_check_digit(first17)


@pytest.mark.parametrize(
    "typed", [PRINTED, PRINTED.lower(), "１１０１０５１９４９１２３１００２Ｘ", "110105 19491231 002x", f"\u202d{PRINTED}\u202c\n"]
)  # fmt: skip
def test_an_identity_number_as_people_type_it(typed):
    parsed = parse_identity_number(typed)
    assert (parsed.value, parsed.birth_date, parsed.sex) == (PRINTED, date(1949, 12, 31), "female")


def test_the_seventeenth_digit_tells_the_sex():
    assert parse_identity_number(numbered("43060219900228001")).sex == "male"
    assert parse_identity_number(numbered("43060219900228002")).sex == "female"


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("", IdentityLengthError), ("1101051949123100", IdentityLengthError), (PRINTED + "1", IdentityLengthError),
        ("1101051949123100XX", IdentityLengthError), ("11010519491231002Y", IdentityLengthError),
        ("11010519491231002\0", IdentityLengthError), ("٣" * 18, IdentityLengthError), ("²" * 18, IdentityLengthError),
        ("110105491231002", IdentityOldNumberError), ("１１０１０５４９１２３１００２", IdentityOldNumberError),
        (numbered("11010519490230002"), IdentityBirthDateError), (numbered("11010519491331002"), IdentityBirthDateError),
        (numbered("11010500011231002"), IdentityBirthDateError), (numbered("11010518991231002"), IdentityBirthDateError),
        (numbered("43060220230229001"), IdentityBirthDateError),
        ("110105194912310021", IdentityCheckDigitError), ("110105194912310020", IdentityCheckDigitError),
        ("10110519491231002X", IdentityCheckDigitError),
    ],
)  # fmt: skip
def test_what_is_no_identity_number_is_a_typed_error_that_does_not_repeat_it(typed, error):
    with pytest.raises(error) as caught:
        parse_identity_number(typed)
    assert not typed or typed not in str(caught.value)
    assert typed[6:14] not in str(caught.value) or len(typed) < 15


def test_error_codes_are_stable():
    codes = {error.__name__: error.code for error in (
        IdentityLengthError, IdentityOldNumberError, IdentityBirthDateError, IdentityCheckDigitError, CreditCodeError,
        PhoneError, BankCardError,
    )}  # fmt: skip
    assert codes == {
        "IdentityLengthError": "IDENTITY_LENGTH",
        "IdentityOldNumberError": "IDENTITY_OLD_NUMBER",
        "IdentityBirthDateError": "IDENTITY_BIRTH_DATE",
        "IdentityCheckDigitError": "IDENTITY_CHECK_DIGIT",
        "CreditCodeError": "CREDIT_CODE",
        "PhoneError": "PHONE",
        "BankCardError": "BANK_CARD",
    }


def test_nobody_is_born_after_today():
    number = numbered("43060220261123001")
    assert parse_identity_number(number).birth_date == date(2026, 11, 23)
    assert parse_identity_number(number, today=date(2026, 11, 23)).value == number
    with pytest.raises(IdentityBirthDateError):
        parse_identity_number(number, today=date(2026, 11, 22))


def test_a_parsed_number_does_not_show_itself_in_a_log():
    assert "1105" not in repr(parse_identity_number(PRINTED))
    assert PRINTED[:6] not in repr(parse_identity_number(PRINTED))


def test_an_old_number_gets_its_century_and_check_character():
    assert upgrade_15("110105491231002").value == PRINTED
    assert upgrade_15(" １１０１０５ ４９１２３１ ００２ ").value == PRINTED
    with pytest.raises(IdentityLengthError):
        upgrade_15("11010549123100")
    with pytest.raises(IdentityLengthError):
        upgrade_15("11010549123100X")
    with pytest.raises(IdentityBirthDateError):
        upgrade_15("110105490230002")


@pytest.mark.parametrize(
    "typed", ["91350100M000100Y43", "91350100m000100y43", " ９１３５０１００Ｍ０００１００Ｙ４３ "]
)
def test_a_credit_code_as_people_type_it(typed):
    assert parse_credit_code(typed) == "91350100M000100Y43"


@pytest.mark.parametrize(
    "typed",
    [
        "", "91350100M000100Y4", "91350100M000100Y433", "91350100M000100Y44", "91350100I000100Y43", "91350100O000100Y43",
        "91350100S000100Y43", "91350100V000100Y43", "91350100Z000100Y43", "91350100M000100Y4\0", "一" * 18,
    ],
)  # fmt: skip
def test_what_is_no_credit_code_is_a_typed_error(typed):
    with pytest.raises(CreditCodeError) as caught:
        parse_credit_code(typed)
    assert not typed or typed not in str(caught.value)


@pytest.mark.parametrize(
    "typed", ["13812341234", "138 1234 1234", "138-1234-1234", "+86 13812341234", "１３８１２３４１２３４"]
)
def test_a_phone_number_as_people_type_it(typed):
    assert parse_phone(typed) == "13812341234"


@pytest.mark.parametrize(
    "typed",
    ["", "1381234123", "138123412345", "12812341234", "23812341234", "0730-8888888", "1381234123a", "138١2341234"],
)
def test_what_is_no_mobile_phone_is_a_typed_error(typed):
    with pytest.raises(PhoneError):
        parse_phone(typed)


def test_the_luhn_digit_of_the_textbook_number():
    assert identity.luhn_digit("7992739871") == "3"


@pytest.mark.parametrize(
    "typed",
    [
        "6222021234567894",
        "6222 0212 3456 7894",
        "6222-0212-3456-7894",
        "６２２２０２１２３４５６７８９４",
        "6228480402564890018",  # 19 digits
        "123456789012",  # a passbook: by length alone
        "9558801234567890123",  # older than UnionPay's numbers: by length alone
        "6011000990139425",  # not a number of UnionPay's: by length alone
    ],
)
def test_a_bank_card_as_people_type_it(typed):
    assert parse_bank_card(typed).isdigit()


@pytest.mark.parametrize(
    "typed", ["", "12345678901", "12345678901234567890", "6222021234567893", "6222021234567849", "622202123456789X", "\0" * 16]
)  # fmt: skip
def test_what_is_no_bank_card_is_a_typed_error(typed):
    with pytest.raises(BankCardError) as caught:
        parse_bank_card(typed)
    assert not typed or typed not in str(caught.value)


@pytest.mark.parametrize(
    ("mask", "value", "shown"),
    [
        (mask_identity_number, "430602199001011234", "4306**********1234"), (mask_identity_number, "430602900101123", "4306*******1123"),
        (mask_identity_number, "12345678", "********"), (mask_identity_number, "", ""),
        (mask_phone, "13812341234", "138****1234"), (mask_phone, "07308888888"[:10], "**********"), (mask_phone, "", ""),
        (mask_name, "张三", "张*"), (mask_name, "欧阳明", "欧*明"), (mask_name, "阿卜杜拉·买买提", "阿******提"),
        (mask_name, "张", "张"), (mask_name, "", ""),
        (mask_bank_card, "6222021234567894", "****7894"), (mask_bank_card, "12345678", "********"), (mask_bank_card, "", ""),
    ],
)  # fmt: skip
def test_what_is_shown_by_default(mask, value, shown):
    assert mask(value) == shown


def test_no_parser_lets_anything_but_a_typed_error_out():
    for parse in (parse_identity_number, parse_credit_code, parse_phone, parse_bank_card, upgrade_15):
        for typed in ("\0", "\ud800", "x" * 10_000, "1" * 10_000, "💰" * 18):
            with pytest.raises(AnjuError):
                parse(typed)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("４３０６０２１９９００１０１１２３４", None), ("e12345678", "E12345678"), ("H1234567801", "H12345678"), ("12345678", "12345678"),
        ("0123456789(B)", "0123456789"), ("军字第1234567号", "军字第1234567号"), ("11010519491231002x", "11010519491231002X"),
        ("1101051949123100X", None), ("110105491231002", None), ("12345", None), ("4306021990O1011234", None), ("X", None), ("", None),
    ],
)  # fmt: skip
def test_a_number_without_its_kind_is_an_identity_number_or_another_documents(typed, read):
    if read is None:
        with pytest.raises(AnjuError, match="证件号码"):
            read_document_number(typed)
    else:
        assert read_document_number(typed) == read
