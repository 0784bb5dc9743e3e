"""The model's days, journals and interest: loops over days and entries, nothing stored that can be counted."""

import copy
from collections.abc import Sequence
from datetime import date

from anju.ledger.operations import JournalRequest, Line
from ledger_model.records import (
    DAY,
    OWN_KINDS,
    Account,
    Entry,
    Jump,
    RefusedError,
    bear,
    half_up,
    own_journal,
    same_request,
    value_of,
)


class Books:
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
            if journal.key in self.journals and not same_request(self.journals[journal.key], journal):
                raise RefusedError("LEDGER_KEY_REUSED")
        if len({journal.key for journal in journals}) < len(journals):
            raise RefusedError("LEDGER_INVALID_REQUEST")
        self._require_accounts(new, reopen=reopen)
        for journal in new:
            self.journals[journal.key] = journal
            for line in journal.lines:
                entry = Entry(journal.business_date, value_of(journal), line.amount, journal.kind)
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
            if value_of(journal) > journal.business_date + DAY or journal.checker == journal.maker:
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
            if account.settled > min(value_of(j) for j, _ in changes) and not reopen:
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
            if account.settled < until or (account.settled == until and owed):
                interests.append((account, half_up(owed)))
        if interests:
            self.require_day(day)
        self.settlements[subject] = sorted({*untils, until})
        paying = [(account, fen) for account, fen in interests if fen]
        total = sum(fen for _, fen in paying)
        if paying:
            lines = [Line(account.number, account.side * fen) for account, fen in paying]
            lines += [Line(payable, -sum(line.amount for line in lines))] if total else []
            self._book([own_journal(key, "interest-settlement", day, until, lines)], reopen=False, own=True)
        for account, _ in interests:
            bear(account, until)
        return total

    def take(self, *, account: int, until: date) -> int:
        one = self.accounts[account]
        if one.closed:
            raise RefusedError("LEDGER_ACCOUNT_UNAVAILABLE")
        if one.settled > until or any(jump.day > until for jump in one.jumps):
            raise RefusedError("LEDGER_ALREADY_SETTLED")
        owed = self.unpaid(one, until)
        one.earned.append((until - DAY, -owed))
        bear(one, until)
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
                bear(account, changed)
        owed = self.unpaid(giver, business_date)
        product = sum(balance for _, balance in giver.daily(giver.settled, business_date))
        product += sum(jump.product for jump in giver.jumps if not jump.borne)
        amount = giver.side * giver.balance
        lines = [Line(source, -amount), Line(destination, amount)]
        self._book([own_journal(key, "account-transfer", business_date, business_date, lines)], reopen=False, own=True)
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
        value = value_of(cause)
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
        journal = own_journal(key, "interest-difference", cause.business_date, until, lines)
        self._book([journal], reopen=True, own=True)
