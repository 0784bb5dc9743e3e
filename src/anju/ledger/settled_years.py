"""What the books say of one account in an interest year (结息年度): nothing here is computed that was not booked."""

from dataclasses import dataclass
from datetime import date, timedelta

from anju.kernel.money import Fen
from anju.kernel.rates import Ppm
from anju.ledger.database import rows
from anju.ledger.operations import MEMBER_RATE

#: Kinds of the ledger's own interest entries: the yearly settlement, and what a later correction found it short of.
SETTLEMENT, DIFFERENCE = "interest-settlement", "interest-difference"
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class KindTurnover:
    """Entries of one kind of journal on an account in a period: how many, paid in and paid out, both positive fen."""

    kind: str
    entries: int
    received: Fen
    paid: Fen


@dataclass(frozen=True, slots=True)
class RateInForce:
    """A yearly rate in ppm with the first and final day of a period on which it was in force."""

    first: date
    final: date
    rate: Ppm


@dataclass(frozen=True, slots=True)
class AccountSettlement:
    """A yearly settlement of an account: its day, and the interest that it credited in fen."""

    day: date
    interest: Fen


def account_settlements(*, account: int) -> list[AccountSettlement]:
    """The settlements (年度结息) that the account went through with its subject, latest first.

    An account closed meanwhile counts where interest was credited: its close-out paid the rest beside the settlements.
    """
    found = rows(
        """
        SELECT s.until_day, i.interest FROM ledger_balance b JOIN ledger_settlement s ON s.subject_id = b.subject_id
         CROSS JOIN LATERAL (
               SELECT count(*) AS entries, coalesce(sum(e.amount * b.side), 0)::bigint AS interest
                 FROM ledger_entry e JOIN ledger_journal j ON j.id = e.journal_id
                WHERE e.account_id = b.account_id AND e.value_day = s.until_day AND j.kind = %(kind)s) AS i
         WHERE b.account_id = %(account)s AND b.opened_day < s.until_day
           AND (i.entries > 0 OR (b.settled_day >= s.until_day AND NOT b.closed))
         ORDER BY s.until_day DESC
        """,
        {"account": account, "kind": SETTLEMENT},
    )
    return [AccountSettlement(_EPOCH + timedelta(days=day - 1), interest) for day, interest in found]


def turnover_by_kind(*, account: int, start: date, end: date) -> tuple[Fen, list[KindTurnover]]:
    """Balance before `start`, and the account's entries of the business days start..end by kind of journal.

    On the account's normal side; kinds in the order in which they first came. Opening balance and turnovers add up to
    the balance at the end of `end`.
    """
    found = rows(
        """
        SELECT CASE WHEN e.business_date >= %(start)s THEN j.kind END AS kind, count(*),
               coalesce(sum(e.amount * a.side) FILTER (WHERE e.amount * a.side > 0), 0)::bigint,
               coalesce(-sum(e.amount * a.side) FILTER (WHERE e.amount * a.side < 0), 0)::bigint
          FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id JOIN ledger_journal j ON j.id = e.journal_id
         WHERE e.account_id = %(account)s AND e.business_date <= %(end)s
         GROUP BY 1 ORDER BY min(e.business_date), min(j.id)
        """,
        {"account": account, "start": start, "end": end},
    )
    opening = sum(received - paid for kind, _count, received, paid in found if kind is None)
    return opening, [KindTurnover(*row) for row in found if row[0] is not None]


def rates_in_force(*, start: date, end: date) -> list[RateInForce]:
    """The rates of members' accounts on the days start..end; days before the first rate on record have none."""
    found = rows(
        """
        SELECT greatest(lower(valid), %(start)s), least(coalesce(upper(valid) - 1, %(end)s), %(end)s), ppm
          FROM ledger_rate WHERE code = %(code)s AND valid && daterange(%(start)s, %(end)s, '[]') ORDER BY 1
        """,
        {"code": MEMBER_RATE, "start": start, "end": end},
    )
    return [RateInForce(*row) for row in found]
