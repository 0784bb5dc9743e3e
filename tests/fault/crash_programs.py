"""What the victims run: programs of public operations with known keys, and what the books must show at every moment.

A program is a list of steps. Each names the facts that it leaves in the database: all of them or none of them are
there, before the step is done and after it, whatever was killed.
"""

import itertools
import random
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import connection, transaction

from anju.ledger import days, holds, operations, settlement
from anju.ledger.interest import Flow, settle
from anju.ledger.operations import JournalRequest, Line, NewAccount, credit, debit
from anju.ledger.rates import member_rates

#: Journals, steps of holds, accounts and days that stand in the books, each once.
_FACTS = """
SELECT 'journal:' || key FROM ledger_journal WHERE key LIKE %(prefix)s
UNION ALL SELECT 'hold:' || key FROM ledger_hold_event WHERE key LIKE %(prefix)s
UNION ALL SELECT 'account:' || number FROM ledger_account WHERE number LIKE %(prefix)s
UNION ALL SELECT 'run:' || key FROM platform_run WHERE key LIKE %(prefix)s
UNION ALL SELECT 'finished:' || key FROM platform_run JOIN platform_run_standing ON run_id = id
           WHERE key LIKE %(prefix)s AND state = 'finished'
UNION ALL SELECT 'open:' || day FROM ledger_day WHERE day = %(day)s
UNION ALL SELECT 'shut:' || day FROM ledger_day WHERE day = %(day)s AND shut
UNION ALL SELECT 'sealed:' || day FROM ledger_day WHERE day = %(day)s AND root IS NOT NULL
"""


@dataclass(frozen=True)
class Step:
    """One call of a public operation: its work, and the facts that it leaves."""

    work: Callable[[], object]
    facts: tuple[str, ...] = ()


@dataclass
class Program(ABC):
    """Steps on a business day of their own, which the last two shut and seal."""

    name: str
    day: date
    seed: int
    steps: list[Step] = field(default_factory=list)
    accounts: dict[str, int] = field(default_factory=dict)
    #: How many run it at once.
    workers = 1

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.build()
        self.add(lambda: days.shut_days(through=self.day), f"shut:{self.day}")
        self.add(lambda: days.seal_days(through=self.day, actor="点检"), f"sealed:{self.day}")

    @abstractmethod
    def build(self) -> None:
        """Add the steps of the day."""

    def kill_after(self, reached: int) -> int:
        """After how many marks to kill next: a little further than the latest kill, for a rerun repeats all calls."""
        return reached + self.chance.randint(1, 24)

    def add(self, work: Callable[[], object], *facts: str) -> None:
        self.steps.append(Step(work, facts))

    def open(self, subject: str, numbers: Sequence[str], *, hot: bool = False) -> list[str]:
        """A step that opens accounts; returns their full numbers."""
        full = [f"{self.name}:{number}" for number in numbers]
        new = [NewAccount(number, subject, self.day - timedelta(days=400)) for number in full]

        def work() -> None:
            self.accounts |= operations.open_accounts(accounts=new, hot=hot, overdraft_allowed=hot)

        self.add(work, *(f"account:{number}" for number in full))
        return full

    def open_day(self) -> None:
        self.add(lambda: days.open_days(first=self.day, final=self.day, actor="点检"), f"open:{self.day}")

    def journal(self, key: str, lines: Sequence[Line], value_date: date | None = None) -> JournalRequest:
        return JournalRequest(
            key=key, kind="drill", business_date=self.day, value_date=value_date, lines=lines, maker="甲", checker="乙"
        )

    def check(self, done: int, *, finished: bool) -> None:
        """Steps before `done` stand, the one after may stand, later ones do not; `finished`: all stand and agree."""
        with connection.cursor() as cursor:
            cursor.execute(_FACTS, {"prefix": f"{self.name}:%", "day": self.day})
            found = Counter(fact for (fact,) in cursor.fetchall())
        for number, step in enumerate(self.steps):
            there = [found[fact] for fact in step.facts]
            assert set(there) <= {0, 1}, ("doubled", number, step.facts, there)
            assert len(set(there)) <= 1, ("half a step", number, step.facts, there)
            assert number >= done or all(there), ("lost", number, step.facts)
            assert number <= done or not any(there), ("ahead", number, step.facts)
        self.check_books(finished=finished)

    @abstractmethod
    def check_books(self, *, finished: bool) -> None:
        """What the program's accounts must show."""


class CounterDay(Program):
    """A teller's day: single postings, overlapping batches, holds placed, captured and released, reversals, transfers."""

    def build(self) -> None:
        self.journals: dict[str, int] = {}
        self.placed: dict[str, int] = {}
        (self.bank,) = self.open("10101", ["bank"], hot=True)
        members = self.open("201", [f"m{number}" for number in range(6)])
        self.open_day()
        self.balances = dict.fromkeys(members, 0)
        self.held = dict.fromkeys(members, 0)
        self.reversible: list[tuple[str, str, int]] = []
        self.batch(members)
        makers = [self.single, self.overlapping, self.reserve, self.reversal, self.transfer]
        for _ in range(8):
            self.chance.choice(makers)()

    def key(self, what: str) -> str:
        return f"{self.name}:{what}{len(self.steps)}"

    def free(self) -> list[str]:
        return [member for member, balance in self.balances.items() if balance - self.held[member] > 10]

    def batch(self, members: Sequence[str]) -> None:
        """One call, several journals, the same accounts in several of them and in no order."""
        planned = []
        for number in range(len(members)):
            chosen = self.chance.sample(list(members), 3)
            planned.append((f"{self.key('batch')}.{number}", [(m, self.chance.randint(20, 999)) for m in chosen]))
        for _key, parts in planned:
            for member, amount in parts:
                self.balances[member] += amount

        def work() -> None:
            bank = self.accounts[self.bank]
            operations.post(
                journals=[
                    self.journal(key, [debit(bank, sum(a for _m, a in parts)),
                                       *(credit(self.accounts[m], a) for m, a in parts)])
                    for key, parts in planned
                ]
            )  # fmt: skip

        self.add(work, *(f"journal:{key}" for key, _parts in planned))

    def overlapping(self) -> None:
        self.batch(self.chance.sample(list(self.balances), 4))

    def single(self) -> None:
        key, member, amount = self.key("single"), self.chance.choice(self.free()), self.chance.randint(1, 10)
        if self.chance.random() < 0.5:
            amount = -amount
        else:
            self.reversible.append((key, member, amount))
        self.balances[member] += amount

        def work() -> None:
            lines = [Line(self.accounts[self.bank], amount), Line(self.accounts[member], -amount)]
            (posted,) = operations.post(journals=[self.journal(key, lines)])
            self.journals[key] = posted.journal_id

        self.add(work, f"journal:{key}")

    def reserve(self) -> None:
        """Two phases, and now and then a reserve that stays."""
        key, member, amount = self.key("hold"), self.chance.choice(self.free()), self.chance.randint(2, 10)
        self.held[member] += amount

        def place() -> None:
            self.placed[key] = holds.place(
                key=key,
                account=self.accounts[member],
                kind="reserve",
                amount=amount,
                business_date=self.day,
                maker="甲",
            ).hold_id

        self.add(place, f"hold:{key}")
        ending = self.chance.choice(["capture", "release", "stay"])
        if ending == "stay":
            return
        end, part = self.key(ending), self.chance.randint(1, amount)
        self.held[member] -= amount

        def capture() -> None:
            lines = [debit(self.accounts[member], part), credit(self.accounts[self.bank], part)]
            holds.capture(hold_id=self.placed[key], journal=self.journal(end, lines))

        def release() -> None:
            holds.release(hold_id=self.placed[key], key=end, business_date=self.day, maker="甲")

        if ending == "capture":
            self.balances[member] -= part
            self.add(capture, f"hold:{end}", f"journal:{end}")
        else:
            self.add(release, f"hold:{end}")

    def reversal(self) -> None:
        undone = [one for one in self.reversible if one[1] in self.free()]
        if not undone:
            return self.single()
        original, member, amount = self.chance.choice(undone)
        self.reversible.remove((original, member, amount))
        self.balances[member] -= amount
        key = self.key("reversal")
        self.add(
            lambda: operations.reverse(
                journal_id=self.journals[original], key=key, business_date=self.day, maker="甲", reason="点检"
            ),
            f"journal:{key}",
        )
        return None

    def transfer(self) -> None:
        sources = [member for member in self.free() if not self.held[member]]
        if len(sources) < 4:
            return self.overlapping()
        source, key = self.chance.choice(sources), self.key("transfer")
        destination = self.chance.choice([member for member in self.balances if member != source])
        self.balances[destination] += self.balances[source]
        self.balances[source] = 0
        self.reversible = [one for one in self.reversible if one[1] != source]
        self.add(
            lambda: operations.transfer_account(
                source=self.accounts[source], destination=self.accounts[destination], key=key,
                business_date=self.day, maker="甲",
            ),
            f"journal:{key}",
        )  # fmt: skip
        return None

    def check_books(self, *, finished: bool) -> None:
        if not finished:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT a.number, -b.amount, b.held FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id"
                " WHERE a.number LIKE %s",
                [f"{self.name}:%"],
            )
            found = {number: (balance, held) for number, balance, held in cursor.fetchall()}
        assert found == {member: (self.balances[member], self.held[member]) for member in self.balances}


class SettlementDay(Program):
    """Money of many value dates on many accounts of a subject of their own, then the yearly settlement in small chunks.

    Afterwards some deposits come to light that were made before it, and one account is paid out and closed.
    """

    ACCOUNTS, CHUNK = 40, 4

    def build(self) -> None:
        self.subject = self.name.rpartition(":")[2]
        self.payable, self.expense, self.bank = (
            self.open(subject, [what], hot=True)[0]
            for subject, what in (("211", "payable"), ("41101", "expense"), ("10101", "bank"))
        )
        members = self.open(self.subject, [f"m{number:02d}" for number in range(self.ACCOUNTS)])
        self.open_day()
        self.flows: dict[str, list[Flow]] = {member: [] for member in members}
        self.add_deposits()
        self.add_settlement()
        self.interest = {member: self.pure_interest(flows) for member, flows in self.flows.items()}
        self.found = {member: self.flow() for member in self.chance.sample(members[1:], 3)}
        self.add(self.correct, *(f"journal:{self.name}:found:{member}" for member in self.found))
        self.closed = members[0]
        self.add(self.close, f"journal:{self.name}:close")

    def add_deposits(self) -> None:
        for part in range(3):
            self.deposits(part)

    def add_settlement(self) -> None:
        self.add(self.settle)

    def flow(self) -> Flow:
        return Flow(self.day - timedelta(days=self.chance.randint(0, 300)), self.chance.randint(1, 10**7))

    def deposits(self, part: int) -> None:
        planned = []
        for number, member in enumerate(self.flows):
            flow = self.flow()
            self.flows[member].append(flow)
            planned.append((f"{self.name}:deposit{part}.{number}", member, flow))

        def work() -> None:
            bank = self.accounts[self.bank]
            operations.post(
                journals=[
                    self.journal(key, [debit(bank, f.amount), credit(self.accounts[member], f.amount)], f.day)
                    for key, member, f in planned
                ]
            )

        self.add(work, *(f"journal:{key}" for key, _member, _flow in planned))

    def settle(self) -> None:
        settlement.settle_interest(
            subject=self.subject,
            settlement_day=self.day,
            payable=self.accounts[self.payable],
            expense=self.accounts[self.expense],
            key=f"settlement of {self.name}",
            maker="甲",
            chunk=self.CHUNK,
        )

    def correct(self) -> None:
        bank = self.accounts[self.bank]
        operations.correct(
            journals=[
                self.journal(
                    f"{self.name}:found:{member}",
                    [debit(bank, flow.amount), credit(self.accounts[member], flow.amount)],
                    flow.day,
                )
                for member, flow in self.found.items()
            ]
        )

    def close(self) -> None:
        """Pay an account out and close it, in a transaction of the caller."""
        account, left = self.accounts[self.closed], sum(self.states(self.closed)[-2])
        with transaction.atomic():
            lines = [debit(account, left), credit(self.accounts[self.bank], left)]
            operations.post(journals=[self.journal(f"{self.name}:close", lines, self.day + timedelta(days=1))])
            operations.close_account(account=account, closing_date=self.day)

    def states(self, member: str) -> list[tuple[int, int]]:
        """What an account shows from its opening to its end: the money brought or taken, and the interest on it."""
        flows, interest = self.flows[member], self.interest[member]
        brought = list(itertools.accumulate((flow.amount for flow in flows), initial=0))
        shown = [(money, 0) for money in brought] + [(brought[-1], interest)]
        if member in self.found:
            found = self.found[member]
            shown.append((brought[-1] + found.amount, self.pure_interest([*flows, found])))
        if member == self.closed:
            shown.append((-interest, interest))
        return shown

    def pure_interest(self, flows: Sequence[Flow]) -> int:
        (rate,) = [r.rate for r in member_rates() if r.start <= self.day and (r.end is None or r.end > self.day)]
        start = min(flow.day for flow in flows)
        return settle(0, flows, start=start, until=self.day + timedelta(days=1), rate=rate).interest

    def check_books(self, *, finished: bool) -> None:
        """At every moment each account has borne its interest to the fen, or none of it; and a chunk pays what it credits."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT a.number, b.settled_day, a.closed_date IS NOT NULL, -b.amount,"
                " -coalesce(sum(e.amount) FILTER (WHERE j.kind = 'interest-settlement'), 0)::bigint,"
                " -coalesce(sum(e.amount) FILTER (WHERE j.kind = 'interest-difference'), 0)::bigint"
                "  FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id"
                "  LEFT JOIN ledger_entry e ON e.account_id = a.id LEFT JOIN ledger_journal j ON j.id = e.journal_id"
                " WHERE a.subject_id = %s GROUP BY a.id, b.account_id",
                [self.subject],
            )
            found = {number: facts for number, *facts in cursor.fetchall()}
            cursor.execute(
                "SELECT count(*), coalesce(sum(e.amount), 0)::bigint FROM ledger_entry e"
                " JOIN ledger_account a ON a.id = e.account_id WHERE a.number = %s",
                [self.payable],
            )
            chunks, paid = cursor.fetchone()
        until = (self.day - date(1970, 1, 1)).days + 1
        for member, (settled, closed, balance, interest, difference) in found.items():
            states = self.states(member)
            assert (balance - interest - difference, interest + difference) in states, (member, balance, interest)
            assert interest == (self.interest[member] if settled == until else 0), (member, settled, interest)
            assert closed == (member == self.closed and balance == 0 and settled == until), member
            assert not finished or (balance - interest - difference, interest + difference) == states[-1], member
        assert paid == sum(interest for _settled, _closed, _balance, interest, _difference in found.values())
        assert chunks <= self.ACCOUNTS // self.CHUNK
