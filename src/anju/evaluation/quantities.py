"""Figures of the year: an exact value, its unit, how it is written, and where it comes from."""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, Protocol, TypeAlias

from anju.kernel.errors import InvalidValueError
from anju.kernel.i18n import gettext as _
from anju.kernel.money import WAN, YI, YUAN
from anju.kernel.rates import PERCENT
from anju.kernel.text import squeeze

#: fen, parts per million, a plain count, or a degree of achievement in ppm (达成程度, 1 000 000 = fully achieved).
Unit: TypeAlias = Literal["fen", "ppm", "count", "degree"]
#: The report's own published figure, or a figure computed from the ledger.
Source: TypeAlias = Literal["published", "ledger"]
Value: TypeAlias = int | Fraction

_NUMBER = re.compile(r"(?P<number>-?\d{1,15}(?:\.\d{1,9})?)(?P<unit>亿元|万元|元|%)?", re.ASCII)
_SCALES: dict[str, tuple[int, Unit]] = {
    "亿元": (YI, "fen"),
    "万元": (WAN, "fen"),
    "元": (YUAN, "fen"),
    "%": (PERCENT, "ppm"),
    "": (1, "count"),
}


class Quantity(Protocol):
    """What the evaluation wants to know of a figure.

    Whatever has these four attributes will do, so that the rooms below, which know the ledger, need not know this
    one. `value` is exact and in `unit`; `text` is the figure as a table shows it.
    """

    @property
    def value(self) -> Value: ...
    @property
    def unit(self) -> Unit: ...
    @property
    def text(self) -> str: ...
    @property
    def source(self) -> Source: ...


@dataclass(frozen=True, slots=True)
class Figure:
    """A Quantity as plain data."""

    value: Value
    unit: Unit
    text: str
    source: Source


def parse_value(text: str) -> tuple[Value, Unit]:
    """Read "42.41亿元", "5487.8万元", "0.06%" or "406" exactly: the value and its unit (fen, ppm, count).

    Raises InvalidValueError for anything else.
    """
    match = _NUMBER.fullmatch(squeeze(text))
    if match is None:
        raise InvalidValueError(_("应为带单位的数字，例如 42.41亿元、5487.8万元、0.06%、406"))
    scale, unit = _SCALES[match["unit"] or ""]
    value = Fraction(match["number"]) * scale
    return (value.numerator if value.denominator == 1 else value), unit
