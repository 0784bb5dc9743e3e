"""归集 at the size of a city: a month allocated, the yearly bases, members looked for, a list read."""

from bench.contributions import allocation, bases, city, search, sheets
from bench.ledger import center
from bench.report import Row


def run() -> list[Row]:
    """All comparisons, the small city first."""
    with center.fresh() as books:
        city.settle(books, allocation.SMALL)
        rows = [bases.measure(books)]
        rows += [*allocation.compare(books), search.measure(books)]
    return [*rows, *sheets.rows()]
