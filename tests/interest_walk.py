"""Steps of tests about yearly interest: some accounts are settled, and what they were credited."""

from datetime import date

from django.db import connection

from anju.ledger.operations import NewAccount, open_accounts
from anju.ledger.settlement import settle_chunk
from anju.registry.models import Member
from item_walk import serial


def settle(*members: Member, year: int) -> None:
    """The yearly settlement of these accounts and no others."""
    day = date(year, 6, 30)
    payable, expense = open_accounts(
        accounts=[NewAccount(f"P{serial()}", "211", day), NewAccount(f"E{serial()}", "41101", day)], hot=True,
        overdraft_allowed=True,
    ).values()  # fmt: skip
    for member in members:
        settle_chunk(
            low=member.account_id, high=member.account_id, subject="201", settlement_day=day, payable=payable,
            expense=expense, key=f"s{serial()}", maker="tests",
        )  # fmt: skip


def interest_of(member: Member) -> int:
    """What settlements credited to the member, in fen."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT -sum(e.amount)::bigint FROM ledger_entry e JOIN ledger_journal j ON j.id = e.journal_id"
            " WHERE e.account_id = %s AND j.kind = 'interest-settlement'",
            [member.account_id],
        )
        amount: int = cursor.fetchone()[0]
    return amount
