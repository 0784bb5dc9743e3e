"""The whole model: the books, and the holds on their accounts."""

from datetime import date

from anju.ledger.operations import JournalRequest
from ledger_model.books import Books
from ledger_model.records import Account, Hold, RefusedError, same_request


class Model(Books):
    """The books with reserves and the queue of freezes."""

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
        if self.requests.get(journal.key) == request and same_request(self.journals[journal.key], journal):
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
