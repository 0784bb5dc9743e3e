"""Remittance of many members through the batch engine, beside the bare UPDATE … RETURNING + INSERT of the same rows."""

import itertools
import time
from datetime import UTC, datetime

from bench.ledger.center import DAY, Books, median
from bench.report import Row

SIZES = (10_000, 100_000, 1_000_000)
_ROUNDS = {10_000: 7, 100_000: 5, 1_000_000: 3}
_AMOUNT = 120_000


def compare(books: Books) -> list[Row]:
    """Posting a million members, and time per row from ten thousand on; the largest comparison comes last."""
    make_bare_tables(books)
    per_row: dict[int, float] = {}
    for size in SIZES:
        ours, bare = [], []
        for number in range(_ROUNDS[size]):
            ours.append(_remit(books, size))
            bare.append(_bare(books, size, number))
            books.tidy()
            books.owner("VACUUM bare_balance, bare_entry")
        per_row[size] = median(ours) / size
    growth = [
        Row(
            f"time per row, {large:,} members / {small:,}",
            per_row[large] * 1e6,
            per_row[small] * 1e6,
            "µs",
            1.15,
            False,
        )
        for small, large in itertools.pairwise(SIZES)
    ]
    return [
        *growth,
        Row(f"remittance of {SIZES[-1]:,} members / bare SQL", median(ours), median(bare), "seconds", 1.6, False),
    ]


def make_bare_tables(books: Books) -> None:
    """Tables like the ledger's, with their indexes and checks but no functions or triggers."""
    books.owner("CREATE TABLE bare_balance (LIKE ledger_balance INCLUDING ALL) WITH (fillfactor = 50)")
    books.owner("CREATE TABLE bare_entry (LIKE ledger_entry INCLUDING ALL)")
    books.owner("INSERT INTO bare_balance SELECT * FROM ledger_balance")
    books.owner("CREATE UNLOGGED TABLE bare_staged (line bigint PRIMARY KEY, account_id bigint, amount bigint)")
    books.owner("INSERT INTO bare_staged SELECT row_number() OVER (ORDER BY account_id), account_id, %s"
                " FROM ledger_balance ORDER BY account_id", _AMOUNT)  # fmt: skip
    books.owner("VACUUM ANALYZE bare_balance, bare_staged")


def _remit(books: Books, size: int) -> float:
    """Stage and check `size` members' amounts, then post them; the seconds of posting."""
    from anju.ledger.batch import STAGED_POSTING
    from anju.platform.runs import operations as runs

    def now() -> datetime:
        return datetime.now(UTC)

    run_id = runs.open_run(
        job=STAGED_POSTING.name,
        key=f"bench:{time.time_ns()}",
        params={"contra": books.bank, "kind": "remittance", "value_date": str(DAY)},
        business_date=DAY,
        maker="bench",
        at=now(),
    ).run.pk
    runs.stage(run_id=run_id, rows=((n + 1, books.low + n, -_AMOUNT) for n in range(size)), at=now())
    start = time.perf_counter()
    done = runs.work(run_id=run_id, clock=now)
    seconds = time.perf_counter() - start
    assert done.rows_done == size, done.state
    return seconds


def _bare(books: Books, size: int, number: int) -> float:
    from django.db import connections, transaction

    start = time.perf_counter()
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(
            "WITH moved AS (UPDATE bare_balance b SET amount = b.amount - s.amount, moment = b.moment - s.amount * 19849,"
            " version = version + 1, latest_day = 19849 FROM bare_staged s"
            " WHERE b.account_id = s.account_id AND s.line <= %s RETURNING b.account_id, s.line, s.amount)"
            " INSERT INTO bare_entry SELECT %s, account_id, -amount, -amount * 19849, line, 19849, date '2024-05-06', 0"
            " FROM moved",
            [size, size * 100 + number],
        )
        assert cursor.rowcount == size
    return time.perf_counter() - start


def bytes_per_entry(books: Books) -> Row:
    """What an entry takes on disk with its indexes and its share of journals, beside the bare rows'."""
    ours = books.number("SELECT pg_total_relation_size('ledger_entry_2024') + pg_total_relation_size('ledger_journal')")
    bare = books.number("SELECT pg_total_relation_size('bare_entry')")
    entries = books.number("SELECT count(*) FROM ledger_entry"), books.number("SELECT count(*) FROM bare_entry")
    name = "bytes per entry, indexes and journals included / bare"
    return Row(name, ours / entries[0], bare / entries[1], "bytes", higher_is_better=False)
