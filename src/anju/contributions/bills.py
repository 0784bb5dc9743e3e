"""汇缴 bills: a unit confirms who is to be paid for in which months, gets a payment notice, and pays once.

The lines of a bill are written when it is issued; paying it books them. Both hold the unit's row, so two clerks or two
uploads at once issue one bill and pay it once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction
from django.db.models import F, Max, Min, Q, Value
from django.db.models.functions import Greatest

from anju.contributions.errors import BillStateError, RemittanceRefusedError, UnknownBillError
from anju.contributions.models import (
    Bill,
    BillKind,
    BillState,
    Contribution,
    Method,
    Relief,
    ReliefKind,
    Remittance,
)  # fmt: skip
from anju.contributions.models_flexible import FlexiblePayment
from anju.contributions.rules import MONTHS_AT_ONCE, latest_month, round_unit
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen
from anju.kernel.periods import Month
from anju.registry.models import Employment, Unit, UnitKind, UnitState
from anju.registry.operations import month_number, month_of

#: Journal kinds of bills (sql/pay.sql names them too).
REMITTANCE, BACK_PAYMENT = "remittance", "back-payment"


#: States in which a unit may be remitted for; one that defers still owes the months before and after.
REMITTING = (UnitState.NORMAL, UnitState.DEFERRED)


@dataclass(frozen=True, slots=True)
class Owed:
    """One person's month: the member's id, the base and both parts in fen."""

    member: int
    base: Fen
    unit_amount: Fen
    person_amount: Fen

    @property
    def amount(self) -> Fen:
        return self.unit_amount + self.person_amount


@dataclass(frozen=True, slots=True)
class Paid:
    """What paying a range of bills did: bills, lines and fen booked; bills not covered, and with a closed account."""

    bills: int
    lines: int
    amount: Fen
    short: int
    closed: int


def next_month(unit: Unit) -> Month:
    """The month that the unit remits next: after the latest month issued or paid, deferred months passed over."""
    issued = Remittance.objects.filter(unit=unit).aggregate(latest=Max("month"))["latest"]
    return _after(unit, max(issued or 0, unit.paid_to or 0))


def next_billed(unit: Unit) -> Month:
    """The month that the unit's next notice begins with: as `next_month`, months in which it employs nobody passed over.

    A unit that was sealed and takes people on again, or whose first people begin later than it said, goes on with them.
    """
    month = next_month(unit)
    while True:
        number = month_number(month)
        spells = Employment.objects.filter(unit=unit).filter(
            Q(last_month=None) | Q(last_month__gte=Greatest(F("first_month"), Value(number)))
        )
        employs = spells.aggregate(first=Min(Greatest("first_month", Value(number))))["first"]
        if employs is None or employs == number:
            return month
        month = _after(unit, month_number(month_of(employs).plus(-1)))


def unpaid_from(unit: Unit) -> Month:
    """The first month that the unit has not paid by remittance, issued or not, deferred months passed over.

    What is paid for a person otherwise lies before it: a notice that is cancelled and issued anew bills everybody.
    """
    return _after(unit, unit.paid_to or 0)


def _after(unit: Unit, latest: int) -> Month:
    month = month_of(latest).plus(1) if latest else Month.of(unit.opened_date)
    deferrals = list(
        Relief.objects.filter(unit=unit, kind=ReliefKind.DEFERRAL).values_list("first_month", "last_month")
    )
    while any(first <= month_number(month) <= last for first, last in deferrals):
        month = month.plus(1)
    return month


def owed(*, unit: Unit, month: Month, on: date) -> list[Owed]:
    """What the unit owes for a month, by member: from spells, bases and ratios in force (条例 Art. 16).

    Each part is base × ratio, rounded half-up once to the center's unit.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT member_id, base, unit_amount, person_amount FROM contributions_owed(%s, %s, %s) ORDER BY member_id",
            [[unit.pk], month_number(month), round_unit(on)],
        )
        return [Owed(*row) for row in cursor.fetchall()]


@transaction.atomic
def issue_remittance(
    *,
    unit_number: str,
    months: int,
    business_date: date,
    maker: str,
    first_month: Month | None = None,
    lines: Mapping[Month, Sequence[Owed]] | None = None,
    method: Method = Method.TRANSFER,
    due_date: date | None = None,
    roster_sha256: str = "",
    case_number: str = "",
) -> Bill:
    """Issue the payment notice for a unit's next `months` months; `lines` as the unit confirmed them, else what it owes.

    `first_month`, when given, must be the next month that is owed for: no gap, no overlap. A case that comes again gets its bill.
    Raises RemittanceRefusedError.
    """
    unit = lock_unit(unit_number)
    known = case_number and Bill.objects.filter(case_number=case_number).first()
    if known:
        return known
    first = next_billed(unit)
    if first_month is not None and first_month != first:
        message = _("应汇缴 {expected}，提交的是 {month}；汇缴须逐月连续").format(expected=first, month=first_month)
        raise RemittanceRefusedError(message, field="month")
    wanted = [first.plus(place) for place in range(months)]
    if not 1 <= months <= MONTHS_AT_ONCE or wanted[-1] > latest_month(business_date):
        message = _("一次可汇缴 1 至 {most} 个月，且不晚于 {latest}").format(
            most=MONTHS_AT_ONCE, latest=latest_month(business_date)
        )
        raise RemittanceRefusedError(message, field="months")
    owes = lines or {month: owed(unit=unit, month=month, on=business_date) for month in wanted}
    empty = next((month for month in wanted if not owes.get(month)), None)
    if empty is not None:
        message = _("{month} 没有需要汇缴的职工，或已批准缓缴；请减少月数，或先设立、启封职工账户")
        raise RemittanceRefusedError(message.format(month=empty), field="months")
    bill = Bill.objects.create(
        number=new_number(), kind=BillKind.REMITTANCE, unit=unit, method=method, issued_date=business_date,
        due_date=due_date, amount=sum(line.amount for month in wanted for line in owes[month]),
        members=len({line.member for month in wanted for line in owes[month]}), maker=maker, case_number=case_number,
    )  # fmt: skip
    for month in wanted:
        _write(bill, month, owes[month], roster_sha256)
    return bill


@transaction.atomic
def cancel_bill(*, number: str) -> Bill:
    """Take back a bill that is not paid, with its lines; its months can be confirmed anew.

    The unit is held as by who issues its next month, so none is issued behind a month that goes. Raises UnknownBillError,
    BillStateError.
    """
    unit = Bill.objects.filter(number=number, member=None).values("unit")
    Unit.objects.select_for_update(no_key=True).filter(pk__in=unit).first()
    bill = Bill.objects.select_for_update().filter(number=number).first()
    if bill is None:
        raise UnknownBillError(_("没有此缴款编号，请核对"), field="number")
    if bill.state != BillState.OPEN:
        message = _("缴款通知“{state}”，不能撤销").format(state=bill.get_state_display())
        raise BillStateError(message, field="number")
    months = list(bill.remittances.values_list("month", flat=True))
    later = months and Remittance.objects.filter(
        unit=bill.unit_id, member=bill.member_id, month__gt=max(months)
    ).exists()  # fmt: skip
    if bill.member_id is not None and named(bill):
        raise BillStateError(_("已有款项按此缴款编号到账，不能撤销；请补足差额，或先办理退款"), field="number")
    if later:
        raise BillStateError(_("其后的月份已开具缴款通知，请先撤销较晚的"), field="number")
    Contribution.objects.filter(remittance__bill=bill).delete()
    bill.remittances.all().delete()
    bill.back_payments.all().delete()
    FlexiblePayment.objects.filter(bill=bill).delete()
    bill.state = BillState.CANCELLED
    bill.save(update_fields=["state"])
    return bill


def pay_bill(*, bill: Bill, business_date: date, maker: str) -> Bill:
    """Book a bill if the payer's suspense account covers it (借219 贷201); the bill as it then stands comes back."""
    pay_bills(low=bill.pk, high=bill.pk, business_date=business_date, maker=maker)
    bill.refresh_from_db()
    return bill


def in_turn(bill: Bill) -> list[int]:
    """The bill (primary key) behind the unit's earlier months that are open: whatever money names, months follow one another."""
    earlier = Bill.objects.filter(unit=bill.unit_id, kind=BillKind.REMITTANCE, state=BillState.OPEN, pk__lt=bill.pk)
    before = earlier.order_by("pk").values_list("pk", flat=True) if bill.kind == BillKind.REMITTANCE else ()
    return [*before, bill.pk]


def pay_bills(*, low: int, high: int, business_date: date, maker: str) -> Paid:
    """Book the open bills with ids `low`..`high` that are covered, in one transaction. See sql/pay.sql."""
    with transaction.atomic(), connection.cursor() as cursor:
        # Units before the ledger, as everywhere: whoever holds a unit and books meets nobody who books and wants it.
        cursor.execute(
            "SELECT FROM registry_unit WHERE id IN (SELECT unit_id FROM contributions_bill"
            " WHERE state = 'open' AND id BETWEEN %s AND %s) ORDER BY id FOR NO KEY UPDATE",
            [low, high],
        )
        cursor.execute("SELECT * FROM contributions_pay(%s, %s, %s, %s)", [low, high, business_date, maker])
        return Paid(*map(int, cursor.fetchone()))


def lock_unit(number: str) -> Unit:
    """The unit, locked, that may be remitted for; during a deferral too: months before it and after. Raises
    RemittanceRefusedError.
    """
    unit = Unit.objects.select_for_update().filter(number=number).first()
    if unit is None or unit.state not in REMITTING or unit.kind != UnitKind.EMPLOYER:
        raise RemittanceRefusedError(_("单位不存在，或已封存、已销户，不能汇缴"), field="unit")
    return unit


def new_number() -> str:
    """The next number of a bill: J and twelve digits; numbers may be left out, never given twice."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'J' || lpad(nextval('contributions_bill_number')::text, 12, '0')")
        number: str = cursor.fetchone()[0]
    return number


def named(bill: Bill) -> Fen:
    """What came under the bill's number and did not go back, in fen."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT contributions_named(%s)", [bill.pk])
        return int(cursor.fetchone()[0])


def _write(bill: Bill, month: Month, lines: Sequence[Owed], roster_sha256: str) -> None:
    remittance = Remittance.objects.create(
        bill=bill, unit_id=bill.unit_id, month=month_number(month), roster_sha256=roster_sha256, members=len(lines),
        amount=sum(line.amount for line in lines),
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contributions_contribution (remittance_id, member_id, month, base, unit_amount, person_amount)"
            " SELECT %s, l.member, %s, l.base, l.unit_amount, l.person_amount"
            "   FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])"
            "        AS l (member, base, unit_amount, person_amount)",
            [
                remittance.pk, remittance.month, [line.member for line in lines], [line.base for line in lines],
                [line.unit_amount for line in lines], [line.person_amount for line in lines],
            ],
        )  # fmt: skip
