"""Sessions: they rest, they age, they are seen and ended; a closed account and a new password end them at once."""

from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from anju.platform.models import AuditEntry, Kind, User
from anju.platform.people.operations import close_account, give_first_password
from sign_ins import AT, PASSWORD, new_member, outsider, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nobody_signed_in")]
MINUTE, START = timedelta(minutes=1), datetime(2026, 1, 5, 8, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"


def signed_in(username: str, door: str = "/sign-in/", **facts) -> Client:
    browser = Client(**facts)
    assert browser.post(door, {"username": username, "password": PASSWORD}).status_code == 302
    return browser


def is_in(browser: Client) -> bool:
    return browser.get("/sessions/").status_code == 200


def lasts(user: User, minutes: list[float]) -> list[bool]:
    """Whether a session that is used after each of these minutes is kept."""
    from django.contrib.auth import login
    from django.contrib.messages.storage.fallback import FallbackStorage
    from django.contrib.sessions.backends.db import SessionStore

    from anju.web.sign_in_limits import keep

    request = HttpRequest()
    request.session, request.META["REMOTE_ADDR"] = SessionStore(), "192.0.2.1"
    request._messages, request.user = FallbackStorage(request), user
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    keep(request, user, now=START)
    return [request.user.is_authenticated and keep(request, user, now=START + each * MINUTE) for each in minutes]


class TestLimits:
    def test_staff_rest_a_quarter_of_an_hour(self):
        user = staff("a", "teller")
        assert lasts(user, [14.9, 29, 40, 54.9, 69.9]) == [True, True, True, True, False]
        assert lasts(user, [15]) == [False]

    def test_portals_rest_half_an_hour(self):
        assert lasts(outsider("u", Kind.UNIT), [29.9, 59, 89]) == [True, True, False]

    def test_eight_hours_are_the_end_whatever_is_done(self):
        assert lasts(staff("a", "teller"), [10 * each for each in range(1, 49)]) == [True] * 47 + [False]

    def test_the_limits_are_settings(self, settings):
        settings.ANJU_STAFF_IDLE_SECONDS = 60
        assert lasts(staff("a", "teller"), [0.9, 2]) == [True, False]

    def test_a_busy_session_is_written_twice_a_minute_at_most(self):
        staff("a", "teller")
        browser = signed_in("a")
        browser.get("/organisation/")
        stamp = UserSession.objects.get().last_seen_at
        browser.get("/organisation/")
        assert UserSession.objects.get().last_seen_at == stamp


class TestEnds:
    def test_a_closed_account_is_out_at_once(self):
        user, browser = staff("a", "teller"), signed_in("a")
        staff("s", "system_admin")
        assert is_in(browser)
        close_account(user=user, reason="离职", by="s", at=AT)
        assert not is_in(browser)
        assert UserSession.objects.filter(user=user).count() == 0

    def test_a_row_changed_by_hand_is_enough(self):
        user, browser = staff("a", "teller"), signed_in("a")
        User.objects.filter(pk=user.pk).update(is_active=False)
        assert not is_in(browser)

    def test_a_new_password_ends_every_other_session(self):
        staff("a", "teller")
        here, there = signed_in("a"), signed_in("a")
        new = {"old_password": PASSWORD, "password": "quiet-lake-stones", "password_again": "quiet-lake-stones"}
        assert here.post("/password/", new)["Location"] == "/sessions/"
        assert "本次登录" in here.get("/sessions/").content.decode()
        assert not is_in(there)
        assert AuditEntry.objects.filter(action="user.password-changed").count() == 1

    def test_a_password_given_by_the_administrator_ends_all(self):
        user, browser = staff("a", "teller"), signed_in("a")
        staff("s", "system_admin")
        password = give_first_password(user=user, reason="忘记口令", by="s", at=AT)
        assert not is_in(browser)
        again = Client()
        assert again.post("/sign-in/", {"username": "a", "password": password}).status_code == 302
        assert again.get("/sessions/")["Location"] == "/password/"


class TestPassword:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"old_password": "wrong"}, "现在的口令不正确"),
            ({"password_again": "something-else-1"}, "两次填写的口令不同"),
            ({"password": "short", "password_again": "short"}, "口令太短"),
            ({"password": "password1234", "password_again": "password1234"}, "口令太常见"),
            ({"old_password": ""}, "请填写口令"),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_changes(self, change, message):
        user, browser = staff("a", "teller"), signed_in("a")
        fields = {"old_password": PASSWORD, "password": "quiet-lake-stones", "password_again": "quiet-lake-stones"}
        page = unescape(browser.post("/password/", fields | change).content.decode())
        assert message in page
        assert "quiet-lake-stones" not in page
        user.refresh_from_db()
        assert user.check_password(PASSWORD)

    def test_the_old_one_cannot_be_guessed_here(self):
        staff("a", "teller")
        browser = signed_in("a")
        new = {"password": "quiet-lake-stones", "password_again": "quiet-lake-stones"}
        for _try in range(10):
            browser.post("/password/", {"old_password": "guess", **new})
        page = browser.post("/password/", {"old_password": PASSWORD, **new})
        assert "15 分钟" in page.content.decode()


class TestPage:
    def test_it_shows_where_and_on_what_and_ends_one_or_all(self):
        user = staff("a", "teller")
        here = signed_in("a", HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="192.0.2.7")
        others = [signed_in("a") for _each in range(3)]
        page = unescape(here.get("/sessions/").content.decode())
        assert "Firefox · Windows" in page
        assert "192.0.2.7" in page
        assert page.count("退出<span") == 3
        one = UserSession.objects.get(session_key=others[0].session.session_key)
        here.post("/sessions/", {"session": one.pk})
        assert [is_in(other) for other in others] == [False, True, True]
        here.post("/sessions/")
        assert [is_in(other) for other in others] == [False, False, False]
        assert is_in(here)
        assert Session.objects.count() == 1
        assert list(AuditEntry.objects.filter(action="session.ended").values_list("actor", "detail")) == [
            (user.username, {"sessions": 1}), (user.username, {"sessions": 2}),
        ]  # fmt: skip

    def test_nobody_ends_a_session_of_somebody_else(self):
        staff("a", "teller"), staff("b", "teller")
        mine, theirs = signed_in("a"), signed_in("b")
        row = UserSession.objects.get(session_key=theirs.session.session_key)
        mine.post("/sessions/", {"session": row.pk})
        mine.post("/sessions/", {"session": "9" * 18})
        assert is_in(theirs)

    def test_one_that_rests_too_long_is_not_shown(self):
        staff("a", "teller")
        here = signed_in("a")
        signed_in("a")
        UserSession.objects.exclude(session_key=here.session.session_key).update(last_seen_at=START)
        assert "退出<span" not in here.get("/sessions/").content.decode()

    def test_signing_out_ends_the_row_too(self):
        staff("a", "teller")
        signed_in("a").post("/sign-out/")
        assert (UserSession.objects.count(), Session.objects.count()) == (0, 0)


def test_every_hour_what_is_over_is_removed_and_nothing_else():
    from anju.registry.models import MemberActivation
    from anju.registry.sign_ins import issue_activation
    from anju.web.models import HeldPost
    from anju.web.sign_in_cleanup import clean_up

    user, now = staff("a", "teller"), timezone.now()
    browser = signed_in("a")
    UserSession.objects.create(user=user, ip="192.0.2.1", session_key="gone", user_agent="")
    for hours in (1, 3):
        HeldPost.objects.create(
            number=f"{hours}",
            holder="h",
            user=user,
            path="/",
            fields="[]",
            filled=0,
            held_at=now - timedelta(hours=hours),
        )
        issue_activation(member=new_member(), by="t", at=now - timedelta(hours=9 * hours))
    clean_up(timestamp=int(now.timestamp()))
    assert is_in(browser)
    assert (UserSession.objects.count(), MemberActivation.objects.count()) == (1, 1)
    assert HeldPost.objects.get().number == "1"
    clean_up(timestamp=int(now.timestamp()) + 9 * 3600)
    assert (UserSession.objects.count(), Session.objects.count(), HeldPost.objects.count()) == (0, 0, 0)
