"""The ledger's contract as plain Python, to be compared with the real one. It knows no SQL, no moments and no snapshots:
balances are sums of entries, interest is counted day by day, and what cannot be done is found out before it is done.

Amounts are debit positive, as in the ledger; a balance is on the account's normal side.
"""

import copy
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


class Model:
    """All accounts, journals, days and rates. Every write is all or nothing."""

    def __init__(self, rates: Sequence[tuple[date, int]]) -> None:
        self.accounts: dict[int, Account] = {}
        self.journals: dict[str, JournalRequest] = {}
        self.reversed: dict[str, str] = {}
        self.requests: dict[str, tuple[object, ...]] = {}
        self.days: dict[date, str] = {}
        self.closed_months: set[tuple[int, int]] = set()
        self.rates = sorted(rates)
        self.settlements: dict[str, list[date]] = {}
        self.books: dict[str, tuple[int, int]] = {}

    def attempt(self, write, /, **arguments):
        """Run one write of this model; a refusal leaves everything as it was."""
        before = {name: copy.copy(value) for name, value in vars(self).items()}
        before["accounts"] = copy.deepcopy(self.accounts)
        try:
            return write(**arguments)
        except RefusedError:
            self.__dict__.update(before)
            raise

    # --- days

    def open_day(self, *, day: date) -> int:
        if day in self.days:
            return 0
        late = any(state != "open" for other, state in self.days.items() if other > day)
        if late or (day.year, day.month) in self.closed_months:
            raise RefusedError("LEDGER_DAY_SHUT")
        self.days[day] = "open"
        return 1

    def shut(self, *, through: date) -> int:
        ended = [day for day, state in self.days.items() if day <= through and state == "open"]
        self.days |= dict.fromkeys(ended, "shut")
        return len(ended)

    def seal(self, *, through: date) -> int:
        if any(day <= through and state == "open" for day, state in self.days.items()):
            raise RefusedError("LEDGER_NOT_CLOSABLE")
        sealed = [day for day, state in self.days.items() if day <= through and state == "shut"]
        self.days |= dict.fromkeys(sealed, "sealed")
        return len(sealed)

    def close_month(self, *, month: tuple[int, int]) -> None:
        months = {(day.year, day.month) for day in self.days}
        unsealed = {(day.year, day.month) for day, state in self.days.items() if state != "sealed"}
        if month not in months or any(other <= month for other in unsealed):
            raise RefusedError("LEDGER_NOT_CLOSABLE")
        if any(other < month and other not in self.closed_months for other in months):
            raise RefusedError("LEDGER_NOT_CLOSABLE")
        self.closed_months.add(month)

    def require_day(self, day: date) -> None:
        if self.days.get(day) != "open":
            if (day.year, day.month) in self.closed_months:
                raise RefusedError("LEDGER_PERIOD_CLOSED")
            raise RefusedError("LEDGER_DAY_SHUT" if day in self.days else "LEDGER_DAY_NOT_OPEN")

    # --- journals

    def post(self, *, journals: Sequence[JournalRequest]) -> list[bool]:
        """For each journal whether it was booked before."""
        return [not new for new in self._book(journals, reopen=False)]

    def correct(self, *, journals: Sequence[JournalRequest]) -> list[bool]:
        fresh = self._book(journals, reopen=True)
        for journal, new in zip(journals, fresh, strict=True):
            if new:
                self._pay_differences(journal)
        return [not new for new in fresh]

    def reverse(self, *, target: str, key: str, business_date: date, maker: str, reason: str) -> bool:
        original = self.journals.get(target)
        if original is None or original.kind in OWN_KINDS:
            raise RefusedError("LEDGER_NOT_REVERSIBLE")
        if key not in self.journals and target in self.reversed:
            raise RefusedError("LEDGER_NOT_REVERSIBLE")
        mirror = JournalRequest(
            key=key,
            kind="reversal",
            business_date=business_date,
            value_date=original.value_date or original.business_date,
            lines=[Line(line.account, -line.amount) for line in original.lines],
            maker=maker,
            reference=original.reference,
            narrative=reason,
        )
        (new,) = self._book([mirror], reopen=True, own=True)
        if new:
            self.reversed[target] = key
            self._pay_differences(mirror)
        elif self.reversed.get(target) != key:
            raise RefusedError("LEDGER_KEY_REUSED")
        return not new

    def _book(self, journals: Sequence[JournalRequest], *, reopen: bool, own: bool = False) -> list[bool]:
        self._require_form(journals, own=own)
        fresh = [journal.key not in self.journals for journal in journals]
        new = [journal for journal, is_new in zip(journals, fresh, strict=True) if is_new]
        for journal in sorted(new, key=lambda journal: journal.business_date):
            self.require_day(journal.business_date)
        for journal in journals:
            if journal.key in self.journals and not _same(self.journals[journal.key], journal):
                raise RefusedError("LEDGER_KEY_REUSED")
        if len({journal.key for journal in journals}) < len(journals):
            raise RefusedError("LEDGER_INVALID_REQUEST")
        self._require_accounts(new, reopen=reopen)
        for journal in new:
            self.journals[journal.key] = journal
            for line in journal.lines:
                entry = Entry(journal.business_date, _value(journal), line.amount, journal.kind)
                self.accounts[line.account].entries.append(entry)
        return fresh

    @staticmethod
    def _require_form(journals: Sequence[JournalRequest], *, own: bool) -> None:
        for journal in journals:
            if not (journal.key and journal.kind and journal.maker) or any(not line.amount for line in journal.lines):
                raise RefusedError("LEDGER_INVALID_REQUEST")
            if journal.kind in OWN_KINDS and not own:
                raise RefusedError("LEDGER_INVALID_REQUEST")
        for journal in journals:
            if len(journal.lines) < 2 or sum(line.amount for line in journal.lines) != 0:
                raise RefusedError("LEDGER_UNBALANCED")
        for journal in journals:
            if _value(journal) > journal.business_date + DAY or journal.checker == journal.maker:
                raise RefusedError("LEDGER_INVALID_REQUEST")

    def _require_accounts(self, journals: Sequence[JournalRequest], *, reopen: bool) -> None:
        """Order of refusals: balances of the accounts that can be posted to, accounts that cannot, freezes."""
        touched: dict[int, list[tuple[JournalRequest, int]]] = {}
        for journal in journals:
            for line in journal.lines:
                touched.setdefault(line.account, []).append((journal, line.amount))
        unavailable = settled = frozen = False
        for number, changes in touched.items():
            account = self.accounts.get(number)
            if account is None or account.closed or account.opened > min(j.business_date for j, _ in changes):
                unavailable = True
                continue
            if account.hot:
                continue
            if account.settled > min(_value(j) for j, _ in changes) and not reopen:
                settled = True
                continue
            change = account.side * sum(amount for _, amount in changes)
            after = account.balance + change
            if not account.overdraft:
                if after < account.demand("reserve"):
                    raise RefusedError("LEDGER_INSUFFICIENT_BALANCE")
                frozen |= change < 0 and after < account.demand("reserve") + account.demand("freeze")
        if unavailable or settled or frozen:
            raise RefusedError(
                "LEDGER_ACCOUNT_UNAVAILABLE" if unavailable else "LEDGER_SETTLED" if settled else "LEDGER_FROZEN"
            )

    def close(self, *, account: int) -> None:
        one = self.accounts[account]
        if one.balance or one.demand("reserve") or one.demand("freeze"):
            raise RefusedError("LEDGER_NOT_EMPTY")
        one.closed = True

    # --- interest

    def rate(self, day: date) -> int:
        return next((ppm for start, ppm in reversed(self.rates) if start <= day), 0)

    def set_rate(self, *, start: date, ppm: int) -> None:
        taken = dict(self.rates).get(start)
        if taken == ppm:
            return
        if taken is not None or any(until > start for untils in self.settlements.values() for until in untils):
            raise RefusedError("LEDGER_RATE_TAKEN")
        self.rates = sorted([*self.rates, (start, ppm)])

    def earned(self, account: Account, first: date, until: date) -> int:
        """Interest earned in the days first..until-1 and not paid or carried away, in fen x days x ppm."""
        beside = sum(numerator for day, numerator in account.earned if first <= day < until)
        return beside + sum(balance * self.rate(day) for day, balance in account.daily(first, until))

    def unpaid(self, account: Account, until: date) -> int:
        return self.earned(account, self._since(account), until)

    def due(self, *, account: int, until: date) -> int:
        return half_up(self.unpaid(self.accounts[account], until))

    def settle(self, *, subject: str, day: date, key: str, payable: int, expense: int) -> int:
        until = day + DAY
        self.books[subject] = (payable, expense)
        interests: list[tuple[Account, int]] = []
        untils = self.settlements.setdefault(subject, [])
        for number in sorted(self.accounts):
            account = self.accounts[number]
            if account.subject != subject or account.hot or account.closed or account.opened >= until:
                continue
            owed = self.unpaid(account, until)
            if account.settled < until or (account.settled == until and owed and until not in untils):
                interests.append((account, half_up(owed)))
        if interests:
            self.require_day(day)
        self.settlements[subject] = sorted({*untils, until})
        paying = [(account, fen) for account, fen in interests if fen]
        total = sum(fen for _, fen in paying)
        if paying:
            lines = [Line(account.number, account.side * fen) for account, fen in paying]
            lines += [Line(payable, -sum(line.amount for line in lines))] if total else []
            self._book([_own(key, "interest-settlement", day, until, lines)], reopen=False, own=True)
        for account, _ in interests:
            _bear(account, until)
        return total

    def take(self, *, account: int, until: date) -> int:
        one = self.accounts[account]
        if one.closed:
            raise RefusedError("LEDGER_ACCOUNT_UNAVAILABLE")
        if one.settled > until:
            raise RefusedError("LEDGER_ALREADY_SETTLED")
        owed = self.unpaid(one, until)
        one.earned.append((until - DAY, -owed))
        _bear(one, until)
        return half_up(owed)

    def transfer(self, *, source: int, destination: int, key: str, business_date: date, maker: str) -> bool:
        request = ("transfer", source, destination, business_date, maker)
        if key in self.journals:
            if self.requests.get(key) != request:
                raise RefusedError("LEDGER_KEY_REUSED")
            return True
        giver, taker = self.accounts[source], self.accounts[destination]
        held = giver.demand("reserve") + giver.demand("freeze")
        if source == destination or giver.subject != taker.subject or not giver.balance or held:
            raise RefusedError("LEDGER_NOT_TRANSFERABLE")
        changed = max(start for start, _ in self.rates if start <= business_date)
        for account in (giver, taker):
            if account.settled < changed and not account.closed:
                _bear(account, changed)
        owed = self.unpaid(giver, business_date)
        product = sum(balance for _, balance in giver.daily(giver.settled, business_date))
        product += sum(jump.product for jump in giver.jumps if not jump.borne)
        amount = giver.side * giver.balance
        lines = [Line(source, -amount), Line(destination, amount)]
        self._book([_own(key, "account-transfer", business_date, business_date, lines)], reopen=False, own=True)
        for account, sign in ((giver, -1), (taker, 1)):
            account.earned.append((business_date - DAY, sign * owed))
            account.jumps.append(Jump(business_date, sign * product))
        self.requests[key] = request
        return False

    def product_at(self, *, account: int, until: date, known: date) -> int:
        one = self.accounts[account]
        jumps = sum(jump.product for jump in one.jumps if jump.day <= min(until, known))
        return jumps + sum(balance for _, balance in one.daily(date(2000, 1, 1), until, known))

    def balance_at(self, *, account: int, on: date) -> int:
        one = self.accounts[account]
        return one.side * sum(entry.amount for entry in one.entries if entry.business <= on)

    def _since(self, account: Account) -> date:
        """The yearly settlement from which on nothing has been paid by one."""
        untils = self.settlements.get(account.subject, [])
        return max((until for until in untils if until <= account.settled), default=self.rates[0][0])

    def _pay_differences(self, cause: JournalRequest) -> None:
        value = _value(cause)
        for number in sorted({line.account for line in cause.lines}):
            account = self.accounts[number]
            since = self.rates[0][0]
            for until in self.settlements.get(account.subject, []) if not account.hot else ():
                if value < until <= account.settled:
                    paid = account.side * sum(
                        entry.amount
                        for entry in account.entries
                        if entry.value == until and entry.kind in ("interest-settlement", "interest-difference")
                    )
                    difference = half_up(self.earned(account, since, until)) - paid
                    if difference:
                        self._book_difference(cause, account, until, account.side * difference)
                since = until

    def _book_difference(self, cause: JournalRequest, account: Account, until: date, amount: int) -> None:
        lines = [Line(account.number, amount), Line(self.books[account.subject][1], -amount)]
        key = f"{cause.key}:interest:{account.number}:{until}"
        journal = _own(key, "interest-difference", cause.business_date, until, lines)
        self._book([journal], reopen=True, own=True)

    # --- holds

    def place(
        self, *, key: str, account: int, kind: str, amount: int, business_date: date, maker: str, expires: date | None
    ) -> bool:
        request = ("hold", account, kind, amount, business_date, maker, expires)
        if amount <= 0 or (expires is not None and expires <= business_date):
            raise RefusedError("LEDGER_INVALID_REQUEST")
        if key in self.requests:
            if self.requests[key] != request:
                raise RefusedError("LEDGER_KEY_REUSED")
            return True
        self.require_day(business_date)
        one = self.accounts[account]
        if one.closed or one.opened > business_date:
            raise RefusedError("LEDGER_ACCOUNT_UNAVAILABLE")
        if kind == "reserve" and not one.overdraft:
            if one.balance < one.demand("reserve") + amount:
                raise RefusedError("LEDGER_INSUFFICIENT_BALANCE")
            if one.balance < one.demand("reserve") + one.demand("freeze") + amount:
                raise RefusedError("LEDGER_FROZEN")
        one.holds.append(Hold(key, kind, amount, business_date, expires))
        self.requests[key] = request
        return False

    def capture(self, *, account: int, hold: str, journal: JournalRequest, keep: bool) -> bool:
        request = ("capture", hold, keep)
        if self.requests.get(journal.key) == request and _same(self.journals[journal.key], journal):
            return True
        if self.requests.get(journal.key, request)[:2] == request[:2] and journal.key in self.requests:
            raise RefusedError("LEDGER_KEY_REUSED")
        one, target = self._hold(account, hold)
        taken = -one.side * sum(line.amount for line in journal.lines if line.account == account)
        cover = next(share for key, _, share in one.covered() if key == hold)
        if not 0 < taken <= cover:
            raise RefusedError("LEDGER_HOLD_TOO_SMALL")
        self._book_captured(one, target, journal, taken)
        self.requests[journal.key] = request
        target.remaining -= taken
        target.active = keep and target.remaining > 0
        return False

    def _book_captured(self, account: Account, target: Hold, journal: JournalRequest, taken: int) -> None:
        """Book while only what was demanded before the hold stands in the way of what it takes."""
        standing = [hold for hold in account.holds if hold.active]
        for hold in standing[standing.index(target) :]:
            hold.active = hold.kind == "reserve" and hold is not target
        released, target.remaining = target.remaining, target.remaining - taken
        target.active = target.kind == "reserve"
        if not self._book([journal], reopen=False)[0]:
            raise RefusedError("LEDGER_KEY_REUSED")
        target.remaining = released
        for hold in standing:
            hold.active = True

    def release(self, *, account: int, hold: str, key: str, business_date: date, maker: str) -> bool:
        return self._step(account, hold, key, business_date, ("release", hold, business_date, maker), None)

    def extend(self, *, account: int, hold: str, key: str, expires: date, business_date: date, maker: str) -> bool:
        request = ("extend", hold, expires, business_date, maker)
        return self._step(account, hold, key, business_date, request, expires)

    def _step(
        self, account: int, hold: str, key: str, day: date, request: tuple[object, ...], expires: date | None
    ) -> bool:
        if key in self.requests:
            if self.requests[key] != request:
                raise RefusedError("LEDGER_KEY_REUSED")
            return True
        _, target = self._hold(account, hold)
        self.require_day(day)
        if expires is None:
            target.active = False
        elif expires <= max(day, target.placed):
            raise RefusedError("LEDGER_INVALID_REQUEST")
        else:
            target.expires = expires
        self.requests[key] = request
        return False

    def expire(self, *, business_date: date) -> int:
        self.require_day(business_date)
        ended = [
            hold
            for account in self.accounts.values()
            for hold in account.holds
            if hold.active and hold.expires is not None and hold.expires <= business_date
        ]
        for hold in ended:
            hold.active = False
        return len(ended)

    def _hold(self, account: int, key: str) -> tuple[Account, Hold]:
        one = self.accounts[account]
        target = next((hold for hold in one.holds if hold.key == key and hold.active), None)
        if target is None:
            raise RefusedError("LEDGER_HOLD_NOT_ACTIVE")
        return one, target


def _bear(account: Account, until: date) -> None:
    account.settled = until
    for jump in account.jumps:
        jump.borne |= jump.day <= until


def _own(key: str, kind: str, business: date, value: date, lines: Sequence[Line]) -> JournalRequest:
    return JournalRequest(key=key, kind=kind, business_date=business, value_date=value, lines=lines, maker="model")


def _value(journal: JournalRequest) -> date:
    return journal.value_date or journal.business_date


def _same(one: JournalRequest, other: JournalRequest) -> bool:
    return (_value(one), *_facts(one)) == (_value(other), *_facts(other))


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
