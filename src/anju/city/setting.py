"""What a plan is drawn for: the inputs, the year, how small the city is, and the seed of all chance in it."""

from dataclasses import dataclass
from random import Random

from anju.city.calibration import Calibration
from anju.city.sampling import stream
from anju.kernel.money import Fen, Rounding, divide


@dataclass(frozen=True, slots=True)
class Setting:
    """A year of a city of 1/`scale`; inputs are those of the whole city."""

    inputs: Calibration
    year: int
    scale: int
    seed: int

    def stream(self, purpose: str) -> Random:
        """The random stream of one purpose."""
        return stream(self.seed, purpose)

    def part(self, whole: int | Fen) -> int:
        """The share of a count or an amount that this city has, half-up."""
        return divide(whole, self.scale, Rounding.HALF_UP)
