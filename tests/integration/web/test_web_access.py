"""Every page of the city: who opens it, what it says to the others, what it may carry, what it costs."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, reverse

from anju.web import access
from city_pages import (
    DESK,
    INLINE,
    NO_PAGE,
    OPENS,
    PORTALS,
    PUBLIC,
    ROLES,
    SCALE,
    addresses,
    signed_in,
    text_of,
    words_of,
)
from sign_ins import PASSWORD


def test_every_address_is_in_this_table_or_in_one_of_its_own():
    from anju.web.urls import urlpatterns

    pages = {pattern.name for pattern in urlpatterns if isinstance(pattern, URLPattern)}  # the API has its own table
    assert pages == OPENS.keys() | PUBLIC | DESK | access.PORTALS.keys()


def test_every_page_behind_the_sign_in_is_in_the_addresses(person):
    assert addresses(person.number).keys() == OPENS.keys()


@pytest.mark.parametrize("role", [*ROLES, *PORTALS, "nobody"])
def test_each_role_opens_its_pages_and_is_told_whom_the_others_are_for(role, person):
    browser = signed_in(role)
    for name, address in addresses(person.number).items():
        response = browser.get(address)
        if name == "home" and role in PORTALS:
            assert response["Location"] == {"unit": "/employer/", "member": "/member/"}[role]
            continue
        assert response.status_code == (NO_PAGE.get(name, 200) if role in OPENS[name] else 403), name
        if response.status_code == 403:
            assert ("您的岗位是" in text_of(response)) == (role in ROLES)
            assert ("您登录的是" in text_of(response)) == (role in PORTALS)
            assert reverse("home") in text_of(response)


@pytest.mark.parametrize("role", [*ROLES, *PORTALS])
def test_no_page_links_to_one_that_its_reader_may_not_open(role, person):
    browser, followed = signed_in(role), {"/"}
    for name, address in addresses(person.number).items():
        if role not in OPENS[name]:
            continue
        links = {unescape(link) for link in re.findall(r'href="(/[^"]*)"', words_of(browser.get(address)))}
        fresh = sorted(link for link in links - followed if not link.startswith("/static/"))[:40]
        assert {link: browser.get(link).status_code for link in fresh} == dict.fromkeys(fresh, 200), name
        followed.update(fresh)  # what many pages link to is followed once


def test_without_signing_in_every_page_leads_to_the_sign_in(person):
    for address in addresses(person.number).values():
        response = Client().get(address)
        assert response.status_code == 302
        door = next(
            (f"{portal}sign-in/" for portal in ("/employer/", "/member/") if address.startswith(portal)), "/sign-in/"
        )
        assert response["Location"].startswith(f"{door}?next=/")


def test_every_answer_carries_the_strict_policy_and_nothing_inline(person):
    browser, policy = signed_in("auditor"), None
    answers = [browser.get(address) for address in addresses(person.number).values()]
    answers += [browser.get("/nowhere/"), signed_in("teller").get("/trial-balance/"), Client().get("/sign-in/")]
    answers += [Client().get("/health/live"), Client(enforce_csrf_checks=True).post("/sign-in/", {"username": "x"})]
    for answer in answers:
        policy = answer["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "unsafe" not in policy
        assert answer["Cache-Control"] == "no-store"
        assert answer["X-Frame-Options"] == "DENY"
        assert not INLINE.search(words_of(answer))
        if answer["Content-Type"].startswith("text/html") and answer.content:
            assert '<html lang="zh-Hans">' in answer.content.decode()
    assert policy is not None


def test_every_page_says_that_the_city_is_synthetic(person):
    browser = signed_in("auditor")
    for name, address in addresses(person.number).items():
        if not name.endswith(("-csv", "-pdf")) and name not in NO_PAGE:
            assert f"演示城市：合成数据，规模 1:{SCALE}" in text_of(browser.get(address)), name
    assert "演示城市" in text_of(Client().get("/sign-in/"))


def test_a_real_center_shows_no_banner_and_nothing_scaled():
    from anju.platform.models import CenterFact

    fact = CenterFact.objects.get(key="city")
    try:
        fact.delete()
        page = text_of(signed_in("director").get("/"))
    finally:
        CenterFact.objects.create(key="city", value=fact.value)
    assert "演示城市" not in page
    assert "折算" not in page
    assert "归集额" in page


def test_errors_of_the_program_show_a_calm_page(monkeypatch):
    from anju.web.views import home

    monkeypatch.setattr(home, "annual", lambda **_facts: 1 / 0)
    browser = signed_in("director")
    browser.raise_request_exception = False
    response = browser.get("/")
    assert response.status_code == 500
    assert "系统出错了" in text_of(response)
    assert "division" not in text_of(response)
    assert "default-src 'none'" in response["Content-Security-Policy"]


def test_a_form_without_its_token_is_refused_in_chinese():
    browser = Client(enforce_csrf_checks=True)
    response = browser.post("/sign-in/", {"username": "auditor", "password": PASSWORD})
    assert response.status_code == 403
    assert "表单已失效" in text_of(response)


def test_a_page_asks_few_questions(person):
    browser = signed_in("auditor")
    for name, address in addresses(person.number).items():
        browser.get(address)
        with CaptureQueriesContext(connection) as asked:
            browser.get(address)
        most = {
            "unit-month": 18,
            "bill": 18,
            "unit": 20,
            "unit-ledger": 18,
            "arrears-unit": 18,
            "member": 14,
        }  # worked out, or many tables
        assert len(asked) <= most.get(name, 12), name


def test_pages_are_chinese_whatever_the_browser_asks_for():
    browser = Client(headers={"accept-language": "en-US"})
    page = text_of(browser.post("/sign-in/", {"username": "", "password": "x"}))
    assert "请填写用户名" in page
    assert "required" not in re.sub(r"<[^>]+>", "", page)
