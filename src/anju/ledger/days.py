"""Business days and months of the ledger: opened, shut, sealed; and months closed when all their days are sealed.

Postings go to open days only. A sealed day's root is the SM3 of its journals, chained to the day sealed before it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction

from anju.kernel.i18n import gettext as _
from anju.kernel.periods import Month
from anju.ledger.database import call, rows
from anju.ledger.errors import NotClosableError, translated
from anju.platform.day_seal import GENESIS, day_root

#: Journals read at once while a day is sealed.
_PAGE = 10_000


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed day: its root, the root before it, and how many journals it holds."""

    day: date
    previous: bytes
    root: bytes
    journals: int


def open_days(*, first: date, final: date, actor: str) -> int:
    """Open the business days first..final, both included; days that are open already stay so. Returns how many are new.

    Raises DayShutError when one of them lies before a day that is shut.
    """
    (opened,) = call("SELECT ledger_open_days(%s, %s, %s)", [first, final, actor])
    return int(opened)


def shut_days(*, through: date) -> int:
    """End every open day up to `through`: waits for postings under way and refuses later ones. Returns how many."""
    (shut,) = call("SELECT ledger_shut_days(%s)", [through])
    return int(shut)


def seal_days(*, through: date, actor: str) -> list[Sealed]:
    """Seal the shut days up to `through` in their order, one transaction each, so that it can be stopped and run again.

    Raises NotClosableError when one of them is still open.
    """
    unsealed = rows("SELECT day FROM ledger_day WHERE root IS NULL AND day <= %s ORDER BY day", [through])
    return [_seal(day, actor) for (day,) in unsealed]


def close_month(*, month: Month, actor: str) -> bytes:
    """Close a month whose days are all sealed: snapshots, totals by subject and their hash, which is returned.

    Closing it again returns the same hash. Raises NotClosableError.
    """
    (digest,) = call("SELECT ledger_close_period(%s, %s)", [month.first_day, actor])
    return bytes(digest)


def leaves(day: date) -> Iterator[bytes]:
    """Leaves of the journals of a business day in the order of their ids, read in pages."""
    after = 0
    while True:
        page = rows(
            "SELECT id, ledger_journal_leaf(id, key, payload_hash) FROM ledger_journal"
            " WHERE business_date = %s AND id > %s ORDER BY id LIMIT %s",
            [day, after, _PAGE],
        )
        for after, leaf in page:  # noqa: B007 - the last id is where the next page begins
            yield bytes(leaf)
        if len(page) < _PAGE:
            return


@transaction.atomic
def _seal(day: date, actor: str) -> Sealed:
    with translated(), connection.cursor() as cursor:
        cursor.execute("SELECT root FROM ledger_day WHERE day < %s ORDER BY day DESC LIMIT 1", [day])
        before = cursor.fetchone()
        if before is not None and before[0] is None:
            raise NotClosableError(_("{day} 之前还有营业日未封存").format(day=day), field="through")
        previous = bytes(before[0]) if before else GENESIS
        root, journals = day_root(previous=previous, day=day, leaves=leaves(day))
        cursor.execute("SELECT ledger_seal_day(%s, %s, %s, %s, %s)", [day, previous, root, journals, actor])
    return Sealed(day, previous, root, journals)
