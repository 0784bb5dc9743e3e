"""The living style pages in a real Chromium: both densities, light and dark, phone and desk; keys; without a script."""

import pytest
from playwright.sync_api import expect

import browsing
from browsing import SCREENS

pytestmark = [pytest.mark.browser]
USERNAME, PASSWORD = "style-pages", "stone-bridge-river"
#: Name of a page → its path.
PAGES = {"parts": "/style/"} | {
    page: f"/style/{page}/"
    for page in (
        "calm", "queue", "case", "entry", "confirm", "employer", "answers", "member", "question", "done",
    )
}  # fmt: skip
CALM = {"calm", "employer", "answers", "member", "question", "done"}
#: Targets that are not words of a sentence or cells of a table; a label is the target of its radio or box.
TARGETS = """nodes => nodes.filter(node => node.checkVisibility() && !node.closest('.visually-hidden'))
    .map(node => node.matches('[type=radio], [type=checkbox]') ? node.closest('.choice, .tick') : node)
    .map(node => [node.outerHTML.slice(0, 90), Math.round(node.getBoundingClientRect().height)])"""


@pytest.fixture(scope="module")
def address(django_db_setup, django_db_blocker):
    from sign_ins import staff

    with django_db_blocker.unblock():
        user = staff(USERNAME, "auditor", name="李晓")
        with browsing.served() as found:
            yield found
        user.delete()


@pytest.fixture(scope="module")
def chromium(address):
    with browsing.browser() as found:
        yield found


@pytest.fixture(scope="module")
def state(chromium, address):
    context = chromium.new_context()
    browsing.sign_in(context.new_page(), address, USERNAME, PASSWORD)
    kept = context.storage_state()
    context.close()
    return kept


@pytest.fixture
def opened(chromium, state):
    """A function that gives a page in a context of the given kind."""
    contexts = []

    def new(**options):
        contexts.append(chromium.new_context(storage_state=state, locale="zh-CN", **options))
        return contexts[-1].new_page()

    yield new
    for context in contexts:
        context.close()


def test_the_pages_listed_here_are_all_there_are():
    from anju.web.views.style import _PAGES

    assert _PAGES.keys() == PAGES.keys() - {"parts"}


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_no_page_violates_the_policy_or_scrolls_sideways(opened, address, width, scheme):
    page = opened(viewport={"width": width, "height": 844}, color_scheme=scheme)
    problems = browsing.watch(page, address)
    for name, path in PAGES.items():
        page.goto(f"{address}{path}")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
        expect(page.locator("h1")).to_have_count(1)
        expect(page.locator("body.density-calm" if name in CALM else "body.density-dense")).to_have_count(1)
    assert problems == []


@pytest.mark.parametrize(("width", "scheme"), [SCREENS[1], SCREENS[2]])
def test_no_page_violates_a_rule_of_accessibility(opened, address, width, scheme):
    page = opened(viewport={"width": width, "height": 844}, color_scheme=scheme, bypass_csp=True)
    found = []
    for name, path in PAGES.items():
        page.goto(f"{address}{path}")
        found += [(name, *violation) for violation in browsing.violations(page)]
    assert found == []


@pytest.mark.parametrize("width", [1280, 390])
def test_targets_are_large_enough_for_a_thumb_or_a_mouse(opened, address, width):
    page = opened(viewport={"width": width, "height": 844})
    for name, path in PAGES.items():
        page.goto(f"{address}{path}")
        targets = page.locator(
            "button, .button, input:not([type=hidden]), select, textarea, summary, .navigation a, .tabs a, .pager a, "
            ".task:has(a), .change a, .material-action, .back a"
        ).evaluate_all(TARGETS)
        assert len(targets) > 2, name
        least = 44 if name in CALM else 24
        assert [target for target in targets if target[1] < least] == [], name


def test_on_a_phone_a_portal_has_its_navigation_at_the_foot(opened, address):
    page = opened(viewport={"width": 390, "height": 844})
    page.goto(f"{address}/style/member/")
    box = page.get_by_role("navigation", name="主导航").bounding_box()
    assert box["y"] + box["height"] == 844
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    footer = page.locator("footer").bounding_box()
    assert footer["y"] + footer["height"] <= box["y"]


def test_without_javascript_errors_are_found_and_parts_open(opened, address):
    page = opened(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page.goto(f"{address}/style/question/")
    assert page.title().startswith("有误：")
    assert page.locator(":focus").get_attribute("role") == "alert"
    page.get_by_role("alert").get_by_role("link", name="请选择办理渠道").click()
    assert page.locator("#id_channel_0").evaluate("node => node.getBoundingClientRect().top") < 844
    browsing.turn(page.get_by_role("button", name="保存并继续"))
    expect(page.get_by_role("alert")).to_have_count(1)
    page.goto(f"{address}/style/calm/")
    said = page.get_by_role("dialog", name="什么是缴存基数")
    expect(said).to_have_count(0)
    page.get_by_role("button", name="什么是缴存基数").click()
    expect(said).to_be_visible()
    page.get_by_role("button", name="关闭").click()
    expect(said).to_have_count(0)
    page.get_by_text("怎样计算月缴存额").click()
    expect(page.get_by_text("单位与个人各缴一份")).to_be_visible()
    browsing.turn(page.get_by_role("columnheader", name="状态").get_by_role("link"))
    assert page.url.endswith("?sort=state")
    assert page.get_by_role("columnheader", name="状态").get_attribute("aria-sort") == "ascending"


def test_the_keyboard_moves_through_the_work(opened, address):
    page = opened()
    page.goto(f"{address}/style/queue/")
    focused = page.locator(":focus")
    page.keyboard.press("j")
    expect(focused).to_have_text("20260306000017")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(focused).to_have_text("20260306000018")
    page.keyboard.press("?")
    expect(page.get_by_text("表格中下一行、上一行")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_text("表格中下一行、上一行")).to_be_hidden()
    page.keyboard.press("/")
    assert focused.get_attribute("id") == "search"
    page.keyboard.type("j/k?")
    expect(focused).to_have_value("j/k?")
    page.goto(f"{address}/style/queue/")
    page.keyboard.press("Control+j")
    expect(page.locator("tbody :focus")).to_have_count(0)
    page.keyboard.press("k")
    expect(focused).to_have_text("20260306000028")
    page.keyboard.press("Enter")
    page.wait_for_url("**/style/case/")


def test_the_search_of_the_shell_asks_by_post_and_the_number_stays_out_of_the_address(opened, address):
    page = opened(java_script_enabled=False)
    page.goto(f"{address}/style/queue/")
    page.get_by_role("search").get_by_label("证件号码、账号、业务流水号").fill("430602199001011234")
    browsing.turn(page.get_by_role("button", name="搜索"))
    expect(page).to_have_url(f"{address}/desk/search/")
    assert "430602199001011234" not in page.url + page.content()


def test_on_paper_a_case_stands_alone(opened, address):
    page = opened(color_scheme="dark")
    page.goto(f"{address}/style/case/")
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation", name="主导航")).to_be_hidden()
    expect(page.get_by_role("search")).to_be_hidden()
    expect(page.get_by_role("link", name="审批通过")).to_be_hidden()
    expect(page.get_by_text("湖滨机电设备有限公司").first).to_be_visible()
    assert page.locator("body").evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator(".tag").first.evaluate("node => getComputedStyle(node).color") == "rgb(0, 0, 0)"
