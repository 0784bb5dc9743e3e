"""A million postings in batches that share their accounts, by one, two and four workers: as fast together, no deadlock.

Each worker takes the accounts of its batches at random and in random order, so that at any moment several batches want
the same accounts. Afterwards every account holds exactly what the workers say they credited to it.
"""

import multiprocessing
import os
import random
import time
from collections import Counter
from datetime import date
from pathlib import Path

from bench.report import Row

_HOME = Path(__file__).resolve().parent.parent / ".anju" / "bench"
_DAY = date(2024, 5, 6)
_POSTINGS = int(os.environ.get("ANJU_BENCH_POSTINGS", "1000000"))
_ACCOUNTS, _LINES = 5_000, 500


def run() -> list[Row]:
    """The same million with one, two and four workers."""
    os.environ.update(ANJU_HOME=str(_HOME), ANJU_CENTER="bench")
    from anju.cli.django_setup import ensure

    ensure()
    from anju.platform.embedded import EmbeddedServer

    server = EmbeddedServer(_HOME)
    try:
        before = _deadlocks()
        rates = {workers: _rate(workers) for workers in (1, 2, 4)}
        deadlocks = _deadlocks() - before
    finally:
        from django.db import connections

        connections.close_all()
        server.stop()
    name = f"{_POSTINGS:,} postings in batches of {_LINES} on {_ACCOUNTS:,} accounts"
    return [
        Row(f"{name}: 2 workers / 1 worker", rates[2], rates[1], "per second", 0.8, higher_is_better=True),
        Row(f"{name}: 4 workers / 1 worker", rates[4], rates[1], "per second", 0.8, higher_is_better=True),
        Row(f"{name}: deadlocks", deadlocks, None, "deadlocks", 0, higher_is_better=False),
    ]


def _rate(workers: int) -> float:
    """Postings a second of so many workers on accounts of their own."""
    from django.db import connections

    bank, members = _accounts(f"overlap-{time.time_ns()}")
    batches = _POSTINGS // _LINES // workers
    connections.close_all()  # a worker must not inherit a connection
    fork = multiprocessing.get_context("fork")
    start = time.perf_counter()
    with fork.Pool(workers) as pool:
        credited = pool.starmap(_work, [(number, batches, bank, members) for number in range(workers)], chunksize=1)
    seconds = time.perf_counter() - start
    _check(members, sum(credited, Counter()))
    return workers * batches * _LINES / seconds


def _accounts(prefix: str) -> tuple[int, list[int]]:
    from anju.ledger.days import open_days
    from anju.ledger.operations import NewAccount, open_accounts

    open_days(first=_DAY, final=_DAY, actor="bench")
    bank = NewAccount(f"{prefix}-bank", "10101", _DAY)
    members = [NewAccount(f"{prefix}-{number}", "201", _DAY) for number in range(_ACCOUNTS)]
    (bank_id,) = open_accounts(accounts=[bank], hot=True, overdraft_allowed=True).values()
    return bank_id, list(open_accounts(accounts=members).values())


def _work(worker: int, batches: int, bank: int, members: list[int]) -> Counter[int]:
    """Post the batches; a deadlock would end the worker, and the bench. Returns what each account was credited."""
    from anju.ledger.operations import JournalRequest, credit, debit, post

    chance, credited = random.Random(worker), Counter[int]()
    for number in range(batches):
        amount = chance.randint(1, 10_000)
        chosen = chance.sample(members, _LINES - 1)
        credited.update(dict.fromkeys(chosen, amount))
        lines = [debit(bank, amount * len(chosen)), *(credit(member, amount) for member in chosen)]
        key = f"overlap:{bank}:{worker}:{number}"
        post(journals=[JournalRequest(key=key, kind="bench", business_date=_DAY, lines=lines, maker="bench")])
    return credited


def _check(members: list[int], credited: Counter[int]) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT account_id, -amount FROM ledger_balance WHERE account_id = ANY (%s)", [members])
        assert Counter(dict(cursor.fetchall())) == credited


def _deadlocks() -> int:
    """Deadlocks that the server has found so far."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])
