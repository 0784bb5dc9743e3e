"""Steps of tests about bills and the money for them."""

from anju.contributions.bills import issue_remittance
from anju.contributions.models import Bill, Method
from anju.kernel.periods import Month
from anju.registry.models import Unit
from anju.registry.operations import NewMember, open_member_accounts
from item_walk import DAY, identity_number, phone, serial
from portal_walk import a_unit


def billed(name: str = "", method: Method = Method.TRANSFER) -> tuple[Unit, Bill]:
    """A unit that owes 800.00."""
    unit = a_unit(name or f"缴款单位{serial()}")
    open_member_accounts(
        members=[
            NewMember(
                number=f"6{serial()}", name="王小明", identity_number=identity_number(), phone=phone(),
                unit_number=unit.number, base=500_000, opened=DAY, first_month=Month(2026, 5),
            )
        ]
    )  # fmt: skip
    return Unit.objects.get(pk=unit.pk), issue_remittance(
        unit_number=unit.number, months=1, business_date=DAY, maker="tests", method=method
    )


def state(bill: Bill) -> str:
    """Where the bill stands now."""
    return Bill.objects.get(pk=bill.pk).state
