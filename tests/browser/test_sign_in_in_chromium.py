"""Signing in, in a real Chromium, mostly without JavaScript: the code, its set-up, and what was typed coming back."""

import re
from datetime import UTC, datetime
from importlib import resources

import pytest
from django.test import Client, override_settings
from playwright.sync_api import Page, expect

import browsing
from anju.platform.people import totp
from anju.platform.people.models import Kind, User
from anju.platform.people.organisation import load_organisation
from anju.platform.people.second_factor import bind
from sign_ins import PASSWORD, new_member, outsider, staff

pytestmark = [pytest.mark.browser]
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
STAFF = ("teller", "auditor", "system_admin", "security_admin")
PHONE = {"java_script_enabled": False, "viewport": {"width": 390, "height": 844}, "locale": "zh-CN"}


@pytest.fixture(scope="module")
def pages(own_center, django_db_blocker) -> dict[str, tuple[str, str]]:
    """Name → account and path of every page of signing in and of people, with the accounts that see them."""
    with django_db_blocker.unblock():
        load_organisation()
        for role in STAFF:
            staff(role, role, name=f"甲{role}")  # axe passes over a name of one character
        for kind in (Kind.UNIT, Kind.MEMBER):
            outsider(kind, kind, name=f"乙{kind}")
        staff("newcomer", "teller")
        bound, other, member = staff("bound", "system_admin"), User.objects.get(username="newcomer"), new_member()
        bind(user=bound, secret=SECRET)
    return {
        "staff door": ("", "/sign-in/"),
        "unit door": ("", "/employer/sign-in/"),
        "member door": ("", "/member/sign-in/"),
        "unit sign-up": ("", "/employer/sign-up/"),
        "member sign-up": ("", "/member/sign-up/"),
        "second factor": ("teller", "/second-factor/"),
        "sessions": ("teller", "/sessions/"),
        "password": ("unit", "/password/"),
        "unit home": ("unit", "/employer/"),
        "member home": ("member", "/member/"),
        "organisation": ("teller", "/organisation/"),
        "activation": ("teller", f"/members/{member.number}/activation/"),
        "people": ("system_admin", "/people/"),
        "new account": ("system_admin", "/people/new/"),
        "account": ("system_admin", f"/people/{other.pk}/"),
        "close": ("system_admin", f"/people/{other.pk}/close/"),
        "post": ("security_admin", f"/people/{other.pk}/post/"),
        "reset": ("security_admin", f"/people/{bound.pk}/second-factor/"),
        "audit log": ("auditor", "/audit-log/"),
    }


@pytest.fixture(scope="module")
def sessions(pages, django_db_blocker) -> dict[str, str]:
    """A session of each account, as force_login makes it."""
    keys = {}
    with django_db_blocker.unblock():
        for name in (*STAFF, "unit", "member"):
            browser = Client()
            browser.force_login(User.objects.get(username=name))
            keys[name] = browser.session.session_key
    return keys


@pytest.fixture(scope="module")
def address(pages, sessions, django_db_blocker):

    with django_db_blocker.unblock(), browsing.served() as at:
        yield at


@pytest.fixture(scope="module")
def chromium(address):
    with browsing.browser() as browser:
        yield browser


@pytest.fixture
def two_factors():
    with override_settings(ANJU_STAFF_TOTP=True):
        yield


def enter(page: Page, address: str, username: str) -> None:
    page.goto(f"{address}/sign-in/")
    give_password(page, username)


def give_password(page: Page, username: str) -> None:
    page.get_by_label("用户名").fill(username)
    page.get_by_label("口令").fill(PASSWORD)
    browsing.turn(page.get_by_role("button", name="登录"))


def give_code(page: Page, secret: str, *, later: int = 0) -> None:
    page.get_by_label("验证码").fill(totp.code_of(secret, totp.step_at(datetime.now(UTC)) + later))


def test_the_first_sign_in_binds_a_device_and_the_next_asks_for_its_code(chromium, address, two_factors):
    context = chromium.new_context(**PHONE)
    page = context.new_page()
    enter(page, address, "newcomer")
    expect(page).to_have_url(f"{address}/second-factor/")
    page.goto(f"{address}/members/")
    expect(page).to_have_url(f"{address}/second-factor/")
    secret = page.locator("p.code").inner_text().replace(" ", "")
    give_code(page, secret)
    browsing.turn(page.get_by_role("button", name="绑定"))
    expect(page.get_by_role("heading", name="已绑定，请保存恢复码")).to_be_visible()
    recovery = page.locator("li.code").all_inner_texts()
    assert len(recovery) == 10
    browsing.turn(page.get_by_role("link", name="已保存，继续"))
    expect(page).to_have_url(f"{address}/desk/")
    browsing.turn(page.get_by_role("button", name="退出"))
    enter(page, address, "newcomer")
    expect(page).to_have_url(f"{address}/sign-in/code/")
    page.get_by_label("验证码").fill("12345")
    browsing.turn(page.get_by_role("button", name="登录"))
    page.get_by_role("alert").get_by_text("验证码不正确").wait_for()
    expect(page.get_by_label("验证码")).to_have_value("")
    page.get_by_label("验证码").fill(recovery[3])
    browsing.turn(page.get_by_role("button", name="登录"))
    expect(page).to_have_url(f"{address}/desk/")
    context.close()


def test_what_was_typed_into_an_expired_session_comes_back(chromium, address, two_factors):
    from django.contrib.sessions.backends.db import SessionStore

    context = chromium.new_context(**PHONE)
    page = context.new_page()
    enter(page, address, "bound")
    give_code(page, SECRET)
    browsing.turn(page.get_by_role("button", name="登录"))
    page.goto(f"{address}/people/new/")
    page.get_by_label("姓名").fill("欧阳 明")
    page.get_by_label("手机号码").fill("139 1234 5678")
    session = SessionStore(next(each["value"] for each in context.cookies() if each["name"] == "sessionid"))
    session["seen_at"] -= 3600
    session.save()
    browsing.turn(page.get_by_role("button", name="开立"))
    assert "/sign-in/" in page.url
    expect(page.get_by_role("status").get_by_text("您填写的内容已保留")).to_be_visible()
    give_password(page, "bound")
    give_code(page, SECRET, later=1)
    browsing.turn(page.get_by_role("button", name="登录"))
    expect(page.get_by_role("heading", name="您填写的内容已保留")).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("填写的 2 项内容"))).to_be_visible()
    browsing.turn(page.get_by_role("button", name="继续填写"))
    expect(page).to_have_url(f"{address}/people/new/")
    expect(page.get_by_label("姓名")).to_have_value("欧阳 明")
    expect(page.get_by_label("手机号码")).to_have_value("139 1234 5678")
    page.goto(f"{address}/held/")
    expect(page).to_have_url(f"{address}/")
    context.close()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_no_page_violates_the_policy_or_accessibility_or_scrolls_sideways(
    chromium, address, pages, sessions, width, scheme
):
    axe = (resources.files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")
    problems: list[object] = []
    look = {"viewport": {"width": width, "height": 844}, "color_scheme": scheme, "locale": "zh-CN"}
    for account in ("", *sessions):
        for checking in (False, True):  # axe needs a hole in the policy, so the policy is watched without it
            context = chromium.new_context(**look, bypass_csp=checking)
            if account:
                context.add_cookies([{"name": "sessionid", "value": sessions[account], "url": address}])
            page = context.new_page()
            page.on("console", lambda message: problems.append((page.url, message.text)))  # noqa: B023 - at once
            for name, path in [(name, path) for name, (who, path) in pages.items() if who == account]:
                page.goto(f"{address}{path}")
                assert page.url == f"{address}{path}", name
                expect(page.locator("h1")).to_have_count(1)
                if checking:
                    page.add_script_tag(content=axe)
                    result = page.evaluate("axe.run({resultTypes: ['violations']})")
                    problems += [
                        (name, each["id"], node["html"]) for each in result["violations"] for node in each["nodes"]
                    ]
                    assert len(result["passes"]) > 10, name
                else:
                    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
                    if name == "second factor":
                        assert page.locator("main img").evaluate("picture => picture.naturalWidth > 20")
            context.close()
    assert problems == []
