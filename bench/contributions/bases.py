"""The yearly adjustment of everybody's base, from a checked list to the registry."""

import time

from bench.ledger.center import Books
from bench.report import Row

MEMBERS = 400_000
SECONDS = 60


def measure(books: Books) -> Row:
    """Seconds for 400 000 members, beside the minute that the goal allows."""
    from anju.kernel.periods import Month
    from anju.registry.operations import adjust_bases

    numbers = [
        str(number) for (number,) in books.owner("SELECT number FROM registry_member ORDER BY id LIMIT %s", MEMBERS)
    ]
    assert len(numbers) == MEMBERS
    start = time.perf_counter()
    changed = adjust_bases(bases=[(number, 520_000) for number in numbers], first_month=Month(2024, 7))
    seconds = time.perf_counter() - start
    assert changed == MEMBERS
    assert books.number("SELECT count(*) FROM registry_member WHERE base = 520000") == MEMBERS
    return Row(f"yearly bases of {MEMBERS:,} members / a minute", seconds, SECONDS, "seconds", 1, False)
