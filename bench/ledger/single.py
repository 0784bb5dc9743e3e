"""Single postings by eight clients beside pgbench's TPC-B on the same server, rounds in turn."""

import multiprocessing
import os
import re
import subprocess
import tempfile
import time
from multiprocessing.synchronize import Event

from bench.ledger.center import CENTER, DAY, Books, median
from bench.report import Row

CLIENTS, ROUNDS, SECONDS = 8, 5, 4
_SCALE = 20
_ACCOUNTS = 100_000
_JOURNALS = "SELECT count(*) FROM ledger_journal"
_SCRIPT = r"""
\set member random(:low, :high)
\set bank random(:first_bank, :final_bank)
\set amount random(1, 10000)
\set key random(1, 9000000000000000000)
SELECT ledger_post(ARRAY['b:' || :key ::text], ARRAY['bench'], ARRAY[''], ARRAY[''],
  ARRAY[date '2024-05-06'], ARRAY[date '2024-05-06'], ARRAY['bench'], ARRAY[NULL::text],
  ARRAY[1, 1], ARRAY[:bank ::bigint, :member ::bigint], ARRAY[:amount ::bigint, -(:amount ::bigint)]);
"""


def compare(books: Books) -> list[Row]:
    """The database function on one hot bank account and on 64, and the Python API, each beside TPC-B."""
    books.open_members(_ACCOUNTS)
    _pgbench(["-i", "-q", "-s", str(_SCALE)], books.owner_url)
    figures: dict[str, list[float]] = {"tpcb": [], "hot": [], "spread": [], "python": []}
    before = books.number(_JOURNALS)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(_SCRIPT)
        script.flush()
        for _round in range(ROUNDS):
            figures["tpcb"].append(_tps(_pgbench(_load(), books.owner_url)))
            for name, first, final in (("hot", books.bank, books.bank), ("spread", books.banks[0], books.banks[-1])):
                variables = {"low": books.low, "high": books.high, "first_bank": first, "final_bank": final}
                options = [*_load(), "-f", script.name, *(f"-D{name}={value}" for name, value in variables.items())]
                figures[name].append(_tps(_pgbench(options, books.app_url, CENTER)))
            figures["python"].append(_python(books))
    assert books.number(_JOURNALS) - before > 1000  # the postings are in the ledger
    middle = {name: median(values) for name, values in figures.items()}
    return [
        Row(f"single posting, {CLIENTS} clients / pgbench TPC-B", middle["hot"], middle["tpcb"], "per second", 0.7),
        Row("the same through the Python API / pgbench TPC-B", middle["python"], middle["tpcb"], "per second"),
        Row("one hot bank account / 64 bank accounts", middle["hot"], middle["spread"], "per second", 0.85),
    ]


def _load() -> list[str]:
    return ["-n", "-c", str(CLIENTS), "-j", "2", "-T", str(SECONDS), "-M", "prepared"]


def _python(books: Books) -> float:
    """Postings a second of eight processes, each posting one journal at a time through `operations.post`."""
    from django.db import connections

    connections.close_all()  # forked processes open their own
    context = multiprocessing.get_context("fork")
    go, done = context.Event(), context.SimpleQueue()
    workers = [context.Process(target=_post_until, args=(books, go, done, n)) for n in range(CLIENTS)]
    for worker in workers:
        worker.start()
    go.set()
    total = sum(done.get() for _worker in workers)
    for worker in workers:
        worker.join()
    return float(total) / SECONDS


def _post_until(books: Books, go: Event, done: "multiprocessing.SimpleQueue[int]", number: int) -> None:
    import random

    from anju.ledger.operations import JournalRequest, credit, debit, post

    chance = random.Random(time.time_ns() + number)
    go.wait()
    posted, end = 0, time.monotonic() + SECONDS
    while time.monotonic() < end:
        amount = chance.randint(1, 10_000)
        lines = [debit(books.bank, amount), credit(chance.randint(books.low, books.high), amount)]
        key = f"p:{chance.getrandbits(63)}"
        post(journals=[JournalRequest(key=key, kind="bench", business_date=DAY, lines=lines, maker="bench")])
        posted += 1
    done.put(posted)


def _pgbench(options: list[str], url: str, search_path: str = "public") -> str:
    from anju.platform.embedded import binaries

    environment = {**os.environ, "PGOPTIONS": f"-c search_path={search_path},pg_temp"}
    command = [str(binaries() / "pgbench"), *options, url]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout


def _tps(output: str) -> float:
    match = re.search(r"tps = ([\d.]+)", output)
    assert match is not None, output
    return float(match[1])
