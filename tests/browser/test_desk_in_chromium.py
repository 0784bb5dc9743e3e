"""The workbench in a real Chromium: a case from the counter to its effect by teller and reviewer, without JavaScript;
every page of it accessible, inside the policy, and no wider than a phone."""

import uuid
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import browsing
import uploads
from case_items.errand import Errand
from sign_ins import PASSWORD, outsider, staff

pytestmark = [pytest.mark.browser]
AT, DAY = datetime(2026, 5, 11, 1, 0, tzinfo=UTC), date(2026, 5, 11)
IDENTITY, PHONE = "430602199001011235", "13812345678"


@pytest.fixture(scope="module")
def people(django_db_setup, django_db_blocker):
    """Sign-in names by role, with a case that a member handed in and one in review."""
    from anju.cases import catalogue, operations
    from anju.cases.actors import Actor
    from anju.cases.declarations import ApplicantKind, Channel
    from anju.cases.states import Verb
    from anju.cases.transition import transition
    from anju.platform.people.models import Kind

    catalogue.register(Errand())
    mark = uuid.uuid4().hex[:8]
    with django_db_blocker.unblock():
        users = {role: staff(f"{role}-{mark}", role, name=name) for role, name in
                 (("teller", "张柜员"), ("reviewer", "李复核"), ("auditor", "孙审计"))}  # fmt: skip
        member = Actor.of(outsider(f"member-{mark}", Kind.MEMBER, name="欧阳明月"))
        numbers = []
        for title in ("买印章", "加急修章，说明很长很长很长很长很长很长很长很长很长很长"):
            case = operations.open_draft(
                item="T01", channel=Channel.MEMBER, applicant_kind=ApplicantKind.MEMBER, reference="", actor=member,
                at=AT, business_date=DAY, applicant_person=member.person,
            )  # fmt: skip
            operations.save_draft(number=case.number, typed={"title": [title], "amount": ["12"]}, actor=member, at=AT)
            numbers.append(case.number)
            operations.submit(number=case.number, expected_version=0, actor=member, at=AT, business_date=DAY)
        transition(
            number=numbers[1], verb=Verb.FORWARD, expected_version=1, actor=Actor.of(users["teller"]), at=AT,
            business_date=DAY,
        )  # fmt: skip
        yield {role: user.username for role, user in users.items()}, numbers
    catalogue.forget("T01")


@pytest.fixture(scope="module")
def address(people):
    with browsing.served() as address:
        yield address


@pytest.fixture(scope="module")
def chromium(address):
    with browsing.browser() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def cookies(chromium, address, people):
    """What the browser keeps of each role's sign-in."""
    kept = {}
    for role, username in people[0].items():
        context = chromium.new_context()
        browsing.sign_in(context.new_page(), address, username, PASSWORD)
        kept[role] = context.storage_state()
        context.close()
    return kept


@pytest.fixture
def opened(chromium, cookies):
    """A function that opens a page of the role's own; its contexts end with the test."""
    contexts = []

    def page(role: str, **options) -> Page:
        contexts.append(chromium.new_context(storage_state=cookies[role], locale="zh-CN", **options))
        return contexts[-1].new_page()

    yield page
    for context in contexts:
        context.close()


def test_a_case_from_the_counter_to_its_effect_without_javascript(opened, address, tmp_path: Path):
    paper = tmp_path / "证明.pdf"
    paper.write_bytes(uploads.pdf())
    page = opened("teller", java_script_enabled=False, viewport={"width": 1280, "height": 844})
    problems = browsing.watch(page, address)
    page.goto(f"{address}/desk/")
    browsing.turn(page.get_by_role("link", name="受理新业务"))
    browsing.turn(page.get_by_role("link", name="测试事项", exact=True))
    page.get_by_label("职工").check()
    page.get_by_label("姓名").fill("赵大")
    page.get_by_role("textbox", name="证件号码（选填）", exact=True).fill(IDENTITY)
    page.get_by_label("手机号码").fill(PHONE)
    browsing.turn(page.get_by_role("button", name="开始填写"))
    page.get_by_label("事由").fill("刻章")
    page.get_by_label("加急").check()
    browsing.turn(page.get_by_role("button", name="核对无误，提交"))
    expect(page.get_by_label("事由")).to_have_value("刻章")
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("金额（元）").fill("120")
    browsing.turn(page.get_by_role("button", name="存为草稿").last)
    page.get_by_label("上传文件：证明").set_input_files(paper)
    page.get_by_label("容缺受理：补充材料").check()
    browsing.turn(page.get_by_role("button", name="核对无误，提交"))
    expect(page.get_by_role("heading", level=1)).to_have_text("受理单")
    number = page.url.split("/")[-3]
    browsing.turn(page.get_by_role("link", name="打开案件"))
    expect(page.get_by_text("待复核").first).to_be_visible()
    assert IDENTITY not in page.content()

    other = opened("reviewer", java_script_enabled=False, viewport={"width": 390, "height": 844})
    other.goto(f"{address}/desk/")
    other.get_by_role("searchbox").fill(number)
    browsing.turn(other.get_by_role("button", name="搜索"))
    expect(other).to_have_url(f"{address}/desk/cases/{number}/")
    browsing.turn(other.get_by_role("button", name="领取"))
    browsing.turn(other.get_by_role("link", name="同意", exact=True))
    browsing.turn(other.get_by_role("button", name="确认同意"))
    expect(other.get_by_text("已办理：同意")).to_be_visible()
    expect(other.get_by_text("办结").first).to_be_visible()
    assert problems == []


@pytest.mark.parametrize(("width", "scheme"), [browsing.SCREENS[0], browsing.SCREENS[3]])
def test_every_page_of_the_desk_is_accessible_and_fits(opened, address, people, width, scheme):
    first, second = people[1]
    paths = {
        "teller": [
            "/desk/", "/desk/?item=T01&mine=on", "/desk/search/", "/desk/drafts/", "/desk/new/", "/desk/new/T01/",
            f"/desk/cases/{first}/", f"/desk/cases/{first}/do/supplement/", f"/desk/cases/{first}/do/transfer/",
            f"/desk/cases/{first}/reveal/", f"/desk/cases/{first}/receipt/", "/catalogue/", "/catalogue/T01/",
            "/messages/",
        ],
        "reviewer": ["/desk/", f"/desk/cases/{second}/", f"/desk/cases/{second}/do/approve/"],
        "auditor": ["/desk/", "/desk/?role=reviewer", f"/desk/cases/{second}/"],
    }  # fmt: skip
    found = []
    for role, addresses in paths.items():
        page = opened(role, viewport={"width": width, "height": 844}, color_scheme=scheme, bypass_csp=True)
        for path in addresses:
            page.goto(f"{address}{path}")
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
            expect(page.locator("h1")).to_have_count(1)
            found += [(path, *violation) for violation in browsing.violations(page)]
    assert found == []


@pytest.mark.parametrize("width", [1280, 390])
def test_the_counters_form_with_errors_is_accessible_and_fits(opened, address, width):
    page = opened("teller", viewport={"width": width, "height": 844}, bypass_csp=True)
    page.goto(f"{address}/desk/new/T01/")
    page.get_by_label("职工").check()
    browsing.turn(page.get_by_role("button", name="开始填写"))
    found = browsing.violations(page)
    page.get_by_label("姓名").fill("赵大")
    page.get_by_role("textbox", name="证件号码（选填）", exact=True).fill(IDENTITY)
    page.get_by_label("手机号码").fill(PHONE)
    browsing.turn(page.get_by_role("button", name="开始填写"))
    page.get_by_label("加急").check()
    page.get_by_label("事由").fill("刻章")
    browsing.turn(page.get_by_role("button", name="核对无误，提交"))
    found += browsing.violations(page)
    page.get_by_label("金额（元）").fill("1")
    browsing.turn(page.get_by_role("button", name="核对无误，提交"))
    expect(page.get_by_role("alert")).to_contain_text("还缺材料")
    found += browsing.violations(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert found == []


def test_the_pages_stay_inside_the_policy(opened, address, people):
    page = opened("teller")
    problems = browsing.watch(page, address)
    for path in ("/desk/", f"/desk/cases/{people[1][0]}/", "/desk/new/T01/", "/catalogue/T01/", "/messages/"):
        page.goto(f"{address}{path}")
    assert problems == []
