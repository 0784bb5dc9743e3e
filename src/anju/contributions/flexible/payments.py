"""灵活就业缴存: a person's next bill, what it counts for, and money that comes without its number."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Max

from anju.contributions.bills import new_number, pay_bill
from anju.contributions.errors import FlexibleRefusedError, ReceiptRefusedError
from anju.contributions.models import Bill, BillKind, BillState, Contribution, Receipt, Remittance
from anju.contributions.models_flexible import Agreement, FlexiblePayment, Mode
from anju.contributions.receipts import unknown_account
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen
from anju.kernel.periods import Month
from anju.ledger.operations import JournalRequest, credit, debit, post
from anju.platform.refusals import told
from anju.registry.models import Member, MemberState, Unit, UnitKind
from anju.registry.operations import month_number, month_of

#: Journal kind of money that is given to a person's bill by hand.
ASSIGNED = "receipt-identified"
#: Months of a period; where the person names the amount, none.
PERIOD = {Mode.MONTHLY: 1, Mode.QUARTERLY: 3, Mode.YEARLY: 12}
#: At most so many months are counted from one payment.
MONTHS_AT_ONCE = 60
_ONE_OPEN = {
    "contributions_bill_one_open_flexible": (FlexibleRefusedError, "amount", "已有未缴款的缴款通知，请先缴款或撤销"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counted:
    """What a payment of `amount` counts for; all but `months` in fen. See FlexiblePayment."""

    amount: Fen
    months: int
    carried: Fen
    rest: Fen

    @property
    def unallocated(self) -> Fen:
        return self.rest if self.months else self.amount


def counted(*, agreement: Agreement, amount: Fen | None) -> Counted:
    """What the next payment counts for: of a period its months, else as many as the money makes with what was left.

    Raises FlexibleRefusedError for an amount that the mode does not take.
    """
    period = PERIOD.get(Mode(agreement.mode))
    # What is left over belongs to the person: an agreement that follows another goes on with it.
    own = FlexiblePayment.objects.filter(agreement__member=agreement.member_id, bill__state=BillState.PAID)
    paid = own.order_by("bill_id").last()
    # A rest is less than a month of the terms that left it; under smaller terms too it makes no month by itself.
    carried = min(paid.rest, agreement.amount - 1) if paid is not None else 0
    if period is not None:
        amount = period * agreement.amount
    if amount is None or amount <= 0:
        raise FlexibleRefusedError(_("请填写缴存金额"), field="amount")
    if agreement.mode == Mode.LUMP and amount < agreement.amount:
        raise FlexibleRefusedError(_("一次性缴存不得少于一个月的缴存额"), field="amount")
    months, rest = divmod(carried + amount, agreement.amount)
    if months > MONTHS_AT_ONCE:
        message = _("一次最多折算 {most} 个月，请减少金额").format(most=MONTHS_AT_ONCE)
        raise FlexibleRefusedError(message, field="amount")
    return Counted(amount, months, carried, rest)


def next_month(agreement: Agreement, on: date) -> Month:
    """The month that the next payment counts from: after the latest paid, not before the first agreed nor the current."""
    latest = Contribution.objects.filter(member=agreement.member_id).aggregate(latest=Max("month"))["latest"]
    return max(month_of(agreement.first_month), Month.of(on), *([month_of(latest).plus(1)] if latest else []))


@transaction.atomic
def issue(
    *, member: Member, amount: Fen | None, business_date: date, maker: str, case_number: str = ""
) -> Bill:  # fmt: skip
    """Issue the bill of a person's next payment with its lines. A case that comes again gets its bill.

    Raises FlexibleRefusedError: no agreement, an open bill, an amount that the mode does not take.
    """
    known = case_number and Bill.objects.filter(case_number=case_number).first()
    if known:
        return known
    unit = Unit.objects.select_for_update().get(pk=member.unit_id)
    member = Member.objects.select_for_update().get(pk=member.pk)
    agreement = Agreement.objects.filter(member=member, ended_date=None).first()
    if agreement is None or unit.kind != UnitKind.FLEXIBLE or member.state != MemberState.NORMAL:
        raise FlexibleRefusedError(_("没有有效的灵活就业缴存协议，请先办理开户与缴存协议"), field="member")
    counts = counted(agreement=agreement, amount=amount)
    with told(_ONE_OPEN):
        bill = Bill.objects.create(
            number=new_number(), kind=BillKind.FLEXIBLE, unit=unit, member=member, amount=counts.amount, members=1,
            issued_date=business_date, maker=maker, case_number=case_number,
        )  # fmt: skip
    FlexiblePayment.objects.create(
        bill=bill, agreement=agreement, months=counts.months, carried=counts.carried, rest=counts.rest,
        unallocated=counts.unallocated,
    )  # fmt: skip
    _write(bill, agreement, counts, next_month(agreement, business_date))
    return bill


def _write(bill: Bill, agreement: Agreement, counts: Counted, first: Month) -> None:
    """A line for each month counted; the first takes what was carried off the new money."""
    remittances = Remittance.objects.bulk_create(
        Remittance(
            bill=bill, unit_id=bill.unit_id, member_id=bill.member_id, month=month_number(first.plus(place)), members=1,
            amount=agreement.amount - (0 if place else counts.carried),
        )
        for place in range(counts.months)
    )  # fmt: skip
    Contribution.objects.bulk_create(
        Contribution(
            remittance=each, member_id=agreement.member_id, month=each.month, base=agreement.base, unit_amount=0,
            person_amount=each.amount, own=True,
        )
        for each in remittances
    )  # fmt: skip


@transaction.atomic
def assign(*, receipt_id: int, bill_number: str, business_date: date, maker: str) -> Bill:
    """Give money of an unknown payer to a person's bill (借219 暂收 贷219 集中户), and pay it if that covers it.

    Raises ReceiptRefusedError.
    """
    receipt = Receipt.objects.select_for_update().filter(pk=receipt_id).first()
    if receipt is None or receipt.unit_id is not None or receipt.matched_by:
        raise ReceiptRefusedError(_("该笔到账不存在，或已认领"), field="receipt")
    wanted = Bill.objects.filter(number=bill_number, kind=BillKind.FLEXIBLE, state=BillState.OPEN)
    # The unit before its bill and the ledger, as everywhere: paying below holds it too.
    Unit.objects.select_for_update(no_key=True).filter(pk__in=wanted.values("unit")).first()
    bill = wanted.select_for_update(of=("self",)).select_related("unit").first()
    if bill is None or bill.unit.suspense_id is None:
        raise ReceiptRefusedError(_("没有此待缴款的灵活就业缴款编号"), field="bill")
    lines = [debit(unknown_account(), receipt.amount), credit(bill.unit.suspense_id, receipt.amount)]
    post(
        journals=[
            JournalRequest(
                key=f"{ASSIGNED}:{receipt.key}", kind=ASSIGNED, reference=bill.number, business_date=business_date,
                lines=lines, maker=maker,
            )
        ]
    )  # fmt: skip
    receipt.unit, receipt.bill, receipt.matched_by = bill.unit, bill, "hand"
    receipt.save(update_fields=["unit", "bill", "matched_by"])
    return pay_bill(bill=bill, business_date=business_date, maker=maker)


def third_party(bill: Bill) -> bool:
    """Whether somebody else's name paid for this person's bill (spec 7: deposits by third-party cards are looked at)."""
    assert bill.member is not None
    return bill.receipts.exclude(payer_name=bill.member.name).exists()
