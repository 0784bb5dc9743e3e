"""The members of the comparison, the same for both sides, and the ten rules and the day that they are judged by."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from anju.policy import packs
from anju.policy.codes import CROWD, HOME, HOUSEHOLD, RENTAL
from anju.policy.evaluation import evaluate
from anju.policy.parameters import Book
from anju.policy.population import CHUNK_ROWS, Chunk, office_names
from anju.policy.rules import find_rule
from anju.policy.synthetic import SyntheticPopulation
from anju.policy.vector import Int64s

MEMBERS = 1_000_000
ON = date(2027, 9, 1)
RULES = (
    "contribution-base", "contribution-monthly", "contribution-back-payment", "flexible-loan-right", "loan-ceiling",
    "loan-term", "withdrawal-property-fee", "withdrawal-purchase", "withdrawal-renovation", "withdrawal-rent",
)  # fmt: skip
#: The four that OpenFisca computes too.
COMPARED = ("contribution-monthly", "loan-ceiling", "withdrawal-renovation", "withdrawal-rent")
CODES = {"home": HOME, "household": HOUSEHOLD, "rental": RENTAL, "crowd": CROWD}


@dataclass(frozen=True, slots=True)
class Members:
    """Whole columns of the inputs, with offices and crowds, in base units."""

    book: Book
    columns: dict[str, Int64s]
    offices: Int64s
    crowds: Int64s
    office_names: tuple[str, ...]

    def chunks(self) -> list[Chunk]:
        """The columns cut as a population is: views, no copies."""
        return [
            Chunk(
                min(CHUNK_ROWS, MEMBERS - first),
                {name: column[first : first + CHUNK_ROWS] for name, column in self.columns.items()},
                self.offices[first : first + CHUNK_ROWS],
                self.crowds[first : first + CHUNK_ROWS],
                first + 1,
            )
            for first in range(0, MEMBERS, CHUNK_ROWS)
        ]

    def results(self) -> dict[str, Int64s]:
        """Our results of the four rules for every member."""
        rules = [find_rule(name) for name in COMPARED]
        found: dict[str, Int64s] = {name: np.empty(MEMBERS, np.int64) for name in COMPARED}
        for chunk in self.chunks():
            rows = slice(chunk.first_row - 1, chunk.first_row - 1 + chunk.rows)
            for rule in rules:
                found[rule.name][rows] = evaluate(rule, self.book, ON, chunk, self.office_names)
        return found


def make() -> Members:
    """A million members."""
    book = packs.book("demo")
    names = office_names(book.districts)
    chunks = list(SyntheticPopulation(MEMBERS, names).chunks())
    needed = {name for rule in COMPARED for name in find_rule(rule).inputs if name in chunks[0].columns}
    return Members(
        book,
        {name: np.concatenate([chunk.columns[name] for chunk in chunks]) for name in sorted(needed)},
        np.concatenate([chunk.offices for chunk in chunks]),
        np.concatenate([chunk.crowds for chunk in chunks]),
        names,
    )
