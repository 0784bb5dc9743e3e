"""Three doors, the one-time code of staff, and what keeps an incomplete sign-in out."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.db.models import Max
from django.test import Client

from anju.platform.models import AuditEntry, Kind
from anju.platform.people import second_factor, totp
from anju.platform.people.errors import OwnAccountError, ReasonMissingError
from anju.platform.people.models import SealedSecret
from anju.platform.rotation import rotate, usage
from sign_ins import AT, PASSWORD, outsider, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nobody_signed_in")]
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


#: The latest row of the log when a test began: other tests commit theirs.
_before = [0]


@pytest.fixture(autouse=True)
def _two_factors(settings, db):
    settings.ANJU_STAFF_TOTP = True
    _before[0] = AuditEntry.objects.aggregate(latest=Max("pk"))["latest"] or 0


def text_of(response) -> str:
    return unescape(response.content.decode())


def code_now(secret: str = SECRET, *, later: int = 0) -> str:
    return totp.code_of(secret, totp.step_at(datetime.now(UTC)) + later)


def enter(browser: Client, username: str, door: str = "/sign-in/", **fields):
    return browser.post(door, {"username": username, "password": PASSWORD, **fields})


def audited(action: str) -> list[tuple[str, str]]:
    return list(AuditEntry.objects.filter(action=action, pk__gt=_before[0]).values_list("actor", "object_reference"))


class TestCodes:
    @pytest.mark.parametrize(
        ("at", "code"),
        [
            (59, "287082"),
            (1111111109, "081804"),
            (1111111111, "050471"),
            (1234567890, "005924"),
            (2000000000, "279037"),
        ],
    )
    def test_they_are_those_of_rfc_6238(self, at, code):
        secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # appendix B
        assert totp.code_of(secret, totp.step_at(datetime.fromtimestamp(at, UTC))) == code

    def test_a_code_works_once_and_none_before_it_ever_again(self):
        user, step = staff("a", "teller"), totp.step_at(AT)
        second_factor.bind(user=user, secret=SECRET)

        def tried(number: int) -> bool:
            return second_factor.accept_code(user=user, code=totp.code_of(SECRET, number), at=AT) is not None

        assert not tried(step - 2)
        assert not tried(step + 2)
        assert tried(step)
        assert not tried(step)
        assert not tried(step - 1)
        assert tried(step + 1)
        assert not tried(step)

    def test_a_recovery_code_works_once(self):
        user = staff("a", "teller")
        codes = second_factor.set_up(user=user, secret=SECRET, code=totp.code_of(SECRET, totp.step_at(AT)), at=AT)
        assert len(set(codes)) == 10
        for code in codes[:2]:
            assert second_factor.accept_code(user=user, code=code, at=AT)
            assert not second_factor.accept_code(user=user, code=code, at=AT)

    def test_a_wrong_first_code_binds_nothing_and_a_bound_device_is_not_replaced(self):
        user, right = staff("a", "teller"), totp.code_of(SECRET, totp.step_at(AT))
        assert (
            second_factor.set_up(user=user, secret=SECRET, code="000000" if right != "000000" else "1", at=AT) is None
        )
        assert not second_factor.has_second_factor(user)
        assert second_factor.set_up(user=user, secret=SECRET, code=right, at=AT)
        other = totp.new_secret()
        assert second_factor.set_up(user=user, secret=other, code=totp.code_of(other, totp.step_at(AT)), at=AT) is None

    def test_secrets_are_sealed_and_a_change_of_keys_finds_them(self):
        user = staff("a", "teller")
        codes = second_factor.set_up(user=user, secret=SECRET, code=totp.code_of(SECRET, totp.step_at(AT)), at=AT)
        kept = str(list(Authenticator.objects.values_list("data", flat=True)))
        assert SECRET not in kept
        assert not any(code in kept for code in codes)
        with connection.cursor() as cursor:
            cursor.execute("SELECT value FROM platform_sealedsecret")
            assert not any(SECRET.encode() in bytes(row[0]) for row in cursor.fetchall())
        assert sum(usage().values()) >= 2
        assert "platform.sealedsecret.value" in {each.field for each in rotate()}

    def test_a_reset_removes_every_secret_and_is_answered_for(self):
        user, admin = staff("a", "teller"), staff("s", "security_admin")
        second_factor.set_up(user=user, secret=SECRET, code=totp.code_of(SECRET, totp.step_at(AT)), at=AT)
        with pytest.raises(ReasonMissingError):
            second_factor.reset(user=user, reason=" ", by=admin.username, at=AT)
        with pytest.raises(ReasonMissingError, match="请勿填写"):
            second_factor.reset(user=user, reason="本人13912345678来电", by=admin.username, at=AT)
        with pytest.raises(OwnAccountError):
            second_factor.reset(user=admin, reason="丢失", by=admin.username, at=AT)
        second_factor.reset(user=user, reason="手机丢失", by=admin.username, at=AT)
        assert (Authenticator.objects.count(), SealedSecret.objects.count()) == (0, 0)
        assert audited("second-factor.reset") == [("s", str(user.pk))]


class TestStaffDoor:
    def test_without_a_device_only_its_set_up_opens_and_recovery_codes_are_shown_once(self):
        user, browser = staff("a", "teller"), Client()
        assert enter(browser, "a")["Location"] == "/desk/"
        for address in ("/", "/members/", "/sessions/", "/password/"):
            assert browser.get(address)["Location"] == "/second-factor/"
        assert browser.post("/members/", {"number": "1"})["Location"] == "/second-factor/"
        page = text_of(browser.get("/second-factor/"))
        assert 'src="data:image/svg+xml;base64,' in page
        secret = re.search(r'<p class="code">([A-Z2-7 ]+)</p>', page)[1].replace(" ", "")
        assert secret == re.search(r'<p class="code">([A-Z2-7 ]+)</p>', text_of(browser.get("/second-factor/")))[
            1
        ].replace(" ", "")
        assert secret not in str(browser.session.items())
        wrong = browser.post("/second-factor/", {"code": "12345"})
        assert "验证码不正确" in text_of(wrong)
        codes = browser.post("/second-factor/", {"code": code_now(secret)})
        assert len(re.findall(r'<li class="code">\d{8}</li>', text_of(codes))) == 10
        assert "已绑定" in text_of(browser.get("/second-factor/"))
        assert browser.get("/members/").status_code == 200
        assert audited("second-factor.set-up") == [("a", str(user.pk))]

    def test_after_the_password_comes_the_code_and_then_the_page_asked_for(self):
        second_factor.bind(user=staff("a", "auditor"), secret=SECRET)
        browser = Client()
        assert enter(browser, "a", next="/runs/")["Location"] == "/sign-in/code/"
        assert browser.get("/runs/").status_code == 302
        assert audited("sign-in.succeeded") == []
        refused = browser.post("/sign-in/code/", {"code": "000"})
        assert "验证码不正确" in text_of(refused)
        used = code_now()
        assert browser.post("/sign-in/code/", {"code": used})["Location"] == "/runs/"
        assert browser.get("/runs/").status_code == 200
        assert len(audited("sign-in.succeeded")) == 1
        assert len(audited("sign-in.code-failed")) == 1
        again = Client()
        enter(again, "a")
        assert "已经用过" in text_of(again.post("/sign-in/code/", {"code": used}))
        assert again.post("/sign-in/code/", {"code": code_now(later=1)}).status_code == 302

    def test_codes_are_throttled_whatever_the_address(self):
        second_factor.bind(user=staff("a", "teller"), secret=SECRET)
        for number in range(10):
            browser = Client(REMOTE_ADDR=f"192.0.2.{number}")
            enter(browser, "a")
            browser.post("/sign-in/code/", {"code": "000"})
        enter(browser, "a")
        assert "15 分钟" in text_of(browser.post("/sign-in/code/", {"code": code_now()}))

    def test_the_code_page_without_a_password_leads_to_the_door(self):
        assert Client().get("/sign-in/code/")["Location"] == "/sign-in/"

    def test_a_session_that_has_not_shown_the_bound_device_ends(self):
        user, browser = staff("a", "teller"), Client()
        browser.force_login(user)
        second_factor.bind(user=user, secret=SECRET)
        assert browser.get("/")["Location"] == "/sign-in/"
        assert "_auth_user_id" not in browser.session

    def test_an_account_closed_between_password_and_code_gets_in_nowhere(self):
        user, browser = staff("a", "teller"), Client()
        second_factor.bind(user=user, secret=SECRET)
        enter(browser, "a")
        user.is_active = False
        user.save()
        browser.post("/sign-in/code/", {"code": code_now()})
        assert browser.get("/members/").status_code == 302

    def test_on_a_test_bench_the_password_is_enough(self, settings):
        settings.ANJU_STAFF_TOTP = False
        staff("a", "teller")
        browser = Client()
        enter(browser, "a")
        assert browser.get("/members/").status_code == 200


class TestDoors:
    @pytest.mark.parametrize(
        ("kind", "door", "home"),
        [(Kind.UNIT, "/employer/sign-in/", "/employer/"), (Kind.MEMBER, "/member/sign-in/", "/member/")],
    )
    def test_each_kind_has_its_own_and_needs_no_code(self, kind, door, home):
        outsider("p", kind)
        browser = Client()
        assert enter(browser, "p", door)["Location"] == home
        assert browser.get(home).status_code == 200
        assert browser.get("/")["Location"] == home
        assert browser.get(door)["Location"] == home
        assert browser.post("/sign-out/")["Location"] == door

    @pytest.mark.parametrize("door", ["/sign-in/", "/employer/sign-in/", "/member/sign-in/"])
    def test_another_door_is_named_only_to_who_knows_the_password(self, door):
        staff("staff", "teller"), outsider("unit", Kind.UNIT), outsider("member", Kind.MEMBER)
        right = {"staff": "/sign-in/", "unit": "/employer/sign-in/", "member": "/member/sign-in/"}
        for username, own in right.items():
            if own == door:
                continue
            browser = Client()
            page = text_of(enter(browser, username, door))
            assert "此账号请从“" in page
            assert "_auth_user_id" not in browser.session
            wrong, unknown = (
                re.sub(
                    r'value="[^"]*"', "", text_of(Client().post(door, {"username": name, "password": "wrong-password"}))
                )
                for name in (username, "nobody-of-this-name")
            )
            assert wrong == unknown
            assert "此账号" not in wrong

    def test_pages_of_a_portal_lead_to_its_door_and_back(self):
        outsider("p", Kind.MEMBER)
        assert Client().get("/member/")["Location"] == "/member/sign-in/?next=/member/"
        assert Client().get("/employer/")["Location"] == "/employer/sign-in/?next=/employer/"
        browser = Client()
        assert enter(browser, "p", "/member/sign-in/", next="https://evil.example/")["Location"] == "/member/"
        assert enter(Client(), "p", "/member/sign-in/", next="/sessions/")["Location"] == "/sessions/"

    def test_no_page_of_allauth_itself_is_reachable(self):
        from django.urls import NoReverseMatch, reverse

        for name in ("account_login", "account_signup", "account_email", "mfa_index", "socialaccount_signup"):
            with pytest.raises(NoReverseMatch):
                reverse(name)

    def test_what_a_failure_leaves_in_the_log_names_nobody_unknown(self):
        Client().post("/member/sign-in/", {"username": "my-password", "password": "x"})
        entry = AuditEntry.objects.filter(action="sign-in.failed").latest("pk")
        assert (entry.actor, entry.object_reference) == ("unknown", "unknown")
        assert "my-password" not in str(entry.detail)


def test_an_initial_password_must_be_changed_before_any_page_opens(settings):
    settings.ANJU_STAFF_TOTP = False
    user = staff("a", "teller")
    user.password_is_initial = True
    user.save()
    browser = Client()
    enter(browser, "a")
    assert browser.get("/members/")["Location"] == "/password/"
    new = {"password": "quiet-lake-stones", "password_again": "quiet-lake-stones"}
    assert "不能与现在的口令相同" in text_of(
        browser.post("/password/", {"old_password": PASSWORD, "password": PASSWORD, "password_again": PASSWORD})
    )
    assert browser.post("/password/", {"old_password": PASSWORD, **new}).status_code == 302
    assert browser.get("/members/").status_code == 200


def test_a_code_is_shown_for_the_seconds_it_has_left():
    at = datetime(2026, 1, 5, 8, 0, 20, tzinfo=UTC)
    assert totp.seconds_left(at) == 10
    assert totp.step_at(at + timedelta(seconds=10)) == totp.step_at(at) + 1
