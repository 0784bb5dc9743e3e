"""Numbers that identify: resident identity (GB 11643), other personal documents, unified social credit code (GB 32100),
phone, bank card.

Every parser accepts what people type (full-width digits, spaces, a lower-case x) and returns the canonical form.
Messages never contain the number itself: an error may be logged.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from operator import mul
from typing import ClassVar, Literal

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.kernel.text import squeeze

_IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_IDENTITY_CHECKS = "10X98765432"
#: Nobody with an account was born earlier; an earlier year is a typing error that the check digit may let through.
_EARLIEST_BIRTH = date(1900, 1, 1)
#: GB 32100 leaves out I, O, S, V and Z, which read like digits or each other.
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
#: Numbers of documents of which nothing else is known.
_OTHER_NUMBER = r"[A-Z\d\u4e00-\u9fff()/-]{4,30}"
#: From so many digits on, a number with a letter in it is an identity number with a slip of the pen.
_MOSTLY_DIGITS = 14
_CREDIT_WEIGHTS = tuple(pow(3, position, 31) for position in range(17))


class IdentityLengthError(AnjuError):
    """Not 17 digits and a check character."""

    code: ClassVar[str] = "IDENTITY_LENGTH"


class IdentityOldNumberError(AnjuError):
    """A 15-digit number of before 1999: valid once, to be replaced by its 18-digit form (`upgrade_15`)."""

    code = "IDENTITY_OLD_NUMBER"


class IdentityBirthDateError(AnjuError):
    """Digits 7 to 14 are no day of the calendar, lie before 1900 or in the future."""

    code = "IDENTITY_BIRTH_DATE"


class IdentityCheckDigitError(AnjuError):
    """The last character does not belong to the other seventeen."""

    code = "IDENTITY_CHECK_DIGIT"


class DocumentNumberError(AnjuError):
    """Not a number of this kind of document; the sentence says how it is written."""

    code = "DOCUMENT_NUMBER"


class DocumentCountryError(AnjuError):
    """The issuing country is missing, or is not the one that the document's own number tells."""

    code = "DOCUMENT_COUNTRY"


class CreditCodeError(AnjuError):
    """Not a unified social credit code, or its check character is wrong."""

    code = "CREDIT_CODE"


class PhoneError(AnjuError):
    """Not a mobile phone number of mainland China."""

    code = "PHONE"


class BankCardError(AnjuError):
    """Not a bank card number, or the check digit of a UnionPay card is wrong."""

    code = "BANK_CARD"


@dataclass(frozen=True, slots=True)
class IdentityNumber:
    """A valid 18-character identity number and what it tells; its repr, which may be logged, keeps the number back."""

    value: str = field(repr=False)
    birth_date: date
    sex: Literal["male", "female"]


def identity_check_digit(first17: str) -> str:
    """Check character of seventeen digits: ISO 7064 MOD 11-2."""
    total = sum(map(mul, map(int, first17), _IDENTITY_WEIGHTS))
    return _IDENTITY_CHECKS[total % 11]


def parse_identity_number(text: str, *, today: date | None = None) -> IdentityNumber:
    """Read a resident identity number. With `today`, a birth date after it is refused.

    Raises IdentityLengthError, IdentityOldNumberError, IdentityBirthDateError, IdentityCheckDigitError.
    """
    value = squeeze(text).upper()
    if len(value) == 15 and value.isascii() and value.isdigit():
        raise IdentityOldNumberError(
            _("这是 15 位旧证件号码，请使用 18 位号码；没有换领新证的，请到柜台核对户口簿后升位")
        )
    if len(value) != 18 or not value.isascii() or not value[:17].isdigit() or value[17] not in _IDENTITY_CHECKS:
        raise IdentityLengthError(_("证件号码应为 18 位：17 位数字加 1 位校验码（数字或 X）"))
    birth_date = _birth_date(value[6:14])
    if birth_date is None or birth_date < _EARLIEST_BIRTH or (today is not None and birth_date > today):
        raise IdentityBirthDateError(_("证件号码第 7 至 14 位不是有效的出生日期"))
    if identity_check_digit(value[:17]) != value[17]:
        raise IdentityCheckDigitError(_("证件号码校验码错误，请核对每一位"))
    return IdentityNumber(value, birth_date, "male" if int(value[16]) % 2 else "female")


def upgrade_15(text: str) -> IdentityNumber:
    """The 18-digit form of a 15-digit number: century 19 put in, check character added.

    Raises IdentityLengthError, IdentityBirthDateError.
    """
    value = squeeze(text)
    if len(value) != 15 or not value.isascii() or not value.isdigit():
        raise IdentityLengthError(_("旧证件号码应为 15 位数字"))
    first17 = f"{value[:6]}19{value[6:]}"
    return parse_identity_number(first17 + identity_check_digit(first17))


def old_form(value: str) -> str | None:
    """The 15-digit number that a holder born in the twentieth century had before 1999; None for others."""
    return value[:6] + value[8:17] if value[6:8] == "19" else None


class DocumentKind(StrEnum):
    """Kinds of personal documents. 01 to 04 and 99 are the codes of JGJ/T 320-2014, which reports the others as 99."""

    IDENTITY_CARD = "01"
    OFFICER = "02"
    PASSPORT = "03"
    PERMANENT_RESIDENCE = "04"
    HONGKONG_MACAU = "05"
    TAIWAN = "06"
    OTHER = "99"


@dataclass(frozen=True, slots=True)
class Document:
    """A personal document in canonical form; two ways to type one number give equal documents. Its repr is safe to log.

    `country` is ISO 3166-1 alpha-3; `birth_date` where the number tells it.
    """

    kind: DocumentKind
    value: str = field(repr=False)
    country: str
    birth_date: date | None = None


def parse_document(kind: str, text: str, country: str = "", *, today: date | None = None) -> Document:
    """Read the number of a document of a kind (code of `DocumentKind`). `country` is asked for passports and others.

    Raises DocumentNumberError, DocumentCountryError, and what `parse_identity_number` raises for an identity card.
    """
    try:
        chosen = DocumentKind(kind)
    except ValueError:
        raise DocumentNumberError(_("没有这种证件类型，请从列表中选择")) from None
    return _DOCUMENTS[chosen](squeeze(text).upper(), squeeze(country).upper(), today)


def read_document_number(text: str) -> str:
    """The canonical number of a personal document whose kind is not told, as lists have them beside a name.

    What is nearly all digits is read as an identity number, and told as one when it is wrong. Raises what
    `parse_identity_number` raises.
    """
    value = squeeze(text).upper()
    if re.fullmatch(r"\d{8}|\d{10}", value, re.ASCII) or re.search(r"[A-Z\u4e00-\u9fff]", value.rstrip("X")):
        for read in (_officer, _permanent_residence, _hongkong_macau, _taiwan):
            try:
                return read(value, "", None).value
            except AnjuError:
                continue
        if re.fullmatch(_OTHER_NUMBER, value, re.ASCII) and sum(map(str.isdigit, value)) < _MOSTLY_DIGITS:
            return value
    return parse_identity_number(value).value


def _identity_card(value: str, country: str, today: date | None) -> Document:
    number = parse_identity_number(value, today=today)
    return Document(DocumentKind.IDENTITY_CARD, number.value, _own_country("CHN", country), number.birth_date)


def _officer(value: str, country: str, _today: date | None) -> Document:
    match = re.fullmatch(r"([\u4e00-\u9fff]{1,3}?)字?第?(\d{4,10})号?", value, re.ASCII)
    if match is None:
        raise DocumentNumberError(_("军官证号码应连同前面的字填写，例如 军字第1234567号"))
    return Document(DocumentKind.OFFICER, f"{match[1]}字第{match[2]}号", _own_country("CHN", country))


def _passport(value: str, country: str, _today: date | None) -> Document:
    country = _required_country(country)
    # ICAO 9303 leaves nine places; China's passports have a letter, a letter or digit, and seven digits.
    pattern = r"[A-Z][A-Z\d]\d{7}" if country == "CHN" else r"(?=.*\d)[A-Z\d]{5,9}"
    if not re.fullmatch(pattern, value, re.ASCII):
        raise DocumentNumberError(_("护照号码应为 5 至 9 位大写字母和数字，中国护照为 9 位，请按护照资料页填写"))
    return Document(DocumentKind.PASSPORT, value, country)


def _permanent_residence(value: str, country: str, today: date | None) -> Document:
    """The card of 2023 is numbered as identity cards are, beginning with 9; the older one begins with the country."""
    kind = DocumentKind.PERMANENT_RESIDENCE
    if value.startswith("9") and len(value) == 18:
        country = _required_country(country)
        number = parse_identity_number(value, today=today)
        return Document(kind, number.value, country, number.birth_date)
    if not re.fullmatch(r"[A-Z]{3}\d{12}", value, re.ASCII) or not 1 <= int(value[9:11]) <= 12:
        raise DocumentNumberError(
            _("外国人永久居留身份证号码应为 9 开头的 18 位，或旧版的 3 位字母加 12 位数字，请核对")
        )
    return Document(kind, value, _own_country(value[:3], country))


def _hongkong_macau(value: str, country: str, _today: date | None) -> Document:
    # Two more digits count the renewals: the person's own number is the first nine characters.
    if not re.fullmatch(r"[HM]\d{8}(\d\d)?", value, re.ASCII):
        raise DocumentNumberError(_("港澳居民来往内地通行证号码应为 H 或 M 加 8 位数字，请核对"))
    own = "HKG" if value[0] == "H" else "MAC"
    return Document(DocumentKind.HONGKONG_MACAU, value[:9], _own_country(own, country))


def _taiwan(value: str, country: str, _today: date | None) -> Document:
    # The card has eight digits; the booklet of before 2015 ten, and a letter for the renewal in brackets.
    match = re.fullmatch(r"(\d{8}|\d{10})(?:\([A-Z]\)|[A-Z])?", value, re.ASCII)
    if match is None:
        raise DocumentNumberError(_("台湾居民来往大陆通行证号码应为 8 位数字（旧版 10 位），请核对"))
    return Document(DocumentKind.TAIWAN, match[1], _own_country("TWN", country))


def _other(value: str, country: str, _today: date | None) -> Document:
    if not re.fullmatch(_OTHER_NUMBER, value, re.ASCII):
        raise DocumentNumberError(_("证件号码应为 4 至 30 位字母、数字或汉字，请按证件填写"))
    # A resident's number under another name would give one person two accounts.
    if re.fullmatch(r"\d{15}|\d{17}[\dX]", value, re.ASCII):
        raise DocumentNumberError(_("这是居民身份证号码的格式，请将证件类型选为居民身份证"))
    return Document(DocumentKind.OTHER, value, _required_country(country))


_DOCUMENTS: dict[DocumentKind, Callable[[str, str, date | None], Document]] = {
    DocumentKind.IDENTITY_CARD: _identity_card,
    DocumentKind.OFFICER: _officer,
    DocumentKind.PASSPORT: _passport,
    DocumentKind.PERMANENT_RESIDENCE: _permanent_residence,
    DocumentKind.HONGKONG_MACAU: _hongkong_macau,
    DocumentKind.TAIWAN: _taiwan,
    DocumentKind.OTHER: _other,
}


def _required_country(country: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", country, re.ASCII):
        raise DocumentCountryError(_("请选择证件的签发国家或地区"), field="country")
    return country


def _own_country(own: str, country: str) -> str:
    """The country that the kind or number of the document tells; another one typed beside it is a mistake."""
    if country not in ("", own):
        raise DocumentCountryError(_("签发国家或地区与证件不符，请核对或留空"), field="country")
    return own


def credit_code_check_char(first17: str) -> str:
    """Check character of the first seventeen of a unified social credit code: GB 32100, weights 3^i mod 31."""
    total = sum(_CREDIT_ALPHABET.index(char) * weight for char, weight in zip(first17, _CREDIT_WEIGHTS, strict=True))
    return _CREDIT_ALPHABET[-total % 31]


def parse_credit_code(text: str) -> str:
    """Read a unified social credit code. Raises CreditCodeError."""
    value = squeeze(text).upper()
    if len(value) != 18 or any(char not in _CREDIT_ALPHABET for char in value):
        raise CreditCodeError(_("统一社会信用代码应为 18 位数字或大写字母（不含 I、O、S、V、Z）"))
    if credit_code_check_char(value[:17]) != value[17]:
        raise CreditCodeError(_("统一社会信用代码校验码错误，请核对每一位"))
    return value


def parse_phone(text: str) -> str:
    """Read a mobile phone number, a leading +86 is dropped. Raises PhoneError."""
    value = squeeze(text).removeprefix("+86").replace("-", "")
    if len(value) != 11 or not value.isascii() or not value.isdigit() or value[0] != "1" or value[1] not in "3456789":
        raise PhoneError(_("手机号码应为 1 开头的 11 位数字"))
    return value


def parse_bank_card(text: str) -> str:
    """Read a card number of 12 to 19 digits. Raises BankCardError.

    UnionPay cards (16 to 19 digits that begin with 62) must have a right Luhn digit (ISO/IEC 7812); older cards
    and passbooks, which banks numbered by rules of their own, are taken by length alone.
    """
    value = squeeze(text).replace("-", "")
    if not 12 <= len(value) <= 19 or not value.isascii() or not value.isdigit():
        raise BankCardError(_("银行卡号应为 12 至 19 位数字"))
    if len(value) >= 16 and value.startswith("62") and luhn_digit(value[:-1]) != value[-1]:
        raise BankCardError(_("银行卡号校验位错误，请核对每一位"))
    return value


def luhn_digit(payload: str) -> str:
    """The digit that completes a card number: ISO/IEC 7812, every second digit from the right doubled."""
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(payload)))
    return str(-sum(digit - 9 if digit > 9 else digit for digit in doubled) % 10)


def mask_identity_number(value: str) -> str:
    """Area and the last four stay: 4306**********1234."""
    return f"{value[:4]}{'*' * (len(value) - 8)}{value[-4:]}" if len(value) > 8 else "*" * len(value)


def mask_phone(value: str) -> str:
    """138****1234."""
    return f"{value[:3]}****{value[-4:]}" if len(value) == 11 else "*" * len(value)


def mask_name(value: str) -> str:
    """The first character stays, and the last of three or more: 张*, 欧*明."""
    if len(value) < 3:
        return value[:1] + "*" * (len(value) - 1)
    return value[0] + "*" * (len(value) - 2) + value[-1]


def mask_bank_card(value: str) -> str:
    """The last four stay."""
    return f"****{value[-4:]}" if len(value) > 8 else "*" * len(value)


def _birth_date(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
