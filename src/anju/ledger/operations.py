"""Writes of the ledger: accounts and journals. Each function is one call of one database function in one transaction.

Business days are in `days`, holds in `holds`, interest in `settlement`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen
from anju.ledger.database import call, call_rows
from anju.ledger.errors import InvalidRequestError

#: Code of the dated rates that members' accounts bear.
MEMBER_RATE = "member-account"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a journal: `amount` in fen, debit positive, credit negative. Use `debit` and `credit`."""

    account: int
    amount: Fen


def debit(account: int, amount: Fen) -> Line:
    """A debit of `amount` fen."""
    return Line(account, amount)


def credit(account: int, amount: Fen) -> Line:
    """A credit of `amount` fen."""
    return Line(account, -amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRequest:
    """What is to be booked. `key` is the business key: the same key with the same content books once, for ever."""

    key: str
    kind: str
    business_date: date
    lines: Sequence[Line]
    maker: str
    value_date: date | None = None
    reference: str = ""
    narrative: str = ""
    checker: str | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """A journal that stands in the ledger; `replayed` when an earlier call had booked it."""

    journal_id: int
    replayed: bool


#: The center's own accounts are open since before any business day: what is booked late for an earlier one finds them.
CENTER_OPENED = date(1990, 1, 1)


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to open: its number (unique), subject of the chart, first day, and a name that is no person's."""

    number: str
    subject: str
    opened: date
    name: str = ""


def post(*, journals: Sequence[JournalRequest]) -> list[Posted]:
    """Book journals, all or none, in one transaction; results in the order of the requests.

    Idempotent: journals whose key was booked before with the same content are returned as replayed. Raises
    UnbalancedError, KeyReusedError, DayNotOpenError, DayShutError, PeriodClosedError, AccountUnavailableError,
    InsufficientBalanceError, FrozenError, SettledError (a value date before the account's last settlement: use
    `correct`), InvalidRequestError, AmountOverflowError; then nothing is written.
    """
    return _book("ledger_post", journals)


def correct(*, journals: Sequence[JournalRequest]) -> list[Posted]:
    """Book journals as `post` does, with value dates that may lie before the last settlement of their accounts.

    The settlement stays; what it would have paid more or less is booked with each journal's business date as a journal
    of its own (kind `interest-difference`), linked to its cause.
    """
    return _book("ledger_correct", journals)


def reverse(
    *, journal_id: int, key: str, business_date: date, maker: str, reason: str, checker: str | None = None
) -> Posted:
    """Book the mirror image of a journal with its original value date; a journal is reversed at most once.

    Interest that was paid on it is corrected as by `correct`. Raises NotReversibleError for an unknown journal, one
    of the ledger's own (reversal, interest, transfer), or a second reversal under another key.
    """
    (booked,) = call(
        "SELECT ledger_reverse(%s, %s, %s, %s, %s, %s)", [journal_id, key, business_date, reason, maker, checker]
    )
    return _posted(booked)


def open_accounts(
    *, accounts: Sequence[NewAccount], hot: bool = False, overdraft_allowed: bool = False
) -> dict[str, int]:
    """Open accounts and return number → id; numbers that are open already under the same subject are returned too.

    `hot` accounts (bank, income) keep no balance row: postings to them never wait for one another. Raises
    UnknownSubjectError, AccountNumberTakenError.
    """
    return dict(
        call_rows(
            "SELECT number, account_id FROM ledger_open_accounts(%s::text[], %s::text[], %s::text[], %s::date[], %s, %s)",
            [
                [account.number for account in accounts],
                [account.subject for account in accounts],
                [account.name for account in accounts],
                [account.opened for account in accounts],
                hot,
                overdraft_allowed,
            ],
        )
    )


def close_account(*, account: int, closing_date: date) -> None:
    """Close an empty account for good. Raises NotEmptyError (a balance, a hold, or a court's freeze that waits),
    AccountUnavailableError.
    """
    call("SELECT ledger_close_account(%s, %s)", [account, closing_date])


def transfer_account(
    *,
    source: int,
    destination: int,
    key: str,
    business_date: date,
    maker: str,
    checker: str | None = None,
    reference: str = "",
) -> Posted:
    """Move all of an account, its unpaid interest product included, into another of its subject (内部转移).

    The receiving account goes on as if it had always held the money; a transfer back undoes it. Raises NotTransferableError: empty, held, frozen,
    of another subject, or the same account.
    """
    (booked,) = call(
        "SELECT ledger_transfer_account(%s, %s, %s, %s, %s, %s, %s, %s)",
        [source, destination, MEMBER_RATE, key, reference, business_date, maker, checker],
    )
    return _posted(booked)


def _book(function: str, journals: Sequence[JournalRequest]) -> list[Posted]:
    lines = [(number, line) for number, journal in enumerate(journals, 1) for line in journal.lines]
    _require_form(journals, lines)
    parameters: list[Any] = [
        [journal.key for journal in journals],
        [journal.kind for journal in journals],
        [journal.reference for journal in journals],
        [journal.narrative for journal in journals],
        [journal.business_date for journal in journals],
        [journal.value_date or journal.business_date for journal in journals],
        [journal.maker for journal in journals],
        [journal.checker for journal in journals],
        [number for number, _line in lines],
        [line.account for _number, line in lines],
        [line.amount for _number, line in lines],
    ]
    sql = (
        f"SELECT {function}(%s::text[], %s::text[], %s::text[], %s::text[], %s::date[], %s::date[], %s::text[],"
        " %s::text[], %s::int[], %s::bigint[], %s::bigint[])"
    )
    (booked,) = call(sql, parameters)
    return [_posted(number) for number in booked]


def _posted(booked: int) -> Posted:
    """The database answers with the journal's id, negative when an earlier call had booked it."""
    return Posted(abs(booked), replayed=booked < 0)


def _require_form(journals: Sequence[JournalRequest], lines: Sequence[tuple[int, Line]]) -> None:
    for _number, line in lines:
        if type(line.amount) is not int:
            raise InvalidRequestError(_("金额必须是以分为单位的整数"), field="amount")
    for journal in journals:
        for field in ("key", "kind", "reference", "narrative", "maker", "checker"):
            text = getattr(journal, field)
            if text is not None and (type(text) is not str or "\0" in text):
                raise InvalidRequestError(_("须为文字，且不得含空字符"), field=field)
