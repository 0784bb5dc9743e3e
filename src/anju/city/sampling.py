"""Drawing that leaves little to luck: named streams, distributions as tables of quantiles, strata, exact shares.

Totals of the city must not swing with the seed, so nothing is drawn independently where it can be drawn one from each
stratum. Integers throughout: a place in a distribution is a number of ppm, values are fen, days or counts.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from anju.kernel.money import Rounding, divide
from anju.kernel.rates import ONE, Ppm

T = TypeVar("T")
#: Parts into which a distribution is cut to take a mean.
_PARTS = 100
#: The golden ratio's part after the point, in ppm.
_GOLDEN: Ppm = 618_034


def stream(seed: int, purpose: str) -> Random:
    """The random stream of one purpose: a draw more here does not shift the draws of any other purpose."""
    return Random(f"{seed}:{purpose}")


@dataclass(frozen=True, slots=True)
class Quantiles:
    """A distribution as knots (place in ppm, value), straight between them; the first place is 0, the last 100 %."""

    places: tuple[Ppm, ...]
    values: tuple[int, ...]

    def mean(self, start: Ppm = 0, end: Ppm = ONE) -> int:
        """The mean of the values between two places, half-up; by the middles of many equal parts."""
        middles = (start + (end - start) * (2 * part + 1) // (2 * _PARTS) for part in range(_PARTS))
        return divide(sum(self.at(middle) for middle in middles), _PARTS, Rounding.HALF_UP)

    def at(self, place: Ppm) -> int:
        """The value below which `place` ppm of the distribution lie; half-up between knots."""
        right = min(bisect_right(self.places, place), len(self.places) - 1)
        left = right - 1
        width, rise = self.places[right] - self.places[left], self.values[right] - self.values[left]
        return self.values[left] + divide(rise * (place - self.places[left]), width, Rounding.HALF_UP)


def places(rng: Random, count: int) -> list[Ppm]:
    """One place from each of `count` equal strata of a distribution, in random order."""
    drawn = [(number * ONE + rng.randrange(ONE)) // count for number in range(count)]
    rng.shuffle(drawn)
    return drawn


def evenly(rng: Random, count: int) -> list[Ppm]:
    """Places for a sorted sequence: any few neighbours get places from all over the distribution, so that what is
    drawn does not go with what the sequence is sorted by (golden-ratio sequence from a random start).
    """
    start = rng.randrange(ONE)
    return [(start + number * _GOLDEN) % ONE for number in range(count)]


def midpoints(count: int) -> list[Ppm]:
    """The middles of `count` equal strata, ascending: for the few and large, where even a stratum is too wide."""
    return [(2 * number + 1) * ONE // (2 * count) for number in range(count)]


def choose(rng: Random, ordered: Sequence[T], count: int) -> list[T]:
    """`count` different elements (all, when there are fewer) in their order, one from the middle third of each of as
    many strata of the sequence.
    """
    total = len(ordered)
    if count >= total:
        return list(ordered)
    chosen = []
    for number in range(count):
        start, end = number * total // count, (number + 1) * total // count
        margin = (end - start) // 3
        chosen.append(ordered[start + margin + rng.randrange(end - start - 2 * margin)])
    return chosen


def share_out(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` by weights into integers that add up to it (largest remainder; ties to the earlier)."""
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda place: -(total * weights[place] % whole))
    for place in by_remainder[: total - sum(parts)]:
        parts[place] += 1
    return parts
