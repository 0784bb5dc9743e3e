"""Notices of the bank that could not be booked: taken again once what stood in the way is mended, or closed with a reason."""

from datetime import date, datetime
from typing import ClassVar

from django.db import transaction

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.kernel.text import clean_name
from anju.platform import audit
from anju.treasury.bank import Take, account_of, kept_notice
from anju.treasury.models import BankRefusal, RefusalState

#: A reason's longest.
REASON = 200


class RefusalSettledError(AnjuError):
    """A refused notice that is unknown, was settled already, or cannot be settled in this way."""

    code: ClassVar[str] = "REFUSAL_SETTLED"


@transaction.atomic
def take_again(*, number: int, take: Take, actor: str, at: datetime, business_date: date) -> BankRefusal:
    """Hand a refused notice on once more. One that was taken comes back as it is, so it is booked once.

    Refused again it stays open with the new reason. Raises RefusalSettledError: closed, or its content was never kept.
    """
    refusal = _locked(number)
    if refusal.state == RefusalState.TAKEN:
        return refusal
    if refusal.state != RefusalState.OPEN or not refusal.content:
        raise RefusalSettledError(_("此通知已关闭，或没有留存内容；请从网银导出到账明细导入"), field="number")
    notice = kept_notice(refusal.content)
    try:
        with transaction.atomic():
            take(notice, account_of(notice.account))
    except AnjuError as error:
        refusal.code, refusal.message, refusal.attempts = error.code, error.message[:200], refusal.attempts + 1
    else:
        refusal.state, refusal.settled_by, refusal.settled_at = RefusalState.TAKEN, actor, at
    _save(refusal, "bank-refusal.take", actor, at, business_date)
    return refusal


@transaction.atomic
def close(*, number: int, reason: str, actor: str, at: datetime, business_date: date) -> BankRefusal:
    """End a refused notice that is not to be booked; closed already it comes back as it is.

    Raises RefusalSettledError: taken meanwhile, or no reason.
    """
    refusal, words = _locked(number), clean_name(reason)
    if refusal.state == RefusalState.CLOSED:
        return refusal
    if refusal.state == RefusalState.TAKEN:
        raise RefusalSettledError(_("此通知已入账，不能关闭"), field="number")
    if not 0 < len(words) <= REASON:
        raise RefusalSettledError(_("请写明关闭原因，最多 {longest} 字").format(longest=REASON), field="reason")
    refusal.state, refusal.settled_by, refusal.settled_at, refusal.reason = RefusalState.CLOSED, actor, at, words
    _save(refusal, "bank-refusal.close", actor, at, business_date)
    return refusal


def _locked(number: int) -> BankRefusal:
    found = BankRefusal.objects.select_for_update().filter(number=number).first()
    if found is None:
        raise RefusalSettledError(_("没有此通知序号，请核对"), field="number")
    return found


def _save(refusal: BankRefusal, action: str, actor: str, at: datetime, business_date: date) -> None:
    refusal.save(
        update_fields=["state", "code", "message", "attempts", "settled_by", "settled_at", "reason"]
    )  # fmt: skip
    audit.record(
        actor=actor, action=action, object_kind="bank-refusal", object_reference=str(refusal.number),
        detail={"state": refusal.state, "code": refusal.code, "attempts": refusal.attempts}, at=at,
        business_date=business_date,
    )  # fmt: skip
