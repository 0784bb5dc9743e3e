"""Reads of the registry."""

from anju.platform.models import User
from anju.registry.models import Member, Unit


def member_accounts() -> list[tuple[str, int]]:
    """(member number, ledger account) of everybody."""
    return list(Member.objects.values_list("number", "account_id"))


def units_of(user: User) -> list[Unit]:
    """The units that this sign-in may act for, by number; none for a sign-in that is no unit clerk's."""
    return list(Unit.objects.filter(unitagent__user=user).order_by("number"))


def member_of(user: User) -> Member | None:
    """The member whose sign-in this is."""
    return Member.objects.filter(membersignin__user=user).first()
