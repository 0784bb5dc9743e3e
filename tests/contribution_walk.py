"""What tests of past months share: a unit whose months are paid, its people, and money that arrives."""

from datetime import date

from anju.contributions.bills import issue_remittance
from anju.contributions.models import Bill
from anju.contributions.receipts import Notice, receive
from anju.kernel.periods import Month
from anju.ledger.operations import NewAccount, open_accounts
from anju.registry.models import Member, Unit
from anju.registry.operations import NewMember, NewUnit, open_member_accounts, register_units
from item_walk import credit_code, identity_number, phone, serial


def a_bank(opened: date) -> int:
    """A demand account of the center."""
    number = f"B{serial()}"
    return open_accounts(accounts=[NewAccount(number, "101", opened)], hot=True, overdraft_allowed=True)[number]


def a_paying_unit(*bases: int, first: Month, ratio: int = 80_000) -> tuple[Unit, list[Member]]:
    """A unit that remits from a month on, and a member for each base (fen), all owed for from that month."""
    number = f"7{serial()}"
    unit = NewUnit(
        number=number, name=f"洞庭{number}", credit_code=credit_code(), office="市直", sector="机关", unit_ratio=ratio,
        person_ratio=ratio, opened=first.first_day, paid_to=first.plus(-1),
    )  # fmt: skip
    register_units(units=[unit])
    return Unit.objects.get(number=number), [join(number, base, first) for base in bases]


def join(unit: str, base: int, first: Month) -> Member:
    number = f"6{serial()}"
    member = NewMember(
        number=number, name="王小明", identity_number=identity_number(), phone=phone(), unit_number=unit, base=base,
        opened=first.first_day, first_month=first,
    )  # fmt: skip
    open_member_accounts(members=[member])
    return Member.objects.get(number=number)


def arrive(unit: Unit, amount: int, day: date, bank: int, remark: str = "") -> None:
    notice = Notice(
        bank_account=bank, serial=serial(), arrived=day, payer_name=unit.name, amount=amount, remark=remark
    )  # fmt: skip
    receive(notice=notice, business_date=day, maker="bank")


def pay(bill: Bill, day: date, bank: int) -> Bill:
    """The bill's money arrives and is booked."""
    arrive(bill.unit, bill.amount, day, bank, bill.number)
    bill.refresh_from_db()
    assert bill.state == "paid"
    return bill


def remit(unit: Unit, months: int, day: date, bank: int) -> Bill:
    """The unit's next months, confirmed and paid on a day."""
    issued = issue_remittance(unit_number=unit.number, months=months, business_date=day, maker="甲")
    return pay(issued, day, bank)
