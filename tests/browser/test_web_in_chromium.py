"""The pages in a real Chromium: no violation of the strict policy, none of accessibility, no scroll sideways."""

from datetime import UTC, date, datetime

import pytest
from playwright.sync_api import BrowserContext, Page, expect

import browsing
import centers
from browsing import SCREENS
from sign_ins import PASSWORD, staff

pytestmark = [pytest.mark.browser]
YEAR, SCALE, SEED = 2024, 1000, 2024
ROLES = ("director", "teller", "auditor")


@pytest.fixture(scope="module")
def lived(django_db_setup, django_db_blocker, tmp_path_factory):
    """The plan of the city that lived its year here, with one sign-in for each role."""

    from anju.city.live import live_year
    from anju.city.year import build

    with django_db_blocker.unblock(), centers.own_center():
        live_year(
            year=YEAR, scale=SCALE, seed=SEED, folder=tmp_path_factory.mktemp("city"), progress=lambda _line: None
        )
        for role in ROLES:
            staff(role, role, name=f"甲{role}")
        yield build(year=YEAR, scale=SCALE, seed=SEED)


@pytest.fixture(scope="module")
def person(lived):
    drew = {event.member_number for event in (*lived.withdrawals, *lived.close_outs)}
    return next(member for member in lived.members if member.last_month is None and member.number not in drew)


@pytest.fixture(scope="module")
def runs(lived) -> tuple[int, int]:
    """A run that ended in part, with a failed chunk and problems of a hundred rows and more; and one at work."""
    from anju.platform.runs.declarations import Job, register
    from anju.platform.runs.models import Problem, Run
    from anju.platform.runs.operations import open_run, work

    def fail_second(_cursor, _run, low, _high):
        return {"divided": 100 // (2 - low)}

    at = datetime(2024, 5, 6, 1, tzinfo=UTC)
    keys = "SELECT k::bigint FROM generate_series(1, 5) AS k"
    register(Job(name="test-browser", title="浏览器测试批扣", keys=keys, chunk=1, work=fail_second))
    facts = {"job": "test-browser", "params": {}, "business_date": date(2024, 5, 6), "maker": "甲", "at": at}
    partial, working = (open_run(key=key, **facts).run.pk for key in ("browser-partial", "browser-working"))
    work(run_id=partial, clock=lambda: at)
    work(run_id=working, clock=lambda: at, limit=1)
    Run.objects.filter(pk=partial).update(problems=120, rows=400, rows_set_aside=120)
    Problem.objects.bulk_create(
        Problem(run_id=partial, line=line, rule="AMOUNT", column="月缴存额", value="-1,250.00", message="金额须大于零")
        for line in range(1, 121)
    )
    return partial, working


@pytest.fixture(scope="module")
def pages(lived, person, runs) -> dict[str, tuple[str, str]]:
    """Name → role and path of every kind of page."""
    from anju.ledger.models import Journal
    from anju.registry.models import Member

    remittance = Journal.objects.filter(kind="remittance").first().pk
    unit = Member.objects.get(number=person.number).unit.number
    return {
        "home": ("auditor", "/"),
        "home of a teller": ("teller", "/"),
        "trial balance": ("director", "/trial-balance/"),
        "wrong period": ("director", "/trial-balance/?start=2024-12-31&end=2024-01-01"),
        "nothing yet": ("director", "/trial-balance/?start=2000-01-01&end=2000-01-31"),
        "subject": ("director", "/subjects/101/?page=2"),
        "journal": ("auditor", f"/journals/{remittance}/"),
        "annex 2": ("director", "/annex-2/"),
        "search": ("teller", "/members/"),
        "statement": ("auditor", f"/members/{person.number}/"),
        "units": ("auditor", "/units/"),
        "unit": ("teller", f"/units/{unit}/"),
        "people of a unit": ("auditor", f"/units/{unit}/people/"),
        "changes": ("auditor", f"/units/{unit}/changes/"),
        "style": ("director", "/style/"),
        "runs": ("auditor", "/runs/"),
        "run in part": ("director", f"/runs/{runs[0]}/"),
        "run at work": ("director", f"/runs/{runs[1]}/"),
        "run to cancel": ("director", f"/runs/{runs[1]}/cancel/"),
        "refused": ("teller", "/annex-2/"),
        "not found": ("teller", "/nowhere/"),
        "sign in": ("", "/sign-in/"),
    }


@pytest.fixture(scope="module")
def address(lived):
    with browsing.served() as found:
        yield found


@pytest.fixture(scope="module")
def chromium(pages, address):
    with browsing.browser() as found:
        yield found


@pytest.fixture(scope="module")
def cookies(chromium, address):
    """What the browser keeps of each role's sign-in, through the real form."""
    kept: dict[str, object] = {"": None}
    for role in ROLES:
        context = chromium.new_context()
        sign_in(context.new_page(), address, role)
        kept[role] = context.storage_state()
        context.close()
    return kept


def sign_in(page: Page, address: str, role: str) -> None:
    browsing.sign_in(page, address, role, PASSWORD)


@pytest.fixture
def walk(chromium, cookies, pages, address):
    """A function that opens every page in a context of the given kind and yields (name, page)."""
    opened: list[BrowserContext] = []

    def steps(**options):
        contexts: dict[str, Page] = {}
        for name, (role, path) in pages.items():
            if role not in contexts:
                opened.append(chromium.new_context(storage_state=cookies[role], locale="zh-CN", **options))
                contexts[role] = opened[-1].new_page()
            contexts[role].goto(f"{address}{path}")
            yield name, contexts[role]

    yield steps
    for context in opened:
        context.close()


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_no_page_violates_the_policy_asks_elsewhere_or_scrolls_sideways(walk, address, width, scheme):
    watched: dict[Page, list[str]] = {}
    names = []
    for name, page in walk(viewport={"width": width, "height": 844}, color_scheme=scheme):
        if page not in watched:  # the first page of a context is opened once more, under watch
            watched[page] = browsing.watch(page, address)
            page.reload()
        names.append(name)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
        expect(page.locator("h1")).to_have_count(1)
    assert len(names) == 22
    expected = "Failed to load resource: the server responded with a status of 40"
    assert [problem for problems in watched.values() for problem in problems if not problem.startswith(expected)] == []


# Colours do not depend on the width nor the layout on the scheme: two screens cover both of each.
@pytest.mark.parametrize(("width", "scheme"), [SCREENS[0], SCREENS[3]])
def test_no_page_violates_a_rule_of_accessibility(walk, width, scheme):
    found = []
    for name, page in walk(viewport={"width": width, "height": 844}, color_scheme=scheme, bypass_csp=True):
        found += [(name, *violation) for violation in browsing.violations(page)]
    assert found == []


def test_everything_works_without_javascript(chromium, address, person):
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844}, locale="zh-CN")
    page = context.new_page()
    sign_in(page, address, "auditor")
    browsing.turn(page.get_by_role("navigation", name="主导航").get_by_role("link", name="试算平衡表"))
    page.get_by_label("开始日期").fill("2024-03-01")
    page.get_by_label("结束日期").fill("2024-03-31")
    browsing.turn(page.get_by_role("button", name="查看"))
    assert page.url.endswith("/trial-balance/?start=2024-03-01&end=2024-03-31")
    with page.expect_download() as started:
        page.get_by_role("link", name="导出 CSV").click()
    assert started.value.path().read_text(encoding="utf-8-sig").startswith("科目编号,")
    browsing.turn(page.get_by_role("link", name="201 住房公积金"))
    browsing.turn(page.get_by_role("row").nth(1).get_by_role("link"))
    assert "/journals/" in page.url
    browsing.turn(page.get_by_role("link", name="职工账户"))
    page.get_by_label("姓名、拼音、个人账号、证件号码或手机号码").fill(f"{person.identity_number}0")
    browsing.turn(page.get_by_role("button", name="查询"))
    expect(page.get_by_role("alert")).to_have_count(1)
    expect(page.get_by_label("姓名、拼音、个人账号、证件号码或手机号码")).to_have_value("")
    page.get_by_label("姓名、拼音、个人账号、证件号码或手机号码").fill(person.identity_number)
    browsing.turn(page.get_by_role("button", name="查询"))
    expect(page).to_have_url(f"{address}/members/{person.number}/")
    assert person.identity_number not in page.content()
    browsing.turn(page.get_by_role("button", name="退出"))
    expect(page).to_have_url(f"{address}/sign-in/")
    page.goto(f"{address}/members/{person.number}/")
    assert "/sign-in/" in page.url
    context.close()


def test_a_run_is_cancelled_without_javascript_and_its_page_renews_itself_on_demand(chromium, address, cookies, runs):
    context = chromium.new_context(
        java_script_enabled=False, storage_state=cookies["director"], viewport={"width": 390, "height": 844}
    )
    page = context.new_page()
    page.goto(f"{address}/runs/{runs[1]}/")
    browsing.turn(page.get_by_role("link", name="自动刷新", exact=True))
    page.wait_for_event("framenavigated", timeout=10_000)
    browsing.turn(page.get_by_role("link", name="停止自动刷新"))
    expect(page.get_by_role("progressbar", name="进度")).to_have_count(1)
    browsing.turn(page.get_by_role("link", name="取消", exact=True))
    browsing.turn(page.get_by_role("button", name="确认取消"))
    expect(page.get_by_role("status").first).to_have_text("已取消，已完成的部分保留")
    expect(page.get_by_role("link", name="取消", exact=True)).to_have_count(0)
    context.close()


def test_the_keyboard_skips_to_the_content_and_sees_where_it_is(chromium, address, cookies):
    context = chromium.new_context(storage_state=cookies["director"])
    page = context.new_page()
    page.goto(f"{address}/trial-balance/")
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    expect(focused).to_have_text("跳到正文")
    assert focused.bounding_box()["y"] >= 0
    assert focused.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("main :focus")).to_have_count(1)
    context.close()


def test_charts_take_the_colours_of_the_scheme(chromium, address, cookies):
    colours = set()
    for scheme in ("light", "dark"):
        context = chromium.new_context(storage_state=cookies["director"], color_scheme=scheme)
        page = context.new_page()
        page.goto(f"{address}/")
        for picture in page.get_by_role("img").all():
            assert picture.evaluate("node => node.getBBox().width") > 100
        fill = page.locator(".chart [fill='var(--chart-1)']").first.evaluate("node => getComputedStyle(node).fill")
        ground = page.locator(".chart").first.evaluate("node => getComputedStyle(node).backgroundColor")
        text = page.locator(".chart text").first.evaluate("node => getComputedStyle(node).fill")
        colours |= {(scheme, fill), (scheme, ground), (scheme, text)}
        context.close()
    assert len({colour for _scheme, colour in colours}) == 6
    assert "rgb(0, 0, 0)" not in {colour for _scheme, colour in colours}


def test_on_paper_the_content_stands_alone(chromium, address, cookies):
    context = chromium.new_context(storage_state=cookies["director"], color_scheme="dark")
    page = context.new_page()
    page.goto(f"{address}/trial-balance/")
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation", name="主导航")).to_be_hidden()
    expect(page.get_by_role("button", name="查看")).to_be_hidden()
    expect(page.get_by_role("table")).to_be_visible()
    assert page.locator("body").evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("td").first.evaluate("node => getComputedStyle(node).color") == "rgb(0, 0, 0)"
    context.close()
