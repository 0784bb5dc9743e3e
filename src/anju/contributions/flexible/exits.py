"""退出: whoever has no loan, guarantee or freeze takes everything out and the account closes, on the bank's result."""

from datetime import date

from django.db import transaction

from anju.contributions.bank import contribution_account
from anju.contributions.errors import FlexibleRefusedError
from anju.contributions.flexible.agreements import end
from anju.contributions.models import Bill, BillKind, BillState
from anju.contributions.models_flexible import Agreement, AgreementEnded
from anju.contributions.obstacles import obstacles_of
from anju.kernel.i18n import gettext as _
from anju.ledger import holds
from anju.ledger.queries import account_balance
from anju.registry.closing import Closed, close_out
from anju.registry.models import Member, MemberState

#: Journal kind of this module.
EXIT = "flexible-exit"


def obstacles(*, member: Member, on: date) -> list[str]:
    """Why a person cannot leave on a day. What this very exit has reserved is no obstacle."""
    agreement = Agreement.objects.filter(member=member, ended_date=None).first()
    if agreement is None:
        return [_("没有有效的灵活就业缴存协议")]
    found = []
    if Bill.objects.filter(member=member, kind=BillKind.FLEXIBLE, state=BillState.OPEN).exists():
        found.append(_("有未缴款的缴款通知，请先缴款或撤销"))
    held = account_balance(account=member.account_id) - holds.available(account=member.account_id)
    if held and agreement.hold_id is None:
        found.append(_("账户有冻结或预留金额，请先解除"))
    return found + obstacles_of(member, on)


@transaction.atomic
def reserve(*, member: Member, case: str, business_date: date, maker: str) -> None:
    """Hold everything until the payment's result is known. Raises FlexibleRefusedError and what holds raise."""
    agreement, amount = _agreement(member), account_balance(account=member.account_id)
    if amount and agreement.hold_id is None:
        placed = holds.place(
            key=f"{EXIT}:{case}", account=member.account_id, kind="reserve", amount=amount, business_date=business_date,
            maker=maker, reference=case,
        )  # fmt: skip
        agreement.hold_id = placed.hold_id
        agreement.save(update_fields=["hold_id"])


@transaction.atomic
def release(*, member: Member, case: str, business_date: date, maker: str) -> None:
    """The payment came to nothing: the money is the person's to use again."""
    agreement = _agreement(member)
    if agreement.hold_id is not None:
        holds.release(hold_id=agreement.hold_id, key=f"{EXIT}-release:{case}", business_date=business_date, maker=maker)
        agreement.hold_id = None
        agreement.save(update_fields=["hold_id"])


@transaction.atomic
def leave(*, member: Member, case: str, business_date: date, maker: str) -> Closed:
    """Book the payment (借201、211、41101 贷101), close the account and end the agreement.

    Raises FlexibleRefusedError for somebody without an agreement, AccountHeldError, EmptyAccountError.
    """
    locked = Member.objects.select_for_update().get(pk=member.pk)
    release(member=locked, case=case, business_date=business_date, maker=maker)
    agreement = _agreement(locked)
    closed = close_out(
        member=locked, contra=contribution_account(business_date), kind=EXIT, key=f"{EXIT}:{case}",
        state=MemberState.WITHDRAWN, business_date=business_date, maker=maker, reference=case,
    )  # fmt: skip
    end(agreement=agreement.pk, by=AgreementEnded.EXITED, business_date=business_date)
    return closed


def _agreement(member: Member) -> Agreement:
    found = Agreement.objects.select_for_update().filter(member=member, ended_date=None).first()
    if found is None:
        raise FlexibleRefusedError(_("没有有效的灵活就业缴存协议"), field="member")
    return found
