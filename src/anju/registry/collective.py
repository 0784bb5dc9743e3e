"""The center's collective accounts: for flexible workers, and for sealed members whose unit is gone (集中封存户)."""

from datetime import date

from django.db import IntegrityError, connection, transaction

from anju.kernel.i18n import gettext as _
from anju.ledger.operations import NewAccount, open_accounts
from anju.registry.models import Unit, UnitKind
from anju.registry.operations import SUSPENSE

#: A collective account pays nothing of its own: its row carries the lowest ratio that the table takes.
_RATIO = 50_000


def collective_unit(*, kind: UnitKind, office: str, opened: date) -> Unit:
    """The collective account of a kind in an office; made, with its suspense account, when it is asked for first."""
    found = Unit.objects.filter(kind=kind, office=office).first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return _open(kind, office, opened)
    except IntegrityError:  # two asked at once: the other's is there now
        return Unit.objects.get(kind=kind, office=office)


def _open(kind: UnitKind, office: str, opened: date) -> Unit:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'K' || lpad(nextval('registry_unit_number')::text, 9, '0')")
        (number,) = cursor.fetchone()
    account = open_accounts(accounts=[NewAccount(number, SUSPENSE, opened, _("集中户暂收"))])[number]
    return Unit.objects.create(
        kind=kind, number=number, name=f"{office}{kind.label}", office=office, sector=_("其他"), unit_ratio=_RATIO,
        person_ratio=_RATIO, opened_date=opened, suspense_id=account,
    )  # fmt: skip
