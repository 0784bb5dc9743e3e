"""提取: money leaves a member's account for the member, in part or with interest on closing."""

from datetime import date
from typing import ClassVar

from django.db import transaction

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen, format_yuan
from anju.ledger.operations import JournalRequest, credit, debit, post
from anju.registry.closing import close_out as _close
from anju.registry.models import Member, MemberState
from anju.withdrawals.models import Reason, Withdrawal

#: Journal kinds of this room.
PARTIAL, CLOSE_OUT = "withdrawal", "close-out"
#: Reasons that close the account (条例 Art. 24).
CLOSING_REASONS = frozenset({Reason.RETIREMENT, Reason.DISABILITY, Reason.EMIGRATION, Reason.DEATH})


class WithdrawalRefusedError(AnjuError):
    """A withdrawal that the rules refuse; nothing was paid."""

    code: ClassVar[str] = "WITHDRAWAL_REFUSED"


@transaction.atomic
def withdraw(
    *,
    case_number: str,
    member_number: str,
    reason: Reason,
    amount: Fen,
    bank_account: int,
    business_date: date,
    maker: str,
    checker: str,
) -> Withdrawal:
    """Pay `amount` fen out of a member's balance (部分提取: 借201 贷101). Idempotent by case number.

    Raises WithdrawalRefusedError for a closing reason, a frozen or closed account or an amount that is not positive,
    InsufficientBalanceError when the balance does not cover it.
    """
    member = _lock_member(member_number)
    earlier = _earlier(case_number, member, reason, amount)
    if earlier is not None:
        return earlier
    if reason in CLOSING_REASONS:
        raise WithdrawalRefusedError(_("该提取原因须办理销户提取"), field="reason")
    if amount <= 0:
        raise WithdrawalRefusedError(_("提取金额必须大于零"), field="amount")
    _require_open(member)
    journal = JournalRequest(
        key=f"{PARTIAL}:{case_number}",
        kind=PARTIAL,
        reference=case_number,
        narrative=str(reason.label),
        business_date=business_date,
        lines=[debit(member.account_id, amount), credit(bank_account, amount)],
        maker=maker,
        checker=checker,
    )
    posted = post(journals=[journal])[0]
    return Withdrawal.objects.create(
        case_number=case_number,
        member=member,
        reason=reason,
        amount=amount,
        business_date=business_date,
        journal_id=posted.journal_id,
    )


@transaction.atomic
def close_out(
    *,
    case_number: str,
    member_number: str,
    reason: Reason,
    bank_account: int,
    business_date: date,
    maker: str,
    checker: str,
) -> Withdrawal:
    """Pay a member everything with interest to the day before (销户提取: 借201, 211, 41101 贷101) and close the account.

    Idempotent by case number. Raises WithdrawalRefusedError for a frozen or closed account, AccountHeldError,
    EmptyAccountError.
    """
    member = _lock_member(member_number)
    earlier = Withdrawal.objects.filter(case_number=case_number, member=member, closes_account=True).first()
    if earlier is not None:
        return earlier
    _require_open(member)
    closed = _close(
        member=member, contra=bank_account, kind=CLOSE_OUT, key=f"{CLOSE_OUT}:{case_number}", state=MemberState.WITHDRAWN,
        business_date=business_date, maker=maker, checker=checker, reference=case_number, narrative=str(reason.label),
    )  # fmt: skip
    return Withdrawal.objects.create(
        case_number=case_number,
        member=member,
        reason=reason,
        amount=closed.principal,
        interest=closed.interest,
        closes_account=True,
        business_date=business_date,
        journal_id=closed.journal_id,
    )


def _lock_member(number: str) -> Member:
    member = Member.objects.select_for_update().filter(number=number).first()
    if member is None:
        raise WithdrawalRefusedError(_("没有这个个人账号"), field="member")
    return member


def _require_open(member: Member) -> None:
    if member.state not in {MemberState.NORMAL, MemberState.SEALED}:
        state = member.get_state_display()
        raise WithdrawalRefusedError(_("个人账户状态为{state}，不能提取").format(state=state), field="member")


def _earlier(case_number: str, member: Member, reason: Reason, amount: Fen) -> Withdrawal | None:
    """The withdrawal booked under this case number, which must be the same one."""
    earlier = Withdrawal.objects.filter(case_number=case_number).first()
    if earlier is None:
        return None
    if (earlier.member_id, earlier.reason, earlier.amount) != (member.id, reason, amount):
        message = _("业务流水号已用于另一笔提取（{amount} 元）").format(amount=format_yuan(earlier.amount))
        raise WithdrawalRefusedError(message, field="case_number")
    return earlier
