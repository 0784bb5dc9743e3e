"""How a flexible worker stands: the agreement in force, what was paid and what it counts for, subsidies, loan right."""

from dataclasses import dataclass
from datetime import date

from anju.contributions.flexible.loan_right import LoanRight, loan_right
from anju.contributions.flexible.payments import next_month
from anju.contributions.models import Bill, BillKind, BillState, Contribution
from anju.contributions.models_flexible import Agreement, FlexiblePayment, Subsidy
from anju.kernel.money import Fen
from anju.kernel.periods import Month
from anju.registry.models import Member

#: Payments shown at once, the latest first.
SHOWN = 24


@dataclass(frozen=True, slots=True)
class Standing:
    """`months` counts what is paid, months to come too; `rest` in fen is paid and makes no month yet."""

    agreement: Agreement
    months: int
    following: Month
    rest: Fen
    open_bill: Bill | None
    payments: list[FlexiblePayment]
    subsidies: list[Subsidy]
    right: LoanRight | None


def standing(*, member: Member, on: date) -> Standing | None:
    """A person's standing on a day; None without an agreement in force."""
    agreement = Agreement.objects.filter(member=member, ended_date=None).first()
    if agreement is None:
        return None
    payments = FlexiblePayment.objects.filter(agreement__member=member, bill__state=BillState.PAID)
    latest = list(payments.select_related("bill").order_by("-bill_id")[:SHOWN])
    own = Contribution.objects.filter(member=member, own=True, remittance__bill__state=BillState.PAID)
    return Standing(
        agreement=agreement,
        months=own.count(),
        following=next_month(agreement, on),
        rest=latest[0].rest if latest else 0,
        open_bill=Bill.objects.filter(member=member, kind=BillKind.FLEXIBLE, state=BillState.OPEN).first(),
        payments=latest,
        subsidies=list(Subsidy.objects.filter(member=member).order_by("-year")),
        right=loan_right(member=member, on=on),
    )
