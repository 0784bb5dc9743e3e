"""What pages show of money in suspense, and what can be done about it: drafts of items with the fields filled in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from anju.cases.declarations import ApplicantKind
from anju.contributions.bills import REMITTING
from anju.contributions.errors import ReceiptRefusedError
from anju.contributions.models import BillState, Receipt
from anju.contributions.refunds import SENT_BACK, available, left_over
from anju.contributions.suspense import Line, Waiting, guesses
from anju.kernel.identity import mask_name
from anju.kernel.money import format_yuan
from anju.registry.models import Unit, UnitKind
from anju.registry.queries import unit as unit_of

#: Items that are begun here.
CLAIM, REFUND, REMIT = "C04", "C05", "C01"
#: No longer name is a person's.
_PERSON = 4


@dataclass(frozen=True, slots=True)
class Errand:
    """A button that begins an item for a receipt (its row) or a unit (its number)."""

    title: str
    item: str
    receipt: int | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Opening:
    """For whom a draft is opened, and what its fields hold already."""

    kind: ApplicantKind
    reference: str
    known: Mapping[str, Any]


def payer_shown(name: str) -> str:
    """A payer in a list: a name as short as a person's is masked."""
    return mask_name(name) if len(name) <= _PERSON else name


def name_shown(line: Line) -> str:
    """Whose money a line is: persons are masked."""
    if line.source in ("bill", "letter"):
        return mask_name(line.name)
    return payer_shown(line.name) if line.source == "receipt" else line.name


def errands(line: Line) -> list[Errand]:
    """What can be begun for a line; nothing for what is on its way back already."""
    if line.free <= 0 or line.source not in ("receipt", "bill", "unit"):
        return []
    if line.source == "receipt":
        return [Errand(_("认领并入账"), CLAIM, line.receipt), Errand(_("退款"), REFUND, line.receipt)]
    if line.source == "bill":
        return [Errand(_("退款"), REFUND, line.receipt)]
    return _of_balance(line.number, remits=line.kind == Waiting.OVER)


def errands_of(receipt: Receipt) -> list[Errand]:
    """What can be begun for a receipt."""
    if receipt.unit is None:
        both = [Errand(_("认领并入账"), CLAIM, receipt.pk), Errand(_("退款"), REFUND, receipt.pk)]
        return both if receipt.matched_by == "" else []
    if receipt.bill is not None and receipt.bill.member_id is not None:
        return [Errand(_("退款"), REFUND, receipt.pk)] if left_over(receipt) > 0 else []
    if receipt.unit.kind != UnitKind.EMPLOYER or available(unit=receipt.unit) <= 0:
        return []
    open_bill = receipt.unit.bills.filter(state=BillState.OPEN).exists()
    return _of_balance(receipt.unit.number, remits=not open_bill)


def _of_balance(unit: str, *, remits: bool) -> list[Errand]:
    back = Errand(_("退款"), REFUND, unit=unit)
    return [Errand(_("缴下月"), REMIT, unit=unit), back] if remits else [back]


def opening(*, item: str, receipt: int | None, unit: str) -> Opening:
    """The draft of an item for a receipt or for a unit. Raises ReceiptRefusedError when it does not fit (any more),
    UnknownUnitError.
    """
    if receipt is None:
        return _of_unit(item, unit_of(unit))
    found = Receipt.objects.select_related("bill__member", "unit").filter(pk=receipt).first()
    if found is None or found.matched_by == SENT_BACK:
        raise ReceiptRefusedError(_("该笔到账不存在，或正在退款"), field="receipt")
    if found.unit is None and found.matched_by == "":
        return Opening(ApplicantKind.CENTER, "", _claimed(found) if item == CLAIM else _sent_back(found, found.amount))
    if item == REFUND and found.bill is not None and found.bill.member is not None:
        return Opening(ApplicantKind.MEMBER, found.bill.member.number, _sent_back(found, left_over(found)))
    raise ReceiptRefusedError(_("该笔到账已认领，请刷新队列"), field="receipt")


def _claimed(receipt: Receipt) -> Mapping[str, Any]:
    guess = guesses([receipt]).get(receipt.pk)
    return {"serial": receipt.serial, "unit": guess.number if guess else ""}


def _sent_back(receipt: Receipt, amount: int) -> Mapping[str, Any]:
    return {
        "serial": receipt.serial, "amount": format_yuan(min(receipt.amount, amount), grouping=False),
        "payee_name": receipt.payer_name, "payee_account": receipt.payer_account or "",
    }  # fmt: skip


def _of_unit(item: str, unit: Unit) -> Opening:
    """A unit's next month, or its money back to the account that it last paid from itself."""
    if item == REMIT and (unit.state not in REMITTING or unit.kind != UnitKind.EMPLOYER):
        raise ReceiptRefusedError(_("单位已封存、已销户或不是缴存单位，不能汇缴"), field="unit")
    known: dict[str, Any] = {}
    if item == REFUND:
        paid = Receipt.objects.filter(unit=unit, payer_name=unit.name).order_by("-id").first()
        known["payee_account"] = (paid.payer_account or "") if paid else ""
    return Opening(ApplicantKind.UNIT, unit.number, known)
