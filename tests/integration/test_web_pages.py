"""The pages of a synthetic city, by Django's test client: who sees what, what is refused, what never leaves."""

import csv
import io
import re
import threading
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
from django.core.cache import cache
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, reverse

import centers
from anju.kernel.identity import mask_identity_number, mask_name
from anju.kernel.money import format_yuan
from anju.ledger import operations, queries
from anju.ledger.operations import JournalRequest, credit, debit
from anju.platform.people.models import Kind
from anju.platform.runs.declarations import Job, register
from anju.web import access
from sign_ins import PASSWORD, outsider, staff

pytestmark = [pytest.mark.usefixtures("lived")]
YEAR, SCALE, SEED = 2024, 1000, 2024
ROLES = ("director", "accountant", "teller", "auditor", "system_admin", "security_admin")
PORTALS = ("unit", "member")
ANYBODY = {*ROLES, *PORTALS, "nobody"}
BOOKS, PERSONS = {"director", "accountant", "auditor"}, {"teller", "auditor"}
CASES = set(ROLES) - {"system_admin", "security_admin"}
OPERATORS = {"director", "accountant"}
ADMINISTRATORS = {"system_admin", "security_admin"}
#: URL name → who opens it; written out here so that a change of the rules shows.
OPENS = {
    "home": set(ROLES), "style": set(ROLES), "style-page": set(ROLES), "trial-balance": BOOKS, "trial-balance-csv": BOOKS, "subject": BOOKS,
    "journal": BOOKS, "annex-2": BOOKS, "members": PERSONS, "member": PERSONS, "member-changes": PERSONS,
    "units": CASES, "unit": CASES,
    "unit-people": PERSONS, "unit-changes": PERSONS, "unit-powers": {"teller"}, "runs": set(ROLES), "run": set(ROLES),
    "run-problems-csv": set(ROLES), "run-cancel": OPERATORS, "run-retry": OPERATORS,
    "sign-out": ANYBODY, "sessions": ANYBODY, "password": ANYBODY,
    "held": ANYBODY, "second-factor": {*ROLES, "nobody"}, "organisation": set(ROLES), "people": ADMINISTRATORS,
    "staff-account": ADMINISTRATORS, "staff-open": {"system_admin"}, "staff-close": {"system_admin"},
    "staff-reopen": {"system_admin"}, "staff-password": {"system_admin"}, "staff-post": {"security_admin"},
    "staff-second-factor": {"security_admin"}, "audit-log": {"auditor"}, "audit-log-csv": {"auditor"},
    "statement": PERSONS, "statement-issue": {"teller"}, "interest": PERSONS, "interest-issue": {"teller"},
    "certificates": PERSONS | {"reviewer"}, "certificate": PERSONS | {"reviewer"}, "certificate-revoke": {"reviewer"}, "certificate-pdf": {"teller"},
    "unit-ledger": CASES, "unit-ledger-issue": {"teller"},
    "member-activation": {"teller"}, "receipts": {"accountant"}, "receipt": CASES,
    "receipt-look": {"teller", "reviewer", "accountant", "office_head"}, "suspense-begin": {"teller", "service"},
    "suspense-pay": {"teller", "accountant"}, "bank-refusals": BOOKS, "bank-refusal": {"accountant"},
    "unit-moves": PERSONS, "freezes": {*PERSONS, "reviewer"}, "debits": {"accountant"}, "debit-list": {"accountant"}, "suspense": CASES, "arrears": CASES, "arrears-csv": CASES, "arrears-unit": CASES, "arrears-remind": {"teller"}, "letters": CASES, "letter": CASES, "unit-month": CASES, "bill": CASES, "bill-pdf": CASES, "bill-cancel": {"teller"},
}  # fmt: skip
RUN_AT = datetime(2024, 5, 6, tzinfo=UTC)
register(Job(name="test-web", title="测试", keys="SELECT 1::bigint", work=lambda _cursor, _run, _low, _high: {}))
PUBLIC = {
    "sign-in", "sign-in-code", "employer-sign-in", "member-sign-in", "employer-sign-up", "member-sign-up",
    "verify", "employer-openid", "member-openid", "openid-callback", "health-live", "health-ready", "metrics",
}  # fmt: skip
#: Pages that answer an opener with something else than a page.
NO_PAGE = {
    "sign-out": 405, "debit-list": 405, "held": 302, "receipt-look": 405, "suspense-begin": 405, "suspense-pay": 405,
    "bill-cancel": 405, "statement-issue": 405, "interest-issue": 405, "unit-ledger-issue": 405,
}  # fmt: skip
#: Styles and scripts inside a page; the workbench's own module is a file beside it.
INLINE = re.compile(
    r"""\sstyle=|<style|<script(?! type="module" src="/static/anju/keys\.js"></script>)|\son[a-z]+=|javascript:"""
)
#: Whose matrix stands in test_desk_pages.
DESK = {
    "desk", "desk-search", "desk-case", "desk-move", "desk-claim", "desk-reveal", "desk-receipt", "desk-file", "desk-new",
    "desk-start", "desk-drafts", "desk-form", "catalogue", "catalogue-item", "messages", "desk-sheets", "desk-sheet-new",
    "desk-sheet-template", "desk-sheet", "desk-sheet-remarks", "desk-sheet-drop", "desk-sheet-use",
}  # fmt: skip


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
        staff("nobody", "", name="乙")
        for kind in PORTALS:
            outsider(kind, Kind(kind))
        yield build(year=YEAR, scale=SCALE, seed=SEED)


@pytest.fixture(autouse=True)
def _fresh(lived):
    from anju.web.models import SignInThrottle

    cache.clear()
    SignInThrottle.objects.all().delete()


@pytest.fixture
def person(lived):
    """A member who paid the whole year and whose name is masked in the middle."""
    drew = {event.member_number for event in (*lived.withdrawals, *lived.close_outs)}
    return next(m for m in lived.members if m.last_month is None and m.number not in drew and m.carried)


def signed_in(role: str) -> Client:
    from anju.platform.models import User

    browser = Client()
    browser.force_login(User.objects.get(username=role))
    return browser


def words_of(response) -> str:
    """The text of a page; nothing for a download that is no text."""
    return response.content.decode() if response["Content-Type"].startswith("text/") else ""


def text_of(response) -> str:
    return unescape(response.content.decode())


def a_letter() -> str:
    """A letter to another center, made once."""
    from anju.contributions.letters.operations import apply_in
    from anju.contributions.models_letters import Letter
    from anju.registry.models import Member

    made = Letter.objects.first() or apply_in(
        member=Member.objects.filter(state="01").order_by("number")[0], partner="999900000000000", partner_name="示例外市中心",
        partner_account="P1", business_date=date(2024, 12, 31), at=RUN_AT, case="",
    )  # fmt: skip
    return made.number


def a_certificate(number: str) -> str:
    """A paper of this member, issued once."""
    from anju.contributions.certificates import Content, issue
    from anju.contributions.models_certificates import Certificate, CertificateKind
    from anju.registry.models import Member

    facts = [("期末余额（元）", "1.00")]
    said = Content(title="明细", facts=facts, public=facts, columns=(), rows=(), figures=(), notes=[])
    made = Certificate.objects.first() or issue(
        kind=CertificateKind.STATEMENT, content=said, of=Member.objects.get(number=number),
        business_date=date(2024, 12, 31), actor="甲", at=RUN_AT,
    )  # fmt: skip
    return made.number


def month_pages() -> dict[str, str]:
    """A unit's month, and the notice of one that the city lived."""
    from anju.contributions.models import Bill

    bill = Bill.objects.select_related("unit").order_by("id")[0]
    return {
        "unit-month": reverse("unit-month", args=[bill.unit.number]),
        "bill": reverse("bill", args=[bill.number]),
        "bill-pdf": reverse("bill-pdf", args=[bill.number]),
        "bill-cancel": reverse("bill-cancel", args=[bill.number]),
    }


def receipt_pages() -> dict[str, str]:
    """A receipt that the city lived, a notice that was refused, and what is done from the queue of 219."""
    from anju.contributions.models import Receipt
    from anju.treasury.models import BankRefusal

    refused, _made = BankRefusal.objects.get_or_create(
        number=1, defaults={"account": "B", "serial": "1", "amount": 1, "arrived_date": date(2024, 1, 2), "code": "X"}
    )
    pk = Receipt.objects.order_by("id")[0].pk
    return {
        "receipt": reverse("receipt", args=[pk]), "receipt-look": reverse("receipt-look", args=[pk]),
        "suspense-begin": reverse("suspense-begin"), "suspense-pay": reverse("suspense-pay"),
        "bank-refusals": reverse("bank-refusals"), "bank-refusal": reverse("bank-refusal", args=[refused.number]),
    }  # fmt: skip


def addresses(number: str) -> dict[str, str]:
    from anju.ledger.models import Journal
    from anju.platform.models import User
    from anju.platform.runs.operations import open_run
    from anju.registry.models import Member, Unit, UnitAgent

    nobody = User.objects.get(username="nobody").pk
    unit = Member.objects.get(number=number).unit.number
    agent, _made = UnitAgent.objects.get_or_create(
        user=User.objects.get(username="unit"), unit=Unit.objects.get(number=unit), defaults={"since": date(2024, 1, 1)}
    )
    staff_pages = (
        "staff-account",
        "staff-close",
        "staff-reopen",
        "staff-password",
        "staff-post",
        "staff-second-factor",
    )
    alone = (
        "sign-out", "sessions", "password", "held", "second-factor", "organisation",
        "people", "staff-open", "audit-log", "audit-log-csv",
    )  # fmt: skip
    run = open_run(job="test-web", key="web", params={}, business_date=date(2024, 5, 6), maker="甲", at=RUN_AT).run.pk
    return {
        **month_pages(),
        "letters": reverse("letters"),
        "certificates": reverse("certificates"),
        **{
            name: reverse(name, args=[a_certificate(number)])
            for name in ("certificate", "certificate-pdf", "certificate-revoke")
        },
        "receipts": reverse("receipts"),
        **receipt_pages(),
        "freezes": reverse("freezes"),
        "suspense": reverse("suspense"),
        "arrears": reverse("arrears"),
        "arrears-csv": reverse("arrears-csv"),
        "arrears-remind": reverse("arrears-remind"),
        "debits": reverse("debits"),
        "debit-list": reverse("debit-list", args=["D000000000000"]),
        "letter": reverse("letter", args=[a_letter()]),
        "runs": reverse("runs"),
        "run": reverse("run", args=[run]),
        "run-problems-csv": reverse("run-problems-csv", args=[run]),
        "run-cancel": reverse("run-cancel", args=[run]),
        "run-retry": reverse("run-retry", args=[run]),
        "home": reverse("home"),
        "style": reverse("style"),
        "style-page": reverse("style-page", args=["queue"]),
        "trial-balance": reverse("trial-balance"),
        "trial-balance-csv": reverse("trial-balance-csv"),
        "subject": reverse("subject", args=["201"]),
        "journal": reverse("journal", args=[Journal.objects.filter(kind="remittance").first().pk]),
        "annex-2": reverse("annex-2"),
        "members": reverse("members"),
        **{
            name: reverse(name, args=[number])
            for name in ("member", "statement", "statement-issue", "interest", "interest-issue")
        },
        "member-activation": reverse("member-activation", args=[number]),
        "member-changes": reverse("member-changes", args=[number]),
        "units": reverse("units"),
        **{
            name: reverse(name, args=[unit])
            for name in (
                "unit",
                "unit-people",
                "unit-moves",
                "unit-changes",
                "arrears-unit",
                "unit-ledger",
                "unit-ledger-issue",
            )
        },
        "unit-powers": reverse("unit-powers", args=[unit, agent.pk]),
        **{name: reverse(name, args=[nobody]) for name in staff_pages},
        **{name: reverse(name) for name in alone},
    }


def test_every_address_is_in_the_table_above_or_in_one_of_its_own():
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


class TestSignIn:
    def test_right_password_leads_to_the_page_asked_for_and_out_again(self):
        browser = Client()
        form = {"username": "auditor", "password": PASSWORD, "next": "/trial-balance/"}
        assert browser.post("/sign-in/", form)["Location"] == "/trial-balance/"
        assert browser.get("/sign-out/").status_code == 405
        assert browser.post("/sign-out/")["Location"] == "/sign-in/"
        assert browser.get("/").status_code == 302

    def test_a_next_address_elsewhere_is_ignored(self):
        for elsewhere in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
            form = {"username": "auditor", "password": PASSWORD, "next": elsewhere}
            assert Client().post("/sign-in/", form)["Location"] == "/"

    def test_the_answer_does_not_tell_which_was_wrong(self):
        pages = set()
        for username in ("auditor", "no-such-person"):
            page = text_of(Client().post("/sign-in/", {"username": username, "password": "wrong-password"}))
            assert "用户名或口令不正确" in page
            assert "wrong-password" not in page
            pages.add(re.sub(r'value="[^"]*"', "", page))
        assert len(pages) == 1

    def test_empty_fields_are_named(self):
        page = text_of(Client().post("/sign-in/", {"username": "", "password": ""}))
        assert "请填写用户名" in page
        assert "请填写口令" in page

    def test_ten_failures_lock_this_name_at_this_address_only(self):
        def attempt(username: str, password: str, address: str = "192.0.2.1"):
            return Client(REMOTE_ADDR=address).post("/sign-in/", {"username": username, "password": password})

        for _ in range(10):
            assert "用户名或口令不正确" in text_of(attempt("teller", "guess"))
        locked = attempt("teller", PASSWORD)
        assert locked.status_code == 200
        assert "15 分钟后再试" in text_of(locked)
        assert attempt("teller", PASSWORD, "192.0.2.2").status_code == 302
        assert attempt("director", PASSWORD).status_code == 302

    def test_a_success_forgets_earlier_failures(self):
        for _round in range(3):
            for _ in range(6):
                Client().post("/sign-in/", {"username": "teller", "password": "guess"})
            assert Client().post("/sign-in/", {"username": "teller", "password": PASSWORD}).status_code == 302

    def test_the_lock_ends_after_fifteen_minutes_and_old_failures_do_not_add_up(self):
        from anju.web.throttle import allow_attempt

        start = datetime(2026, 1, 5, 8, tzinfo=UTC)

        def tried(minutes: float) -> bool:
            return allow_attempt(username="x", address="a", now=start + timedelta(minutes=minutes))

        assert all(tried(0) for _ in range(10))
        assert not tried(0)
        assert not tried(14.9)
        assert all(tried(15) for _ in range(9))
        assert all(tried(30.1) for _ in range(9))  # a new window: nine and nine are not ten
        assert tried(31)
        assert not tried(31)

    def test_parallel_guesses_get_ten_tries_between_them(self):
        from anju.web.throttle import allow_attempt

        now = datetime(2026, 1, 5, 8, tzinfo=UTC)
        allowed: list[bool] = []

        def guess() -> None:
            try:
                for _ in range(5):
                    allowed.append(allow_attempt(username="y", address="a", now=now))
            finally:
                connections.close_all()

        threads = [threading.Thread(target=guess) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(allowed), sum(allowed)) == (40, 10)

    def test_what_was_typed_as_a_name_is_not_kept(self):
        from anju.web.models import SignInThrottle

        Client().post("/sign-in/", {"username": "my-password-by-mistake", "password": "x"})
        assert SignInThrottle.objects.count() == 1
        assert "mistake" not in str(SignInThrottle.objects.values_list()[0])


class TestBooks:
    @pytest.mark.parametrize(
        ("query", "message"),
        [
            ("start=&end=2024-12-31", "请填写开始日期"),
            ("start=2024-01-01&end=", "请填写结束日期"),
            ("start=2024-02-30&end=2024-12-31", "开始日期不存在"),
            ("start=2024-01-01&end=31.12.2024", "结束日期不存在"),
            ("start=2024-12-31&end=2024-01-01", "结束日期早于开始日期"),
            ("start=0001-01-01&end=2024-01-01", "日期应在 1990 年至 2200 年之间"),
            ("start=2024-01-01&end=9999-12-31", "日期应在 1990 年至 2200 年之间"),
            ("start=<b>&end=2024-12-31", "开始日期不存在"),
        ],
    )
    @pytest.mark.parametrize("name", ["trial-balance", "subject", "trial-balance-csv"])
    def test_a_wrong_period_is_explained(self, name, query, message):
        address = reverse(name, args=["201"] if name == "subject" else [])
        response = signed_in("accountant").get(f"{address}?{query}")
        assert message in text_of(response)
        if name == "trial-balance-csv":
            assert response.status_code == 400
            return
        assert "<b>" not in response.content.decode()
        field = "start" if "start" in re.findall(r'href="#id_(\w+)"', response.content.decode()) else "end"
        assert re.search(
            rf'id="id_{field}"[^>]*aria-invalid="true"|aria-invalid="true"[^>]*id="id_{field}"', text_of(response)
        )

    def test_the_trial_balance_shows_the_ledger_and_its_check(self):
        rows = queries.trial_balance(start=date(YEAR, 1, 1), end=date(YEAR, 12, 31))
        page = text_of(signed_in("accountant").get("/trial-balance/"))
        assert "借贷平衡" in page
        shown = {
            re.sub(r"<[^>]+>", "", head).strip(): re.findall(r'<td class="amount">([^<]*)</td>', cells)
            for head, cells in re.findall(r"<tr[^>]*><th scope=\"row\">(.*?)</th>(.*?)</tr>", page, re.DOTALL)
        }
        for row in rows:
            opening, closing = row.opening, row.closing
            expected = (max(opening, 0), max(-opening, 0), row.debit, row.credit, max(closing, 0), max(-closing, 0))
            assert shown[f"{row.code} {row.name}"] == [format_yuan(amount) if amount else "" for amount in expected]
        total = shown["合计"]
        assert total[0::2] == total[1::2]
        assert total[2] == format_yuan(sum(row.debit for row in rows if row.level == 1))

    def test_books_that_do_not_balance_are_shown_so(self, monkeypatch):
        from anju.web.views import books

        rows = [queries.TrialBalanceRow("101", "住房公积金存款", 1, 1, 0, 700, 0)]
        monkeypatch.setattr(books, "kept_trial_balance", lambda _start, _end: rows)
        page = text_of(signed_in("accountant").get("/trial-balance/"))
        assert "借贷不平" in page
        assert "本期 7.00 元" in page

    def test_a_period_before_the_books_is_empty_and_not_an_error(self):
        page = text_of(signed_in("accountant").get("/trial-balance/?start=2000-01-01&end=2000-12-31"))
        assert "还没有任何凭证" in page

    def test_the_csv_is_the_same_table(self):
        response = signed_in("accountant").get("/trial-balance.csv?start=2024-03-01&end=2024-03-31")
        assert response["Content-Disposition"] == 'attachment; filename="trial-balance_2024-03-01_2024-03-31.csv"'
        table = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
        rows = queries.trial_balance(start=date(2024, 3, 1), end=date(2024, 3, 31))
        assert [line[0] for line in table] == ["科目编号", *(row.code for row in rows), ""]
        by_code = {line[0]: line for line in table}
        for row in rows:
            assert by_code[row.code][4:6] == [
                format_yuan(row.debit, grouping=False),
                format_yuan(row.credit, grouping=False),
            ]
        assert table[-1][2::2] == table[-1][3::2]

    def test_a_subject_lists_its_journals_page_by_page(self):
        browser, seen = signed_in("auditor"), []
        start, end = date(2024, 1, 1), date(2024, 12, 31)
        _heads, total = queries.journals(subject="101", start=start, end=end, limit=1)
        pages = -(-total // 50)
        assert pages > 2
        for page in range(1, pages + 1):
            seen += re.findall(
                r'<th scope="row"><a href="/journals/(\d+)/">',
                browser.get(f"/subjects/101/?page={page}").content.decode(),
            )
        assert len(seen) == len(set(seen)) == total

    @pytest.mark.parametrize("page", ["0", "-1", "x", "²", "99999", "99999999999999999999", ""])
    def test_a_page_that_does_not_exist_is_not_found(self, page):
        assert signed_in("auditor").get(f"/subjects/101/?page={page}").status_code == 404
        assert signed_in("auditor").get(f"/journals/1/?page={page}").status_code == 404

    def test_what_does_not_exist_is_not_found(self):
        browser = signed_in("auditor")
        for address in (
            "/subjects/999/",
            "/subjects/x/",
            "/journals/99999999/",
            f"/journals/{2**70}/",
            "/?year=1999",
            "/?year=x",
        ):
            response = browser.get(address)
            assert response.status_code == 404, address
            assert "没有这个页面" in text_of(response)

    def test_a_subject_without_turnover_can_be_opened(self):
        page = text_of(signed_in("auditor").get("/subjects/124/"))
        assert "这个期间没有凭证" in page

    def test_a_journal_and_its_reversal_point_at_each_other(self, lived):
        bank, other = (
            operations.open_accounts(
                accounts=[operations.NewAccount(f"web-{subject}", subject, date(2024, 1, 1))],
                hot=True,
                overdraft_allowed=True,
            )[f"web-{subject}"]
            for subject in ("10101", "219")
        )
        request = JournalRequest(
            key="web:1", kind="period-end", narrative="<i>错账</i>", business_date=date(2024, 12, 31), maker="甲", checker="乙",
            lines=[debit(bank, 123_456), credit(other, 123_456)],
        )  # fmt: skip
        first = operations.post(journals=[request])[0].journal_id
        second = operations.reverse(
            journal_id=first, key="web:2", business_date=date(2024, 12, 31), maker="甲", checker="乙", reason="更正"
        ).journal_id
        browser = signed_in("director")
        one, two = (
            browser.get(f"/journals/{first}/").content.decode(),
            browser.get(f"/journals/{second}/").content.decode(),
        )
        assert f'已被冲正，见 <a href="/journals/{second}/"' in one
        assert f'冲正 <a href="/journals/{first}/"' in two
        assert "期末结转" in one
        assert "1,234.56" in one
        assert "&lt;i&gt;错账&lt;/i&gt;" in one
        assert "<i>" not in one

    def test_only_who_may_see_persons_is_led_to_their_accounts(self, person):
        address = addresses(person.number)["journal"]
        link = re.compile(r'href="/members/\d+/"')
        assert link.search(signed_in("auditor").get(address).content.decode())
        assert not link.search(signed_in("accountant").get(address).content.decode())

    def test_every_kind_of_journal_has_a_chinese_name(self):
        from anju.ledger.models import Journal
        from anju.web.wording import kind_name

        kinds = set(Journal.objects.order_by().values_list("kind", flat=True).distinct())
        assert len(kinds) > 10
        assert [kind for kind in kinds if kind_name(kind) == kind] == []


class TestMembers:
    @pytest.mark.parametrize("role", sorted(PERSONS))
    def test_the_statement_is_the_ledgers_and_masked(self, role, person):
        from anju.registry.models import Member

        member = Member.objects.get(number=person.number)
        page = text_of(signed_in(role).get(f"/members/{person.number}/"))
        assert mask_name(person.name) in page
        assert person.name not in page
        assert mask_identity_number(person.identity_number) in page
        assert format_yuan(queries.account_balance(account=member.account_id)) in page
        opening, entries = queries.statement(account=member.account_id, start=date(YEAR, 1, 1), end=date(YEAR, 12, 31))
        cells = re.findall(r'<td class="amount">([\d,.-]+)</td>', page.split('id="spells"')[0])
        assert cells[0] == format_yuan(opening)
        assert cells[1:-3] == [
            text for entry in entries for text in (format_yuan(abs(entry.amount)), format_yuan(entry.balance))
        ]
        interest = sum(entry.amount for entry in entries if entry.kind == "interest-settlement")
        assert interest > 0
        assert f"本年结息（元）</dt><dd>{format_yuan(interest)}" in page
        assert ('href="/journals/' in page) == (role == "auditor")

    def test_the_interest_slip_of_the_lived_year_is_the_batchs(self, person):
        from anju.registry.models import Member

        account = Member.objects.get(number=person.number).account_id
        _opening, entries = queries.statement(account=account, start=date(YEAR, 1, 1), end=date(YEAR, 6, 30))
        page = text_of(signed_in("teller").get(f"/members/{person.number}/interest/"))
        assert f"{YEAR} 年度结息单" in page
        assert entries[-1].kind == "interest-settlement"
        assert f"本年结息（元）</dt><dd>{format_yuan(entries[-1].amount)}" in page
        assert f"结息后余额（元）</dt><dd>{format_yuan(entries[-1].balance)}" in page

    def test_both_numbers_lead_to_the_account_and_neither_stays_in_an_address(self, person):
        browser = signed_in("teller")
        half_typed = " ".join(person.identity_number.lower()).translate(
            str.maketrans("0123456789", "０１２３４５６７８９")
        )
        for number in (person.number, person.identity_number, half_typed, f" {person.number}\t"):
            response = browser.post("/members/", {"number": number})
            assert response["Location"] == f"/members/{person.number}/"

    @pytest.mark.parametrize(
        ("number", "message"),
        [
            ("", "请填写姓名、个人账号、18 位证件号码或手机号码"),
            ("999999999999", "没有找到这个号码的账户"),
            ("110101199001011237", "没有找到这个号码的账户"),
            ("110101199001011234", "校验码错误"),
            ("11010119900101123", "应为 18 位"),
            ("110101900101123", "15 位旧证件号码"),
            ("9" * 41, "号码过长"),
            ("' OR 1=1 --", "没有找到这个号码的账户"),
        ],
    )
    def test_a_number_that_finds_nobody_is_explained_and_not_written_back(self, number, message):
        page = text_of(signed_in("teller").post("/members/", {"number": number}))
        assert message in page
        assert not number or number not in page

    def test_a_number_in_the_address_of_the_search_is_ignored(self, person):
        page = text_of(signed_in("teller").get(f"/members/?number={person.identity_number}"))
        assert person.identity_number not in page

    def test_every_look_is_recorded_before_anything_is_shown(self, person, monkeypatch):
        from anju.platform.models import AuditEntry
        from anju.web.views import members

        browser = signed_in("teller")
        before = AuditEntry.objects.filter(action="member.view").count()
        browser.get(f"/members/{person.number}/")
        browser.get(f"/members/{person.number}/")
        latest = AuditEntry.objects.filter(action="member.view").order_by("-pk").first()
        assert AuditEntry.objects.filter(action="member.view").count() == before + 2
        assert (latest.actor, latest.object_reference, latest.detail) == ("teller", person.number, {"page": "member"})
        browser.raise_request_exception = False
        monkeypatch.setattr(members, "statement", lambda **_facts: 1 / 0)
        broken = browser.get(f"/members/{person.number}/")
        assert broken.status_code == 500
        assert AuditEntry.objects.filter(action="member.view").count() == before + 3

    def test_refused_and_unknown_looks_show_and_record_nothing(self, person):
        from anju.platform.models import AuditEntry

        before = AuditEntry.objects.filter(action="member.view").count()
        assert signed_in("director").get(f"/members/{person.number}/").status_code == 403
        assert signed_in("teller").get("/members/000000000000/").status_code == 404
        assert signed_in("teller").get(f"/members/{person.number}/?year=1999").status_code == 404
        assert AuditEntry.objects.filter(action="member.view").count() == before

    def test_no_identity_number_and_no_phone_leaves_in_a_page_or_a_log(self, lived, person, caplog):
        browser, pages = signed_in("auditor"), []
        browser.raise_request_exception = False
        with caplog.at_level("DEBUG"):
            for address in addresses(person.number).values():
                pages.append(browser.get(address))
            for member in lived.members[:25]:
                pages.append(browser.post("/members/", {"number": member.identity_number}))
                pages.append(browser.get(f"/members/{member.number}/"))
                pages.append(browser.post("/members/", {"number": f"{member.identity_number}0"}))
        shown = "\n".join([*(f"{page.headers}{words_of(page)}" for page in pages), caplog.text])
        assert "/members/" in shown
        for member in lived.members:
            assert member.identity_number not in shown
            assert member.phone not in shown


class TestHome:
    def test_indicators_stand_beside_their_scaled_and_published_values(self):
        from anju.metrics.indicators import INDICATORS, annual

        page = text_of(signed_in("director").get("/"))
        plain = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
        for value in annual(year=YEAR):
            assert value.name in plain
            assert value.definition in plain
            assert " ".join(value.text.split()) in plain
            if value.unit != "ppm":
                assert f"折算 {INDICATORS[value.code].text(value.value * SCALE)}" in plain
        assert "公布值 56.85亿元" in plain
        assert "公布值 52.07%" in plain

    def test_the_tables_beside_the_charts_hold_the_series(self):
        from anju.metrics.series import monthly, withdrawals_by_reason
        from anju.web.charts import amount_in, amount_unit

        page = text_of(signed_in("director").get("/"))
        months = monthly(year=YEAR)
        unit, _name = amount_unit([month.contributions for month in months])
        for month in months:
            assert f"end={date(YEAR, month.month, 28).isoformat()[:7]}" in page
            assert amount_in(month.contributions, unit) in page
        reasons = withdrawals_by_reason(year=YEAR)
        assert reasons
        for label, _amount in reasons:
            assert f'<th scope="row">{label}</th>' in page
        assert page.count("<svg ") == page.count('role="img"') == 3

    def test_a_teller_sees_totals_without_ways_into_the_books(self):
        page = signed_in("teller").get("/").content.decode()
        assert "归集额" in page
        assert "/subjects/" not in page
        assert "/trial-balance/" not in page

    def test_new_journals_show_at_once(self):
        browser = signed_in("director")
        before = text_of(browser.get("/trial-balance/"))
        numbers = {subject: f"web-fresh-{subject}" for subject in ("10101", "219")}
        accounts = [operations.NewAccount(number, subject, date(2024, 1, 1)) for subject, number in numbers.items()]
        ids = operations.open_accounts(accounts=accounts, hot=True, overdraft_allowed=True)
        lines = [debit(ids["web-fresh-10101"], 98_765), credit(ids["web-fresh-219"], 98_765)]
        operations.post(
            journals=[
                JournalRequest(
                    key="web:fresh", kind="opening", business_date=date(2024, 12, 30), maker="甲", lines=lines
                )
            ]
        )
        credited = format_yuan(queries.turnover(subject="219", start=date(2024, 1, 1), end=date(2024, 12, 31))[1])
        cell = f'<td class="amount">{credited}</td>'
        assert cell not in before
        assert cell in text_of(browser.get("/trial-balance/"))


class TestAnnex:
    def test_ledger_figures_are_scored_beside_the_published_ones(self, settings):
        from anju.metrics.actuals import NoBooksError, ledger_actuals

        page = text_of(signed_in("director").get("/annex-2/"))
        with pytest.raises(NoBooksError):
            ledger_actuals(YEAR - 20)
        for figure in ledger_actuals(YEAR).values():
            assert f"<td>{figure.text}</td>" in page
        assert page.count("<td>账簿</td>") == 6
        assert "95.61" in page
        assert "取自演示城市，不是岳阳市住房公积金管理中心本级的业务数据" in page

    def test_without_books_of_the_year_the_published_report_is_scored(self, monkeypatch):
        from anju.web.center import Center
        from anju.web.views import annex

        monkeypatch.setattr(annex, "center_of", lambda _request: Center("", None, range(2025, 2026)))
        page = text_of(signed_in("director").get("/annex-2/"))
        assert "账簿里没有 2024 年的凭证" in page
        assert "<td>账簿</td>" not in page
        assert re.search(r"重新计算总分</dt><dd>95\.61", page)

    def test_a_missing_or_broken_report_is_said(self, settings, tmp_path):
        settings.ANJU_EXAMPLE = tmp_path / "nowhere"
        browser = signed_in("director")
        assert "没有这个文件夹" in text_of(browser.get("/annex-2/"))
        assert "公布值" not in text_of(browser.get("/"))
        (tmp_path / "annex1.yaml").write_text("a: [", encoding="utf-8")
        settings.ANJU_EXAMPLE = tmp_path
        assert "不是合法的 YAML" in text_of(browser.get("/annex-2/"))


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
