"""A clerk's month in Chromium without JavaScript: register the unit, bring in the staff, confirm, pay, see it booked."""

import pytest
from django.utils import timezone

import browsing
from anju.cases.models import Case
from anju.cases.states import Verb
from anju.cases.transition import transition
from anju.contributions.models import Bill
from anju.contributions.receipts import Notice, receive
from anju.kernel.periods import Month
from anju.ledger.days import open_days
from anju.platform.people.models import Kind, Office
from anju.platform.people.operations import open_sign_in, register_person
from anju.registry.models import Unit
from anju.registry.operations import NewMember, open_member_accounts
from anju.treasury.operations import open_bank_account
from item_walk import AT, actor, identity_number, phone, serial
from portal_window import Visitor, register_unit
from sign_ins import PASSWORD
from uploads import pdf

pytestmark = [pytest.mark.browser]
SCREENS = [(1280, "light"), (390, "dark")]


@pytest.fixture(scope="module")
def month_center(django_db_setup, django_db_blocker):
    """A center of its own with one office, a bank account and today's business day, undone afterwards."""
    from django.core.cache import cache

    from anju.platform import schema

    with django_db_blocker.unblock():
        schema.drop()
        schema.prepare()
        cache.clear()
        Office.objects.create(code="city", name="市直管理部", place=1)
        today = timezone.localdate()
        open_days(first=today, final=today, actor="tests")
        bank = open_bank_account(code="101-TEST", bank="示例银行", subject="10101", rate=2000, opened=today)
        yield bank.account_id
        schema.drop()
        schema.prepare()
        cache.clear()


@pytest.fixture(scope="module")
def clerks(month_center) -> dict[int, str]:
    """Sign-in names by screen: each journey has a clerk of its own."""
    return {
        width: open_sign_in(
            username=f"clerk{width}", password=PASSWORD, person=register_person(name="周小乔", phone=phone()), by="tests",
            at=AT, kind=Kind.UNIT,
        ).username
        for width, _scheme in SCREENS
    }  # fmt: skip


@pytest.fixture(scope="module")
def staff_of_center(month_center):
    return {role: actor(role) for role in ("teller", "reviewer")}


@pytest.fixture(scope="module")
def address(month_center):
    with browsing.served() as at:
        yield at


@pytest.fixture(scope="module")
def chromium(clerks, staff_of_center, address):
    with browsing.browser() as browser:
        yield browser


def by_staff(case: Case, verb: Verb, who) -> None:
    fresh = Case.objects.get(pk=case.pk)
    transition(
        number=fresh.number, verb=verb, expected_version=fresh.version, actor=who, at=timezone.now(),
        business_date=timezone.localdate(),
    )  # fmt: skip


def apply_for(visitor: Visitor, item: str) -> Case:
    """Begin an application and go to its check page: what the center knows is filled in."""
    visitor.go(f"items/{item}/")
    visitor.press("开始办理")
    case = visitor.case()
    visitor.go(f"cases/{case.number}/check/")
    return case


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_from_the_registration_to_the_money_on_the_accounts(
    chromium, address, clerks, staff_of_center, month_center, tmp_path, width, scheme
):
    paper = tmp_path / "扫描件.pdf"
    paper.write_bytes(pdf())
    visitor = Visitor(chromium, address, "employer", clerks[width], width, scheme)
    page, today = visitor.page, timezone.localdate()
    month = Month.of(today)
    case = register_unit(visitor, paper, name=f"洞庭渔业{width}", first_month=str(month), established=today.isoformat())
    by_staff(case, Verb.FORWARD, staff_of_center["teller"])
    by_staff(case, Verb.APPROVE, staff_of_center["reviewer"])
    unit = Unit.objects.get(name=f"洞庭渔业{width}")
    visitor.go("month/")
    assert "还没有需要汇缴的职工" in page.inner_text("main")
    visitor.look("month without staff")
    staff_come_in(unit, today)
    visitor.go("month/")
    visitor.look("month")
    visitor.follow(f"确认 {month} 并取得缴款编号")
    case = apply_for(visitor, "C01")
    assert "增加" in page.inner_text("main")
    visitor.look("check")
    visitor.press("确认并提交")
    bill = Bill.objects.get(case_number=case.number)
    assert bill.number in page.inner_text("main")
    visitor.look("done")
    visitor.follow("查看缴款通知书")
    visitor.look("notice")
    pay(month_center, bill, unit)
    page.reload()
    assert "已入账" in page.inner_text("main")
    visitor.look("booked")
    visitor.go("month/")
    assert str(month.plus(1)) in page.inner_text("main")
    visitor.go(f"units/{unit.number}/members/")
    visitor.look("members")
    visitor.go(f"units/{unit.number}/months/")
    visitor.look("months")
    visitor.end()


def staff_come_in(unit: Unit, today) -> None:
    open_member_accounts(
        members=[
            NewMember(
                number=f"6{serial()}", name=name, identity_number=identity_number(), phone=phone(), unit_number=unit.number,
                base=base, opened=today,
            )
            for name, base in (("王小明", 500_000), ("阿依古丽·买买提", 987_654))
        ]
    )  # fmt: skip


def pay(bank: int, bill: Bill, unit: Unit) -> None:
    today = timezone.localdate()
    notice = Notice(
        bank_account=bank, serial=serial(), arrived=today, payer_name=unit.name, amount=bill.amount, remark=bill.number
    )
    receive(notice=notice, business_date=today, maker="bank")
