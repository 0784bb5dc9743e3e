"""The demo's money: a notice paid, one short by a fen, one over by a fen, one waiting, and unknown receipts; made once."""

from datetime import date

import pytest

from anju.city.flexible import flexible_workers
from anju.city.money import MAKER, receive_money
from anju.contributions.models import Bill, Receipt
from anju.kernel.periods import Month
from anju.ledger.queries import account_balance
from anju.platform.people.models import Kind, Office
from anju.registry.models import Member, Unit
from anju.registry.operations import NewMember, open_member_accounts
from anju.treasury.operations import open_bank_account
from item_walk import DAY, identity_number, phone, serial
from portal_walk import a_sign_in, a_unit


@pytest.mark.usefixtures("business_days")
def test_money_of_every_kind_waits_where_it_belongs():
    office = Office.objects.create(code=serial(), name=f"管理部{serial()}", place=98)
    units = [a_unit(f"示例单位{serial()}") for _each in range(4)]
    Unit.objects.filter(pk__in=[unit.pk for unit in units]).update(office=office.name)
    open_member_accounts(
        members=[
            NewMember(
                number=f"6{serial()}", name="王小明", identity_number=identity_number(), phone=phone(),
                unit_number=unit.number, base=500_000, opened=DAY, first_month=Month(2026, 5),
            )
            for unit in units
        ]
    )  # fmt: skip
    open_bank_account(code=f"B{serial()}", bank="示例银行", subject="10101", rate=2000, opened=DAY)
    today = date(2026, 6, 1)
    assert receive_money(office=office.name, sparing=[], today=today) == 5
    bills = Bill.objects.filter(maker=MAKER, unit__in=units).order_by("unit__number")
    assert [bill.state for bill in bills] == ["paid", "open", "paid", "open"]
    suspense = [
        account_balance(account=each.suspense_id)
        for each in Unit.objects.filter(pk__in=[u.pk for u in units]).order_by("number")
    ]
    assert suspense == [0, 79_999, 1, 0]
    assert Receipt.objects.filter(unit=None, maker=MAKER).count() == 2
    assert receive_money(office=office.name, sparing=[], today=today) == 0


@pytest.mark.usefixtures("business_days")
def test_the_demos_flexible_workers_paid_or_wait_and_are_made_once():
    office = Office.objects.create(code=serial(), name=f"管理部{serial()}", place=99)
    open_bank_account(code=f"B{serial()}", bank="示例银行", subject="10101", rate=2000, opened=DAY)
    user, today = a_sign_in(Kind.MEMBER), date(2026, 6, 1)
    made = [flexible_workers(office=office.name, user=user, today=today) for _each in range(2)]
    bills = Bill.objects.filter(maker=MAKER, unit__office=office.name, kind="flexible").order_by("id")
    assert (made, [bill.state for bill in bills]) == ([3, 0], ["paid", "paid", "open"])
    assert Member.objects.get(sign_in__user=user).agreements.get().mode == "yearly"
