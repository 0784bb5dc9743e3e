"""Holds: money that stays on an account but cannot be spent.

A reserve (预留) is the first phase of a posting in two: always covered, then captured or released. A freeze (司法冻结)
is a court's demand; several queue up (轮候冻结) and each is covered as far as the balance goes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen
from anju.ledger.database import call, rows
from anju.ledger.errors import AccountUnavailableError, InvalidRequestError
from anju.ledger.operations import JournalRequest, Posted

HoldKind = Literal["reserve", "freeze"]


@dataclass(frozen=True, slots=True)
class Placed:
    """A hold that stands; `replayed` when an earlier call had placed it."""

    hold_id: int
    replayed: bool


@dataclass(frozen=True, slots=True)
class Hold:
    """An active hold: what is left of it and how much of that the balance covers, in fen; freezes in their order."""

    hold_id: int
    kind: HoldKind
    remaining: Fen
    covered: Fen


def place(
    *,
    key: str,
    account: int,
    kind: HoldKind,
    amount: Fen,
    business_date: date,
    maker: str,
    checker: str | None = None,
    expires: date | None = None,
    reference: str = "",
) -> Placed:
    """Hold `amount` fen on an account until the day before `expires`. Idempotent by key.

    A reserve must be covered by what is not held or frozen (InsufficientBalanceError, FrozenError); a freeze need not.
    Raises KeyReusedError, AccountUnavailableError (hot accounts take no holds), InvalidRequestError, DayNotOpenError,
    DayShutError.
    """
    if type(amount) is not int:
        raise InvalidRequestError(_("金额必须是以分为单位的整数"), field="amount")
    (placed,) = call(
        "SELECT ledger_place_hold(%s, %s::bigint, %s, %s::bigint, %s, %s, %s, %s, %s)",
        [key, account, kind, amount, reference, business_date, expires, maker, checker],
    )
    return Placed(abs(placed), replayed=placed < 0)


def capture(*, hold_id: int, journal: JournalRequest, keep: bool = False) -> Posted:
    """Book the journal that a hold was placed for; what it takes from the hold's account is captured.

    What is left of the hold is released, or stays with `keep`. Raises HoldTooSmallError, HoldNotActiveError and what
    `operations.post` raises. Idempotent by the journal's key, which is no key of a hold or of another step.
    """
    (booked,) = call(
        "SELECT ledger_capture_hold(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s::bigint[], %s::bigint[], %s)",
        [
            hold_id,
            journal.key,
            journal.kind,
            journal.reference,
            journal.narrative,
            journal.business_date,
            journal.value_date or journal.business_date,
            journal.maker,
            journal.checker,
            [line.account for line in journal.lines],
            [line.amount for line in journal.lines],
            keep,
        ],
    )
    return Posted(abs(booked), replayed=booked < 0)


def release(*, hold_id: int, key: str, business_date: date, maker: str, checker: str | None = None) -> bool:
    """End a hold; False when a call with this key had done it. Raises HoldNotActiveError, KeyReusedError."""
    return _change(key, hold_id, "released", business_date, None, maker, checker)


def extend(
    *, hold_id: int, key: str, expires: date, business_date: date, maker: str, checker: str | None = None
) -> bool:
    """Give a hold another last day (续冻), the day before `expires`. As `release`; InvalidRequestError when it lies behind."""
    return _change(key, hold_id, "extended", business_date, expires, maker, checker)


def expire(*, business_date: date, maker: str) -> int:
    """Day-end: end the holds whose last day has passed; returns how many."""
    (expired,) = call("SELECT ledger_expire_holds(%s, %s)", [business_date, maker])
    return int(expired)


def active(*, account: int) -> Sequence[Hold]:
    """The active holds of an account, oldest first: the queue of its freezes."""
    return [Hold(*row) for row in rows("SELECT hold_id, kind, remaining, covered FROM ledger_holds(%s)", [account])]


def available(*, account: int) -> Fen:
    """What may be taken from an account: its balance less reserves and freezes, never below zero.

    Raises AccountUnavailableError for an unknown or hot account, which takes no holds.
    """
    found = rows(
        "SELECT greatest(0, side * amount - held - frozen) FROM ledger_balance WHERE account_id = %s", [account]
    )
    if not found:
        raise AccountUnavailableError(_("账户 {account} 不存在，或不设冻结").format(account=account), field="account")
    return int(found[0][0])


def _change(
    key: str, hold_id: int, step: str, day: date, expires: date | None, maker: str, checker: str | None
) -> bool:
    (changed,) = call(
        "SELECT ledger_change_hold(%s, %s, %s, %s, %s, %s, %s)", [key, hold_id, step, day, expires, maker, checker]
    )
    return bool(changed)
