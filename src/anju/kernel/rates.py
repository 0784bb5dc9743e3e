"""Rates and ratios as integer parts per million (ppm): 2.60 % is 26 000, 1.50 % is 15 000."""

import re
from typing import TypeAlias

from anju.kernel.errors import InvalidValueError
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Rounding, divide
from anju.kernel.text import squeeze

Ppm: TypeAlias = int

#: 100 % in ppm.
ONE: Ppm = 1_000_000
#: 1 % in ppm.
PERCENT: Ppm = 10_000

_PERCENT_PATTERN = re.compile(r"(?P<whole>\d{1,4})(?:\.(?P<part>\d{1,4})0*)?%?", re.ASCII)


def parse_percent(text: str) -> Ppm:
    """Read a percentage with at most four decimals ("2.60", "3.025%", "１２％") and return ppm.

    Raises InvalidValueError for signs, more decimals or anything that is not a number.
    """
    match = _PERCENT_PATTERN.fullmatch(squeeze(text))
    if match is None:
        raise InvalidValueError(_("比率应为百分数，最多四位小数，例如 2.60"))
    return int(match["whole"]) * PERCENT + int((match["part"] or "").ljust(4, "0"))


def format_percent(ppm: Ppm, decimals: int = 2) -> str:
    """Ppm as a percentage without the sign, rounded half-up: 520_700 → "52.07"."""
    scaled = divide(ppm * 10**decimals, PERCENT, Rounding.HALF_UP)
    whole, rest = divmod(abs(scaled), 10**decimals)
    sign = "-" if scaled < 0 else ""
    return f"{sign}{whole}.{rest:0{decimals}d}" if decimals else f"{sign}{whole}"


def ratio(numerator: int, denominator: int) -> Ppm:
    """numerator / denominator in ppm, rounded half-up; both in the same unit."""
    return divide(numerator * ONE, denominator, Rounding.HALF_UP)
