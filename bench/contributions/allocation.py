"""A city's month from confirmed rosters and money received to posted entries, beside the bare SQL of the same rows."""

import time
from datetime import UTC, datetime

from bench.contributions import city
from bench.ledger.center import DAY, Books, median
from bench.report import Row

SMALL, LARGE = 400_000, 2_000_000
_ROUNDS = {SMALL: 3, LARGE: 1}


def compare(books: Books) -> list[Row]:
    """400 000 members beside bare SQL, then two million: time per member must not grow."""
    _bare_tables(books)
    month, per_member = city.MONTH, {}
    rows: list[Row] = []
    for size in (SMALL, LARGE):
        if size > books.members:
            books.open_members(size)
            city.add_members(books)
        ours, bare = [], []
        for _each in range(_ROUNDS[size]):
            lines, amount = city.confirm(books, month)
            bare.append(_bare(books, month))
            ours.append(_allocate(books, lines, amount))
            books.tidy()
            month += 1
        per_member[size] = median(ours) / size
        rows.append(
            Row(
                f"month of {size:,} members, {city.UNITS:,} units / bare SQL",
                median(ours),
                median(bare),
                "seconds",
                2,
                False,
            )
        )
    growth = Row(
        f"time per member, {LARGE:,} / {SMALL:,}", per_member[LARGE] * 1e6, per_member[SMALL] * 1e6, "µs", 1.3, False
    )
    return [*rows, growth]


def _allocate(books: Books, lines: int, amount: int) -> float:
    from anju.contributions.batch import ALLOCATION
    from anju.platform.runs import operations as runs
    from anju.platform.runs.queries import counts

    def now() -> datetime:
        return datetime.now(UTC)

    run = runs.open_run(
        job=ALLOCATION.name, key=f"bench:{time.time_ns()}", params={}, business_date=DAY, maker="bench", at=now()
    ).run
    start = time.perf_counter()
    runs.work(run_id=run.pk, clock=now)
    seconds = time.perf_counter() - start
    done = counts(run_id=run.pk)
    assert (done["lines"], done["amount"], done["short"], done["closed"]) == (lines, amount, 0, 0), done
    return seconds


def _bare_tables(books: Books) -> None:
    """Tables like the ledger's and like the bills, with their indexes and checks but no functions and no triggers."""
    books.owner("CREATE TABLE bare_balance (LIKE ledger_balance INCLUDING ALL) WITH (fillfactor = 50)")
    books.owner("CREATE TABLE bare_entry (LIKE ledger_entry INCLUDING ALL)")
    books.owner(
        "CREATE TABLE bare_journal (LIKE ledger_journal INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)"
    )
    books.owner("CREATE TABLE bare_bill (LIKE contributions_bill INCLUDING ALL)")
    books.owner("CREATE TABLE bare_unit (LIKE registry_unit INCLUDING ALL)")


def _bare(books: Books, month: int) -> float:
    """The same rows by the statements that write them and nothing else, unit by unit range as the engine does."""
    from django.db import connections, transaction

    for table, source in (
        ("bare_balance", "ledger_balance"),
        ("bare_bill", "contributions_bill"),
        ("bare_unit", "registry_unit"),
    ):
        books.owner(f"TRUNCATE {table}")
        books.owner(f"INSERT INTO {table} SELECT * FROM {source}")
    books.owner("VACUUM ANALYZE bare_balance, bare_bill, bare_unit")
    first = books.number("SELECT min(id) FROM bare_bill WHERE state = 'open'")
    last = books.number("SELECT max(id) FROM bare_bill WHERE state = 'open'")
    start = time.perf_counter()
    for low in range(first, last + 1, 200):
        with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
            for statement in _STATEMENTS:
                cursor.execute(statement, {"low": low, "high": low + 199, "month": month})
    seconds = time.perf_counter() - start
    posted = books.number(
        "SELECT count(*) FROM bare_entry e JOIN bare_journal j ON j.id = e.journal_id WHERE j.maker = %s", str(month)
    )
    wanted = books.number("SELECT count(*) FROM contributions_contribution WHERE month = %s", month)
    assert posted == wanted + last - first + 1, (posted, wanted)
    return seconds


_LINES = """
SELECT b.id AS bill, m.account_id AS account, (c.unit_amount + c.person_amount) AS amount
  FROM bare_bill b JOIN contributions_remittance r ON r.bill_id = b.id
  JOIN contributions_contribution c ON c.remittance_id = r.id JOIN registry_member m ON m.id = c.member_id
 WHERE b.id BETWEEN %(low)s AND %(high)s AND b.state = 'open'
UNION ALL
SELECT b.id, u.suspense_id, -b.amount FROM bare_bill b JOIN registry_unit u ON u.id = b.unit_id
 WHERE b.id BETWEEN %(low)s AND %(high)s AND b.state = 'open'
"""
_STATEMENTS = (
    (
        "INSERT INTO bare_journal (id, key, payload_hash, kind, reference, narrative, business_date, value_date, maker)"
        " SELECT id, %(month)s || ':' || number, '', 'remittance', '', number, date '2024-05-06', date '2024-05-06', %(month)s::text"
        " FROM bare_bill WHERE id BETWEEN %(low)s AND %(high)s AND state = 'open'"
    ),
    (
        f"WITH line AS (SELECT l.*, row_number() OVER () AS line FROM ({_LINES}) AS l), moved AS ("
        " UPDATE bare_balance x SET amount = x.amount - l.amount, moment = x.moment - l.amount * 19849, version = version + 1,"
        " latest_day = 19849 FROM line l WHERE x.account_id = l.account RETURNING l.bill, l.account, l.amount, l.line)"
        " INSERT INTO bare_entry (journal_id, account_id, amount, moment, line, value_day, business_date, leaf)"
        " SELECT bill, account, -amount, -amount * 19849, line, 19849, date '2024-05-06', 0 FROM moved"
    ),
    (
        "UPDATE bare_unit u SET paid_to = %(month)s FROM bare_bill b"
        " WHERE b.unit_id = u.id AND b.id BETWEEN %(low)s AND %(high)s AND b.state = 'open'"
    ),
    (
        "UPDATE bare_bill SET state = 'paid', paid_date = date '2024-05-06', journal_id = -id"
        " WHERE id BETWEEN %(low)s AND %(high)s AND state = 'open'"
    ),
)
