"""Cases of a large center: a million, fifty thousand of them open, and then three hundred thousand.

Queues and searches are timed at the reader, Python included; moves at eight client processes, beside the bare SQL that
writes the same rows and beside pgbench's TPC-B on the same server (production settings, fsync on).
"""

from bench.cases import moves, population, queues
from bench.ledger import center
from bench.report import Row


def run() -> list[Row]:
    """All comparisons."""
    with center.fresh() as books:
        people = population.settle(books)
        population.fill(books)
        rows = queues.measure(people, "50,000 open")
        rows += moves.compare(books, people)
        population.reopen(books)
        rows += queues.measure(people, "300,000 open")
    return rows
