"""The center's account for contributions (101, demand), as this room needs it: the treasury opens it."""

from datetime import date
from typing import ClassVar

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.ledger.models import Account


class NoBankAccountError(AnjuError):
    """The center has opened no account to pay from."""

    code: ClassVar[str] = "NO_BANK_ACCOUNT"


def contribution_account(on: date) -> int:
    """The ledger account of the center's first demand account under 101 on a day. Raises NoBankAccountError."""
    account = (
        Account.objects.filter(subject__code__startswith="101", hot=True, closed_date=None, opened_date__lte=on)
        .order_by("-id")
        .first()
    )
    if account is None:
        raise NoBankAccountError(_("中心还没有开立公积金存款账户"), field="bank")
    return account.pk
