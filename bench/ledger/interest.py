"""Interest: products from the moment beside products from the entries; the yearly settlement beside the bare SQL."""

import time
from datetime import date

from bench.ledger.center import Books, median
from bench.report import Row

_ROUNDS = 5
_YEAR = 2025
_UNTIL = date(_YEAR, 12, 31)


def compare_products(books: Books) -> list[Row]:
    """Twelve months of entries; then the products of all members, both ways, identical; one process for each."""
    for month in range(1, 13):
        _contribute(books, date(_YEAR, month, 15))
    books.tidy()
    moment = "SELECT account_id, product FROM ledger_products(%s, %s, '201', %s)"
    entries = (
        "SELECT account_id, (-sum(amount * (%s::date - DATE '1970-01-01') - moment))::bigint AS product FROM ledger_entry"
        " WHERE account_id BETWEEN %s AND %s AND business_date < %s::date GROUP BY account_id"
    )
    books.owner("SET max_parallel_workers_per_gather = 0")
    ours, slow = [], []
    for _round in range(_ROUNDS):
        ours.append(
            _timed(books, f"SELECT count(*), bit_xor(product) FROM ({moment}) m", books.low, books.high, _UNTIL)
        )
        slow.append(
            _timed(
                books, f"SELECT count(*), bit_xor(product) FROM ({entries}) e", _UNTIL, books.low, books.high, _UNTIL
            )
        )
    ((different,),) = books.owner(
        f"SELECT count(*) FROM ({moment}) m FULL JOIN ({entries}) e USING (account_id)"
        " WHERE m.product IS DISTINCT FROM coalesce(e.product, 0)",
        books.low, books.high, _UNTIL, _UNTIL, books.low, books.high, _UNTIL,
    )  # fmt: skip
    assert different == 0
    books.owner("RESET max_parallel_workers_per_gather")
    name = f"products of {books.members:,} accounts, entries / moment"
    return [Row(name, median(slow), median(ours), "seconds", 30)]


def compare_settlement(books: Books) -> list[Row]:
    """The year's interest of every member, computed and posted, beside one bare statement that does the same."""
    from anju.ledger.settlement import settle_interest

    books.owner("TRUNCATE bare_balance, bare_entry")
    books.owner("INSERT INTO bare_balance SELECT * FROM ledger_balance")
    books.owner("VACUUM ANALYZE bare_balance")
    books.tidy()
    ours, bare, paid_bare = [], [], []
    # A settlement is booked once: the rounds settle three successive days, each with its product since the day before.
    for number, day in enumerate((date(2024, 12, 29), date(2024, 12, 30), date(2024, 12, 31))):
        start = time.perf_counter()
        paid = settle_interest(
            subject="201",
            settlement_day=day,
            payable=books.payable,
            expense=books.expense,
            key=f"bench:{day}",
            maker="bench",
        )
        ours.append(time.perf_counter() - start)
        start = time.perf_counter()
        ((total,),) = books.owner(_BARE, *[(day - date(1970, 1, 1)).days + 1] * 8, number + 1, day)
        bare.append(time.perf_counter() - start)
        paid_bare.append(total)
        assert paid == total, (paid, total)
        books.tidy()
        books.owner("VACUUM bare_balance, bare_entry")
    return [
        Row(
            f"yearly interest of {books.members:,} accounts / bare SQL",
            median(ours),
            median(bare),
            "seconds",
            1.6,
            False,
        )
    ]


_BARE = """
WITH due AS (
    SELECT account_id, -(amount * %s - moment) AS product,
           ((-(amount * %s - moment) - settled_product) * 15000 * 2 + 360000000) / 720000000 AS interest
      FROM bare_balance WHERE settled_day < %s
), moved AS (
    UPDATE bare_balance b
       SET amount = b.amount - d.interest, moment = b.moment - d.interest * %s, version = b.version + 1, latest_day = %s,
           settled_product = d.product, settled_day = %s
      FROM due d WHERE b.account_id = d.account_id AND d.interest <> 0
    RETURNING b.account_id, d.interest
), written AS (
    INSERT INTO bare_entry
    SELECT n.journal, account_id, -interest, -interest * %s, row_number() OVER (), %s, n.day, 0
      FROM moved, (VALUES (%s, %s::date)) AS n (journal, day)
)
SELECT sum(interest)::bigint FROM moved
"""


def _contribute(books: Books, day: date) -> None:
    """A month's contributions of every member, straight through the posting function, 20 000 a journal."""
    books.owner(
        "SELECT count(*) FROM (SELECT n, array_agg(id) AS ids FROM (SELECT generate_series(%s, %s) AS id) AS i,"
        " LATERAL (SELECT (id - 1) / 20000 AS n) AS c GROUP BY n) AS chunk, LATERAL ledger_post("
        "ARRAY['m:' || %s || ':' || n], ARRAY['remittance'], ARRAY[''], ARRAY[''], ARRAY[%s::date], ARRAY[%s::date],"
        " ARRAY['bench'], ARRAY[NULL::text], array_fill(1, ARRAY[cardinality(ids) + 1]), ids || %s::bigint,"
        " array_fill(-120000::bigint, ARRAY[cardinality(ids)]) || (120000::bigint * cardinality(ids))) AS p",
        books.low, books.high, str(day), day, day, books.bank,
    )  # fmt: skip


def _timed(books: Books, statement: str, *parameters: object) -> float:
    start = time.perf_counter()
    books.owner(statement, *parameters)
    return time.perf_counter() - start
