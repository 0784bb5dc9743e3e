"""Units of policy values. Every value is an integer; its text always carries its unit, so that a wrong one is seen.

fen "1700.00元" · ppm "12%" · times "15倍" (in ppm) · months "6个月" or "30年" · working_days "3个工作日" ·
calendar_days "30日" · count "2" · flag "是"/"否" · month "1965-01" · day "2026-09-20" · area "89.50㎡" (in 0.01 ㎡) ·
product "120000.00元·日" (积数, in fen-days) · code and codes: names of a code list (codes as a bit set).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from anju.kernel.errors import InvalidValueError
from anju.kernel.i18n import gettext as _
from anju.kernel.money import YUAN, format_yuan, parse_yuan
from anju.kernel.periods import value_day
from anju.kernel.rates import ONE, PERCENT, parse_percent
from anju.policy.codes import CodeList
from anju.policy.errors import WrongUnitError

_EPOCH = date(1970, 1, 1)
_MONTHS_A_YEAR = 12
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)


class Unit(StrEnum):
    """What an integer counts."""

    FEN = "fen"
    PPM = "ppm"
    TIMES = "times"
    MONTHS = "months"
    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"
    COUNT = "count"
    FLAG = "flag"
    MONTH = "month"
    DAY = "day"
    AREA = "area"
    PRODUCT = "product"
    CODE = "code"
    CODES = "codes"


@dataclass(frozen=True, slots=True)
class Kind:
    """A unit, and for codes the list they come from."""

    unit: Unit
    codes: CodeList | None = None

    def __str__(self) -> str:
        return f"{self.unit}({self.codes.name})" if self.codes else str(self.unit)


def month_number(year: int, month: int) -> int:
    """A calendar month as one integer: months since year 0."""
    return year * _MONTHS_A_YEAR + month - 1


def parse_value(text: str, kind: Kind) -> int:
    """Read the text of a value with its unit. Raises WrongUnitError, whose message tells the form expected."""
    try:
        if kind.codes is not None:
            return _parse_codes(text, kind.unit, kind.codes)
        return _FORMS[kind.unit].parse(text.strip())
    except (InvalidValueError, ValueError) as error:
        raise WrongUnitError(
            _("“{text}”不是{form}，请连同单位填写").format(text=text[:40], form=_(_FORMS[kind.unit].example))
        ) from error


def format_value(value: int, kind: Kind) -> str:
    """A value as a person reads it, with its unit, in the reader's language."""
    if kind.codes is not None:
        labels = list(kind.codes.labels.values())
        if kind.unit is Unit.CODE:
            return _(labels[value])
        return _("、").join(_(label) for place, label in enumerate(labels) if value >> place & 1)
    return _FORMS[kind.unit].show(value)


def text_of(value: int, kind: Kind) -> str:
    """A value as `parse_value` reads it back, whatever the reader's language."""
    if kind.codes is not None:
        names = kind.codes.codes
        return names[value] if kind.unit is Unit.CODE else ",".join(_names(value, names))
    return _FORMS[kind.unit].text(value)


def _names(value: int, names: tuple[str, ...]) -> list[str]:
    return [name for place, name in enumerate(names) if value >> place & 1]


def _parse_codes(text: str, unit: Unit, codes: CodeList) -> int:
    if unit is Unit.CODE:
        return codes.place(text.strip())
    names = [name.strip() for name in text.split(",") if name.strip()]
    return sum({1 << codes.place(name) for name in names})


@dataclass(frozen=True, slots=True)
class _Form:
    """How values of a unit are read, written and shown; `example` completes the sentence "is not …"."""

    example: str
    parse: Callable[[str], int]
    text: Callable[[int], str]
    show: Callable[[int], str]


def _before(text: str, *suffixes: str) -> str:
    for suffix in suffixes:
        if text.endswith(suffix):
            return text.removesuffix(suffix).strip()
    raise ValueError


def _whole(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise ValueError
    return int(text)


def _months(text: str) -> int:
    return _whole(_before(text, "年")) * _MONTHS_A_YEAR if text.endswith("年") else _whole(_before(text, "个月"))


def _decimal(value: int, scale: int, decimals: int) -> str:
    whole, rest = divmod(abs(value), scale)
    part = f"{rest:0{decimals}d}".rstrip("0")
    return ("-" if value < 0 else "") + (f"{whole}.{part}" if part else str(whole))


def _parse_month(text: str) -> int:
    day = date.fromisoformat(f"{text}-01")  # months of birth lie before the months of the business
    return month_number(day.year, day.month)


def _times(text: str) -> int:
    return parse_percent(_before(text, "倍")) * (ONE // PERCENT)


def _day(value: int) -> str:
    return str(_EPOCH + timedelta(days=value))


def _month(value: int) -> str:
    return f"{value // _MONTHS_A_YEAR:04d}-{value % _MONTHS_A_YEAR + 1:02d}"


def _signed(value: int, words: str) -> str:
    """A counted value in words; the place of the number is named `n`."""
    return _(words).format(n=value)


_FORMS = {
    Unit.FEN: _Form(
        "金额（如 1700.00元）",
        lambda text: parse_yuan(_before(text, "元")),
        lambda fen: format_yuan(fen, grouping=False) + "元",
        lambda fen: _("{amount} 元").format(amount=format_yuan(fen)),
    ),
    Unit.PPM: _Form(
        "百分数（如 12%）",
        lambda text: parse_percent(_before(text, "%")),
        lambda ppm: _decimal(ppm, PERCENT, 4) + "%",
        lambda ppm: _decimal(ppm, PERCENT, 4) + "%",
    ),
    Unit.TIMES: _Form(
        "倍数（如 15倍）",
        _times,
        lambda ppm: _decimal(ppm, ONE, 6) + "倍",
        lambda ppm: _("{n} 倍").format(n=_decimal(ppm, ONE, 6)),
    ),
    Unit.MONTHS: _Form("月数（如 6个月、30年）", _months, lambda n: f"{n}个月", lambda n: _signed(n, "{n} 个月")),
    Unit.WORKING_DAYS: _Form(
        "工作日天数（如 3个工作日）",
        lambda text: _whole(_before(text, "个工作日")),
        lambda n: f"{n}个工作日",
        lambda n: _signed(n, "{n} 个工作日"),
    ),
    Unit.CALENDAR_DAYS: _Form(
        "天数（如 30日）", lambda text: _whole(_before(text, "日")), lambda n: f"{n}日", lambda n: _signed(n, "{n} 日")
    ),
    Unit.COUNT: _Form("非负整数（如 2）", _whole, str, str),
    Unit.FLAG: _Form(
        "“是”或“否”",
        ("否", "是").index,
        lambda value: "是" if value else "否",
        lambda value: _("是") if value else _("否"),
    ),
    Unit.MONTH: _Form("年月（如 1965-01）", _parse_month, _month, _month),
    Unit.DAY: _Form("日期（如 2026-09-20）", lambda text: value_day(date.fromisoformat(text)), _day, _day),
    Unit.AREA: _Form(
        "面积（如 89.50㎡）",
        lambda text: parse_yuan(_before(text, "㎡", "平方米")),
        lambda area: f"{_decimal(area, YUAN, 2)}㎡",
        lambda area: _("{n} 平方米").format(n=_decimal(area, YUAN, 2)),
    ),
    Unit.PRODUCT: _Form(
        "积数（如 120000.00元·日）",
        lambda text: parse_yuan(_before(text, "元·日")),
        lambda product: format_yuan(product, grouping=False) + "元·日",
        lambda product: _("{amount} 元·日").format(amount=format_yuan(product)),
    ),
    Unit.CODE: _Form("代码表中的代码", int, str, str),
    Unit.CODES: _Form("代码表中的代码", int, str, str),
}
