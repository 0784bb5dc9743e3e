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
    def whole(low: int, high: int) -> Int64s:
        return random.integers(low, high, rows, np.int64)

    def chance(percent: int) -> Int64s:
        return (random.integers(0, 100, rows) < percent).astype(np.int64)

    wage = (whole(1_500, 6_000) + whole(0, 6_000) + whole(0, 100) ** 2) * YUAN + whole(0, YUAN)
    months_paid = whole(0, 240)
    ratio = whole(5, 13) * 10_000
    invoice = whole(20_000, 400_000) * YUAN
    columns = {
        "wage": wage,
        "declared_base": wage * whole(50, 101) // 100,
        "short_months": whole(0, 25),
        "unit_ratio": ratio,
        "person_ratio": ratio,
        "balance": wage * months_paid * 16 // 100,
        "months_paid": months_paid,
        "family_income": wage * whole(100, 221) // 100,
        "other_debt": chance(30) * whole(500, 5_000) * YUAN,
        "price": whole(250_000, 1_800_000) * YUAN,
        "home": whole(0, 3),
        "household": whole(0, 2),
        "monthly_deposit": wage * 24 // 100,
        "months_to_retirement": whole(0, 400),
        "term": whole(60, 361),
        "homes": whole(0, 3),
        "loans_before": whole(0, 2),
        "loan_unsettled": chance(15),
        "birth_month": whole(1963 * 12, 2005 * 12),
        "retirement_group": whole(0, 3),
        "deposit_product": wage * whole(0, 2_000),
        "rental": whole(0, 2),
        "rent_paid": whole(6_000, 40_000) * YUAN,
        "rent_months": whole(1, 13),
        "rent_withdrawn": chance(20) * whole(0, 6_000) * YUAN,
        "homes_in_city": chance(60),
        "housing_loan": whole(0, 600_000) * YUAN,
        "house_withdrawn": chance(40) * whole(0, 200_000) * YUAN,
        "months_since_purchase": whole(0, 48),
        "renovation_invoice": invoice,
        "area": whole(4_000, 18_000),
        "months_since_renovation": whole(0, 240),
        "property_fee": whole(500, 6_000) * YUAN,
        "property_fee_withdrawn": chance(20) * whole(0, 3_000) * YUAN,
    }
    return Chunk(rows, columns, whole(0, max(len(offices) - 1, 1)), _CROWDS[whole(0, 100)].astype(np.int64), first)
