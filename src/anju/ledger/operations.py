"""Writes of the ledger. Each function is one call of one database function inside one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction

from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen
from anju.kernel.rates import Ppm
from anju.ledger.errors import InvalidRequestError, translated


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
    UnbalancedError, KeyReusedError, AccountUnavailableError, InsufficientBalanceError, InvalidRequestError,
    AmountOverflowError; then nothing is written.
    """
    lines = [(number, line) for number, journal in enumerate(journals, 1) for line in journal.lines]
    _require_integers(lines)
    parameters: list[Any] = [
        [journal.key for journal in journals],
        [journal.kind for journal in journals],
        [journal.reference for journal in journals],
        [journal.narrative for journal in journals],
        [journal.business_date for journal in journals],
        [journal.value_date or journal.business_date for journal in journals],
        [journal.maker for journal in journals],
        [journal.checker for journal in journals],
        [None for _journal in journals],
        [number for number, _line in lines],
        [line.account for _number, line in lines],
        [line.amount for _number, line in lines],
    ]
    sql = (
        "SELECT journal_id, replayed FROM ledger_post(%s::text[], %s::text[], %s::text[], %s::text[], %s::date[],"
        " %s::date[], %s::text[], %s::text[], %s::bigint[], %s::int[], %s::bigint[], %s::bigint[]) ORDER BY ordinal"
    )
    with translated(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [Posted(*row) for row in cursor.fetchall()]


def reverse(
    *, journal_id: int, key: str, business_date: date, maker: str, reason: str, checker: str | None = None
) -> Posted:
    """Book the mirror image of a journal with its original value date; a journal is reversed at most once.

    Raises NotReversibleError for an unknown journal, a reversal, or a second reversal under another key.
    """
    with translated(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT journal_id, replayed FROM ledger_reverse(%s, %s, %s, %s, %s, %s)",
            [journal_id, key, business_date, reason, maker, checker],
        )
        return Posted(*cursor.fetchone())


def open_accounts(
    *, accounts: Sequence[NewAccount], hot: bool = False, overdraft_allowed: bool = False
) -> dict[str, int]:
    """Open accounts and return number → id; numbers that are open already under the same subject are returned too.

    `hot` accounts (bank, income) keep no balance row: postings to them never wait for one another. Raises
    UnknownSubjectError, AccountNumberTakenError.
    """
    with translated(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
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
        return dict(cursor.fetchall())


def close_account(*, account: int, closing_date: date) -> None:
    """Close an empty account for good. Raises NotEmptyError."""
    with translated(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT ledger_close_account(%s, %s)", [account, closing_date])


def take_product(*, account: int, until: date) -> int:
    """Interest product in fen x days not yet paid for, up to the day before `until`, now marked as settled.

    Call it in the transaction that pays the interest. Raises AlreadySettledError.
    """
    with translated(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT ledger_take_product(%s, %s)", [account, until])
        product: int = cursor.fetchone()[0]
        return product


def settle_interest(
    *, subject: str, settlement_day: date, rate: Ppm, payable: int, key: str, maker: str, chunk: int = 20_000
) -> Fen:
    """Credit a year's interest to every account of `subject` and debit `payable`; return the sum paid in fen.

    Works through account ids in chunks, one journal and one transaction each, so it can be stopped and run again:
    chunks that are done find nothing to pay. Rounding: half-up to the fen, once per account.
    """
    paid = 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id), max(id) FROM ledger_account WHERE subject_id = %s", [subject])
        lowest, highest = cursor.fetchone()
    for low in range(lowest or 0, (highest or -1) + 1, chunk):
        with translated(), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT ledger_settle_interest(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                [low, low + chunk - 1, subject, settlement_day, rate, payable, f"{key}:{low}", key, maker],
            )
            paid += cursor.fetchone()[0]
    return paid


def _require_integers(lines: Sequence[tuple[int, Line]]) -> None:
    for _number, line in lines:
        if type(line.amount) is not int:
            raise InvalidRequestError(_("金额必须是以分为单位的整数"), field="amount")
