"""归集 at the size of a city: a month allocated, the yearly bases, members looked for."""

from bench.contributions import allocation, bases, city, search
from bench.ledger import center
from bench.report import Row


def run() -> list[Row]:
    """All comparisons, the small city first."""
    with center.fresh() as books:
        city.settle(books, allocation.SMALL)
        rows = [bases.measure(books)]
        return [*rows, *allocation.compare(books), search.measure(books)]
