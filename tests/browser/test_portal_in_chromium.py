"""The portals in a real Chromium without JavaScript: U01 by an employer, P02 and S01 by a member, from sign-in to rating."""

from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

import browsing
import centers
from anju.cases.messages import subscribe
from anju.cases.models import Case
from anju.cases.states import Verb
from anju.cases.transition import transition
from anju.platform import outbox
from anju.platform.people.models import Kind, Office
from anju.platform.people.operations import open_sign_in, register_person
from anju.registry.models import Member, MemberSignIn
from item_walk import AT, a_member, actor, credit_code, identity_number, phone
from portal_window import Visitor, choose_first
from sign_ins import PASSWORD
from uploads import pdf

pytestmark = [pytest.mark.browser]
SCREENS = [(390, "light"), (1280, "dark")]


@pytest.fixture(scope="module")
def center_of_portals(django_db_setup, django_db_blocker):
    """A center of its own with one office, undone afterwards."""

    with django_db_blocker.unblock(), centers.own_center():
        Office.objects.create(code="city", name="市直管理部", place=1)
        subscribe()
        yield


@pytest.fixture(scope="module")
def visitors(center_of_portals) -> dict[str, str]:
    """Sign-in names by screen and portal: each journey has people of its own."""
    names = {}
    for width, _scheme in SCREENS:
        for kind, prefix in ((Kind.UNIT, "employer"), (Kind.MEMBER, "member")):
            name = f"{prefix}{width}"
            user = open_sign_in(
                username=name, password=PASSWORD, person=register_person(name="周小乔", phone=phone()), by="tests",
                at=AT, kind=kind,
            )  # fmt: skip
            if kind is Kind.MEMBER:
                MemberSignIn.objects.create(user=user, member=a_member())
            names[f"{width}{prefix}"] = name
    return names


@pytest.fixture(scope="module")
def staff_of_center(center_of_portals):
    return {role: actor(role) for role in ("teller", "reviewer", "service")}


@pytest.fixture(scope="module")
def paper(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("papers") / "扫描件.pdf"
    path.write_bytes(pdf())
    return path


@pytest.fixture(scope="module")
def address(center_of_portals):
    with browsing.served() as at:
        yield at


@pytest.fixture(scope="module")
def chromium(visitors, staff_of_center, address):
    with browsing.browser() as browser:
        yield browser


@pytest.fixture
def visit(chromium, address, visitors):
    def begun(prefix, width, scheme):
        return Visitor(chromium, address, prefix, visitors[f"{width}{prefix}"], width, scheme)

    return begun


def by_staff(case: Case, verb: Verb, who, **facts) -> None:
    fresh = Case.objects.get(pk=case.pk)
    transition(
        number=fresh.number, verb=verb, expected_version=fresh.version, actor=who, at=timezone.now(),
        business_date=timezone.localdate(), **facts,
    )  # fmt: skip


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_an_employer_registers_a_unit(visit, staff_of_center, paper, width, scheme):
    visitor = visit("employer", width, scheme)
    page, today = visitor.page, timezone.localdate()
    visitor.look("home")
    visitor.follow("全部事项")
    visitor.look("items")
    browsing.turn(page.get_by_role("link", name="单位缴存登记"))
    visitor.look("item")
    visitor.press("开始办理")
    case = visitor.case()
    visitor.look("tasks")
    browsing.turn(page.get_by_role("link", name="单位信息", exact=True))
    visitor.press("保存并继续")
    expect(page.get_by_role("alert")).to_have_count(1)
    assert page.title().startswith("有误：")
    visitor.look("wrong")
    visitor.fill(单位名称="洞庭湖渔业有限公司", 统一社会信用代码=credit_code(), 设立日期=today.isoformat())
    visitor.press("保存并继续")
    visitor.look("question")
    choose_first(page)
    visitor.press("保存并继续")
    visitor.fill(单位地址="岳阳市岳阳楼区示范路 1 号", 邮政编码="414000")
    choose_first(page)
    visitor.press("保存并继续")
    visitor.fill(法定代表人姓名="王昭君", 法定代表人证件号码=identity_number())
    visitor.press("保存并继续")
    visitor.fill(经办人姓名="周小乔", 经办人身份证号码=identity_number(), 经办人手机号码=phone())
    visitor.press("稍后再填")
    visitor.look("tasks half way")
    browsing.turn(page.get_by_role("link", name="缴存约定"))
    visitor.fill(发薪日="10", 受托银行="建设银行岳阳分行", 首次汇缴年月=f"{today:%Y-%m}")
    page.get_by_label("单位缴存比例").fill("8")
    page.get_by_label("个人缴存比例").fill("8")
    visitor.press("保存并继续")
    browsing.turn(page.get_by_role("link", name="材料", exact=True))
    visitor.look("materials")
    for code in ("licence", "legal_identity", "agent_identity"):
        page.locator(f"#file-{code}").set_input_files(paper)
        browsing.turn(page.locator(f"#paper-{code}").get_by_role("button", name="上传"))
    visitor.look("materials with files")
    visitor.follow("保存并返回")
    browsing.turn(page.get_by_role("link", name="核对并提交"))
    visitor.look("check")
    page.get_by_role("checkbox").check()
    visitor.press("确认并提交")
    assert page.url.endswith("/done/")
    expect(page.locator("main")).to_contain_text(case.number)
    visitor.look("done")
    visitor.follow("打印受理单")
    visitor.look("receipt")
    page.emulate_media(media="print")
    expect(page.get_by_text(case.number).first).to_be_visible()
    expect(page.get_by_role("navigation", name="主导航")).to_be_hidden()
    expect(page.get_by_text("请用浏览器的")).to_be_hidden()
    page.emulate_media(media="screen")
    visitor.follow("返回")
    visitor.look("accepted")
    by_staff(case, Verb.SUPPLEMENT, staff_of_center["teller"], reason="请补交单位授权书")
    visitor.go()
    visitor.look("home with work")
    visitor.follow("补正：单位缴存登记")
    visitor.look("to supplement")
    visitor.follow("去补正")
    browsing.turn(page.get_by_role("link", name="材料", exact=True))
    page.locator("#file-authorisation").set_input_files(paper)
    browsing.turn(page.locator("#paper-authorisation").get_by_role("button", name="上传"))
    visitor.go(f"cases/{case.number}/check/")
    visitor.press("确认并提交补正")
    by_staff(case, Verb.FORWARD, staff_of_center["teller"])
    by_staff(case, Verb.APPROVE, staff_of_center["reviewer"])
    visitor.go()
    visitor.follow("评价：单位缴存登记")
    visitor.look("rate")
    page.get_by_label("满意", exact=True).check()
    visitor.fill(意见或建议="很快")
    visitor.press("提交评价")
    expect(page.locator("main")).to_contain_text("谢谢您的评价")
    visitor.look("completed")
    visitor.go("cases/")
    visitor.look("cases")
    visitor.go("profile/")
    visitor.look("profile")
    visitor.end()


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_a_member_changes_a_phone_number_and_asks_a_question(visit, visitors, staff_of_center, width, scheme):
    visitor = visit("member", width, scheme)
    page, new = visitor.page, phone()
    visitor.look("home")
    visitor.go("items/P02/")
    visitor.press("开始办理")
    case = visitor.case()
    browsing.turn(page.get_by_role("link", name="身份信息"))
    visitor.press("保存并继续")
    visitor.fill(新手机号码=new)
    visitor.look("question")
    visitor.press("保存并继续")
    browsing.turn(page.get_by_role("link", name="核对并提交"))
    visitor.press("确认并提交")
    by_staff(case, Verb.FORWARD, staff_of_center["teller"])
    by_staff(case, Verb.APPROVE, staff_of_center["reviewer"])
    member = Member.objects.get(sign_in__user__username=visitors[f"{width}member"])
    assert member.phone == new
    visitor.go("items/S01/")
    visitor.press("开始办理")
    case = visitor.case()
    browsing.turn(page.get_by_role("link", name="您要说的事"))
    choose_first(page)
    visitor.fill(内容="怎样提取公积金？")
    visitor.press("保存并继续")
    visitor.press("保存并继续")
    browsing.turn(page.get_by_role("link", name="核对并提交"))
    visitor.press("确认并提交")
    by_staff(case, Verb.APPROVE, staff_of_center["service"], handling={"reply": ["请看条例第二十四条。"]})
    outbox.deliver(now=timezone.now())
    browsing.turn(page.get_by_role("navigation", name="主导航").get_by_role("link", name="消息"))
    visitor.look("messages")
    browsing.turn(page.get_by_role("link", name="已办结").first)
    expect(page.locator("main")).to_contain_text("请看条例第二十四条。")
    visitor.look("answered")
    visitor.follow("去评价")
    page.get_by_label("非常满意").check()
    visitor.press("提交评价")
    visitor.follow("要求重新办理")
    visitor.look("reopen")
    visitor.fill(理由="还想再问")
    visitor.press("提交")
    expect(page.locator("main")).to_contain_text("已要求重新办理")
    visitor.go(f"cases/{case.number}/withdraw/")
    visitor.look("withdraw")
    visitor.press("确认撤销")
    visitor.go("cases/")
    visitor.look("cases")
    visitor.end()
