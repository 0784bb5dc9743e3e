"""Accounts for the portals: a unit clerk makes one, a member with a code from the counter. Nothing is told about others."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from anju.platform.models import AuditEntry, Kind, User
from anju.platform.people.operations import register_person
from anju.registry.models import Member, MemberActivation, MemberSignIn, Unit, UnitAgent
from anju.registry.queries import member_of, units_of
from anju.registry.sign_ins import ActivationError, SignInExistsError, issue_activation, sign_up_member
from sign_ins import AT, PASSWORD, identity_number, new_member, outsider, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nobody_signed_in")]


@pytest.fixture
def member() -> Member:
    return new_member()


def text_of(response) -> str:
    return unescape(response.content.decode())


def clerk_form(**change) -> dict[str, str]:
    return {
        "name": "王小明", "identity_number": identity_number(), "phone": "13912345678", "username": "clerk",
        "password": PASSWORD, "password_again": PASSWORD,
    } | change  # fmt: skip


class TestUnitClerk:
    def test_makes_an_account_and_signs_in(self):
        form, browser = clerk_form(), Client()
        assert browser.post("/employer/sign-up/", form)["Location"] == "/employer/sign-in/"
        user = User.objects.get(username="clerk")
        assert (user.kind, user.role, user.person.identity) == (Kind.UNIT, "", form["identity_number"])
        assert "账号已开通" in text_of(browser.get("/employer/sign-in/"))
        response = browser.post("/employer/sign-in/", {"username": "clerk", "password": PASSWORD})
        assert response["Location"] == "/employer/"
        assert "还没有您经办的单位" in text_of(browser.get("/employer/"))

    def test_a_number_known_under_another_name_tells_nothing_of_it(self):
        number = identity_number()
        register_person(name="欧阳大名", identity_number=number)
        page = text_of(Client().post("/employer/sign-up/", clerk_form(identity_number=number)))
        assert "证件号码与姓名不符，请核对或到柜台办理" in page
        assert "欧阳大名" not in page
        assert "登记的姓名" not in page
        assert not User.objects.filter(username="clerk").exists()

    def test_a_known_person_gets_a_second_account_and_no_second_self(self):
        number = identity_number()
        person = register_person(name="王小明", identity_number=number)
        Client().post("/employer/sign-up/", clerk_form(identity_number=number))
        assert User.objects.get(username="clerk").person == person

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"identity_number": "430602199001011234"}, "校验"),
            ({"phone": "123"}, "手机"),
            ({"password": "short", "password_again": "short"}, "口令太短"),
            ({"password_again": "x"}, "两次填写的口令不同"),
            ({"username": "13912345678"}, "登录名须以字母开头"),
            ({"name": ""}, "请填写姓名"),
        ],
    )
    def test_what_is_wrong_is_said_and_what_was_typed_stays(self, change, message):
        before = User.objects.count()
        page = text_of(Client().post("/employer/sign-up/", clerk_form(**change)))
        assert message in page
        assert PASSWORD not in page
        assert "clerk" in page or "username" in change
        assert User.objects.count() == before

    def test_names_and_numbers_cannot_be_found_out_by_trying(self):
        outsider("taken", Kind.UNIT)
        for _try in range(11):
            response = Client().post("/employer/sign-up/", clerk_form(username="taken"))
        assert "尝试次数过多" in text_of(response)


class TestMember:
    def test_a_code_from_the_counter_makes_the_account_of_exactly_this_member(self, member):
        staff("t", "teller")
        counter = Client()
        counter.force_login(User.objects.get(username="t"))
        address = f"/members/{member.number}/activation/"
        asked = counter.get(address)
        assert MemberActivation.objects.count() == 0
        assert "王小明" not in text_of(asked)
        code = re.search(r'<p class="panel code">([A-Z2-9]{10})</p>', text_of(counter.post(address)))[1]
        assert code not in MemberActivation.objects.get().digest
        browser = Client()
        fields = {"number": member.identity, "code": code.lower(), "username": "xiaoming", "password": PASSWORD}
        answer = browser.post("/member/sign-up/", {**fields, "password_again": PASSWORD})
        assert answer["Location"] == "/member/sign-in/"
        user = User.objects.get(username="xiaoming")
        assert (user.kind, user.person.name, user.person.identity) == (Kind.MEMBER, member.name, member.identity)
        assert member_of(user) == member
        browser.post("/member/sign-in/", {"username": "xiaoming", "password": PASSWORD})
        assert member.number in text_of(browser.get("/member/"))
        assert AuditEntry.objects.filter(action="member.activation-issued", actor="t").count() == 1
        assert "已开通个人登录" in text_of(counter.post(address))

    def test_a_wrong_code_an_unknown_number_and_none_issued_are_told_alike(self, member):
        issue_activation(member=member, by="t", at=timezone.now())
        pages = set()
        for number, code in ((member.number, "AAAAAAAAAA"), ("M404", "AAAAAAAAAA"), (identity_number(), "AAAAAAAAAA")):
            fields = {
                "number": number,
                "code": code,
                "username": "someone",
                "password": PASSWORD,
                "password_again": PASSWORD,
            }
            page = text_of(Client().post("/member/sign-up/", fields))
            assert "账号或激活码不正确" in page
            assert number not in page
            pages.add(re.sub(r'value="[^"]*"', "", page))
        assert len(pages) == 1

    def test_five_tries_and_the_sixth_is_refused_with_the_right_code(self, member):
        code = issue_activation(member=member, by="t", at=AT)
        for _try in range(5):
            with pytest.raises(ActivationError):
                sign_up_member(number=member.number, code="WRONG", username="someone", password=PASSWORD, at=AT)
        with pytest.raises(ActivationError):
            sign_up_member(number=member.number, code=code, username="someone", password=PASSWORD, at=AT)
        fresh = issue_activation(member=member, by="t", at=AT)
        sign_up_member(number=member.number, code=fresh, username="someone", password=PASSWORD, at=AT)

    def test_a_code_lives_a_day_and_the_next_one_voids_it(self, member):
        first, second = (issue_activation(member=member, by="t", at=AT) for _each in range(2))
        facts = {"number": member.number, "username": "someone", "password": PASSWORD}
        for code, at in ((first, AT), (second, AT + timedelta(hours=24))):
            with pytest.raises(ActivationError):
                sign_up_member(**facts, code=code, at=at)
        sign_up_member(**facts, code=second, at=AT + timedelta(hours=23, minutes=59))
        with pytest.raises(SignInExistsError):
            issue_activation(member=member, by="t", at=AT)

    def test_a_name_that_is_taken_costs_neither_the_code_nor_the_account(self, member):
        outsider("taken", Kind.MEMBER)
        code = issue_activation(member=member, by="t", at=timezone.now())
        fields = {
            "number": member.number,
            "code": code,
            "username": "taken",
            "password": PASSWORD,
            "password_again": PASSWORD,
        }
        assert "登录名已被使用" in text_of(Client().post("/member/sign-up/", fields))
        assert MemberSignIn.objects.count() == 0
        assert Client().post("/member/sign-up/", fields | {"username": "free-name"}).status_code == 302

    def test_only_a_teller_hands_out_codes(self, member):
        for role in ("director", "auditor", "system_admin"):
            staff(role, role)
            browser = Client()
            browser.force_login(User.objects.get(username=role))
            assert browser.post(f"/members/{member.number}/activation/").status_code == 403


def test_whose_units_a_clerk_may_act_for(member):
    user, other = outsider("u", Kind.UNIT), outsider("v", Kind.UNIT)
    unit = Unit.objects.get(pk=member.unit_id)
    UnitAgent.objects.create(user=user, unit=unit, since=AT.date())
    assert (units_of(user), units_of(other), member_of(user)) == ([unit], [], None)
