"""Reads of the registry."""

from anju.platform.people.models import User
from anju.registry.models import Member, Unit


def member_accounts() -> list[tuple[str, int]]:
    """(member number, ledger account) of everybody."""
    return list(Member.objects.values_list("number", "account_id"))


def units_of(user: User) -> list[Unit]:
    """The units that a sign-in acts for."""
    return list(Unit.objects.filter(agents__user=user).order_by("number"))


def member_of(user: User) -> Member | None:
    """The member whose sign-in this is."""
    return Member.objects.select_related("unit").filter(sign_in__user=user).first()
