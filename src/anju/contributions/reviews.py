"""他人代缴: money that paid a notice under another payer's name is allowed; somebody looks at each of them once."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet

from anju.contributions.errors import ReceiptRefusedError
from anju.contributions.models import Receipt
from anju.contributions.models_reviews import ReceiptReview
from anju.kernel.i18n import gettext as _
from anju.kernel.text import clean_name
from anju.platform import audit

#: A note's longest.
NOTE = 200


def third_party(*, office: str | None = None, seen: bool = False) -> QuerySet[Receipt]:
    """Receipts whose payer is neither the unit nor the person of the notice that they name, the oldest first.

    Those that nobody has looked at, or with `seen` the others; `office` for one office's.
    """
    found = Receipt.objects.filter(third_party=True, review__isnull=not seen)
    found = found if office is None else found.filter(unit__office=office)
    return found.select_related("unit", "bill", "review").order_by("id")


@transaction.atomic
def look_at(*, receipt_id: int, note: str, actor: str, at: datetime, business_date: date) -> ReceiptReview:
    """Say that a receipt of a third party was looked at; the first look stays, a second changes nothing.

    Raises ReceiptRefusedError: no such receipt, not paid by another, no note.
    """
    receipt = Receipt.objects.select_for_update().filter(pk=receipt_id).first()
    known = ReceiptReview.objects.filter(receipt_id=receipt_id).first()
    if known is not None:
        return known
    if receipt is None or not third_party().filter(pk=receipt_id).exists():
        raise ReceiptRefusedError(_("这笔到账不是他人代缴，不需要核对"), field="receipt")
    words = clean_name(note)
    if not 0 < len(words) <= NOTE:
        raise ReceiptRefusedError(_("请写明核对意见，最多 {longest} 字").format(longest=NOTE), field="note")
    made = ReceiptReview.objects.create(receipt=receipt, note=words, by=actor, at=at)
    audit.record(
        actor=actor, action="receipt.looked-at", object_kind="receipt", object_reference=str(receipt.pk),
        detail={}, at=at, business_date=business_date,
    )  # fmt: skip
    return made
