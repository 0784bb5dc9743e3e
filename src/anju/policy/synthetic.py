"""A synthetic population with every input of the rulebook: for what-if without anybody's data, the same for a seed."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from anju.kernel.money import YUAN
from anju.policy.codes import CROWD
from anju.policy.population import CHUNK_ROWS, Chunk
from anju.policy.vector import Int64s

#: Crowds of a hundred people.
_CROWDS = np.repeat(np.arange(len(CROWD)), [80, 10, 4, 6])


@dataclass(frozen=True, slots=True)
class SyntheticPopulation:
    """`rows` people spread over the offices. Each chunk has a generator of its own, so chunks can be made in any order."""

    rows: int
    offices: tuple[str, ...]
    seed: int = 2026
    chunk_rows: int = CHUNK_ROWS

    def chunks(self) -> Iterator[Chunk]:
        """The people, chunk by chunk."""
        for number, first in enumerate(range(0, self.rows, self.chunk_rows)):
            rows = min(self.chunk_rows, self.rows - first)
            yield _people(np.random.default_rng([self.seed, number]), rows, self.offices, first + 1)


def _people(random: np.random.Generator, rows: int, offices: tuple[str, ...], first: int) -> Chunk:
    draw = _Draw(random, rows)
    wage = (draw.whole(1_500, 6_000) + draw.whole(0, 6_000) + draw.whole(0, 100) ** 2) * YUAN + draw.whole(0, YUAN)
    columns = {**_contributors(draw, wage), **_borrowers(draw, wage), **_spenders(draw)}
    offices_of, crowds = draw.whole(0, max(len(offices) - 1, 1)), _CROWDS[draw.whole(0, 100)].astype(np.int64)
    return Chunk(rows, columns, offices_of, crowds, first)


@dataclass(frozen=True, slots=True)
class _Draw:
    """Columns of whole numbers, each even over its range."""

    random: np.random.Generator
    rows: int

    def whole(self, low: int, high: int) -> Int64s:
        return self.random.integers(low, high, self.rows, np.int64)

    def chance(self, percent: int) -> Int64s:
        """One for so many of a hundred rows, zero for the others."""
        return (self.whole(0, 100) < percent).astype(np.int64)


def _contributors(draw: _Draw, wage: Int64s) -> dict[str, Int64s]:
    months_paid, ratio = draw.whole(0, 240), draw.whole(5, 13) * 10_000
    return {
        "wage": wage,
        "declared_base": wage * draw.whole(50, 101) // 100,
        "short_months": draw.whole(0, 25),
        "unit_ratio": ratio,
        "person_ratio": ratio,
        "balance": wage * months_paid * 16 // 100,
        "months_paid": months_paid,
        "deposit_product": wage * draw.whole(0, 2_000),
        "birth_month": draw.whole(1963 * 12, 2005 * 12),
        "retirement_group": draw.whole(0, 3),
    }


def _borrowers(draw: _Draw, wage: Int64s) -> dict[str, Int64s]:
    return {
        "family_income": wage * draw.whole(100, 221) // 100,
        "other_debt": draw.chance(30) * draw.whole(500, 5_000) * YUAN,
        "price": draw.whole(250_000, 1_800_000) * YUAN,
        "home": draw.whole(0, 3),
        "household": draw.whole(0, 2),
        "monthly_deposit": wage * 24 // 100,
        "months_to_retirement": draw.whole(0, 400),
        "term": draw.whole(60, 361),
        "homes": draw.whole(0, 3),
        "loans_before": draw.whole(0, 2),
        "loan_unsettled": draw.chance(15),
    }


def _spenders(draw: _Draw) -> dict[str, Int64s]:
    return {
        "rental": draw.whole(0, 2),
        "rent_paid": draw.whole(6_000, 40_000) * YUAN,
        "rent_months": draw.whole(1, 13),
        "rent_withdrawn": draw.chance(20) * draw.whole(0, 6_000) * YUAN,
        "homes_in_city": draw.chance(60),
        "housing_loan": draw.whole(0, 600_000) * YUAN,
        "house_withdrawn": draw.chance(40) * draw.whole(0, 200_000) * YUAN,
        "months_since_purchase": draw.whole(0, 48),
        "renovation_invoice": draw.whole(20_000, 400_000) * YUAN,
        "area": draw.whole(4_000, 18_000),
        "months_since_renovation": draw.whole(0, 240),
        "property_fee": draw.whole(500, 6_000) * YUAN,
        "property_fee_withdrawn": draw.chance(20) * draw.whole(0, 3_000) * YUAN,
    }
