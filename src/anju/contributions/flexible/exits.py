"""Ways out of an agreement: 停缴 (the money stays), 退出 (everything is paid out), and an employer who pays from now on."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.db.models import Q, QuerySet

from anju.contributions.bank import contribution_account
from anju.contributions.bills import cancel_bill, named
from anju.contributions.errors import FlexibleRefusedError
from anju.contributions.flexible.agreements import end
from anju.contributions.flexible.rules import exit_after
from anju.contributions.flexible.subsidies import joined, refundable, take_back
from anju.contributions.models import Bill, BillKind, BillState, Contribution
from anju.contributions.models_flexible import Agreement, AgreementEnded
from anju.contributions.obstacles import obstacles_of
from anju.kernel.i18n import gettext as _
from anju.kernel.money import format_yuan
from anju.kernel.periods import Month
from anju.ledger import holds
from anju.ledger.queries import account_balance
from anju.registry.accounts import Deed, seal
from anju.registry.closing import Closed, close_out, worth
from anju.registry.models import Employment, Member, MemberState, SpellEnded, UnitKind
from anju.registry.operations import month_of

#: Journal kind of this module.
EXIT = "flexible-exit"


def stop_obstacles(*, member: Member, on: date) -> list[str]:
    """Why a person cannot stop paying on a day; whoever borrowed has promised to go on until the loan is paid off."""
    if not Agreement.objects.filter(member=member, ended_date=None).exists():
        return [_("没有有效的灵活就业缴存协议")]
    found = [_("有未缴款的缴款通知，请先缴款或撤销")] if _open_bill(member) is not None else []
    return found + obstacles_of(member, on)


def obstacles(*, member: Member, on: date) -> list[str]:
    """Why a person cannot leave on a day. What this very exit has reserved is no obstacle."""
    agreement = _of(member).first()
    if agreement is None:
        return [_("没有灵活就业缴存协议，或已由单位缴存")]
    found = []
    since, least = joined(member), exit_after(on)
    if since is not None and Month.of(since).plus(least) > Month.of(on):
        found.append(
            _("缴存未满 {count} 个月，{month} 起可以退出").format(count=least, month=Month.of(since).plus(least))
        )
    if _open_bill(member) is not None:
        found.append(_("有未缴款的缴款通知，请先缴款或撤销"))
    held = account_balance(account=member.account_id) - holds.available(account=member.account_id)
    if held and agreement.hold_id is None:
        found.append(_("账户有冻结或预留金额，请先解除"))
    return found + _worth_nothing(member, on) + obstacles_of(member, on)


def _worth_nothing(member: Member, on: date) -> list[str]:
    """Why there is nothing to pay out; told before the bank is asked to pay it."""
    principal, interest = worth(account=member.account_id, on=on)
    back = refundable(member=member, on=on)
    if principal < back:
        words = _("账户余额 {balance} 元不足以退回缴存补贴 {back} 元，请先补足差额，或办理停缴")
        return [words.format(balance=format_yuan(principal), back=format_yuan(back))]
    return [] if principal + interest > back else [_("账户没有可退的余额，请办理停缴")]


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
def stop(*, member: Member, deed: Deed) -> None:
    """End the agreement and seal the account after the month paid last; the money stays and bears interest.

    Raises FlexibleRefusedError with an open bill, AccountsRefusedError.
    """
    agreement = Agreement.objects.filter(member=member, ended_date=None).first()
    if agreement is None:
        return
    end(agreement=agreement.pk, by=AgreementEnded.STOPPED, business_date=deed.business_date)
    spell = Employment.objects.get(member=member, last_month=None)
    paid = Contribution.objects.filter(member=member, own=True, month__gte=spell.first_month).order_by("-month").first()
    last = (
        month_of(spell.first_month).plus(-1)
        if paid is None
        else min(month_of(paid.month), Month.of(deed.business_date))
    )
    seal(unit=member.unit.number, numbers=[member.number], last_month=last, reason=SpellEnded.UNPAID, deed=deed)


def employed_fault(member: Member) -> str:
    """Why a flexible worker cannot become an employer's member just now; empty: nothing stands against it."""
    bill = _open_bill(member)
    if bill is not None and named(bill):
        return _("本人的缴款通知 {number} 已有款项到账但未缴足，请职工先补足或办理退款").format(number=bill.number)
    return ""


@transaction.atomic
def employed(*, members: Sequence[Member], business_date: date) -> int:
    """An employer pays for these people from now on (内部转移): their agreements end, notices not paid are taken back.

    Money and months that they paid stay theirs, also what they paid ahead. How many agreements ended. Raises
    FlexibleRefusedError for a notice that some money came in for.
    """
    ended = 0
    for agreement in Agreement.objects.filter(member__in=members, ended_date=None).select_related("member"):
        if fault := employed_fault(agreement.member):
            raise FlexibleRefusedError(fault, field="members")
        bill = _open_bill(agreement.member)
        if bill is not None:
            cancel_bill(number=bill.number)
        ended += end(agreement=agreement.pk, by=AgreementEnded.EMPLOYED, business_date=business_date)
    return ended


@transaction.atomic
def leave(*, member: Member, case: str, business_date: date, maker: str) -> Closed:
    """Give back what an early exit owes (借201 贷219), book the payment (借201、211、41101 贷101), close the account.

    Raises FlexibleRefusedError for somebody without an agreement, AccountHeldError, EmptyAccountError.
    """
    locked = Member.objects.select_for_update().get(pk=member.pk)
    release(member=locked, case=case, business_date=business_date, maker=maker)
    agreement = _agreement(locked)
    take_back(member=locked, case=case, business_date=business_date, maker=maker)
    closed = close_out(
        member=locked, contra=contribution_account(business_date), kind=EXIT, key=f"{EXIT}:{case}",
        state=MemberState.WITHDRAWN, business_date=business_date, maker=maker, reference=case,
    )  # fmt: skip
    end(agreement=agreement.pk, by=AgreementEnded.EXITED, business_date=business_date)
    return closed


def _open_bill(member: Member) -> Bill | None:
    return Bill.objects.filter(member=member, kind=BillKind.FLEXIBLE, state=BillState.OPEN).first()


def _of(member: Member) -> QuerySet[Agreement]:
    """The agreement that somebody leaves by: the one in force, else the one that they stopped and whose money is still there."""
    stopped = Q(ended_by=AgreementEnded.STOPPED, member__unit__kind=UnitKind.FLEXIBLE)
    return Agreement.objects.filter(Q(ended_date=None) | stopped, member=member).order_by("-id")


def _agreement(member: Member) -> Agreement:
    found = _of(member).select_for_update(of=("self",)).first()
    if found is None:
        raise FlexibleRefusedError(_("没有灵活就业缴存协议，或已由单位缴存"), field="member")
    return found
