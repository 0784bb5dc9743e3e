"""Reads of the ledger: trial balance, journals, statements, balances at a day. Amounts in fen, debit positive."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen
from anju.ledger.database import rows
from anju.ledger.errors import AccountUnavailableError


@dataclass(frozen=True, slots=True)
class TrialBalanceRow:
    """One subject, its sub-subjects included: opening balance, the period's turnover, closing balance, in fen."""

    code: str
    name: str
    level: int
    side: int
    opening: Fen
    debit: Fen
    credit: Fen

    @property
    def closing(self) -> Fen:
        return self.opening + self.debit - self.credit


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One line of a journal as shown: account number and subject beside the amount."""

    journal_id: int
    line: int
    account_number: str
    subject: str
    subject_name: str
    amount: Fen


@dataclass(frozen=True, slots=True)
class JournalHead:
    """What a list of journals shows; `amount` is the sum of its debits on the subject asked for, or of all debits."""

    id: int
    key: str
    kind: str
    reference: str
    narrative: str
    business_date: date
    value_date: date
    maker: str
    checker: str | None
    reverses_id: int | None
    debit: Fen
    credit: Fen


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One entry of an account with the balance after it, on the account's normal side."""

    journal_id: int
    business_date: date
    value_date: date
    kind: str
    narrative: str
    amount: Fen
    balance: Fen


def trial_balance(*, start: date, end: date) -> list[TrialBalanceRow]:
    """Trial balance (试算平衡表) of the days start..end, both included: every subject that ever moved, with parents.

    The first-level rows add up to zero; entries before `start` make the opening balance.
    """
    found = rows(
        """
        WITH moved AS (
            SELECT a.subject_id AS code,
                   sum(e.amount) FILTER (WHERE e.business_date < %(start)s) AS opening,
                   sum(e.amount) FILTER (WHERE e.business_date >= %(start)s AND e.amount > 0) AS debit,
                   -sum(e.amount) FILTER (WHERE e.business_date >= %(start)s AND e.amount < 0) AS credit
              FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
             WHERE e.business_date <= %(end)s
             GROUP BY a.subject_id
        )
        SELECT s.code, s.name, length(s.code) / 2, s.side, coalesce(sum(m.opening), 0)::bigint,
               coalesce(sum(m.debit), 0)::bigint, coalesce(sum(m.credit), 0)::bigint
          FROM ledger_subject s JOIN moved m ON m.code LIKE s.code || '%%'
         GROUP BY s.code ORDER BY s.code
        """,
        {"start": start, "end": end},
    )
    return [TrialBalanceRow(*row) for row in found]


def turnover(*, subject: str, start: date, end: date, kinds: Sequence[str] | None = None) -> tuple[Fen, Fen]:
    """(debits, credits) of a subject with its sub-subjects in the days start..end, of some kinds of journal or all."""
    found = rows(
        """
        SELECT coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0)::bigint,
               coalesce(-sum(e.amount) FILTER (WHERE e.amount < 0), 0)::bigint
          FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
          JOIN ledger_journal j ON j.id = e.journal_id
         WHERE a.subject_id LIKE %(subject)s || '%%' AND e.business_date BETWEEN %(start)s AND %(end)s
           AND (%(kinds)s::text[] IS NULL OR j.kind = ANY (%(kinds)s::text[]))
        """,
        {"subject": subject, "start": start, "end": end, "kinds": list(kinds) if kinds is not None else None},
    )
    return found[0][0], found[0][1]


def monthly_turnover(*, subject: str, year: int, kinds: Sequence[str]) -> list[tuple[Fen, Fen]]:
    """Twelve pairs (debits, credits) of a subject, January first."""
    found = rows(
        """
        SELECT coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0)::bigint,
               coalesce(-sum(e.amount) FILTER (WHERE e.amount < 0), 0)::bigint
          FROM generate_series(1, 12) AS month
          LEFT JOIN (ledger_entry e JOIN ledger_journal j ON j.id = e.journal_id AND j.kind = ANY (%(kinds)s::text[])
                     JOIN ledger_account a ON a.id = e.account_id AND a.subject_id LIKE %(subject)s || '%%')
                 ON e.business_date BETWEEN make_date(%(year)s, month, 1)
                                        AND make_date(%(year)s, month, 1) + interval '1 month' - interval '1 day'
         GROUP BY month ORDER BY month
        """,
        {"subject": subject, "year": year, "kinds": list(kinds)},
    )
    return [(debit, credit) for debit, credit in found]


def balance(*, subject: str, on: date) -> Fen:
    """Balance of a subject with its sub-subjects at the end of day `on`, on its normal side."""
    found = rows(
        """
        SELECT coalesce(sum(e.amount * a.side), 0)::bigint
          FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
         WHERE a.subject_id LIKE %(subject)s || '%%' AND e.business_date <= %(on)s
        """,
        {"subject": subject, "on": on},
    )
    amount: Fen = found[0][0]
    return amount


def posted_amount(*, key: str, account: int) -> Fen | None:
    """What the journal with that business key booked on an account (debit positive); None when there is no such."""
    found = rows(
        """
        SELECT coalesce(sum(e.amount), 0)::bigint
          FROM ledger_journal j
          LEFT JOIN ledger_entry e ON e.journal_id = j.id AND e.business_date = j.business_date
                                  AND e.account_id = %(account)s
         WHERE j.key = %(key)s GROUP BY j.id
        """,
        {"key": key, "account": account},
    )
    return found[0][0] if found else None


def account_balance(*, account: int) -> Fen:
    """Balance of an account, hot or not, on its normal side, exact as it stands at this instant.

    Raises AccountUnavailableError for an unknown account.
    """
    if account > 0:
        found = rows("SELECT side * amount FROM ledger_balance WHERE account_id = %(account)s", {"account": account})
    else:
        found = rows(
            "SELECT a.side * b.amount FROM ledger_account a, ledger_balance_at(a.id, 'infinity') b WHERE a.id = %(account)s",
            {"account": account},
        )
    return _of_account(found, account)


def balance_at(*, account: int, on: date) -> Fen:
    """Balance of an account at the end of a business day, on its normal side: latest snapshot plus the entries since.

    Raises AccountUnavailableError for an unknown account.
    """
    found = rows(
        "SELECT a.side * b.amount FROM ledger_account a, ledger_balance_at(a.id, %(on)s) b WHERE a.id = %(account)s",
        {"account": account, "on": on},
    )
    return _of_account(found, account)


def product_at(*, account: int, until: date, known_on: date) -> int:
    """Product in fen x days of an account up to the day before `until`, from what was booked up to `known_on`.

    Raises AccountUnavailableError for an unknown account.
    """
    found = rows(
        "SELECT ledger_product_at(%(account)s, %(until)s, %(known)s)",
        {"account": account, "until": until, "known": known_on},
    )
    return _of_account(found, account)


def journals(*, subject: str, start: date, end: date, limit: int, offset: int = 0) -> tuple[list[JournalHead], int]:
    """Journals that touch a subject in the days start..end, newest first, with the debits and credits there; and
    how many there are in all.
    """
    parameters: dict[str, Any] = {"subject": subject, "start": start, "end": end, "limit": limit, "offset": offset}
    found = rows(
        """
        SELECT j.id, j.key, j.kind, j.reference, j.narrative, j.business_date, j.value_date, j.maker, j.checker,
               j.reverses_id, t.debit, t.credit, count(*) OVER ()
          FROM (SELECT e.journal_id, coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0)::bigint AS debit,
                       coalesce(-sum(e.amount) FILTER (WHERE e.amount < 0), 0)::bigint AS credit
                  FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
                 WHERE a.subject_id LIKE %(subject)s || '%%' AND e.business_date BETWEEN %(start)s AND %(end)s
                 GROUP BY e.journal_id) AS t
          JOIN ledger_journal j ON j.id = t.journal_id
         ORDER BY j.business_date DESC, j.id DESC LIMIT %(limit)s OFFSET %(offset)s
        """,
        parameters,
    )
    return [JournalHead(*row[:-1]) for row in found], found[0][-1] if found else 0


def journal(*, journal_id: int) -> JournalHead | None:
    """One journal with the sums of its debits and credits; None when there is no such journal."""
    found = rows(
        """
        SELECT j.id, j.key, j.kind, j.reference, j.narrative, j.business_date, j.value_date, j.maker, j.checker,
               j.reverses_id, coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0)::bigint,
               coalesce(-sum(e.amount) FILTER (WHERE e.amount < 0), 0)::bigint
          FROM ledger_journal j JOIN ledger_entry e ON e.journal_id = j.id AND e.business_date = j.business_date
         WHERE j.id = %(id)s GROUP BY j.id
        """,
        {"id": journal_id},
    )
    return JournalHead(*found[0]) if found else None


def journal_lines(*, journal_id: int, limit: int = 500, offset: int = 0) -> tuple[list[JournalLine], int]:
    """The lines of a journal in order, and how many there are in all."""
    found = rows(
        """
        SELECT e.journal_id, e.line, a.number, s.code, s.name, e.amount, count(*) OVER ()
          FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id JOIN ledger_subject s ON s.code = a.subject_id
         WHERE e.journal_id = %(id)s ORDER BY e.line LIMIT %(limit)s OFFSET %(offset)s
        """,
        {"id": journal_id, "limit": limit, "offset": offset},
    )
    return [JournalLine(*row[:-1]) for row in found], found[0][-1] if found else 0


def statement(*, account: int, start: date, end: date) -> tuple[Fen, list[StatementRow]]:
    """Opening balance and entries of one account in the days start..end, oldest first, on its normal side."""
    found = rows(
        """
        SELECT j.id, e.business_date, j.value_date, j.kind, j.narrative, e.amount * a.side,
               sum(e.amount * a.side) OVER (ORDER BY e.business_date, j.id, e.line)::bigint
          FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id JOIN ledger_journal j ON j.id = e.journal_id
         WHERE e.account_id = %(account)s AND e.business_date <= %(end)s
         ORDER BY e.business_date, j.id, e.line
        """,
        {"account": account, "end": end},
    )
    entries = [StatementRow(*row) for row in found]
    before = [row for row in entries if row.business_date < start]
    return before[-1].balance if before else 0, entries[len(before) :]


def _of_account(found: Sequence[tuple[Any, ...]], account: int) -> int:
    if not found or found[0][0] is None:
        raise AccountUnavailableError(_("账户 {account} 不存在").format(account=account), field="account")
    return int(found[0][0])
