"""Money is an integer number of fen (分); every division of money names its rounding.

No float ever touches an amount: text becomes fen by exact decimal parsing, fen becomes text by integer
division, and the only division of money is `divide`, which demands a mode.
"""

import re
from enum import StrEnum
from typing import TypeAlias, assert_never

from anju.kernel.errors import InvalidValueError
from anju.kernel.i18n import gettext as _
from anju.kernel.text import squeeze

Fen: TypeAlias = int

#: One yuan in fen.
YUAN: Fen = 100
#: 1 亿元 in fen.
YI: Fen = 100_000_000 * YUAN
#: 1 万元 in fen.
WAN: Fen = 10_000 * YUAN
#: No single amount may reach one trillion yuan: far above any center, far below what bigint sums overflow at.
MAX_AMOUNT: Fen = 10**12 * YUAN

_YUAN_PATTERN = re.compile(
    r"(?P<sign>[+-]?¥?|¥[+-])(?P<yuan>\d{1,3}(?:,\d{3}){1,10}|\d{1,40})(?:\.(?P<fen>\d{1,2})0*)?", re.ASCII
)


class Rounding(StrEnum):
    """How a quotient that is not whole becomes an integer."""

    HALF_UP = "half-up"  # 四舍五入, ties away from zero: the rule of every interest and ratio here
    HALF_EVEN = "half-even"
    DOWN = "down"  # towards zero
    UP = "up"  # away from zero


def divide(numerator: int, denominator: int, rounding: Rounding) -> int:
    """Return numerator / denominator as an integer, rounded by the named mode (symmetric about zero).

    Raises ZeroDivisionError for a zero denominator.
    """
    negative = (numerator < 0) != (denominator < 0)
    whole, rest = divmod(abs(numerator), abs(denominator))
    double = 2 * rest
    if rounding is Rounding.HALF_UP:
        up = double >= abs(denominator)
    elif rounding is Rounding.HALF_EVEN:
        up = double > abs(denominator) or (double == abs(denominator) and whole % 2 == 1)
    elif rounding is Rounding.UP:
        up = rest > 0
    elif rounding is Rounding.DOWN:
        up = False
    else:
        assert_never(rounding)
    whole += up
    return -whole if negative else whole


def parse_yuan(text: str) -> Fen:
    """Read an amount in yuan as people write it ("1,234.5", "￥１２３．４０") and return fen.

    Trailing zeros after the fen are accepted ("1.500"), a third significant decimal is not. Raises
    InvalidValueError for anything else, a value of MAX_AMOUNT or more included.
    """
    match = _YUAN_PATTERN.fullmatch(squeeze(text))
    if match is None:
        raise InvalidValueError(_("金额应为元，最多两位小数，例如 1234.50"))
    fen = int(match["yuan"].replace(",", "")) * YUAN + int((match["fen"] or "").ljust(2, "0"))
    if fen >= MAX_AMOUNT:
        raise InvalidValueError(_("金额过大：单笔不得达到一万亿元"))
    return -fen if "-" in match["sign"] else fen


def format_yuan(fen: Fen, *, grouping: bool = True) -> str:
    """Fen as yuan with two decimals: 123456789 → "1,234,567.89", without grouping "1234567.89"."""
    yuan, rest = divmod(abs(fen), YUAN)
    sign = "-" if fen < 0 else ""
    return f"{sign}{yuan:,}.{rest:02d}" if grouping else f"{sign}{yuan}.{rest:02d}"


def format_in(fen: Fen, unit: Fen, decimals: int) -> str:
    """Fen in a larger unit, rounded half-up: format_in(568_500_000_000, YI, 2) → "56.85"."""
    scaled = divide(fen * 10**decimals, unit, Rounding.HALF_UP)
    whole, rest = divmod(abs(scaled), 10**decimals)
    sign = "-" if scaled < 0 else ""
    return f"{sign}{whole}.{rest:0{decimals}d}" if decimals else f"{sign}{whole}"
