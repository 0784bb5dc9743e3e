"""A clerk's month in Chromium without JavaScript: register the unit, bring in the staff, confirm, pay, see it booked, print.

The money comes as it does in a center: the unit's bank transfers it, the center's bank tells of it, the minute's job books.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect
from python_calamine import CalamineWorkbook

import browsing
import centers
from anju.cases.models import Case
from anju.cases.states import Verb
from anju.cases.transition import transition
from anju.contributions.models import Bill
from anju.kernel.periods import Month
from anju.ledger.days import open_days
from anju.platform.people.models import Kind, Office
from anju.platform.people.operations import open_sign_in, register_person
from anju.registry.models import Member, Unit
from anju.treasury.operations import open_bank_account
from anju.web.bank_notices import bank_notices
from bank_walk import a_bank_serving, order
from item_walk import AT, actor, identity_number, phone
from portal_window import Visitor, register_unit
from sign_ins import PASSWORD
from uploads import pdf, pdf_text

pytestmark = [pytest.mark.browser]
SCREENS = [(1280, "light"), (390, "dark")]


@pytest.fixture(scope="module")
def month_center(django_db_setup, django_db_blocker):
    """A center of its own with one office, a bank account and today's business day, undone afterwards."""

    with django_db_blocker.unblock(), centers.own_center():
        Office.objects.create(code="city", name="市直管理部", place=1)
        today = timezone.localdate()
        open_days(first=today, final=today, actor="tests")
        yield open_bank_account(code="101-TEST", bank="示例银行", subject="10101", rate=2000, opened=today).code


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
def bank(month_center):
    with a_bank_serving(timezone.localdate()) as at:
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
    chromium, address, clerks, staff_of_center, month_center, bank, settings, tmp_path, width, scheme
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
    expect(page.locator("main")).to_contain_text("还没有需要汇缴的职工")
    visitor.look("month without staff")
    staff_come_in(visitor, unit, month, tmp_path)
    adjust_bases(visitor, unit, month, tmp_path)
    visitor.go("month/")
    visitor.look("month")
    visitor.follow(f"确认 {month} 并取得缴款编号")
    case = apply_for(visitor, "C01")
    expect(page.locator("main")).to_contain_text("增加")
    visitor.look("check")
    visitor.press("确认并提交")
    bill = Bill.objects.get(case_number=case.number)
    expect(page.locator("main")).to_contain_text(bill.number)
    visitor.look("done")
    visitor.follow("查看缴款通知书")
    visitor.look("notice")
    settings.ANJU_BANK_URL = bank
    order(bank, month_center, bill.amount, payer_name=unit.name, remark=f"汇缴 {bill.number}")
    bank_notices(int(timezone.now().timestamp()))
    page.reload()
    expect(page.locator("main")).to_contain_text("已入账")
    visitor.look("booked")
    visitor.go("month/")
    expect(page.locator("main")).to_contain_text(str(month.plus(1)))
    visitor.go(f"units/{unit.number}/members/")
    visitor.look("members")
    visitor.go(f"units/{unit.number}/months/")
    visitor.look("months")
    printed(visitor, bill, month)
    visitor.end()


def printed(visitor: Visitor, bill: Bill, month: Month) -> None:
    """The statement of the unit's year, as paper: the month and its sum are on it."""
    visitor.go("month/")
    visitor.follow("缴存明细")
    expect(visitor.page.locator("main")).to_contain_text(bill.number)
    visitor.look("ledger")
    words = pdf_text(visitor.download("打印带验证码的明细").read_bytes())
    assert bill.number in words
    assert str(month) in words.replace(timezone.localdate().isoformat(), "")
    assert f"{bill.amount / 100:,.2f}" in words


def adjust_bases(visitor: Visitor, unit: Unit, month: Month, folder: Path) -> None:
    """The template comes down, a wage is spoiled, the problem shows, the mended list goes up and into U04."""
    page = visitor.page
    visitor.go("sheets/")
    visitor.look("sheets")
    visitor.follow("年度基数调整清单")
    visitor.look("sheet new")
    rows = list(cells_of(visitor.download("下载模板")))
    wage = len(rows[0]) - 2
    visitor.go(f"sheets/new/{unit.number}/bases/")
    upload(visitor, folder, [rows[0], *([*row[:wage], "六千"] for row in rows[1:])])
    expect(page.locator("main")).to_contain_text("有误")
    visitor.look("sheet with problems")
    assert "金额应为元" in str(list(cells_of(visitor.download("下载附问题的清单"))))
    visitor.follow("重新上传")
    upload(visitor, folder, [rows[0], *([*row[:wage], "6000.50"] for row in rows[1:])])
    expect(page.locator("main")).to_contain_text("校验通过")
    visitor.look("sheet ready")
    visitor.press("去办理：缴存基数年度调整")
    visitor.press("开始办理")
    case = visitor.case()
    visitor.go(f"cases/{case.number}/check/")
    expect(page.locator("main")).to_contain_text("6,000.50")
    visitor.look("check of bases")
    visitor.press("确认并提交")
    expect(page.locator("main")).to_contain_text("已办结")


def cells_of(path: Path) -> Iterator[list[object]]:
    """The header of a list and its rows."""
    with CalamineWorkbook.from_path(path) as book:
        rows = [row for row in book.get_sheet_by_index(0).iter_rows() if any(cell != "" for cell in row)]
    yield from rows[next(place for place, row in enumerate(rows) if row[0] == "个人账号") :]


def upload(visitor: Visitor, folder: Path, rows: Sequence[Sequence[object]]) -> None:
    """A list as WPS saves it as text."""
    path = folder / "清单.csv"
    path.write_text("\r\n".join(",".join(str(cell) for cell in row) for row in rows), encoding="gb18030")
    visitor.page.get_by_label("清单文件").set_input_files(path)
    visitor.press("上传并校验")


def staff_come_in(visitor: Visitor, unit: Unit, month: Month, folder: Path) -> None:
    """The list of the staff goes up and into P01."""
    page = visitor.page
    visitor.go(f"sheets/new/{unit.number}/opening/")
    visitor.look("list of staff")
    head = ["姓名", "证件类型", "证件号码", "手机号码", "缴存基数", "起缴年月", "签发国家或地区"]
    people = [("王小明", "5000"), ("阿依古丽·买买提", "9876.54")]
    rows = [[name, "", identity_number(), phone(), base, str(month), ""] for name, base in people]
    upload(visitor, folder, [head, *rows])
    expect(page.locator("main")).to_contain_text("校验通过")
    visitor.press("去办理：个人账户设立")
    visitor.press("开始办理")
    case = visitor.case()
    visitor.go(f"cases/{case.number}/check/")
    visitor.look("check of staff")
    visitor.press("确认并提交")
    expect(page.locator("main")).to_contain_text("已办结")
    assert Member.objects.filter(unit=unit).count() == len(people)
