"""Sign-in by a real OpenID Connect provider over HTTP: the account is the one of the identity number, and of nobody else."""

import json
import logging
import subprocess
import sys
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener, urlopen

import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.core.cache import cache
from django.test import Client

from anju.platform.models import AuditEntry, Kind, User
from anju.platform.people.operations import register_person
from anju.platform.settings import OpenIdProvider, SettingsError, read_settings
from sign_ins import identity_number, outsider, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nobody_signed_in")]
DOORS = {Kind.MEMBER: "/member/sign-in/openid/", Kind.UNIT: "/employer/sign-in/openid/"}


@pytest.fixture(scope="module")
def address():
    """The provider, a process of its own."""
    script = Path(__file__).parent.parent / "openid_provider.py"
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as process:
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture(autouse=True)
def _known(settings, address):
    cache.clear()
    settings.ANJU_OPENID = OpenIdProvider(
        issuer=address,
        client_id="anju-center",
        client_secret="the-shared-secret",
        name="湘易办",
        identity_claim="id_number",
    )


@pytest.fixture
def tell(address):
    """Say who signs in next at the provider."""

    def following(**facts):
        with urlopen(Request(f"{address}/next", json.dumps({"claims": {}, **facts}).encode())):
            pass

    return following


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_facts):
        return None


def authorised(url: str) -> str:
    """Where the provider sends the browser back to: path and query."""
    from urllib.error import HTTPError

    with pytest.raises(HTTPError) as answer:
        build_opener(_Stay()).open(url)
    back = urlsplit(answer.value.headers["Location"])
    answer.value.close()
    return f"{back.path}?{back.query}"


def through(browser: Client, kind: Kind = Kind.MEMBER, *, query: str = ""):
    """Off to the provider and back."""
    away = browser.get(DOORS[kind] + query)
    return browser.get(authorised(away["Location"]))


def person_of(kind: Kind, username: str, number: str) -> User:
    known = register_person(name="王小明", identity_number=number)
    return outsider(username, kind, person=known)


def who(browser: Client) -> str | None:
    return browser.session.get("_auth_user_id")


class TestDoor:
    def test_it_is_offered_at_the_portals_doors_only(self, settings):
        for door in ("/member/sign-in/", "/employer/sign-in/"):
            assert "用湘易办登录" in Client().get(door).content.decode()
        assert "湘易办" not in Client().get("/sign-in/").content.decode()
        settings.ANJU_OPENID = None
        assert "湘易办" not in Client().get("/member/sign-in/").content.decode()
        for path in (*DOORS.values(), "/sign-in/openid/"):
            assert Client().get(path).status_code == 404

    def test_what_is_asked_of_the_provider(self, address):
        away = urlsplit(Client().get(DOORS[Kind.MEMBER])["Location"])
        query = parse_qs(away.query)
        assert f"{away.scheme}://{away.netloc}{away.path}" == f"{address}/authorize"
        assert query["redirect_uri"] == ["http://testserver/sign-in/openid/"]
        assert (sorted(query["scope"][0].split()), query["code_challenge_method"]) == (["openid", "profile"], ["S256"])
        assert len(query["state"][0]) >= 16

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"ANJU_OIDC_ISSUER": "http://id.example"}, "ANJU_OIDC_ISSUER"),
            ({"ANJU_OIDC_CLIENT_SECRET": ""}, "ANJU_OIDC_CLIENT_SECRET"),
            ({"ANJU_OIDC_CLIENT_ID": ""}, "ANJU_OIDC_CLIENT_ID"),
        ],
    )
    def test_settings_that_do_not_hold_together_are_named(self, change, field):
        environ = {
            "ANJU_OIDC_ISSUER": "https://id.example/", "ANJU_OIDC_CLIENT_ID": "a", "ANJU_OIDC_CLIENT_SECRET": "b",
        }  # fmt: skip
        told = read_settings(environ).openid
        assert (told.issuer, told.identity_claim) == ("https://id.example", "id_number")
        assert "client_secret" not in repr(told)
        with pytest.raises(SettingsError) as caught:
            read_settings(environ | change)
        assert caught.value.field == field


class TestAccount:
    @pytest.mark.parametrize("kind", [Kind.MEMBER, Kind.UNIT])
    def test_it_is_the_one_of_the_number_and_of_the_door(self, tell, kind):
        number = identity_number()
        users = {each: person_of(each, f"p-{each}", number) for each in DOORS}
        tell(claims={"id_number": number})
        browser = Client()
        home = {Kind.MEMBER: "/member/", Kind.UNIT: "/employer/"}[kind]
        assert through(browser, kind)["Location"] == home
        assert who(browser) == str(users[kind].pk)
        assert browser.get(home).status_code == 200
        entry = AuditEntry.objects.filter(action="sign-in.succeeded").latest("pk")
        assert (entry.actor, entry.detail["method"]) == (f"p-{kind}", "openid")

    def test_the_page_asked_for_comes_after_and_no_other_site(self, tell):
        number = identity_number()
        person_of(Kind.MEMBER, "p", number)
        tell(claims={"id_number": number.lower()})
        assert through(Client(), query="?next=/sessions/")["Location"] == "/sessions/"
        assert through(Client(), query="?next=https://evil.example/")["Location"] == "/member/"

    def test_the_number_may_stand_on_the_user_page_of_the_same_subject(self, tell):
        number, browser = identity_number(), Client()
        person_of(Kind.MEMBER, "p", number)
        tell(claims={"sub": "s-2"}, userinfo={"id_number": number})
        assert through(browser)["Location"] == "/member/"
        tell(claims={"sub": "s-2"}, userinfo={"id_number": number, "sub": "s-3"})
        assert through(Client()).status_code == 403

    @pytest.mark.parametrize("claims", [{}, {"id_number": "12345"}, {"id_number": 7}, {"id_number": None}])
    def test_without_a_number_nobody_is_signed_in(self, tell, claims):
        tell(claims=claims)
        browser = Client()
        assert through(browser).status_code == 403
        assert who(browser) is None

    def test_whom_the_center_does_not_know_is_told_what_to_do_and_no_account_is_made(self, tell):
        number, before = identity_number(), User.objects.count()
        staff("s", "teller", person=register_person(name="王小明", identity_number=number))
        tell(claims={"id_number": number, "name": "王小明"})
        for kind, words in ((Kind.MEMBER, "领取激活码"), (Kind.UNIT, "注册单位经办人账号")):
            browser = Client()
            page = unescape(through(browser, kind).content.decode())
            assert words in page
            assert number not in page
            assert who(browser) is None
        assert User.objects.count() == before + 1

    def test_a_closed_account_stays_closed(self, tell):
        number, browser = identity_number(), Client()
        User.objects.filter(pk=person_of(Kind.MEMBER, "p", number).pk).update(is_active=False)
        tell(claims={"id_number": number})
        assert through(browser).status_code == 403
        assert who(browser) is None

    def test_a_center_may_make_accounts_itself(self, tell, monkeypatch):
        from anju.web import sign_in_openid

        number, user = identity_number(), outsider("made", Kind.MEMBER)
        asked = []
        monkeypatch.setattr(sign_in_openid, "on_unknown_subject", lambda **facts: asked.append(facts) or user)
        tell(claims={"id_number": number})
        browser = Client()
        assert through(browser)["Location"] == "/member/"
        assert asked == [{"identity_number": number, "kind": Kind.MEMBER}]
        assert who(browser) == str(user.pk)

    def test_nothing_of_the_answer_is_stored_or_logged(self, tell, caplog):
        caplog.set_level(logging.DEBUG)
        number, browser = identity_number(), Client()
        person_of(Kind.MEMBER, "p", number)
        tell(claims={"id_number": number, "name": "王小明"}, userinfo={"id_number": number})
        through(browser)
        assert (SocialAccount.objects.count(), SocialToken.objects.count()) == (0, 0)
        assert number not in str(dict(browser.session))
        assert number not in caplog.text + str([vars(record) for record in caplog.records])


class TestFaults:
    @pytest.mark.parametrize("fault", ["signature", "audience", "issuer", "expired", "no token", "cancelled"])
    def test_a_wrong_answer_signs_nobody_in(self, tell, fault):
        number, browser = identity_number(), Client()
        person_of(Kind.MEMBER, "p", number)
        tell(claims={"id_number": number}, fault=fault)
        response = through(browser)
        assert response.status_code == 401
        assert "没有登录成功" in unescape(response.content.decode())
        assert who(browser) is None

    def test_an_answer_works_once_and_only_in_the_browser_that_asked(self, tell):
        number, browser = identity_number(), Client()
        person_of(Kind.MEMBER, "p", number)
        tell(claims={"id_number": number})
        back = authorised(browser.get(DOORS[Kind.MEMBER])["Location"])
        stranger = Client()
        assert stranger.get(back).status_code == 401
        assert who(stranger) is None
        assert browser.get(back).status_code == 302
        assert Client().get(back).status_code == 401

    def test_a_provider_that_is_gone_is_a_page_and_no_error(self, settings, address):
        from dataclasses import replace

        settings.ANJU_OPENID = replace(settings.ANJU_OPENID, issuer="http://127.0.0.1:9")
        response = Client().get(DOORS[Kind.MEMBER])
        assert response.status_code == 401
        assert "没有登录成功" in unescape(response.content.decode())
