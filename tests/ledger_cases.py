"""A small table language for the ledger: one action a line with the status it must have.

    case a key with other content is refused
      post k1 2017-03-05 bank +5 m1 -5                 => ok
      post k1 2017-03-05 bank +6 m1 -6                 => LEDGER_KEY_REUSED

A line is `verb arguments => status`; the status is `ok`, `replayed`, a number, a text or the code of an error. Lines of a
journal are pairs of account and amount, debit positive; ` ; ` parts journals of one batch; `name=value` gives a fact its
own value. Lines under `given`, at the head of a file, come before every case of it. Keys and accounts are the case's own.
"""

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from anju.kernel.periods import Month
from anju.ledger import days, holds, operations, queries, settlement
from anju.ledger.database import call, rows
from anju.ledger.errors import LedgerError
from anju.ledger.operations import JournalRequest, Line, NewAccount, Posted

ALL = 2**62
BEYOND = date(2027, 1, 1)  # no program settles days as late
_serial = itertools.count(1)

#: Everything that a refused action must leave as it was.
_STATE = """
SELECT (SELECT count(*) FROM ledger_account WHERE closed_date IS NULL), (SELECT count(*) FROM ledger_account),
       (SELECT count(*) FROM ledger_journal), (SELECT count(*) FROM ledger_entry), (SELECT count(*) FROM ledger_earning),
       (SELECT count(*) FROM ledger_hold_event), (SELECT count(*) FROM ledger_settlement), (SELECT count(*) FROM ledger_rate),
       (SELECT string_agg(h::text, ';' ORDER BY h.id) FROM ledger_hold h),
       (SELECT string_agg(b::text, ';' ORDER BY b.account_id) FROM ledger_balance b),
       (SELECT count(*) FILTER (WHERE shut) || ' ' || count(root) || ' ' || count(*) FROM ledger_day),
       (SELECT string_agg(p::text, ';' ORDER BY p.first_day) FROM ledger_period p)
"""


@dataclass(frozen=True, slots=True)
class Step:
    place: str
    text: str
    expected: str


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    steps: tuple[Step, ...]


class CaseFailedError(AssertionError):
    """A line did not have its status; says which, where, and what came instead."""


def read_cases(path: Path) -> list[Case]:
    """The cases of a file, each with the file's `given` lines before its own."""
    given: list[Step] = []
    cases: list[tuple[str, list[Step]]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = line.split("#")[0].strip()
        if text.startswith("case "):
            cases.append((text.removeprefix("case "), []))
        elif text and text != "given":
            action, arrow, expected = text.partition("=>")
            if not arrow:
                raise CaseFailedError(f"{path.name}:{number}: no status: {text}")
            step = Step(f"{path.name}:{number}", " ".join(action.split()), " ".join(expected.split()))
            (cases[-1][1] if cases else given).append(step)
    return [Case(name, (*given, *steps)) for name, steps in cases]


def state() -> tuple[object, ...]:
    """All that an action could change."""
    return rows(_STATE, [])[0]


def disagreements() -> list[tuple[object, ...]]:
    """What the ledger states twice and differently: nothing, ever."""
    found = rows("SELECT 'journal', journal_id, key FROM ledger_verify_journals(0, %s)", [ALL])
    found += rows("SELECT 'entry', journal_id, line FROM ledger_verify_entries(0, %s)", [ALL])
    found += rows("SELECT number, what, stored, computed FROM ledger_verify_accounts(%s, %s, 0, 1)", [-ALL, ALL])
    found += rows("SELECT 'period', first_day FROM ledger_verify_periods()", [])
    found += rows(
        "SELECT number, 'interest', stored, computed FROM ledger_verify_interest(1, %s, '201', %s, %s, 0, 1)",
        [ALL, operations.MEMBER_RATE, BEYOND],
    )
    found += rows("SELECT 'sum', sum(amount) FROM ledger_entry HAVING sum(amount) <> 0", [])
    return found


def run(case: Case) -> None:
    """Run every line of a case. Raises CaseFailedError at the first that has another status, or wrote though refused."""
    world = World()
    before = state()
    for step in case.steps:
        came = world.act(step.text)
        if came != step.expected:
            raise CaseFailedError(f"{step.place}: {step.text}\n    expected {step.expected}\n    came     {came}")
        after = state()
        if came.startswith("LEDGER_") and after != before:
            raise CaseFailedError(f"{step.place}: {step.text}\n    was refused with {came}, and wrote")
        before = after
    wrong = disagreements()
    if wrong:
        raise CaseFailedError(f"{case.steps[-1].place}: after case {case.name!r} verification finds\n    {wrong}")


class World:
    """Names of a case and what they stand for."""

    def __init__(self) -> None:
        self.prefix = f"case{next(_serial)}:"
        self.accounts: dict[str, int] = {"nobody": 10**15}
        self.journals: dict[str, int] = {"nothing": 10**15}
        self.holds: dict[str, int] = {"nothing": 10**15}

    def act(self, text: str) -> str:
        """Run one action and say its status."""
        verb, _, rest = text.partition(" ")
        parts = [_words_and_facts(part) for part in rest.split(" ; ")]
        try:
            if verb in ("post", "correct"):
                came = self._book(getattr(operations, verb), parts)
            else:
                came = getattr(self, "do_" + verb.replace("-", "_"))(*parts[0])
        except LedgerError as refused:
            return refused.code
        return "ok" if came is None else str(came)

    # --- days, accounts, rates

    def do_days(self, words: list[str], facts: dict[str, str]) -> int:
        first, _, final = words[0].partition("..")
        return days.open_days(first=_day(first), final=_day(final or first), actor=facts.get("actor", "case"))

    def do_shut(self, words: list[str], facts: dict[str, str]) -> int:
        return days.shut_days(through=_day(words[0]))

    def do_seal(self, words: list[str], facts: dict[str, str]) -> int:
        return len(days.seal_days(through=_day(words[0]), actor="case"))

    def do_close_month(self, words: list[str], facts: dict[str, str]) -> None:
        days.close_month(month=Month.parse(words[0]), actor="case")

    def do_open(self, words: list[str], facts: dict[str, str]) -> None:
        name, subject, day, *flags = words
        number = self.prefix + facts.get("number", name)
        opened = operations.open_accounts(
            accounts=[NewAccount(number, subject, _day(day))],
            hot="hot" in flags,
            overdraft_allowed="overdraft" in flags,
        )
        self.accounts[name] = opened[number]

    def do_close(self, words: list[str], facts: dict[str, str]) -> None:
        operations.close_account(account=self.accounts[words[0]], closing_date=_day(words[1]))

    def do_rate(self, words: list[str], facts: dict[str, str]) -> None:
        settlement.set_rate(
            code=facts.get("code", operations.MEMBER_RATE),
            rate=int(words[0]),
            start=_day(words[1]),
            document=facts.get("document", "case"),
            known_from=_day(words[1]),
        )

    # --- journals

    def do_nothing(self, words: list[str], facts: dict[str, str]) -> str:
        return str(operations.post(journals=[]))

    def do_reverse(self, words: list[str], facts: dict[str, str]) -> str:
        target, key, day = words
        posted = operations.reverse(
            journal_id=self.journals[target],
            key=self._key(key),
            business_date=_day(day),
            maker=facts.get("maker", "case"),
            checker=facts.get("checker"),
            reason=facts.get("reason", "wrong"),
        )
        return self._remember(key, posted)

    def do_transfer(self, words: list[str], facts: dict[str, str]) -> str:
        source, destination, key, day = words
        posted = operations.transfer_account(
            source=self.accounts[source],
            destination=self.accounts[destination],
            key=self._key(key),
            business_date=_day(day),
            maker=facts.get("maker", "case"),
            checker=facts.get("checker"),
            reference=facts.get("ref", ""),
        )
        return self._remember(key, posted)

    # --- holds

    def do_reserve(self, words: list[str], facts: dict[str, str]) -> str:
        return self._place("reserve", words, facts)

    def do_freeze(self, words: list[str], facts: dict[str, str]) -> str:
        return self._place("freeze", words, facts)

    def do_seize(self, words: list[str], facts: dict[str, str]) -> str:
        return self._place("seizure", words, facts)

    def do_capture(self, words: list[str], facts: dict[str, str]) -> str:
        hold, *journal = words
        keep = "keep" in journal
        request = self._request([word for word in journal if word != "keep"], facts)
        return self._remember(journal[0], holds.capture(hold_id=self.holds[hold], journal=request, keep=keep))

    def do_release(self, words: list[str], facts: dict[str, str]) -> str:
        hold, key, day = words
        done = holds.release(hold_id=self.holds[hold], key=self._key(key), business_date=_day(day), **_persons(facts))
        return "ok" if done else "replayed"

    def do_extend(self, words: list[str], facts: dict[str, str]) -> str:
        hold, key, expires, day = words
        done = holds.extend(
            hold_id=self.holds[hold],
            key=self._key(key),
            expires=_day(expires),
            business_date=_day(day),
            **_persons(facts),
        )
        return "ok" if done else "replayed"

    def do_expire(self, words: list[str], facts: dict[str, str]) -> int:
        return holds.expire(business_date=_day(words[0]), maker="case")

    def do_holds(self, words: list[str], facts: dict[str, str]) -> str:
        names = {number: name for name, number in self.holds.items()}
        active = holds.active(account=self.accounts[words[0]])
        return " ".join(f"{names[hold.hold_id]}:{hold.covered}/{hold.remaining}" for hold in active) or "none"

    def do_available(self, words: list[str], facts: dict[str, str]) -> int:
        return holds.available(account=self.accounts[words[0]])

    # --- interest

    def do_settle(self, words: list[str], facts: dict[str, str]) -> int:
        subject, day, key = words
        return settlement.settle_interest(
            subject=subject,
            settlement_day=_day(day),
            payable=self.accounts["payable"],
            expense=self.accounts["expense"],
            key=self._key(key),
            maker="case",
            chunk=int(facts.get("chunk", 10**6)),
        )

    def do_cut(self, words: list[str], facts: dict[str, str]) -> int:
        return settlement.cut_interest(subject=words[0], at=_day(words[1]))

    def do_take(self, words: list[str], facts: dict[str, str]) -> int:
        account, until = self.accounts[words[0]], _day(words[1])
        if "code" in facts:  # the room knows one code; the database function more
            return int(call("SELECT ledger_take_interest(%s, %s, %s)", [account, facts["code"], until])[0])
        return settlement.take_interest(account=account, until=until)

    def do_due(self, words: list[str], facts: dict[str, str]) -> int:
        return settlement.interest_due(account=self.accounts[words[0]], until=_day(words[1]))

    def do_accrued(self, words: list[str], facts: dict[str, str]) -> int:
        return settlement.accrued_interest(subject=words[0], until=_day(words[1]))

    # --- reads

    def do_balance(self, words: list[str], facts: dict[str, str]) -> int:
        account = self.accounts[words[0]]
        if len(words) > 1:
            return queries.balance_at(account=account, on=_day(words[1]))
        return queries.account_balance(account=account)

    def do_product(self, words: list[str], facts: dict[str, str]) -> int:
        account, until, known = words
        return queries.product_at(account=self.accounts[account], until=_day(until), known_on=_day(known))

    def do_differences(self, words: list[str], facts: dict[str, str]) -> str:
        """Interest differences that a journal made necessary: value date, account and amount on its normal side."""
        names = {number: name for name, number in self.accounts.items()}
        found = rows(
            "SELECT j.value_date, e.account_id, e.amount * a.side FROM ledger_journal j"
            " JOIN ledger_entry e ON e.journal_id = j.id JOIN ledger_account a ON a.id = e.account_id"
            " WHERE j.follows_id = %s AND e.account_id > 0 ORDER BY j.id, e.line",
            [self.journals[words[0]]],
        )
        return " ".join(f"{day} {names[account]} {amount:+d}" for day, account, amount in found) or "none"

    # --- parts

    def _key(self, key: str) -> str:
        return "" if key == "-" else self.prefix + key

    def _request(self, words: list[str], facts: dict[str, str]) -> JournalRequest:
        key, day, *lines = words
        pairs = zip(lines[::2], lines[1::2], strict=True)
        return JournalRequest(
            key=self._key(key),
            kind=facts.get("kind", "case"),
            business_date=_day(day),
            value_date=_day(facts["value"]) if "value" in facts else None,
            lines=[Line(self.accounts[account], _amount(amount)) for account, amount in pairs],
            reference=facts.get("ref", ""),
            narrative=facts.get("note", "").replace("NUL", "\0"),
            **_persons(facts),
        )

    def _book(self, write: Callable[..., list[Posted]], parts: list[tuple[list[str], dict[str, str]]]) -> str:
        posted = write(journals=[self._request(words, facts) for words, facts in parts])
        return " ".join(self._remember(words[0], one) for (words, _), one in zip(parts, posted, strict=True))

    def _place(self, kind: str, words: list[str], facts: dict[str, str]) -> str:
        key, account, amount, day = words
        placed = holds.place(
            key=self._key(key),
            account=self.accounts[account],
            kind=kind,
            amount=_amount(amount),
            business_date=_day(day),
            expires=_day(facts["expires"]) if "expires" in facts else None,
            reference=facts.get("ref", ""),
            **_persons(facts),
        )
        self.holds[key] = placed.hold_id
        return "replayed" if placed.replayed else "ok"

    def _remember(self, key: str, posted: Posted) -> str:
        self.journals[key] = posted.journal_id
        return "replayed" if posted.replayed else "ok"


def _words_and_facts(text: str) -> tuple[list[str], dict[str, str]]:
    words = text.split()
    facts = {word for word in words if re.match(r"[a-z]+=", word)}
    return [word for word in words if word not in facts], dict(fact.split("=", 1) for fact in facts)


def _persons(facts: dict[str, str]) -> dict[str, str | None]:
    return {"maker": facts.get("maker", "case"), "checker": facts.get("checker")}


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _amount(text: str) -> object:
    """An integer, or what a careless caller might send: 1.5 (a float), '5' in quotes (a text), true."""
    if text.startswith("'"):
        return text.strip("'")
    if text == "true":
        return True
    return float(text) if "." in text else int(text)
