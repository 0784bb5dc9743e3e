"""暂收队列: every fen under 219 as a line that says whose it is, what it waits for and since when.

An unknown payer's receipt, a letter's money, a unit's balance, what a person's notice holds: a line each. What no line
explains is a line too (其他), so the queue adds up to the ledger's balance, and a mistake shows instead of hiding.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from anju.contributions.models import Receipt
from anju.contributions.receipts import UNKNOWN
from anju.kernel.money import Fen
from anju.registry.models import Unit, UnitKind, UnitState

#: Days after which money in suspense is conspicuous (电子稽查 B8).
LONG = 30


class Waiting(TextChoices):
    """What money in suspense waits for."""

    UNMATCHED = "unmatched", _("不明来款")
    OVER = "over", _("多缴")
    SHORT = "short", _("少缴")
    ENOUGH = "enough", _("可入账")
    LETTER = "letter", _("异地转入")
    OTHER = "other", _("其他")


@dataclass(frozen=True, slots=True)
class Line:
    """Money in suspense in fen; `number` is the receipt's serial, the unit's, notice's, letter's or account's number.

    `name` is the payer's, the unit's or the person's; `reserved` of it goes back already. `receipt` is the latest that it
    came with, `bill` the notice that asks for `wanted`. `since` is the day on which the oldest of it came: what came
    first is taken to have been spent first.
    """

    kind: str
    source: str
    number: str
    name: str
    office: str
    amount: Fen
    reserved: Fen
    since: date | None
    bill: str
    wanted: Fen | None
    receipt: int | None
    remark: str
    person: str

    @property
    def free(self) -> Fen:
        """What is not on its way back."""
        return self.amount - self.reserved

    @property
    def difference(self) -> Fen | None:
        """What is left over for the notice, or lacking (negative)."""
        return None if self.wanted is None else self.amount - self.wanted

    def age(self, today: date) -> int | None:
        """Days since the oldest of it came."""
        return None if self.since is None else (today - self.since).days


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which lines: of a kind, an office (with all that is nobody's yet), at least `days` old, between two amounts in fen."""

    today: date
    kind: str = ""
    office: str | None = None
    days: int = 0
    least: Fen | None = None
    most: Fen | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """For the statement."""
        return {
            "kind": self.kind, "office": self.office, "least": self.least, "most": self.most, "unknown": UNKNOWN,
            "before": self.today - timedelta(self.days) if self.days else None,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Total:
    """How many lines of a kind there are and their sum in fen; how many were asked for, and theirs."""

    count: int = 0
    amount: Fen = 0
    asked: int = 0
    asked_amount: Fen = 0


def lines(*, asked: Asked, first: int = 0, limit: int = 50) -> list[Line]:
    """The lines asked for, the oldest first; `first` counts from 0."""
    with connection.cursor() as cursor:
        cursor.execute(_LINES + _PAGE, {**asked.parameters, "first": first, "limit": limit})
        return [Line(*row) for row in cursor.fetchall()]


def totals(*, asked: Asked) -> Mapping[str, Total]:
    """Counts and sums by kind. Without an office the sums add up to the balance of 219."""
    with connection.cursor() as cursor:
        cursor.execute(_LINES + _TOTALS, asked.parameters)
        found = {row[0]: Total(*map(int, row[1:])) for row in cursor.fetchall()}
    return {kind: found.get(kind, Total()) for kind in Waiting.values}


def ledger_total() -> Fen:
    """The balance of 219 as it stands, in fen."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce((SELECT sum(l.side * l.amount) FROM ledger_balance l JOIN ledger_account a ON a.id = l.account_id"
            " WHERE a.subject_id LIKE '219%'), 0) + coalesce((SELECT sum(a.side * b.amount)"
            " FROM ledger_account a, ledger_balance_at(a.id, 'infinity') b WHERE a.subject_id LIKE '219%' AND a.hot), 0)"
        )
        return int(cursor.fetchone()[0])


_NUMBER = re.compile(r"[0-9A-Z]{6,20}")


def guesses(receipts: Sequence[Receipt]) -> Mapping[int, Unit]:
    """For receipts of unknown payers the unit that they seem to be from: its number in the remark, else the unit to which
    money of the same payer was given by hand the last time. A guess is shown to somebody who decides.
    """
    words = {receipt.pk: _NUMBER.findall(receipt.remark.upper()) for receipt in receipts}
    units = Unit.objects.filter(kind=UnitKind.EMPLOYER).exclude(state=UnitState.CLOSED)
    named = {unit.number: unit for unit in units.filter(number__in={word for each in words.values() for word in each})}
    before = (
        Receipt.objects.filter(matched_by="hand", payer_name__in={receipt.payer_name for receipt in receipts})
        .filter(unit__in=units).select_related("unit").order_by("id")
    )  # fmt: skip
    given = {receipt.payer_name: receipt.unit for receipt in before}
    found = {}
    for receipt in receipts:
        unit = next((named[word] for word in words[receipt.pk] if word in named), given.get(receipt.payer_name))
        if unit is not None:
            found[receipt.pk] = unit
    return found


# A person's notice shares the collective account with others': only the receipts that name it are its own. What such an
# account, the account of unknown payers or any other under 219 holds beyond its lines is a line of its own.
_LINES = """
WITH unknown AS (
    SELECT r.id, r.serial, r.payer_name, r.amount, r.arrived_date, r.remark,
           CASE r.matched_by WHEN '' THEN 0 ELSE r.amount END AS reserved
      FROM contributions_receipt r
     WHERE r.unit_id IS NULL AND (r.matched_by = '' OR r.matched_by = 'refund' AND NOT EXISTS (
               SELECT FROM contributions_refund f WHERE f.receipt_id = r.id AND f.journal_id IS NOT NULL))
), letter AS (
    SELECT number, name, received, made_date FROM contributions_letter
     WHERE direction = 'in' AND received > 0 AND journal_id IS NULL
), collective AS (
    SELECT u.id, u.number, u.name, u.office, l.side * l.amount AS balance
      FROM registry_unit u JOIN ledger_balance l ON l.account_id = u.suspense_id
     WHERE u.kind = 'flexible' AND l.amount <> 0
), came AS (
    SELECT r.bill_id, sum(r.amount)::bigint AS amount, min(r.arrived_date) AS since, max(r.id) AS receipt
      FROM contributions_receipt r JOIN collective c ON c.id = r.unit_id WHERE r.bill_id IS NOT NULL GROUP BY r.bill_id
), gone AS (
    SELECT r.bill_id, coalesce(sum(f.amount) FILTER (WHERE f.journal_id IS NOT NULL), 0)::bigint AS paid,
           coalesce(sum(f.amount) FILTER (WHERE f.hold_id IS NOT NULL), 0)::bigint AS reserved
      FROM contributions_refund f JOIN contributions_receipt r ON r.id = f.receipt_id
     WHERE r.bill_id IS NOT NULL GROUP BY r.bill_id
), person AS (
    SELECT b.number, b.unit_id, m.number AS member, m.name, b.state, b.amount AS wanted, came.since, came.receipt,
           came.amount - coalesce(gone.paid, 0) - CASE b.state WHEN 'paid' THEN b.amount ELSE 0 END AS amount,
           coalesce(gone.reserved, 0) AS reserved
      FROM contributions_bill b JOIN came ON came.bill_id = b.id JOIN registry_member m ON m.id = b.member_id
      LEFT JOIN gone ON gone.bill_id = b.id
), line AS (
    SELECT 'unmatched' AS kind, 'receipt' AS source, serial AS number, payer_name AS name, '' AS office, amount, reserved,
           arrived_date AS since, '' AS bill, NULL::bigint AS wanted, id AS receipt, remark, '' AS person
      FROM unknown
    UNION ALL
    SELECT 'letter', 'letter', number, name, '', received, 0, made_date, '', NULL, NULL, '', '' FROM letter
    UNION ALL
    SELECT CASE p.state WHEN 'open' THEN 'short' ELSE 'over' END, 'bill', p.number, p.name, c.office, p.amount, p.reserved,
           p.since, p.number, CASE p.state WHEN 'open' THEN p.wanted END, p.receipt, '', p.member
      FROM person p JOIN collective c ON c.id = p.unit_id WHERE p.amount <> 0
    UNION ALL
    SELECT CASE WHEN b.number IS NULL THEN 'over' WHEN l.side * l.amount - l.held - l.frozen < b.amount THEN 'short'
                ELSE 'enough' END,
           'unit', u.number, u.name, u.office, l.side * l.amount, l.held + l.frozen, s.since, coalesce(b.number, ''), b.amount,
           s.receipt, '', ''
      FROM registry_unit u JOIN ledger_balance l ON l.account_id = u.suspense_id
      LEFT JOIN LATERAL (SELECT number, amount FROM contributions_bill b WHERE b.unit_id = u.id AND b.state = 'open'
                          ORDER BY id LIMIT 1) AS b ON true
      CROSS JOIN LATERAL (
          SELECT coalesce(max(r.arrived_date) FILTER (WHERE r.upto >= l.side * l.amount), min(r.arrived_date)) AS since,
                 max(r.id) AS receipt
            FROM (SELECT id, arrived_date, sum(amount) OVER (ORDER BY arrived_date DESC, id DESC) AS upto
                    FROM contributions_receipt WHERE unit_id = u.id) AS r) AS s
     WHERE u.kind <> 'flexible' AND l.amount <> 0
    UNION ALL
    SELECT 'other', 'account', c.number, c.name, c.office, c.balance - p.amount, 0, NULL, '', NULL, NULL, '', ''
      FROM collective c
      CROSS JOIN LATERAL (SELECT coalesce(sum(amount), 0)::bigint AS amount FROM person WHERE unit_id = c.id) AS p
     WHERE c.balance <> p.amount
    UNION ALL
    SELECT 'other', 'account', o.number, o.name, '', o.balance, 0, NULL, '', NULL, NULL, '', ''
      FROM (SELECT a.number, a.name, CASE WHEN a.hot THEN (SELECT a.side * b.amount FROM ledger_balance_at(a.id, 'infinity') b)
                   ELSE (SELECT l.side * l.amount FROM ledger_balance l WHERE l.account_id = a.id) END
                   - CASE a.number WHEN %(unknown)s THEN (SELECT coalesce(sum(amount), 0) FROM unknown)::bigint
                                                         + (SELECT coalesce(sum(received), 0) FROM letter)::bigint
                     ELSE 0 END AS balance
              FROM ledger_account a
             WHERE a.subject_id LIKE '219%%' AND NOT EXISTS (SELECT FROM registry_unit u WHERE u.suspense_id = a.id)) AS o
     WHERE o.balance <> 0
), scope AS (
    SELECT *, (%(kind)s = '' OR kind = %(kind)s) AND (%(least)s::bigint IS NULL OR amount >= %(least)s)
              AND (%(most)s::bigint IS NULL OR amount <= %(most)s)
              AND (%(before)s::date IS NULL OR since <= %(before)s) AS asked
      FROM line WHERE %(office)s::text IS NULL OR office IN ('', %(office)s)
)
"""
_PAGE = """
SELECT kind, source, number, name, office, amount, reserved, since, bill, wanted, receipt, remark, person
  FROM scope WHERE asked ORDER BY since NULLS LAST, kind, number LIMIT %(limit)s OFFSET %(first)s
"""
_TOTALS = """
SELECT kind, count(*), sum(amount), count(*) FILTER (WHERE asked), coalesce(sum(amount) FILTER (WHERE asked), 0)
  FROM scope GROUP BY kind
"""
