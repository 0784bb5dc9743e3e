"""Printed numbers, exactly: value, unit and printed precision; nothing here is a float.

A printed number stands for every value that rounds half-up to it, so "agrees" always means: rounded half-up to the
printed precision, the computed value is the printed one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from anju.kernel.money import Rounding, divide

_WIDE = str.maketrans("０１２３４５６７８９．％－＋", "0123456789.%-+")
#: Symbol → (dimension, factor to the dimension's base unit). Counting words stand for themselves.
_UNITS: dict[str, tuple[str, Fraction]] = {
    "元": ("money", Fraction(1)),
    "%": ("ratio", Fraction(1, 100)),
    "百分比": ("ratio", Fraction(1, 100)),
    "‰": ("ratio", Fraction(1, 1000)),
    "‱": ("ratio", Fraction(1, 10000)),
    "个百分点": ("points", Fraction(1, 100)),
    "百分点": ("points", Fraction(1, 100)),
    "分": ("score", Fraction(1)),
    "个工作日": ("days", Fraction(1)),
    "工作日": ("days", Fraction(1)),
    "日": ("days", Fraction(1)),
    "天": ("days", Fraction(1)),
    "名": ("人", Fraction(1)),
    "平方米": ("㎡", Fraction(1)),
    **{word: (word, Fraction(1)) for word in "人户家个份件项条笔次轮套篇㎡"},
}
_MYRIADS = {"": Fraction(1), "万": Fraction(10_000), "亿": Fraction(100_000_000)}
_NUMBER = re.compile(
    r"(?<![\d.A-Za-z])(?P<number>(?P<sign>(?<![\d%％元人日])[-−])?"
    r"(?P<digits>\d{1,3}(?:,\d{3}){1,4}|\d{1,15})(?:\.(?P<part>\d{1,8}))?)(?!\d|\.\d)"
    r"[ \u3000]{0,2}(?P<rough>余|多)?(?P<myriad>[万亿]?)(?P<unit>"
    + "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
    + r")?+(?!钟)",
)
_ORDINAL = re.compile(r"[第〔\[]$")
_NUMERALS = {"零": 0, "〇": 0, "两": 2, **{char: index for index, char in enumerate("一二三四五六七八九十", 1)}}


@dataclass(frozen=True, slots=True)
class Number:
    """A number as printed. `value` is in the printed unit, `decimals` how many places were printed."""

    text: str
    value: Fraction
    decimals: int
    unit: str = ""
    myriad: str = ""
    rough: bool = False
    start: int = 0
    end: int = 0

    @property
    def dimension(self) -> str:
        """What kind of quantity it is: "money", "ratio", "days", "人" …; empty for a bare number."""
        return _UNITS[self.unit][0] if self.unit else ""

    @property
    def scale(self) -> Fraction:
        """Factor from the printed unit to the base unit (yuan, 1, day, person)."""
        return _MYRIADS[self.myriad] * (_UNITS[self.unit][1] if self.unit else 1)

    @property
    def exact(self) -> Fraction:
        """The value in the base unit of its dimension."""
        return self.value * self.scale

    @property
    def step(self) -> Fraction:
        """One unit of the last printed digit, in the base unit."""
        return self.scale * Fraction(1, 10**self.decimals)

    @property
    def half_step(self) -> Fraction:
        """How far the true value may lie from the printed one, in the base unit: heads and pieces are not rounded."""
        counted = not self.decimals and not self.myriad and self.dimension not in {"ratio", "points"}
        return Fraction(0) if counted else self.step / 2

    @property
    def symbol(self) -> str:
        """The whole printed unit, "亿元" or "%"."""
        return f"{self.myriad}{self.unit}"

    def in_unit(self, symbol: str) -> "Number":
        """The same digits with the unit that a column heading gives; a printed unit stays."""
        if self.unit or self.myriad:
            return self
        myriad = symbol[0] if symbol[0] in "万亿" else ""
        return replace(self, unit=symbol[len(myriad) :], myriad=myriad)

    def prints(self, exact: Fraction) -> bool:
        """True when `exact` (in the base unit) rounds half-up to the printed number."""
        return half_up(exact / self.scale, self.decimals) == self.value

    def like(self, exact: Fraction) -> str:
        """`exact` (in the base unit) written as this number is: same unit, same decimals, half-up."""
        return f"{show(exact / self.scale, self.decimals)}{self.symbol}"


def half_up(value: Fraction, decimals: int) -> Fraction:
    """`value` rounded half-up (ties away from zero) to `decimals` places."""
    power = 10**decimals
    return Fraction(divide(value.numerator * power, value.denominator, Rounding.HALF_UP), power)


def show(value: Fraction, decimals: int) -> str:
    """`value` as a decimal with exactly `decimals` places, half-up."""
    scaled = divide(value.numerator * 10**decimals, value.denominator, Rounding.HALF_UP)
    whole, rest = divmod(abs(scaled), 10**decimals)
    sign = "-" if scaled < 0 else ""
    return f"{sign}{whole}.{rest:0{decimals}d}" if decimals else f"{sign}{whole}"


def find_numbers(text: str) -> tuple[Number, ...]:
    """All numbers in a text with unit and place in it; years, dates and ordinals are left out."""
    plain = text.translate(_WIDE)
    found: list[Number] = []
    for match in _NUMBER.finditer(plain):
        before, after = (
            plain[max(match.start() - 1, 0) : match.start()],
            plain[match.end("number") : match.end("number") + 1],
        )
        is_date = not match["part"] and (after in {"年", "月"} or (before == "月" and match["unit"] == "日"))
        if is_date or _ORDINAL.search(before):
            continue
        digits, part = match["digits"].replace(",", ""), match["part"] or ""
        value = Fraction(int(digits + part), 10 ** len(part))
        end = match.end("unit") if match["unit"] else match.end("myriad" if match["myriad"] else "number")
        found.append(
            Number(
                text=text[match.start() : end],
                value=-value if match["sign"] else value,
                decimals=len(part),
                unit=match["unit"] or "",
                myriad=match["myriad"],
                rough=bool(match["rough"]),
                start=match.start(),
                end=end,
            )
        )
    return tuple(found)


def whole_number(text: str) -> Number | None:
    """The number when the text is nothing but one number with its unit, else None."""
    stripped = text.strip()
    numbers = find_numbers(stripped)
    if len(numbers) == 1 and numbers[0].text == stripped:
        return numbers[0]
    return None


def years_in(text: str) -> tuple[int, ...]:
    """The years that a text names ("2024年度", "2023年决算数"), in order."""
    plain = text.translate(_WIDE)
    return tuple(int(match.group()) for match in re.finditer(r"(?<!\d)(?:19|20)\d\d(?=年)", plain))


def numeral(text: str) -> int | None:
    """A count in digits or Chinese numerals below one hundred: "9", "十一", "二十", else None."""
    if text.isascii() and text.isdigit() and len(text) <= 4:
        return int(text)
    if not text or any(char not in _NUMERALS for char in text) or len(text) > 3:
        return None
    if "十" not in text:
        return _NUMERALS[text] if len(text) == 1 else None
    tens, _, ones = text.partition("十")
    if len(tens) > 1 or len(ones) > 1 or ones == "十":
        return None
    return (_NUMERALS[tens] if tens else 1) * 10 + (_NUMERALS[ones] if ones else 0)


def total(numbers: Iterable[Number]) -> Fraction:
    """The exact sum in base units."""
    return sum((number.exact for number in numbers), Fraction(0))
