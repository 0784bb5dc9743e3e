"""C01 汇缴: a unit confirms its next month and gets one notice, through every door; money makes it booked."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from anju.cases.declarations import ApplicantKind, Channel
from anju.cases.errors import FormInvalidError, IneligibleError
from anju.cases.models import Case
from anju.cases.operations import open_draft, save_draft, submit
from anju.contributions.bills import cancel_bill, next_month
from anju.contributions.differences import Change, compare
from anju.contributions.errors import RemittanceRefusedError
from anju.contributions.models import Bill, BillState, Remittance
from anju.contributions.receipts import Notice, receive
from anju.kernel.periods import Month
from anju.ledger.operations import NewAccount, open_accounts
from anju.ledger.queries import account_balance
from anju.platform.models import AuditEntry
from anju.platform.people.models import Kind
from anju.registry.models import Member, Unit
from anju.registry.operations import NewMember, adjust_bases, open_member_accounts, seal_members
from item_walk import AT, DAY, actor, caller, identity_number, phone, serial
from portal_walk import Walk, a_unit, clerk
from sign_ins import staff
from threads import in_threads

pytestmark = [pytest.mark.usefixtures("business_days")]
MONTH = Month(2026, 5)


def members_of(unit: Unit, *bases: int) -> list[Member]:
    numbers = [f"6{serial()}" for _base in bases]
    open_member_accounts(
        members=[
            NewMember(
                number=number, name="王小明", identity_number=identity_number(), phone=phone(), unit_number=unit.number,
                base=base, opened=DAY, first_month=Month(2026, 5),
            )
            for number, base in zip(numbers, bases, strict=True)
        ]
    )  # fmt: skip
    return list(Member.objects.filter(number__in=numbers).order_by("number"))


def typed(**changed: str) -> dict[str, list[str]]:
    return {name: [text] for name, text in {"first_month": "2026-05", "months": "1", "method": "transfer"}.items()} | {
        name: [text] for name, text in changed.items()
    }


def handed_in(unit: Unit, *, channel=Channel.EMPLOYER, **changed: str) -> Case:
    by = caller(Kind.UNIT, unit.number) if channel == Channel.EMPLOYER else actor("teller")
    case = open_draft(
        item="C01", channel=channel, applicant_kind=ApplicantKind.UNIT, reference=unit.number, actor=by, at=AT,
        business_date=DAY,
    )  # fmt: skip
    save_draft(number=case.number, typed=typed(**changed), actor=by, at=AT)
    return submit(number=case.number, expected_version=case.version, actor=by, at=AT, business_date=DAY)


@pytest.mark.parametrize("channel", [Channel.EMPLOYER, Channel.COUNTER], ids=str)
def test_confirmed_is_completed_with_a_notice_and_the_money_books_it(channel):
    unit = a_unit()
    first, second = members_of(unit, 500_000, 987_654)
    case = handed_in(unit, channel=channel)
    bill = Bill.objects.get(number=case.result["bill"])
    assert (case.state, bill.members, bill.state) == ("completed", 2, BillState.OPEN)
    assert bill.amount == 2 * (40_000 + 79_012)  # 8 % each, half-up to the fen
    bank = open_accounts(accounts=[NewAccount(f"B{serial()}", "101", DAY)], hot=True, overdraft_allowed=True)
    notice = Notice(
        bank_account=next(iter(bank.values())), serial=serial(), arrived=DAY, payer_name=unit.name, amount=bill.amount,
        remark=f"汇缴{bill.number}",
    )  # fmt: skip
    receive(notice=notice, business_date=DAY, maker="bank")
    bill.refresh_from_db()
    unit.refresh_from_db()
    assert (bill.state, unit.paid_to, next_month(unit)) == (BillState.PAID, 202605, Month(2026, 6))
    assert [account_balance(account=each.account_id) for each in (first, second)] == [80_000, 158_024]
    assert account_balance(account=unit.suspense_id) == 0


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"first_month": "2026-04"}, "应汇缴 2026-05"),
        ({"first_month": "2026-06"}, "应汇缴 2026-05"),
        ({"months": "3"}, "最晚可汇缴到 2026-06"),
        ({"method": "debit"}, "请选择转账，或先到柜台签订委托收款协议"),
    ],
    ids=["before", "after", "too many", "no agreement"],
)
def test_months_follow_one_another(changed, told):
    unit = a_unit()
    members_of(unit, 500_000)
    with pytest.raises(IneligibleError) as refused:
        handed_in(unit, **changed)
    assert told in "".join(refused.value.failures)
    assert not Bill.objects.filter(unit=unit).exists()


@pytest.mark.parametrize(
    "changed",
    [
        {"first_month": "2026-13"},
        {"first_month": "2200-12", "months": "12"},
        {"months": "0"},
        {"months": "13"},
        {"method": "cash"},
    ],
    ids=str,
)
def test_what_is_no_month_is_refused_by_the_form(changed):
    unit = a_unit()
    members_of(unit, 500_000)
    with pytest.raises(FormInvalidError):
        handed_in(unit, **changed)


def test_a_unit_without_members_or_not_open_is_told_so():
    unit = a_unit()
    with pytest.raises(IneligibleError) as refused:
        handed_in(unit)
    assert "请先设立或启封职工账户" in "".join(refused.value.failures)


def test_a_later_month_in_which_nobody_is_left_is_named():
    unit = a_unit()
    (leaves,) = members_of(unit, 500_000)
    seal_members(numbers=[leaves.number], sealed=DAY, last_month=MONTH)
    with pytest.raises(RemittanceRefusedError, match=r"2026-06 没有需要汇缴的职工，或已批准缓缴；请减少月数"):
        handed_in(unit, months="2")
    assert not Bill.objects.filter(unit=unit).exists()


def test_the_month_after_shows_joiners_leavers_and_changed_bases():
    unit = a_unit()
    stays, leaves, earns = members_of(unit, 500_000, 600_000, 700_000)
    handed_in(unit)
    seal_members(numbers=[leaves.number], sealed=date(2026, 6, 1), last_month=MONTH)
    adjust_bases(bases=[(earns.number, 800_000)], first_month=Month(2026, 6))
    (joins,) = members_of(unit, 900_000)
    found = compare(unit=unit, month=Month(2026, 6), on=DAY)
    assert {(each.number, each.change) for each in found.differences} == {
        (joins.number, Change.JOINED), (leaves.number, Change.LEFT), (earns.number, Change.CHANGED),
    }  # fmt: skip
    assert (found.previous, found.members, found.members_before, found.same) == (MONTH, 3, 3, 1)
    assert stays.number not in {each.number for each in found.differences}


def test_a_cancelled_notice_gives_the_month_back_and_a_paid_one_stays():
    unit = a_unit()
    members_of(unit, 500_000)
    bill = Bill.objects.get(number=handed_in(unit).result["bill"])
    assert next_month(unit) == Month(2026, 6)
    cancel_bill(number=bill.number)
    assert next_month(unit) == MONTH
    assert not Remittance.objects.filter(unit=unit).exists()
    assert handed_in(unit).state == "completed"


class TestAtOnce:
    @pytest.mark.usefixtures("center")
    def test_two_clerks_get_one_notice(self):
        unit = a_unit()
        members_of(unit, 500_000)
        told = in_threads(lambda _place: handed_in(unit), 2)
        assert Bill.objects.filter(unit=unit).count() == 1
        assert sorted(type(each) is Case for each in told) == [False, True]
        assert "应汇缴 2026-06" in "".join(str(each) for each in told)


class TestPages:
    def test_a_clerk_confirms_and_finds_the_notice_the_lines_and_the_months(self):
        unit = a_unit()
        Unit.objects.filter(pk=unit.pk).update(
            paid_to=Month.of(timezone.localdate()).plus(-1).number + 100 * timezone.localdate().year
        )
        (member,) = members_of(unit, 500_000)
        walk = Walk(clerk(unit))
        month = Month.of(timezone.localdate())
        assert f"确认 {month} 并取得缴款编号" in walk.get("month/")
        case = walk.start("C01", account=unit.number)
        check = walk.get(f"cases/{case.number}/check/")
        assert "应缴 800.00 元" in check
        assert member.number in check
        done = walk.send(f"cases/{case.number}/check/")
        bill = Bill.objects.get(unit=unit)
        assert bill.number in done
        assert "捌佰元整" in done
        assert member.number in walk.get(f"bills/{bill.number}/")
        assert walk.client.get(f"/employer/bills/{bill.number}/notice.pdf").content.startswith(b"%PDF")
        assert bill.number in walk.get(f"units/{unit.number}/months/")
        assert member.number in walk.get(f"units/{unit.number}/members/")
        walk.send(f"bills/{bill.number}/cancel/", page=f"bills/{bill.number}/")
        assert Bill.objects.get(unit=unit).state == BillState.CANCELLED

    def test_another_units_pages_are_not_there(self):
        unit = a_unit()
        members_of(unit, 500_000)
        bill = handed_in(unit).result["bill"]
        other = Walk(clerk(a_unit()))
        for path in (
            f"bills/{bill}/",
            f"bills/{bill}/notice.pdf",
            f"units/{unit.number}/members/",
            f"units/{unit.number}/months/",
        ):
            other.get(path, status=404)
        other.post(f"bills/{bill}/cancel/", {}, status=404)
        assert Bill.objects.get(number=bill).state == BillState.OPEN

    def test_the_teller_takes_a_notice_back_at_the_counter_and_a_paid_one_stays(self):
        unit = a_unit()
        members_of(unit, 500_000)
        bill = Bill.objects.get(number=handed_in(unit, channel=Channel.COUNTER).result["bill"])
        teller, reader = Client(), Client()
        teller.force_login(staff(f"teller{serial()}", "teller"))
        reader.force_login(staff(f"reviewer{serial()}", "reviewer"))
        address = reverse("bill-cancel", args=[bill.number])
        assert address not in reader.get(reverse("bill", args=[bill.number])).content.decode()
        assert reader.post(address).status_code == 403
        assert address in teller.get(reverse("bill", args=[bill.number])).content.decode()
        assert "已撤销，月份可以重新确认" in teller.post(address, follow=True).content.decode()
        bill.refresh_from_db()
        assert (bill.state, next_month(unit)) == (BillState.CANCELLED, MONTH)
        assert "不能撤销" in teller.post(address, follow=True).content.decode()
        assert AuditEntry.objects.filter(action="bill.cancel", object_reference=bill.number).count() == 1
