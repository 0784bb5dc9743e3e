"""Documents of persons without a resident identity card, rare characters in names, and names by their spelling."""

from datetime import date

import pytest

from anju.kernel.errors import AnjuError, InvalidValueError
from anju.kernel.identity import (
    DocumentCountryError,
    DocumentKind,
    DocumentNumberError,
    IdentityBirthDateError,
    IdentityCheckDigitError,
    IdentityOldNumberError,
    identity_check_digit,
    old_form,
    parse_document,
    upgrade_15,
)
from anju.kernel.text import clean_name
from anju.registry.code_lists import code_list
from anju.registry.spelling import initials, spelling

CARD = "11010519491231002X"
RESIDENT = "91184019900101001" + identity_check_digit("91184019900101001")


@pytest.mark.parametrize(
    ("kind", "typed", "country", "value", "of"),
    [
        ("01", f" {CARD.lower()} ", "", CARD, "CHN"),
        ("02", "军字第 2001988 号", "", "军字第2001988号", "CHN"),
        ("02", "武字2001988", "CHN", "武字第2001988号", "CHN"),
        ("03", "ｅ1234 5678", "CHN", "E12345678", "CHN"),
        ("03", "EA1234567", "chn", "EA1234567", "CHN"),
        ("03", "c01x0006h", "DEU", "C01X0006H", "DEU"),
        ("04", RESIDENT, "USA", RESIDENT, "USA"),
        ("04", "usa4301 85010101", "", "USA430185010101", "USA"),
        ("05", "h1234 5678", "", "H12345678", "HKG"),
        ("05", "M1234567802", "MAC", "M12345678", "MAC"),
        ("06", "01234567", "", "01234567", "TWN"),
        ("06", "0123456789（Ｂ）", "TWN", "0123456789", "TWN"),
        ("99", "临 2026-001", "CHN", "临2026-001", "CHN"),
    ],
)
def test_a_document_as_people_type_it(kind, typed, country, value, of):
    read = parse_document(kind, typed, country)
    assert (read.kind, read.value, read.country) == (kind, value, of)
    assert value not in repr(read)
    assert parse_document(kind, read.value, read.country) == read


@pytest.mark.parametrize(
    ("kind", "typed", "country", "error"),
    [
        ("00", "E12345678", "CHN", DocumentNumberError),
        ("", "", "", DocumentNumberError),
        ("01", CARD, "USA", DocumentCountryError),
        ("01", "430602900101123", "", IdentityOldNumberError),
        ("02", "2001988", "", DocumentNumberError),
        ("03", "E12345678", "", DocumentCountryError),
        ("03", "E12345678", "中国", DocumentCountryError),
        ("03", "E1234567", "CHN", DocumentNumberError),
        ("03", "E123456789", "USA", DocumentNumberError),
        ("03", "ABCDEFG", "USA", DocumentNumberError),
        ("03", "٣٣٣٣٣٣٣", "USA", DocumentNumberError),
        ("04", RESIDENT[:-1] + ("0" if RESIDENT[-1] != "0" else "1"), "USA", IdentityCheckDigitError),
        ("04", RESIDENT, "", DocumentCountryError),
        ("04", "USA430185130101", "", DocumentNumberError),
        ("04", "USA430185010101", "GBR", DocumentCountryError),
        ("05", "H1234567", "", DocumentNumberError),
        ("05", "C12345678", "", DocumentNumberError),
        ("05", "H12345678", "MAC", DocumentCountryError),
        ("06", "1234567", "", DocumentNumberError),
        ("99", "甲乙", "CHN", DocumentNumberError),
        ("99", CARD, "CHN", DocumentNumberError),
        ("99", "430602900101123", "CHN", DocumentNumberError),
        ("99", "x" * 31, "CHN", DocumentNumberError),
    ],
)
def test_a_wrong_number_is_told_by_its_kind_and_never_repeated(kind, typed, country, error):
    with pytest.raises(error) as told:
        parse_document(kind, typed, country)
    assert len(typed) < 4 or typed not in str(told.value)


def test_birth_dates_come_from_the_number_and_lie_not_ahead():
    assert parse_document("01", CARD).birth_date == date(1949, 12, 31)
    assert parse_document("04", RESIDENT, "USA").birth_date == date(1990, 1, 1)
    assert parse_document("05", "H12345678").birth_date is None
    with pytest.raises(IdentityBirthDateError):
        parse_document("01", CARD, today=date(1949, 12, 30))


def test_a_15_digit_number_is_led_to_the_counter_and_both_forms_know_each_other():
    with pytest.raises(AnjuError, match="到柜台核对"):
        parse_document("01", "110105491231002")
    assert upgrade_15("110105491231002").value == CARD
    assert old_form(CARD) == "110105491231002"
    assert old_form("110105200001010019") is None


def test_the_list_of_documents_is_the_parsers():
    assert [code for code, _title in code_list("document_type")] == list(DocumentKind)
    assert len(code_list("country")) == 249


@pytest.mark.parametrize("name", ["李𬭎", "王㛃", "阿依古丽·买买提", "O'Neil Mary"])
def test_rare_characters_stay(name):
    assert clean_name(name) == name


def test_characters_of_one_machine_are_refused():
    with pytest.raises(InvalidValueError, match="自造字"):
        clean_name("李\ue123")


@pytest.mark.parametrize(
    ("name", "full", "short"),
    [
        ("单雄信", "shanxiongxin", "sxx"), ("曾国藩", "zengguofan", "zgf"), ("解缙", "xiejin", "xj"),
        ("李单", "lidan", "ld"), ("吕布", "lvbu", "lb"), ("尉迟恭", "yuchigong", "ycg"), ("李𬭎", "lihong", "lh"),
        ("阿依古丽·买买提", "ayigulimaimaiti", "ayglmmt"), ("Mary Anne", "maryanne", "ma"), ("㐅\U00030000", None, None),
        ("", "", ""),
    ],
)  # fmt: skip
def test_names_by_their_spelling(name, full, short):
    if full is None:  # a character that no dictionary knows stays
        assert spelling(name).endswith("\U00030000")
    else:
        assert (spelling(name), initials(name)) == (full, short)


@pytest.mark.parametrize(
    ("name", "full", "short"),
    [
        ("重庆银行（集团）Kappa 有限公司", "chongqingyinhangjituankappayouxiangongsi", "cqyhjtkyxgs"),
        ("单位", "danwei", "dw"), ("华容县区划办", "huarongxianquhuaban", "hrxqhb"),
    ],
)  # fmt: skip
def test_units_are_spelled_by_their_words(name, full, short):
    assert (spelling(name, person=False), initials(name, person=False)) == (full, short)
