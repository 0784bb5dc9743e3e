"""The real ledger beside the model of its contract: random programs, the same answer and the same books after each step.

Days go forward from 2017; amounts are fen. A failing program is printed as its shortest form.
"""

from collections.abc import Callable, Iterator
from datetime import date
from typing import ClassVar

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from anju.kernel.periods import Month
from anju.ledger import days, holds, operations, queries, settlement
from anju.ledger.database import rows
from anju.ledger.errors import LedgerError
from anju.ledger.operations import JournalRequest, Line, NewAccount, Posted
from ledger_cases import disagreements
from ledger_model import DAY, Account, Model, RefusedError
from ledger_model.compare import same_account

START = date(2017, 1, 1)
#: (name, subject, days after START on which it opens, may be overdrawn)
MEMBERS = (("m1", "201", 0, False), ("m2", "201", 0, False), ("m3", "201", 40, False), ("over", "201", 0, True))
NAMES = [name for name, *_ in MEMBERS]
names = st.sampled_from(NAMES)
amounts = st.one_of(st.integers(1, 9), st.integers(10**4, 10**7))
picks = st.integers(0, 30)  # an earlier journal or hold, counted from the latest
back = st.one_of(st.just(0), st.integers(-1, 60))  # value date before the business date
far_back = st.integers(0, 900)


class LedgerMachine(RuleBasedStateMachine):
    """One program: it runs in a savepoint that is rolled back."""

    serial: ClassVar[Iterator[int]] = iter(range(1, 10**9))

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.savepoint()
        self.prefix = f"machine{next(self.serial)}:"
        found = rows("SELECT lower(valid), ppm FROM ledger_rate WHERE code = %s", [operations.MEMBER_RATE])
        self.model = Model(found)
        self.today = START
        self.journal_ids: dict[str, int] = {}
        self.holds: list[tuple[str, str]] = []  # account, key
        self.hold_ids: dict[str, int] = {}
        self.keys = 0

    @initialize()
    def open_the_house(self) -> None:
        self.ids: dict[str, int] = {}
        for name, subject, hot in (("bank", "10101", True), ("payable", "211", True), ("expense", "41101", True)):
            self._open(name, subject, START, hot=hot, overdraft=True)
        for name, subject, after, overdraft in MEMBERS:
            self._open(name, subject, START + after * DAY, hot=False, overdraft=overdraft)
        self.both(lambda: days.open_days(first=START, final=START, actor="t"), self.model.open_day, day=START)

        self.pay_in("m1", 2_400_000, 0)
        self.pay_in("m2", 123_457, 0)
        self.hold("m2", "freeze", 80, 3)
        self.hold("m2", "freeze", 60, 50)

    def _open(self, name: str, subject: str, day: date, *, hot: bool, overdraft: bool) -> None:
        number = self.prefix + name
        opened = operations.open_accounts(
            accounts=[NewAccount(number, subject, day)], hot=hot, overdraft_allowed=overdraft
        )
        self.ids[name] = opened[number]
        ((side,),) = rows("SELECT side FROM ledger_account WHERE id = %s", [opened[number]])
        self.model.accounts[opened[number]] = Account(opened[number], subject, side, day, hot=hot, overdraft=overdraft)

    def both(self, real: Callable[[], object], modelled: Callable[..., object], /, **arguments: object) -> bool:
        """Run an action on both sides; same answer or same refusal. True when it was done."""
        try:
            expected = self.model.attempt(modelled, **arguments)
        except RefusedError as refused:
            expected = refused.code
        try:
            came = real()
        except LedgerError as refused:
            came = refused.code
        assert came == expected, f"the ledger answers {came}, the model {expected}"
        return not (isinstance(came, str) and came.startswith("LEDGER_"))

    def key(self) -> str:
        self.keys += 1
        return f"{self.prefix}{self.keys}"

    # --- days and rates

    @rule(many=st.one_of(st.integers(1, 3), st.integers(1, 45)), expire=st.booleans())
    def go_on(self, many: int, expire: bool) -> None:
        self.today += many * DAY
        today = self.today
        self.both(lambda: days.open_days(first=today, final=today, actor="t"), self.model.open_day, day=today)
        if expire:
            self.both(lambda: holds.expire(business_date=today, maker="t"), self.model.expire, business_date=today)

    @rule(ago=st.integers(0, 40))
    def open_an_earlier_day(self, ago: int) -> None:
        day = max(START, self.today - ago * DAY)
        self.both(lambda: days.open_days(first=day, final=day, actor="t"), self.model.open_day, day=day)

    @rule(ago=st.integers(1, 60), far=st.integers(1, 3))
    def end_days(self, ago: int, far: int) -> None:
        """Shut days, and perhaps seal them, and perhaps close their month."""
        through = self.today - ago * DAY
        if far < 3:
            self.both(lambda: days.shut_days(through=through), self.model.shut, through=through)
        if far > 1 and self.both(
            lambda: len(days.seal_days(through=through, actor="t")), self.model.seal, through=through
        ):
            month = Month.of(through)
            self.both(
                lambda: days.close_month(month=month, actor="t") and None,
                self.model.close_month,
                month=(month.year, month.number),
            )

    @rule(ahead=st.integers(1, 20), ppm=st.sampled_from([0, 3_500, 15_000, 15_001, 36_000]))
    def set_a_rate(self, ahead: int, ppm: int) -> None:
        start = self.today + ahead * DAY
        self.both(
            lambda: settlement.set_rate(
                code=operations.MEMBER_RATE, start=start, rate=ppm, document="t", known_from=start
            ),
            self.model.set_rate,
            start=start,
            ppm=ppm,
        )

    # --- journals

    def request(self, lines: list[tuple[str, int]], *, ago: int = 0, **facts: object) -> JournalRequest:
        return JournalRequest(
            key=self.key(),
            kind="t",
            business_date=self.today,
            value_date=self.today - ago * DAY,
            lines=[Line(self.ids[name], amount) for name, amount in lines],
            maker="t",
            **facts,
        )

    def book(self, write: str, *journals: JournalRequest) -> bool:
        def real() -> list[bool]:
            posted = getattr(operations, write)(journals=journals)
            self.journal_ids |= {one.key: found.journal_id for one, found in zip(journals, posted, strict=True)}
            return [one.replayed for one in posted]

        return self.both(real, getattr(self.model, write), journals=journals)

    @rule(name=names, amount=amounts, ago=back)
    def pay_in(self, name: str, amount: int, ago: int) -> None:
        self.book("post", self.request([("bank", amount), (name, -amount)], ago=ago))

    @rule(name=names, share=st.integers(1, 101), ago=back)
    def pay_out(self, name: str, share: int, ago: int) -> None:
        amount = abs(self.model.accounts[self.ids[name]].balance) * share // 100 or 1
        self.book("post", self.request([(name, amount), ("bank", -amount)], ago=ago))

    @rule(giver=names, taker=names, first=amounts, second=amounts, ago=back)
    def move(self, giver: str, taker: str, first: int, second: int, ago: int) -> None:
        lines = [("bank", second), (giver, first), (taker, -first - second)]
        self.book("post", self.request(lines, ago=ago), self.request([("bank", 7), (giver, -7)]))

    @rule(name=names, amount=amounts, ago=far_back, sign=st.sampled_from([1, -1]))
    def correct(self, name: str, amount: int, ago: int, sign: int) -> None:
        ago = min(ago, (self.today - self.model.accounts[self.ids[name]].opened).days)
        if ago >= 0:
            self.book("correct", self.request([("bank", sign * amount), (name, -sign * amount)], ago=ago))

    @rule(giver=names, taker=names, amount=amounts, ago=far_back)
    def correct_two(self, giver: str, taker: str, amount: int, ago: int) -> None:
        opened = max(self.model.accounts[self.ids[name]].opened for name in (giver, taker))
        ago = min(ago, (self.today - opened).days)
        if ago >= 0:
            self.book(
                "correct",
                self.request([(giver, amount), (taker, -amount)], ago=ago),
                self.request([("bank", amount), (taker, -amount)], ago=ago // 2),
            )

    @precondition(lambda self: self.journal_ids)
    @rule(pick=picks, change=st.sampled_from(["nothing", "amount", "maker", "narrative", "value"]))
    def ask_again(self, pick: int, change: str) -> None:
        known = self.model.journals[self._picked(list(self.journal_ids), pick)]
        facts = {
            name: getattr(known, name) for name in ("key", "kind", "business_date", "value_date", "maker", "lines")
        }
        facts |= {"narrative": known.narrative, "reference": known.reference, "checker": known.checker}
        if change == "amount":
            facts["lines"] = [Line(line.account, 2 * line.amount) for line in known.lines]
        elif change == "value":
            facts["value_date"] = known.value_date - DAY
        elif change != "nothing":
            facts[change] = "other"
        if known.kind == "t":
            self.book("post", JournalRequest(**facts))

    @precondition(lambda self: self.journal_ids)
    @rule(pick=picks, again=st.booleans())
    def reverse(self, pick: int, again: bool) -> None:
        target = self._picked(list(self.journal_ids), pick)
        key = self.model.reversed.get(target) if again else None
        key, today, target_id = key or self.key(), self.today, self.journal_ids[target]

        def real() -> bool:
            posted: Posted = operations.reverse(
                journal_id=target_id, key=key, business_date=today, maker="t", reason="t"
            )
            self.journal_ids[key] = posted.journal_id
            return posted.replayed

        self.both(real, self.model.reverse, target=target, key=key, business_date=today, maker="t", reason="t")

    @rule(source=names, destination=names)
    def transfer(self, source: str, destination: str) -> None:
        one, other = self.model.accounts[self.ids[source]], self.model.accounts[self.ids[destination]]
        facts = {"source": one.number, "destination": other.number, "key": self.key(), "business_date": self.today}

        def real() -> bool:
            posted = operations.transfer_account(**facts, maker="t")
            self.journal_ids[facts["key"]] = posted.journal_id
            return posted.replayed

        self.both(real, self.model.transfer, **facts, maker="t")

    # --- interest

    @precondition(lambda self: self.today + DAY not in self.model.settlements.get("201", []) or self.keys % 4 == 0)
    @rule()
    def settle(self) -> None:
        key, day, ids = self.key(), self.today, self.ids
        books = {"payable": ids["payable"], "expense": ids["expense"]}
        self.both(
            lambda: settlement.settle_interest(subject="201", settlement_day=day, key=key, maker="t", **books),
            self.model.settle,
            subject="201",
            day=day,
            key=key,
            **books,
        )

    @rule(name=names, ago=st.integers(-1, 2))
    def take(self, name: str, ago: int) -> None:
        account, until = self.ids[name], self.today - ago * DAY
        self.both(
            lambda: settlement.take_interest(account=account, until=until),
            self.model.take,
            account=account,
            until=until,
        )

    @rule(name=st.sampled_from(["m3", "over"]))
    def close(self, name: str) -> None:
        account, today = self.ids[name], self.today
        if today >= self.model.accounts[account].opened:
            self.both(
                lambda: operations.close_account(account=account, closing_date=today), self.model.close, account=account
            )

    # --- holds

    @rule(
        name=names,
        kind=st.sampled_from(["reserve", "freeze"]),
        share=st.integers(1, 150),
        lasts=st.sampled_from([0, 1, 2, 3, 30, 50]),
    )
    def hold(self, name: str, kind: str, share: int, lasts: int) -> None:
        amount = abs(self.model.accounts[self.ids[name]].balance) * share // 100 or 1
        facts = {"key": self.key(), "account": self.ids[name], "kind": kind, "amount": amount, "maker": "t"}
        facts |= {"business_date": self.today, "expires": self.today + lasts * DAY if lasts < 50 else None}

        def real() -> bool:
            placed = holds.place(**facts)
            self.holds.append((name, facts["key"]))
            self.hold_ids[facts["key"]] = placed.hold_id
            return placed.replayed

        self.both(real, self.model.place, **facts)

    @precondition(lambda self: self.holds)
    @rule(pick=picks, amount=amounts, whole=st.booleans(), keep=st.booleans(), again=st.booleans())
    def capture(self, pick: int, amount: int, whole: bool, keep: bool, again: bool) -> None:
        name, key = self._picked(self.holds, pick)
        account, hold_id = self.ids[name], self.hold_ids[key]
        if whole:
            covered = {hold: share for hold, _, share in self.model.accounts[account].covered()}
            amount = covered.get(key) or amount
        else:
            amount = amount % 100 + 1
        journal = self.request([(name, amount), ("bank", -amount)])
        for _ in range(1 + again):
            self.both(
                lambda: holds.capture(hold_id=hold_id, journal=journal, keep=keep).replayed,
                self.model.capture,
                account=account,
                hold=key,
                journal=journal,
                keep=keep,
            )

    @precondition(lambda self: self.holds)
    @rule(pick=picks, again=st.booleans())
    def release(self, pick: int, again: bool) -> None:
        name, hold = self._picked(self.holds, pick)
        hold_id, facts = self.hold_ids[hold], {"key": self.key(), "business_date": self.today, "maker": "t"}
        for _ in range(1 + again):
            self.both(
                lambda: not holds.release(hold_id=hold_id, **facts),
                self.model.release,
                account=self.ids[name],
                hold=hold,
                **facts,
            )

    @precondition(lambda self: self.holds)
    @rule(pick=picks, lasts=st.integers(-3, 90))
    def extend(self, pick: int, lasts: int) -> None:
        name, hold = self._picked(self.holds, pick)
        hold_id, facts = self.hold_ids[hold], {"key": self.key(), "business_date": self.today, "maker": "t"}
        facts["expires"] = self.today + lasts * DAY
        self.both(
            lambda: not holds.extend(hold_id=hold_id, **facts),
            self.model.extend,
            account=self.ids[name],
            hold=hold,
            **facts,
        )

    # --- the same books

    @invariant()
    def same_balances(self) -> None:
        if not hasattr(self, "ids"):
            return
        found = rows(
            "SELECT account_id, side * amount, held, frozen, closed FROM ledger_balance WHERE account_id = ANY (%s)",
            [list(self.ids.values())],
        )
        modelled = {
            (number, one.balance, one.demand("reserve"), one.demand("freeze"), one.closed)
            for number, one in self.model.accounts.items()
            if not one.hot
        }
        assert set(found) == modelled

    def teardown(self) -> None:
        try:
            if hasattr(self, "ids"):
                self.same_books()
        finally:
            transaction.savepoint_rollback(self.savepoint)

    def same_books(self) -> None:
        for name, number in self.ids.items():
            same_account(name, number, self.model, self.today, {hold: key for key, hold in self.hold_ids.items()})
        assert disagreements() == []
        first_level = [row for row in queries.trial_balance(start=START, end=self.today) if row.level == 1]
        assert sum(row.closing for row in first_level) == 0

    @staticmethod
    def _picked(known: list, pick: int):
        return known[-1 - pick % len(known)]


def _run(examples: int, steps: int) -> None:
    profile = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    run_state_machine_as_test(LedgerMachine, settings=profile)


def test_the_ledger_does_what_its_model_does(own_center, db):
    _run(examples=60, steps=40)


@pytest.mark.slow
def test_the_ledger_does_what_its_model_does_at_length(own_center, db):
    _run(examples=1000, steps=60)
