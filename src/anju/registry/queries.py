"""Reads of the registry."""

from anju.registry.models import Member


def member_accounts() -> list[tuple[str, int]]:
    """(member number, ledger account) of everybody."""
    return list(Member.objects.values_list("number", "account_id"))
