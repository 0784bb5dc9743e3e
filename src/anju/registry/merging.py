"""Two accounts of one person become one (账户合并): the older number stays, money and interest product go to it."""

from django.db import transaction

from anju.kernel.i18n import gettext as _
from anju.ledger.operations import close_account, transfer_account
from anju.ledger.queries import account_balance
from anju.registry.accounts import Deed, locked
from anju.registry.changes import keep
from anju.registry.errors import AccountsRefusedError
from anju.registry.models import Change, ChangeKind, Employment, Member, MemberSignIn, MemberState
from anju.registry.models_accounts import FreezeState


def merge_fault(kept: Member, other: Member) -> str:
    """Why `other` cannot be merged into `kept`; empty: it can. That both are one person is for a reviewer to say."""
    if kept.pk == other.pk:
        return _("两个账号相同，请填写另一个账号")
    if kept.closed_date is not None or other.closed_date is not None:
        return _("账户已销户，不能合并")
    if any(each.freezes.filter(state=FreezeState.ACTIVE).exists() for each in (kept, other)):
        return _("账户已冻结，不能合并；请先解除")
    if Employment.objects.filter(member=other, last_month=None).exists():
        return _("要注销的账户仍在缴存，请先由单位封存")
    return ""


def older_first(one: Member, two: Member) -> tuple[Member, Member]:
    """(the account that stays, the other): the one opened first, of one day the lower number."""
    first, second = sorted((one, two), key=lambda each: (each.opened_date, each.number))
    return first, second


@transaction.atomic
def merge(*, numbers: tuple[str, str], deed: Deed, checker: str | None = None) -> Member:
    """Merge two accounts of one person; the one that stays. Contributions of the other stay on record there.

    The same case again gives the account that stayed. Raises AccountsRefusedError, UnknownMemberError.
    """
    members = locked(units=[], numbers=numbers)
    if len(members) != 2:
        raise AccountsRefusedError(_("两个账号相同，请填写另一个账号"), field="other")
    kept, other = older_first(*members)
    if deed.case and Change.objects.filter(kind=ChangeKind.MEMBER_MERGED, case_number=deed.case).exists():
        return kept
    fault = merge_fault(kept, other)
    if fault:
        raise AccountsRefusedError(fault, field="other")
    if account_balance(account=other.account_id):
        transfer_account(
            source=other.account_id, destination=kept.account_id, key=f"merge/{deed.case or other.number}",
            business_date=deed.business_date, maker=deed.actor, checker=checker, reference=deed.case,
        )  # fmt: skip
    close_account(account=other.account_id, closing_date=deed.business_date)
    Member.objects.filter(pk=other.pk).update(state=MemberState.MERGED, closed_date=deed.business_date)
    if not MemberSignIn.objects.filter(member=kept).exists():
        MemberSignIn.objects.filter(member=other).update(member=kept)
    for member, after in ((kept, {"merged": other.number}), (other, {"state": "03", "merged_into": kept.number})):
        keep(ChangeKind.MEMBER_MERGED, member.number, {}, after, deed.business_date, deed.actor, deed.at, deed.case)
    return kept
