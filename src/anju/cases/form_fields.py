"""Form fields for what people type on applications, read by the kernel's parsers.

Full-width digits, spaces and invisible characters are taken as meant; what breaks a rule is told in the parser's own
sentence. Clean values are canonical: fen, ppm, a `Month`, a `date`, or text.
"""

import re
from abc import abstractmethod
from collections.abc import Callable
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _lazy

from anju.kernel.errors import AnjuError, InvalidValueError
from anju.kernel.i18n import gettext as _
from anju.kernel.identity import parse_credit_code, parse_document, parse_identity_number, parse_phone
from anju.kernel.money import Fen, parse_yuan
from anju.kernel.periods import Month
from anju.kernel.rates import Ppm, format_percent, parse_percent
from anju.kernel.text import clean_name, squeeze

#: One hundredth of a percent in ppm: ratios have at most two decimals (DWJCBL N4.2, JGJ/T 320 table 5.0.2).
_HUNDREDTH: Ppm = 100
#: Beyond these lie slips of the pen, and in the end days with which nothing can be counted.
_EARLIEST, _LATEST = date(1900, 1, 1), date(2200, 12, 31)
_DAY = re.compile(r"(\d{4})(?:[-/.]|年)?(\d{1,2})(?:[-/.]|月)?(\d{1,2})日?", re.ASCII)


class ParsedField(forms.CharField):
    """Text that a parser turns into its canonical value; the AnjuError's sentence is the message beside the field.

    `autocomplete` and `inputmode` become attributes of the input: browsers fill in, phones show the right keys.
    """

    autocomplete: ClassVar[str] = ""
    inputmode: ClassVar[str] = ""
    #: A number that names a person: pages mask it.
    personal: ClassVar[bool] = False
    #: Longer texts are told before they are read.
    longest: ClassVar[int] = 200
    default_error_messages: ClassVar[dict[str, Any]] = {"required": _lazy("请填写此项")}

    def __init__(self, *, autocomplete: str | None = None, **options: Any) -> None:
        self._autocomplete = self.autocomplete if autocomplete is None else autocomplete
        super().__init__(**options)

    @abstractmethod
    def parse(self, text: str) -> Any:
        """The canonical value. Raises AnjuError."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return text
        if len(text) > self.longest:
            message = _("最多 {longest} 个字，现有 {count} 个，请精简")
            raise ValidationError(message.format(longest=self.longest, count=len(text)), code="TOO_LONG")
        try:
            return self.parse(text)
        except AnjuError as error:
            raise ValidationError(error.message, code=error.code) from None

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        attributes = super().widget_attrs(widget)
        if self._autocomplete:
            attributes["autocomplete"] = self._autocomplete
        if self.inputmode:
            attributes["inputmode"] = self.inputmode
        return attributes


class NameField(ParsedField):
    """A name, a title, an address: one line of text, cleaned."""

    def __init__(self, *, longest: int = 60, **options: Any) -> None:
        self.longest = longest  # type: ignore[misc]
        super().__init__(**options)

    def parse(self, text: str) -> str:
        return clean_name(text)


class NumberField(NameField):
    """The number of an account, a list or a receipt: half-width and without spaces, its letters as typed."""

    def parse(self, text: str) -> str:
        return squeeze(super().parse(text))


class DocumentField(NameField):
    """The number of an identity document of whatever kind."""

    personal = True


def read_document(form: forms.Form, data: dict[str, Any]) -> None:
    """Put the canonical number and country of the document in `data`, read by the rules of its kind, or tell the fault."""
    try:
        read = parse_document(data["document_type"], data["document_number"], data.get("document_country", ""))
        data |= {"document_number": read.value, "document_country": read.country}
    except AnjuError as error:
        form.add_error("document_country" if error.field == "country" else "document_number", error.message)


class WordsField(ParsedField):
    """Several lines of text in somebody's own words; lines stay lines."""

    widget = forms.Textarea

    def __init__(self, *, longest: int = 2000, **options: Any) -> None:
        self.longest = longest  # type: ignore[misc]
        super().__init__(**options)

    def parse(self, text: str) -> str:
        return "\n".join(clean_name(line) for line in text.splitlines()).strip()


class IdentityField(ParsedField):
    """A resident identity number (GB 11643), 18 characters."""

    inputmode = "text"
    personal = True

    def parse(self, text: str) -> str:
        return parse_identity_number(text).value


class CreditCodeField(ParsedField):
    """A unified social credit code (GB 32100), 18 characters."""

    inputmode = "text"

    def parse(self, text: str) -> str:
        return parse_credit_code(text)


class PhoneField(ParsedField):
    """A mobile phone number."""

    autocomplete = "tel-national"
    inputmode = "tel"

    def parse(self, text: str) -> str:
        return parse_phone(text)


class PostcodeField(ParsedField):
    """A postcode of six digits."""

    autocomplete = "postal-code"
    inputmode = "numeric"

    def parse(self, text: str) -> str:
        value = squeeze(text)
        if not re.fullmatch(r"\d{6}", value, re.ASCII):
            raise InvalidValueError(_("邮政编码应为 6 位数字，例如 414000"))
        return value


class DigitsField(ParsedField):
    """A code of so many digits."""

    inputmode = "numeric"

    def __init__(self, *, length: int, **options: Any) -> None:
        self.length = length
        super().__init__(**options)

    def parse(self, text: str) -> str:
        value = squeeze(text)
        if len(value) != self.length or not value.isascii() or not value.isdigit():
            raise InvalidValueError(_("应为 {length} 位数字").format(length=self.length))
        return value


class RatioField(ParsedField):
    """A percentage with at most two decimals, as ppm. What bounds it is a rule of the day: the item's checks ask."""

    inputmode = "decimal"

    def parse(self, text: str) -> Ppm:
        ratio = parse_percent(text)
        if ratio % _HUNDREDTH:
            raise InvalidValueError(_("比例最多两位小数，例如 5 或 7.5"))
        return ratio

    def prepare_value(self, value: Any) -> Any:
        return format_percent(value) if isinstance(value, int) else value


class MoneyField(ParsedField):
    """An amount in yuan, as fen."""

    inputmode = "decimal"

    def parse(self, text: str) -> Fen:
        fen = parse_yuan(text)
        if fen < 0:
            raise InvalidValueError(_("金额不能为负，请填写正数"))
        return fen


class MonthField(ParsedField):
    """A calendar month that a case may be about, as `Month`: one from which a working life can be counted either way."""

    inputmode = "numeric"
    bounds: ClassVar[tuple[Month, Month]] = (Month(1991, 1), Month(2150, 12))

    def parse(self, text: str) -> Month:
        month = Month.parse(text)
        first, last = self.bounds
        if not first <= month <= last:
            raise InvalidValueError(_("年月应在 {first} 至 {last} 之间").format(first=first, last=last))
        return month


class DayField(ParsedField):
    """A day of the calendar, as `date`: 2026-05-11, 2026/5/11, 20260511 or 2026年5月11日."""

    inputmode = "numeric"

    def parse(self, text: str) -> date:
        return parse_day(text)


def parse_day(text: str) -> date:
    """A day as people write it, in the years 1900 to 2200. Raises InvalidValueError."""
    match = _DAY.fullmatch(squeeze(text))
    try:
        day = date(int(match[1]), int(match[2]), int(match[3])) if match is not None else None
    except ValueError:
        day = None
    if day is not None and _EARLIEST <= day <= _LATEST:
        return day
    raise InvalidValueError(_("日期应为 年-月-日，例如 2026-05-11"))


class CountField(ParsedField):
    """A whole number between two bounds, both in."""

    inputmode = "numeric"

    def __init__(self, *, lowest: int, highest: int, **options: Any) -> None:
        self.lowest, self.highest = lowest, highest
        super().__init__(**options)

    def parse(self, text: str) -> int:
        value = squeeze(text)
        if not re.fullmatch(r"\d{1,9}", value, re.ASCII) or not self.lowest <= int(value) <= self.highest:
            message = _("应为 {lowest} 至 {highest} 的整数")
            raise InvalidValueError(message.format(lowest=self.lowest, highest=self.highest))
        return int(value)


class CodeField(forms.ChoiceField):
    """A code of a list, chosen by its title. The choices may be a function that is asked when a form is made."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "required": _lazy("请选择一项"),
        "invalid_choice": _lazy("没有此选项，请从列表中选择"),
    }

    def __init__(self, *, codes: Callable[[], list[tuple[str, str]]] | list[tuple[str, str]], **options: Any) -> None:
        def choices() -> list[tuple[str, str]]:
            return [("", _("请选择")), *(codes() if callable(codes) else codes)]

        super().__init__(choices=choices, **options)
