"""An account closes: principal and interest leave it in one journal, and the account, the spell and the state end.

What a withdrawal, a transfer to another city and an exit have in common (会计: 借201、211、41101 贷 where it goes).
"""

from dataclasses import dataclass
from datetime import date

from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen
from anju.kernel.periods import Month
from anju.ledger.holds import available
from anju.ledger.operations import (
    CENTER_OPENED,
    JournalRequest,
    NewAccount,
    close_account,
    credit,
    debit,
    open_accounts,
    post,
)
from anju.ledger.queries import account_balance
from anju.ledger.settlement import interest_due, take_interest
from anju.registry.errors import AccountHeldError, EmptyAccountError
from anju.registry.models import Member, MemberState, SpellEnded
from anju.registry.operations import end_spells

#: Subjects of interest: accrued in the books, and expense of the day.
PAYABLE, EXPENSE = "211", "41101"


@dataclass(frozen=True, slots=True)
class Closed:
    """What left the account, in fen, and the journal that says so."""

    principal: Fen
    interest: Fen
    journal_id: int

    @property
    def total(self) -> Fen:
        return self.principal + self.interest


def worth(*, account: int, on: date) -> tuple[Fen, Fen]:
    """(principal, interest to the day before `on`) of an account, in fen; half-up, once (spec 2.4)."""
    return account_balance(account=account), interest_due(account=account, until=on)


def close_out(
    *,
    member: Member,
    contra: int,
    kind: str,
    key: str,
    state: MemberState,
    business_date: date,
    maker: str,
    checker: str | None = None,
    reference: str = "",
    narrative: str = "",
) -> Closed:
    """Move all that a member has to the account `contra` and close theirs. The caller holds the member's row.

    What was accrued to the end of the last month is taken from 211, the rest is expense of the day. Raises
    EmptyAccountError when there is nothing, AccountHeldError when some of it is held or frozen.
    """
    principal, _due = worth(account=member.account_id, on=business_date)
    if available(account=member.account_id) != principal:
        raise AccountHeldError(_("账户有冻结或预留金额，不能销户；请先解除"), field="member")
    accrued = interest_due(account=member.account_id, until=business_date.replace(day=1))
    interest = take_interest(account=member.account_id, until=business_date)
    accrued = min(accrued, interest)
    if principal + interest == 0:
        raise EmptyAccountError(_("账户没有余额，请直接办理销户"), field="member")
    books = open_accounts(
        accounts=[NewAccount(code, code, CENTER_OPENED) for code in (PAYABLE, EXPENSE)],
        hot=True,
        overdraft_allowed=True,
    )
    parts = [(member.account_id, principal), (books[PAYABLE], accrued), (books[EXPENSE], interest - accrued)]
    posted = post(
        journals=[
            JournalRequest(
                key=key, kind=kind, reference=reference, narrative=narrative, business_date=business_date,
                lines=[*(debit(each, amount) for each, amount in parts if amount), credit(contra, principal + interest)],
                maker=maker, checker=checker,
            )
        ]
    )[0]  # fmt: skip
    close_account(account=member.account_id, closing_date=business_date)
    Member.objects.filter(pk=member.pk).update(state=state, closed_date=business_date)
    end_spells(members=[member.pk], last_month=Month.of(business_date).plus(-1), reason=SpellEnded.CLOSED)
    return Closed(principal, interest, posted.journal_id)
