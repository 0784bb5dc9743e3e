"""暂收款: money under 219 that belongs to no bill yet, and how long it has been there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import F

from anju.contributions.models import Receipt
from anju.kernel.money import Fen
from anju.registry.models import UnitKind

#: Days after which money in suspense is conspicuous (电子稽查 B8).
LONG = 30


@dataclass(frozen=True, slots=True)
class UnitSuspense:
    """A unit's money in suspense in fen, with what its oldest open bill asks for.

    `since` is the day on which the oldest of it came: what came first is taken to have been spent first.
    """

    number: str
    name: str
    office: str
    balance: Fen
    since: date | None
    bill: str
    wanted: Fen | None

    @property
    def difference(self) -> Fen | None:
        """What is lacking for the bill (negative) or left over."""
        return None if self.wanted is None else self.balance - self.wanted

    def long(self, today: date) -> bool:
        """Whether it has been there too long."""
        return self.since is not None and (today - self.since).days > LONG


def unknown_receipts(*, limit: int = 200) -> list[Receipt]:
    """Receipts of which nobody knows whose they are, the oldest first."""
    return list(Receipt.objects.filter(unit=None, matched_by="").order_by("id")[:limit])


def third_party_receipts(*, since: date, office: str | None = None, limit: int = 200) -> list[Receipt]:
    """Money that paid an employer's bill by its number under another payer's name, the latest first: allowed, and shown."""
    found = Receipt.objects.filter(
        matched_by="reference", arrived_date__gte=since, unit__kind=UnitKind.EMPLOYER
    ).exclude(payer_name=F("unit__name"))
    if office is not None:
        found = found.filter(unit__office=office)
    return list(found.select_related("unit", "bill").order_by("-id")[:limit])


def unit_suspense(*, office: str | None = None, limit: int = 500) -> Sequence[UnitSuspense]:
    """Units with money in suspense, the largest first; `office` for one office's."""
    with connection.cursor() as cursor:
        cursor.execute(_UNITS, {"office": office, "limit": limit})
        return [UnitSuspense(*row) for row in cursor.fetchall()]


_UNITS = """
SELECT u.number, u.name, u.office, l.side * l.amount,
       (SELECT coalesce(max(r.arrived_date) FILTER (WHERE r.upto >= l.side * l.amount), min(r.arrived_date))
          FROM (SELECT arrived_date, sum(amount) OVER (ORDER BY arrived_date DESC, id DESC) AS upto
                  FROM contributions_receipt WHERE unit_id = u.id) AS r), coalesce(b.number, ''), b.amount
  FROM registry_unit u JOIN ledger_balance l ON l.account_id = u.suspense_id
  LEFT JOIN LATERAL (SELECT number, amount FROM contributions_bill b WHERE b.unit_id = u.id AND b.state = 'open'
                      ORDER BY id LIMIT 1) AS b ON true
 WHERE l.amount <> 0 AND (%(office)s::text IS NULL OR u.office = %(office)s)
 ORDER BY l.side * l.amount DESC, u.number LIMIT %(limit)s
"""
