"""Reads what an indicator promises ("控制在0.06%以下", "50%-70%", "≥28亿元") and judges what was reached.

Direction: UP means more is better, DOWN less, RANGE inside two bounds. A target without a word of direction takes the
direction of its indicator: DOWN for costs, overdue rates and the like, else UP.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from anju.evaluation.audit.numbers import Number, find_numbers
from anju.kernel.text import squeeze

_RANGE_JOIN = re.compile(r"[-—–~～至到]+")
_DOWN = re.compile(r"≤|<|＜|不超过|不高于|不大于|不多于|低于|小于|以下|以内|控制在|内$|降至|下降到")
_UP = re.compile(r"≥|>|＞|不低于|不少于|不小于|以上|高于|大于|超过|达到|至少")
_NOT_LOWER = re.compile(r"不低于|不小于|不少于")
_LESS_IS_BETTER = re.compile(r"逾期|差错|投诉|违规|成本|超支|办结时间|办理时限|流失")


class Direction(StrEnum):
    """Which way is better."""

    UP = "up"
    DOWN = "down"
    RANGE = "range"


@dataclass(frozen=True, slots=True)
class Target:
    """A quantified promise: one bound, or two for a range."""

    direction: Direction
    low: Number
    high: Number

    def is_met(self, actual: Fraction) -> bool:
        """Whether `actual` (base unit) keeps the promise; the bounds themselves do."""
        above = self.direction is Direction.DOWN or actual >= self.low.exact
        below = self.direction is Direction.UP or actual <= self.high.exact
        return above and below

    def fulfilment(self, actual: Fraction) -> Fraction | None:
        """The share of the points that `actual` earns, 1 when met; None when a division by zero stands in the way."""
        if self.is_met(actual):
            return Fraction(1)
        falls_short = self.direction is Direction.UP or (self.direction is Direction.RANGE and actual < self.low.exact)
        above, below = (actual, self.low.exact) if falls_short else (self.high.exact, actual)
        return None if below == 0 else max(above / below, Fraction(0))

    def formula(self, actual: Number) -> str:
        """The quotient behind `fulfilment`, in printed numbers."""
        falls_short = self.direction is Direction.UP or (
            self.direction is Direction.RANGE and actual.exact < self.low.exact
        )
        pair = (actual.text, self.low.text) if falls_short else (self.high.text, actual.text)
        return " ÷ ".join(pair)


def parse_target(text: str, *, indicator: str, level: str) -> Target | None:
    """The target in `text`, or None when it is in words only or holds more than can be judged.

    `indicator` and `level` (一级指标) give the direction where the text itself names none.
    """
    plain = squeeze(text).replace("〜", "～")
    numbers = find_numbers(plain)
    if len(numbers) == 2:
        low, high = numbers
        if not _RANGE_JOIN.fullmatch(plain[low.end : high.start]):
            return None
        if not low.unit:
            low = Number(low.text, low.value, low.decimals, high.unit, high.myriad)
        return Target(Direction.RANGE, low, high) if low.exact <= high.exact else None
    if len(numbers) != 1:
        return None
    number = numbers[0]
    return Target(_direction(plain, number, indicator, level), number, number)


def _direction(plain: str, number: Number, indicator: str, level: str) -> Direction:
    if _NOT_LOWER.search(plain):
        return Direction.UP
    if _DOWN.search(plain):
        return Direction.DOWN
    if _UP.search(plain):
        return Direction.UP
    if number.dimension == "days" or level.startswith("成本") or _LESS_IS_BETTER.search(indicator):
        return Direction.DOWN
    return Direction.UP
