"""The ledger beside its limits, on one embedded server with its production settings (fsync on).

Single postings beside pgbench's TPC-B, batches and interest beside the bare SQL that moves the same rows, and per
posting beside django-hordak. Each pair is measured in turn, round by round; the figures are medians.
"""

import resource

from bench.ledger import batch, center, interest, peer, single
from bench.report import Row

#: Members' accounts of the large runs.
MEMBERS = 1_000_000


def run() -> list[Row]:
    """All comparisons, small accounts first: what a run leaves behind must not slow down the one before it."""
    with center.fresh() as books:
        rows = single.compare(books)
        books.open_members(MEMBERS)
        rows += batch.compare(books)
        rows.append(peer.compare(books, rows[-1]))
        rows += interest.compare_settlement(books)
        rows.append(batch.bytes_per_entry(books))
        rows += interest.compare_products(books)
        rows.append(_memory())
    return rows


def _memory() -> Row:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Row("peak memory of this Python process / limit", peak, 300, "MB", 1, higher_is_better=False)
