"""A center for benchmarks: an embedded server of its own, a fresh schema, open days, accounts as they are needed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent.parent / ".anju" / "bench"
CENTER = "bench"
DAY = date(2024, 5, 6)
_OPENED = date(2024, 1, 1)
#: Accounts opened in one call.
_PAGE = 50_000


@dataclass(slots=True)
class Books:
    """What the benchmarks work on: addresses of the server, accounts by name, the members' ids so far."""

    app_url: str
    owner_url: str
    bank: int
    banks: list[int]
    payable: int
    expense: int
    members: int = 0
    low: int = 1

    @property
    def high(self) -> int:
        return self.low + self.members - 1

    def open_members(self, wanted: int) -> None:
        """Open members' accounts until there are `wanted`; their ids run from `low` to `high` without a gap."""
        from anju.ledger.operations import NewAccount, open_accounts

        while self.members < wanted:
            size = min(_PAGE, wanted - self.members)
            numbers = range(self.members, self.members + size)
            opened = open_accounts(accounts=[NewAccount(f"M{number:09d}", "201", _OPENED) for number in numbers])
            if self.members == 0:
                self.low = min(opened.values())
            self.members += size
            assert max(opened.values()) == self.high
        self.tidy()

    def tidy(self) -> None:
        """What autovacuum would do in a quiet hour."""
        self.owner("VACUUM ANALYZE ledger_balance, ledger_account, ledger_entry, ledger_journal")

    def number(self, statement: str, *parameters: object) -> int:
        """The one number that a query gives."""
        ((value,),) = self.owner(statement, *parameters)
        assert isinstance(value, int)
        return value

    def owner(self, statement: str, *parameters: object) -> list[tuple[object, ...]]:
        """Run a statement as the owner and return its rows."""
        from django.db import connections

        with connections["owner"].cursor() as cursor:
            cursor.execute(statement, list(parameters))
            return cursor.fetchall() if cursor.description else []


@contextmanager
def fresh() -> Iterator[Books]:
    """A new center on a running server; the server stops at the end."""
    os.environ.update(ANJU_HOME=str(HOME), ANJU_CENTER=CENTER)
    from anju.cli.django_setup import ensure
    from anju.platform.embedded import EmbeddedServer

    ensure(migrate=False)
    from django.db import connections

    from anju.ledger.days import open_days
    from anju.platform import schema

    server = EmbeddedServer(HOME)
    try:
        schema.drop()
        schema.prepare()
        open_days(first=date(2024, 1, 1), final=date(2025, 12, 31), actor="bench")
        yield _books(server)
    finally:
        connections.close_all()
        server.stop()


def _books(server: "object") -> Books:
    from anju.ledger.operations import NewAccount, open_accounts

    names = {"bank": "10101", "payable": "211", "expense": "41101", **{f"bank-{n}": "10101" for n in range(64)}}
    wanted = [NewAccount(name, subject, _OPENED) for name, subject in names.items()]
    ids = open_accounts(accounts=wanted, hot=True, overdraft_allowed=True)
    return Books(
        app_url=server.url("app"),  # type: ignore[attr-defined]
        owner_url=server.url("owner"),  # type: ignore[attr-defined]
        bank=ids["bank"],
        banks=sorted(ids[f"bank-{n}"] for n in range(64)),
        payable=ids["payable"],
        expense=ids["expense"],
    )


def median(values: list[float]) -> float:
    """The middle one."""
    return sorted(values)[len(values) // 2]
