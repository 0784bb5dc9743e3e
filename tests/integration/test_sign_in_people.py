"""Staff accounts by three powers: who opens them gives no post, who gives posts opens none, and a third reads the log."""

import csv
import io
import json
import re
from html import unescape

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from anju.kernel.identity import mask_identity_number
from anju.platform import audit
from anju.platform.models import AuditEntry, Department, Role, User
from anju.platform.people import second_factor
from anju.platform.people.operations import register_person
from anju.platform.people.organisation import load_organisation
from sign_ins import AT, PASSWORD, identity_number, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nobody_signed_in")]
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def administrators():
    """One of each of the three powers."""
    load_organisation()
    return {role: staff(role, role) for role in ("system_admin", "security_admin", "auditor")}


def browser_of(username: str) -> Client:
    browser = Client()
    browser.force_login(User.objects.get(username=username))
    return browser


def text_of(response) -> str:
    return unescape(response.content.decode())


def opened(username: str = "newcomer", **change) -> tuple[str, str]:
    """The page of an account opened by the system administrator, and the identity number used."""
    fields = {
        "name": "欧阳小明", "identity_number": identity_number(), "phone": "13912345678", "username": username,
        "department": "loans",
    } | change  # fmt: skip
    return text_of(browser_of("system_admin").post("/people/new/", fields)), fields["identity_number"]


class TestSystemAdministrator:
    def test_opens_an_account_without_a_post_and_its_holder_signs_in(self):
        page, number = opened()
        password = re.search(r'<p class="panel code">(\S+)</p>', page)[1]
        user = User.objects.get(username="newcomer")
        assert (user.role, user.office, user.department.code, user.person.identity) == ("", None, "loans", number)
        browser = Client()
        assert browser.post("/sign-in/", {"username": "newcomer", "password": password}).status_code == 302
        assert browser.get("/")["Location"] == "/password/"
        entry = AuditEntry.objects.filter(action="user.opened").latest("pk")
        assert (entry.actor, entry.object_reference) == ("system_admin", str(user.pk))
        assert number not in json.dumps(entry.detail)

    def test_numbers_are_masked_on_every_page(self):
        _page, number = opened()
        user = User.objects.get(username="newcomer")
        for admin in ("system_admin", "security_admin"):
            for address in ("/people/", f"/people/{user.pk}/"):
                page = text_of(browser_of(admin).get(address))
                assert number not in page
                assert "13912345678" not in page
                assert "欧阳小明" not in page
        assert mask_identity_number(number) in page

    def test_what_was_typed_stays_and_the_wrong_field_is_named(self):
        page, _number = opened(identity_number="430602199001011234")
        assert 'href="#id_identity_number"' in page
        assert "430602199001011234" in page
        page, _number = opened(username="system_admin")
        assert "登录名已被使用" in page
        assert User.objects.filter(username="newcomer").count() == 0

    @pytest.mark.parametrize(
        "username", ["43060219900101", "13912345678", "a", "张三", "x y z w", "a" * 31, "1abcdef", "abc<d>ef"]
    )
    def test_a_sign_in_name_holds_nobodys_number(self, username):
        assert "登录名须以字母开头" in opened(username)[0]

    def test_a_number_known_under_another_name_is_refused(self):
        number = identity_number()
        register_person(name="李四", identity_number=number)
        assert "登记的姓名不同" in opened(identity_number=number)[0]

    def test_closes_and_reopens_with_a_reason_and_without_the_post(self):
        user = staff("t", "teller")
        admin = browser_of("system_admin")
        assert "请写明原因" in text_of(admin.post(f"/people/{user.pk}/close/", {"reason": " "}))
        assert "请勿填写证件号码" in text_of(admin.post(f"/people/{user.pk}/close/", {"reason": identity_number()}))
        assert admin.post(f"/people/{user.pk}/close/", {"reason": "离职"}).status_code == 302
        assert Client().post("/sign-in/", {"username": "t", "password": PASSWORD}).status_code == 200
        assert "已经停用" in text_of(admin.post(f"/people/{user.pk}/close/", {"reason": "离职"}))
        assert admin.post(f"/people/{user.pk}/reopen/", {"reason": "返聘"}).status_code == 302
        user.refresh_from_db()
        assert (user.is_active, user.role) == (True, "")
        actions = list(AuditEntry.objects.filter(object_reference=str(user.pk)).values_list("action", flat=True))
        assert actions == ["user.opened", "user.closed", "sign-in.failed", "user.reopened"]

    def test_does_no_one_elses_work(self):
        user = staff("t", "teller")
        admin = browser_of("system_admin")
        for address in (
            f"/people/{user.pk}/post/",
            f"/people/{user.pk}/second-factor/",
            "/audit-log/",
            "/audit-log.csv",
        ):
            assert admin.get(address).status_code == 403
            assert admin.post(address, {"role": "director", "reason": "x"}).status_code == 403
        user.refresh_from_db()
        assert user.role == "teller"


class TestSecurityAdministrator:
    def test_gives_role_and_office_at_once(self):
        from anju.platform.models import Office

        user = staff("t", "")
        mine = browser_of("t")
        assert mine.get("/members/").status_code == 403
        office = Office.objects.get(code="shizhi")
        browser_of("security_admin").post(f"/people/{user.pk}/post/", {"role": "teller", "office": office.pk})
        user.refresh_from_db()
        assert (user.role, user.office) == ("teller", office)
        assert mine.get("/members/").status_code == 200
        entry = AuditEntry.objects.filter(action="user.post-changed").latest("pk")
        assert (entry.actor, entry.detail["role"], entry.detail["office"]) == ("security_admin", "teller", "shizhi")

    def test_one_person_never_holds_two_of_the_three_powers(self, administrators):
        person = administrators["auditor"].person
        second = staff("second", "", person=person)
        page = text_of(browser_of("security_admin").post(f"/people/{second.pk}/post/", {"role": "system_admin"}))
        assert "不得由同一人担任" in page
        assert 'href="#id_role"' in page
        second.refresh_from_db()
        assert second.role == ""
        with pytest.raises(IntegrityError, match="one_power"), transaction.atomic():
            User.objects.filter(pk=second.pk).update(role=Role.SYSTEM_ADMIN)

    def test_resets_a_second_factor(self):
        user = staff("t", "teller")
        second_factor.bind(user=user, secret=SECRET)
        admin = browser_of("security_admin")
        assert "重置第二因素" in text_of(admin.get(f"/people/{user.pk}/"))
        assert admin.post(f"/people/{user.pk}/second-factor/", {"reason": "手机丢失"}).status_code == 302
        assert not second_factor.has_second_factor(user)

    def test_does_no_one_elses_work(self):
        user = staff("t", "teller")
        admin = browser_of("security_admin")
        steps = ("close", "reopen", "password")
        for address in ("/people/new/", "/audit-log/", *(f"/people/{user.pk}/{step}/" for step in steps)):
            assert admin.get(address).status_code == 403
            assert admin.post(address, {"reason": "x"}).status_code == 403
        user.refresh_from_db()
        assert user.is_active


def test_nobody_changes_an_account_of_their_own_under_any_of_their_names(administrators):
    for role, steps in {"system_admin": ("close", "password"), "security_admin": ("post", "second-factor")}.items():
        me = administrators[role]
        other = staff(f"{role}-2", "", person=me.person)
        for user in (me, other):
            assert "这是您本人的账号" in text_of(browser_of(role).get(f"/people/{user.pk}/"))
            for step in steps:
                fields = {"role": "director", "reason": "x"}
                page = text_of(browser_of(role).post(f"/people/{user.pk}/{step}/", fields))
                assert "不能变更本人的账号" in page, step
            user.refresh_from_db()
            assert (user.is_active, user.role) == (True, role if user == me else "")


class TestAuditor:
    @pytest.fixture
    def entries(self):
        for number in range(60):
            audit.record(
                actor="t" if number % 2 else "u", action="member.view", object_kind="member",
                object_reference=f"M{number}", detail={"page": "=1+1"}, at=AT,
            )  # fmt: skip

    def test_filters_by_actor_action_object_and_day(self, entries):
        browser = browser_of("auditor")
        for query, total in {
            "actor=t": 30, "action=member.view&day=2024-05-06": 60, "reference=M7": 1, "actor=t&reference=M8": 0,
            "day=2024-05-07&action=member.view": 0,
        }.items():  # fmt: skip
            page = text_of(browser.get(f"/audit-log/?{query}"))
            assert (f"共 {total} 条" in page) == bool(total), query
            assert ("没有符合条件" in page) == (not total), query

    def test_pages_keep_the_filter_and_wrong_days_are_explained(self, entries):
        browser = browser_of("auditor")
        page = text_of(browser.get("/audit-log/?action=member.view&page=2"))
        assert "action=member.view" in page
        assert len(re.findall(r"<tr><th scope=\"row\"", page)) == 10
        assert browser.get("/audit-log/?action=member.view&page=3").status_code == 404
        assert "日期不存在" in text_of(browser.get("/audit-log/?day=2024-02-30"))
        assert browser.get("/audit-log.csv?day=2024-02-30").status_code == 400

    def test_an_export_is_harmless_and_recorded_itself(self, entries):
        response = browser_of("auditor").get("/audit-log.csv?actor=t")
        rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
        assert len(rows) == 31
        assert all(row[3] == "t" for row in rows[1:])
        entry = AuditEntry.objects.latest("pk")
        assert (entry.actor, entry.action, entry.detail) == (
            "auditor",
            "audit-log.exported",
            {"rows": 30, "filters": ["actor"]},
        )

    def test_does_no_one_elses_work(self):
        user = staff("t", "teller")
        assert browser_of("auditor").get("/people/").status_code == 403
        assert browser_of("auditor").post(f"/people/{user.pk}/close/", {"reason": "x"}).status_code == 403


def test_the_organisation_is_shown_with_its_people():
    user = staff("t", "teller")
    user.department = Department.objects.get(code="risk")
    user.save()
    page = text_of(browser_of("t").get("/organisation/"))
    assert page.count('<tr><th scope="row">') == 9 + 11
    assert '风险防控部（内部审计部）</th><td class="amount">1<' in page
    assert "市政务服务中心窗口、园区服务窗口、新港区服务窗口" in page
