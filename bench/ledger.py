"""The posting path beside pgbench's TPC-B and beside the bare SQL that moves the same rows, on one server.

Both sides of each pair run in turn on the embedded server with its production settings (fsync on).
"""

import os
import re
import subprocess
import tempfile
import time
from pathlib import Path

from bench.report import Row

_HOME = Path(__file__).resolve().parent.parent / ".anju" / "bench"
_SECONDS, _CLIENTS, _ACCOUNTS = 8, 8, 100_000

_POSTING_SCRIPT = """
\\set member random(:low, :high)
\\set amount random(1, 10000)
\\set key random(1, 9000000000000000000)
SELECT * FROM ledger_post(ARRAY['b:' || :key ::text], ARRAY['bench'], ARRAY[''], ARRAY[''],
  ARRAY[date '2024-05-06'], ARRAY[date '2024-05-06'], ARRAY['bench'], ARRAY[NULL::text], ARRAY[NULL::bigint],
  ARRAY[1, 1], ARRAY[:bank ::bigint, :member ::bigint], ARRAY[:amount ::bigint, -(:amount ::bigint)]);
"""


def run() -> list[Row]:
    """Single postings at eight clients, and a remittance of 100 000 members."""
    os.environ.update(ANJU_HOME=str(_HOME), ANJU_CENTER="bench")
    from anju.cli.django_setup import ensure

    ensure()
    from anju.platform.embedded import EmbeddedServer

    server = EmbeddedServer(_HOME)
    try:
        bank, members = _accounts()
        return [_single(server.url(), server.url("owner"), bank, members), _remittance(bank, members)]
    finally:
        from django.db import connections

        connections.close_all()
        server.stop()


def _accounts() -> tuple[int, list[int]]:
    from datetime import date

    from anju.ledger.operations import NewAccount, open_accounts

    opened = date(2024, 1, 1)
    bank = open_accounts(accounts=[NewAccount("bank", "10101", opened)], hot=True, overdraft_allowed=True)["bank"]
    numbers = [NewAccount(f"{number:08d}", "201", opened) for number in range(_ACCOUNTS)]
    return bank, sorted(open_accounts(accounts=numbers).values())


def _single(app_url: str, owner_url: str, bank: int, members: list[int]) -> Row:
    _pgbench("-i", "-q", "-s", "20", owner_url)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(_POSTING_SCRIPT)
        script.flush()
        variables = [
            f"-D{name}={value}" for name, value in (("bank", bank), ("low", members[0]), ("high", members[-1]))
        ]
        load = ["-c", str(_CLIENTS), "-j", "2", "-T", str(_SECONDS), "-M", "prepared"]
        ours, peer = [], []
        for _round in range(3):
            peer.append(_tps(_pgbench("-n", *load, owner_url)))
            ours.append(_tps(_pgbench("-n", *load, "-f", script.name, *variables, app_url, search_path="bench")))
    return Row(
        f"single posting, {_CLIENTS} clients / pgbench TPC-B", _median(ours), _median(peer), "per second", 0.7, True
    )


def _remittance(bank: int, members: list[int]) -> Row:
    """All members credited in one journal, against the same balance updates and entry rows written bare."""
    from datetime import date

    from django.db import connection, connections, transaction

    from anju.ledger.operations import JournalRequest, credit, debit, post

    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "CREATE TABLE IF NOT EXISTS bare_balance (LIKE ledger_balance INCLUDING ALL) WITH (fillfactor = 60)"
        )
        cursor.execute("CREATE TABLE IF NOT EXISTS bare_entry (LIKE ledger_entry INCLUDING ALL)")
        cursor.execute("TRUNCATE bare_balance, bare_entry")
        cursor.execute("INSERT INTO bare_balance SELECT * FROM ledger_balance")
        cursor.execute("ANALYZE bare_balance, ledger_balance, ledger_account")
    ours, bare = [], []
    for number in range(3):
        lines = [debit(bank, 100 * len(members)), *(credit(member, 100) for member in members)]
        journal = JournalRequest(
            key=f"batch:{time.time_ns()}", kind="bench", business_date=date(2024, 5, 6), lines=lines, maker="bench"
        )
        start = time.perf_counter()
        post(journals=[journal])
        ours.append(time.perf_counter() - start)
        start = time.perf_counter()
        with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
            cursor.execute(
                "WITH moved AS (UPDATE bare_balance SET amount = amount - 100, moment = moment - 100 * 19849,"
                " version = version + 1 RETURNING account_id)"
                " INSERT INTO bare_entry SELECT %s, row_number() OVER (), account_id, -100, -1984900, 19849,"
                " date '2024-05-06' FROM moved",
                [number],
            )
        bare.append(time.perf_counter() - start)
    connection.close()
    return Row(
        f"remittance of {len(members):,} members / bare SQL", _median(ours), _median(bare), "seconds", 1.6, False
    )


def _pgbench(*arguments: str, search_path: str = "public") -> str:
    from anju.platform.embedded import binaries

    environment = {**os.environ, "PGOPTIONS": f"-c search_path={search_path}"}
    command = [str(binaries() / "pgbench"), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout


def _tps(output: str) -> float:
    match = re.search(r"tps = ([\d.]+)", output)
    assert match is not None, output
    return float(match[1])


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]
