"""A session ends in mid-form: what was typed comes back to who typed it, and to nobody else."""

import json
import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from anju.platform.models import Kind
from anju.web.models import HeldPost
from sign_ins import PASSWORD, outsider, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nobody_signed_in")]
TYPED = {"number": "张三的笔记\n第二行", "_note": ["一", "二"], "empty": ""}


def text_of(response) -> str:
    return unescape(response.content.decode())


def signed_in(username: str, door: str = "/sign-in/", browser: Client | None = None) -> Client:
    browser = browser or Client()
    assert browser.post(door, {"username": username, "password": PASSWORD}).status_code == 302
    browser.get("/sessions/")
    return browser


def expire(browser: Client) -> None:
    """The session rests longer than it may."""
    session = browser.session
    session["seen_at"] -= 3600
    session.save()


def interrupted(username: str = "a", **more) -> Client:
    """A teller whose search was sent after the session had ended."""
    browser = signed_in(username)
    expire(browser)
    response = browser.post("/members/", {**TYPED, **more})
    assert response["Location"].startswith("/sign-in/?next=/members/")
    return browser


def resent(page: str) -> dict[str, list[str]]:
    """The fields of the form that goes back, as a browser would send them."""
    form = re.search(r'<form method="post" action="/members/">(.*?)</form>', page, re.DOTALL)[1]
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'<textarea name="([^"]+)" hidden>\n(.*?)</textarea>', form, re.DOTALL):
        fields.setdefault(name, []).append(value)
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form):
        fields.setdefault(name, []).append(value)
    return fields


def test_nothing_typed_is_lost_and_it_is_sent_again_to_the_same_page():
    staff("a", "teller")
    browser = interrupted()
    assert "您填写的内容已保留" in text_of(browser.get("/sign-in/"))
    after = browser.post("/sign-in/", {"username": "a", "password": PASSWORD, "next": "/members/"})
    assert after["Location"] == "/held/"
    page = text_of(browser.get("/held/"))
    assert "填写的 3 项内容" in page
    fields = resent(page)
    assert {name: fields[name] for name in TYPED} == {
        "number": [TYPED["number"]], "_note": ["一", "二"], "empty": [""],
    }  # fmt: skip
    assert "没有找到姓名或拼音以此开头的职工" in text_of(browser.post("/members/", fields))
    assert HeldPost.objects.count() == 0
    assert browser.get("/held/")["Location"] == "/desk/"


def test_it_is_sealed_and_its_browser_is_known_by_a_digest_only():
    staff("a", "teller")
    browser = interrupted()
    token = browser.cookies["anju_held"]
    assert (token["httponly"], token["samesite"]) == (True, "Lax")
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text, fields FROM web_held_post t")
        text, sealed = cursor.fetchone()
    assert token.value not in text
    assert "张三".encode() not in bytes(sealed)


def test_passwords_and_tokens_are_not_kept():
    staff("a", "teller")
    interrupted(password="p", new_Password2="p", csrfmiddlewaretoken="x" * 64, client_secret="s")
    assert {name for name, _value in json.loads(HeldPost.objects.get().fields)} == {"number", "_note", "empty"}


def test_another_account_in_the_same_browser_never_sees_it():
    staff("a", "teller"), staff("b", "teller"), outsider("u", Kind.UNIT)
    browser = interrupted()
    for name, door in (("b", "/sign-in/"), ("u", "/employer/sign-in/")):
        response = browser.post(door, {"username": name, "password": PASSWORD})
        assert response["Location"] != "/held/"
        number = HeldPost.objects.get().number
        assert browser.get("/held/").status_code == 302
        browser.post("/held/", {"discard": number})
        browser.post("/members/", {"number": "1", "_held": number})
        assert HeldPost.objects.count() == 1
        browser.post("/sign-out/")
    browser.post("/sign-in/", {"username": "a", "password": PASSWORD})
    assert "张三" in text_of(browser.get("/held/"))


def test_another_browser_of_the_same_account_does_not_show_it():
    staff("a", "teller")
    interrupted()
    assert signed_in("a").get("/held/").status_code == 302


def test_it_goes_after_two_hours_or_when_let_go():
    staff("a", "teller")
    browser = interrupted()
    HeldPost.objects.update(held_at=timezone.now() - timedelta(hours=2, seconds=1))
    assert browser.post("/sign-in/", {"username": "a", "password": PASSWORD})["Location"] == "/desk/"
    assert HeldPost.objects.count() == 0
    browser = interrupted()
    signed_in("a", browser=browser)
    browser.post("/held/", {"discard": HeldPost.objects.get().number})
    assert HeldPost.objects.count() == 0


def test_a_form_that_is_refused_stays_held():
    staff("a", "teller")
    browser = interrupted()
    signed_in("a", browser=browser)
    assert browser.post("/nowhere/", {"_held": HeldPost.objects.get().number}).status_code == 404
    assert HeldPost.objects.count() == 1


def test_too_much_is_not_held_and_said_so():
    staff("a", "teller")
    browser = signed_in("a")
    expire(browser)
    browser.post("/members/", {"number": "长" * (256 * 1024 // 3)})
    assert HeldPost.objects.count() == 0
    assert "内容过大" in text_of(browser.get("/sign-in/"))


def test_a_browser_keeps_its_latest_five():
    staff("a", "teller")
    browser = interrupted()
    for number in range(6):
        browser.post("/members/", {"number": f"第{number}次"})
    signed_in("a", browser=browser)
    page = text_of(browser.get("/held/"))
    assert page.count("继续填写</button>") == 5
    assert "第5次" in page
    assert "第0次" not in page


@pytest.mark.parametrize("fields", [{}, {"password": "x"}])
def test_a_form_without_anything_to_keep_is_not_held(fields):
    staff("a", "teller")
    browser = signed_in("a")
    expire(browser)
    browser.post("/members/", fields)
    assert HeldPost.objects.count() == 0


def test_a_stranger_and_a_forged_form_leave_nothing():
    staff("a", "teller")
    Client().post("/members/", TYPED)
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = signed_in("a").cookies
    del browser.cookies["sessionid"]
    assert browser.post("/members/", TYPED).status_code == 403
    browser = Client()
    browser.cookies["anju_account"] = "1:forged:signature"
    browser.post("/members/", TYPED)
    assert HeldPost.objects.count() == 0


def test_a_portal_comes_back_through_its_own_door():
    outsider("u", Kind.UNIT)
    browser = signed_in("u", "/employer/sign-in/")
    expire(browser)
    response = browser.post("/sessions/", {"session": "12"})
    assert response["Location"].startswith("/employer/sign-in/?next=")
    assert browser.post("/employer/sign-in/", {"username": "u", "password": PASSWORD})["Location"] == "/held/"
