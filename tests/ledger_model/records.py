"""What the model keeps: entries, holds and accounts, and the small arithmetic on them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from anju.ledger.operations import JournalRequest, Line

DAY = timedelta(days=1)
OWN_KINDS = ("reversal", "interest-settlement", "interest-difference", "account-transfer")


class RefusedError(Exception):
    """The model refuses; `code` is the one that the ledger must give."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Entry:
    business: date
    value: date
    amount: int
    kind: str


@dataclass
class Jump:
    """A product that a transfer brought or took on a day; `borne` once it has been counted in a settlement."""

    day: date
    product: int
    borne: bool = False


@dataclass
class Hold:
    key: str
    kind: str
    remaining: int
    placed: date
    expires: date | None
    active: bool = True


@dataclass
class Account:
    number: int
    subject: str
    side: int
    opened: date
    hot: bool = False
    overdraft: bool = False
    closed: bool = False
    settled: date = date.min  # interest for earlier days has been borne
    entries: list[Entry] = field(default_factory=list)
    jumps: list[Jump] = field(default_factory=list)
    earned: list[tuple[date, int]] = field(default_factory=list)  # beside the entries: carried along, or paid out
    holds: list[Hold] = field(default_factory=list)

    @property
    def balance(self) -> int:
        return self.side * sum(entry.amount for entry in self.entries)

    def demand(self, kind: str) -> int:
        return sum(hold.remaining for hold in self.holds if hold.active and hold.kind == kind)

    def daily(self, first: date, until: date, known: date = date.max) -> Iterator[tuple[date, int]]:
        """Balance at the end of each day from `first` to the day before `until`, by value dates."""
        entries = sorted((e.value, e.amount) for e in self.entries if e.business <= known)
        if entries:
            first = max(first, entries[0][0])
        balance, position, day = 0, 0, first
        while day < until:
            while position < len(entries) and entries[position][0] <= day:
                balance += self.side * entries[position][1]
                position += 1
            yield day, balance
            day += DAY

    def covered(self) -> list[tuple[str, int, int]]:
        """(key, remaining, covered) of the active holds: reserves first served, then freezes in their order."""
        free = self.balance - self.demand("reserve")
        queue = []
        for hold in self.holds:
            if hold.active:
                share = hold.remaining if hold.kind == "reserve" else max(0, min(hold.remaining, free))
                free -= share if hold.kind == "freeze" else 0
                queue.append((hold.key, hold.remaining, share))
        return queue


def half_up(numerator: int) -> int:
    """Fen from fen x days x ppm at 360 days a year."""
    fen, rest = divmod(abs(numerator), 360 * 10**6)
    fen += rest * 2 >= 360 * 10**6
    return fen if numerator >= 0 else -fen


def bear(account: Account, until: date) -> None:
    account.settled = until
    for jump in account.jumps:
        jump.borne |= jump.day <= until


def own_journal(key: str, kind: str, business: date, value: date, lines: Sequence[Line]) -> JournalRequest:
    return JournalRequest(key=key, kind=kind, business_date=business, value_date=value, lines=lines, maker="model")


def value_of(journal: JournalRequest) -> date:
    return journal.value_date or journal.business_date


def same_request(one: JournalRequest, other: JournalRequest) -> bool:
    return (value_of(one), *_facts(one)) == (value_of(other), *_facts(other))


def _facts(journal: JournalRequest) -> tuple[object, ...]:
    return (
        journal.kind,
        journal.business_date,
        tuple(journal.lines),
        journal.maker,
        journal.checker,
        journal.reference,
        journal.narrative,
    )
