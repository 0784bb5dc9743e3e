"""The workbench by Django's test client: who opens what, what is masked, what is recorded, and that nothing typed is lost."""

import re
import threading
import uuid
from datetime import UTC, date, datetime
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

import uploads
from anju.cases import catalogue, operations, queries
from anju.cases.actors import Actor
from anju.cases.declarations import ApplicantKind, Channel
from anju.cases.models import Case, CaseForm, Message
from anju.cases.states import Verb
from anju.cases.transition import transition
from anju.contributions.sheets.operations import upload
from anju.platform.models import AuditEntry, Office, Person, Role, User
from anju.platform.people.models import Kind
from anju.web.access import ROLES
from case_items.errand import Errand
from portal_walk import a_unit
from sign_ins import outsider, staff

AT = datetime(2026, 5, 11, 1, 0, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>&\"'"
IDENTITY, PHONE = "430602199001011235", "13812345678"
ADMINS = {"system_admin", "security_admin"}
CASES = {*Role.values} - ADMINS
COUNTER = {"teller", "service"}
#: URL name → who opens it; written out here so that a change of the rules shows.
OPENS = {
    "desk": CASES, "desk-search": CASES, "desk-case": CASES, "desk-move": CASES, "desk-claim": CASES,
    "desk-reveal": CASES, "desk-receipt": CASES, "desk-file": CASES, "desk-new": COUNTER, "desk-start": COUNTER,
    "desk-drafts": COUNTER, "desk-form": COUNTER, "catalogue": {*Role.values}, "catalogue-item": {*Role.values},
    "messages": {*Role.values},
    "desk-sheets": {"teller"}, "desk-sheet-new": {"teller"}, "desk-sheet-template": {"teller"}, "desk-sheet": {"teller"},
    "desk-sheet-remarks": {"teller"}, "desk-sheet-drop": {"teller"}, "desk-sheet-use": {"teller"},
}  # fmt: skip


@pytest.fixture(autouse=True)
def _item(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # nobody types a password here
    catalogue.register(Errand())
    Errand.effects.clear()
    yield
    catalogue.forget("T01")


def unique(role):
    return f"{role or 'none'}-{uuid.uuid4().hex[:12]}"


def browser_of(user):
    browser = Client()
    browser.force_login(user)
    return browser


def text_of(response):
    return unescape(response.content.decode())


@pytest.fixture
def teller(db):
    return staff(unique("teller"), "teller", name="张柜员")


@pytest.fixture
def reviewer(db):
    return staff(unique("reviewer"), "reviewer", name="李复核")


@pytest.fixture
def desk(teller):
    return browser_of(teller)


def accepted(*, title="买印章", office=None, name="王小明"):
    """A case that a member handed in through the portal."""
    member = Actor.of(outsider(unique("m"), Kind.MEMBER, name=name))
    case = operations.open_draft(
        item="T01", channel=Channel.MEMBER, applicant_kind=ApplicantKind.MEMBER, reference="", actor=member, at=AT,
        business_date=date(2026, 5, 11), applicant_person=member.person,
    )  # fmt: skip
    operations.save_draft(number=case.number, typed={"title": [title], "amount": ["12"]}, actor=member, at=AT)
    case = operations.submit(
        number=case.number, expected_version=0, actor=member, at=AT, business_date=date(2026, 5, 11)
    )
    if office is not None:
        mover = Actor.of(staff(unique("teller"), "teller"))
        case = moved(case, Verb.TRANSFER, mover, office=office.pk, reason="属地办理")
    return case


def moved(case, verb, by, *, day=date(2026, 5, 11), **facts):
    actor = by if isinstance(by, Actor) else Actor.of(by)
    return transition(
        number=case.number, verb=verb, expected_version=case.version, actor=actor, at=AT,
        business_date=day, **facts,
    )  # fmt: skip


def office(name):
    return Office.objects.create(code=uuid.uuid4().hex[:12], name=f"{name}{uuid.uuid4().hex[:6]}", place=1)


def started(browser, **facts):
    """A draft of T01 opened at the counter; its number."""
    page = text_of(browser.get("/desk/new/T01/"))
    key = re.search(r'name="key" value="([^"]+)"', page)[1]
    typed = {"key": key, "channel": "counter", "kind": "member", "name": "赵大", "identity": IDENTITY, "phone": PHONE}
    response = browser.post("/desk/new/T01/", {**typed, **facts})
    assert response.status_code == 302, text_of(response)
    return response["Location"].split("/")[3]


def typed_on(browser, number, verb="save", **facts):
    """Send the counter's form as its page stands, with these answers."""
    page = text_of(browser.get(f"/desk/cases/{number}/form/"))
    own = {name: re.search(rf'name="{name}" value="(\d+)"', page)[1] for name in ("case-stamp", "case-version")}
    answers = {"title": "买印章", "amount": "12"}
    return browser.post(f"/desk/cases/{number}/form/", {**own, **answers, "case-verb": verb, **facts})


def addresses(case, material=1):
    number = case.number
    return {
        "desk": reverse("desk"),
        "desk-search": reverse("desk-search"),
        "desk-drafts": reverse("desk-drafts"),
        "desk-new": reverse("desk-new"),
        "desk-start": reverse("desk-start", args=["T01"]),
        "desk-case": reverse("desk-case", args=[number]),
        "desk-form": reverse("desk-form", args=[number]),
        "desk-claim": reverse("desk-claim", args=[number]),
        "desk-reveal": reverse("desk-reveal", args=[number]),
        "desk-receipt": reverse("desk-receipt", args=[number]),
        "desk-file": reverse("desk-file", args=[number, material]),
        "desk-move": reverse("desk-move", args=[number, "forward"]),
        "catalogue": reverse("catalogue"),
        "catalogue-item": reverse("catalogue-item", args=["T01"]),
        "messages": reverse("messages"),
        **list_pages(),
    }


def list_pages():
    """Pages of a unit's list at the counter."""
    unit = a_unit()
    sheet = upload(
        unit_number=unit.number, kind="bases", month=None, content="姓名,证件号码,上年月平均工资\n王小明,1,5000\n".encode(),
        actor="tests", at=AT, business_date=date(2026, 5, 11),
    )  # fmt: skip
    own = ("desk-sheet", "desk-sheet-remarks", "desk-sheet-drop", "desk-sheet-use")
    return {
        "desk-sheets": reverse("desk-sheets", args=[unit.number]),
        **{name: reverse(name, args=[unit.number, "bases"]) for name in ("desk-sheet-new", "desk-sheet-template")},
        **{name: reverse(name, args=[sheet.number]) for name in own},
    }


#: What a page answers to whoever may open it: most 200, the form leads back when it cannot be typed on.
ANSWERS = {
    "desk-form": 302, "desk-claim": 405, "desk-file": 404, "desk-sheet-drop": 405, "desk-sheet-use": 405,
    "desk-sheet-template": 200, "desk-sheet-remarks": 200,
}  # fmt: skip


class TestWhoOpensWhat:
    def test_every_address_of_the_desk_is_in_the_table_above(self):
        mine = {name for name in ROLES if name.startswith(("desk", "catalogue", "messages"))}
        assert {name: {*ROLES[name]} for name in mine} == OPENS

    @pytest.mark.parametrize("role", [*Role.values, ""])
    def test_each_role_opens_its_pages_and_refusals_hold_nothing_of_the_case(self, db, role):
        case = accepted(title="机密事由")
        browser = browser_of(staff(unique(role), role))
        for name, address in addresses(case).items():
            response = browser.get(address)
            expected = ANSWERS.get(name, 200) if role in OPENS[name] else 403
            assert response.status_code == expected, name
            if expected == 403:
                assert "机密事由" not in text_of(response)
                assert case.number not in text_of(response).replace(address, "")

    @pytest.mark.parametrize("kind", [Kind.UNIT, Kind.MEMBER])
    def test_portals_do_not_open_the_desk(self, db, kind):
        case = accepted()
        browser = browser_of(outsider(unique("x"), kind))
        for name, address in addresses(case).items():
            assert browser.get(address).status_code == 403, name
            assert browser.post(address).status_code == 403, name

    def test_another_offices_case_and_anothers_draft_are_not_there(self, teller, desk):
        here, there = office("甲"), office("乙")
        case = accepted(title="机密事由", office=there)
        near = browser_of(staff(unique("teller"), "teller", office=here))
        draft = Case.objects.get(number=started(near))
        for browser, hidden in ((near, case), (desk, draft)):
            for name, address in addresses(hidden).items():
                if name.startswith("desk-") and hidden.number in address:
                    for response in (browser.get(address), browser.post(address, {"reason": "x"})):
                        assert response.status_code in (404, 405), name
                        assert "机密事由" not in text_of(response)
        assert case.number not in text_of(near.get("/desk/"))
        assert "没有找到案件" in text_of(near.post("/desk/search/", {"number": case.number}))
        assert case.number in text_of(browser_of(staff(unique("teller"), "teller", office=there)).get("/desk/"))

    @pytest.mark.parametrize("role", ["teller", "auditor", "office_head"])
    def test_no_page_links_to_one_that_its_reader_may_not_open(self, db, role):
        case = accepted()
        browser, links = browser_of(staff(unique(role), role)), set()
        for name, address in addresses(case).items():
            if role in OPENS[name] and name not in ANSWERS:
                found = re.findall(r'href="(/[^"]*)"', browser.get(address).content.decode())
                links |= {unescape(link) for link in found if not link.startswith("/static/")}
        assert {link: browser.get(link).status_code for link in links} == dict.fromkeys(links, 200)

    def test_an_auditor_reads_and_moves_nothing_a_director_voids(self, db):
        case = accepted()
        auditor, director = (browser_of(staff(unique(r), r)) for r in ("auditor", "director"))
        assert f"/desk/cases/{case.number}/do/" not in text_of(auditor.get(f"/desk/cases/{case.number}/"))
        page = text_of(director.get(f"/desk/cases/{case.number}/"))
        assert set(re.findall(r"/do/(\w+)/", page)) == {"void"}
        for verb in Verb.values:
            facts = {"move-version": "1", "move-reason": "理由"}
            assert auditor.post(f"/desk/cases/{case.number}/do/{verb}/", facts).status_code == 200
        assert Case.objects.get(pk=case.pk).version == 1
        assert auditor.post(f"/desk/cases/{case.number}/claim/").status_code == 302
        assert Case.objects.get(pk=case.pk).handler_id is None
        for each in (auditor, director):
            assert case.number in text_of(each.get("/desk/?role=teller"))
        assert browser_of(staff(unique("teller"), "teller")).get("/desk/?role=reviewer").status_code == 404


class TestQueue:
    def test_the_most_urgent_comes_first_and_pages_do_not_repeat(self, teller, desk, monkeypatch):
        from anju.web.views import desk as module

        cases = [accepted(title=f"事由{index}") for index in range(5)]
        monkeypatch.setattr(module, "_SHOWN", 2)
        seen, address = [], "/desk/?item=T01"
        while address:
            page = text_of(desk.get(address))
            seen += re.findall(r"/desk/cases/(T01\d+)/", page)
            following = re.search(r'rel="next" href="([^"]+)"', page)
            address = following and following[1]
        assert seen == [case.number for case in cases]

    @pytest.mark.parametrize("query", ["after=x", "after=2026-13-40.1", "after=2026-05-11.", "role=nobody"])
    def test_an_address_made_up_is_not_found(self, desk, query):
        assert desk.get(f"/desk/?{query}").status_code == 404

    def test_what_i_made_is_marked_and_what_i_took_can_be_filtered(self, reviewer, teller):
        case, other = (moved(accepted(), Verb.FORWARD, teller) for _each in range(2))
        twin = browser_of(staff(unique("reviewer"), "reviewer", person=teller.person))
        assert "本人经办" in text_of(twin.get("/desk/"))
        browser = browser_of(reviewer)
        assert "本人经办" not in text_of(browser.get("/desk/"))
        assert "没有符合条件的待办" in text_of(browser.get("/desk/?mine=on"))
        browser.post(f"/desk/cases/{case.number}/claim/")
        mine = text_of(browser.get("/desk/?mine=on"))
        assert case.number in mine
        assert other.number not in mine
        assert other.number in text_of(browser.get("/desk/"))

    def test_one_of_two_tellers_takes_a_case(self, teller, desk):
        case = accepted()
        colleague = browser_of(staff(unique("teller"), "teller"))
        desk.post(f"/desk/cases/{case.number}/claim/")
        late = colleague.post(f"/desk/cases/{case.number}/claim/", follow=True)
        assert "已由他人领取" in text_of(late)
        assert Case.objects.get(pk=case.pk).handler_id == teller.pk
        assert case.number in text_of(desk.get("/desk/?mine=on"))
        desk.post(f"/desk/cases/{case.number}/claim/", {"release": "1"})
        assert Case.objects.get(pk=case.pk).handler_id is None

    def test_a_queue_asks_as_many_questions_for_one_case_as_for_twenty(self, desk):
        accepted()
        desk.get("/desk/")
        with CaptureQueriesContext(connection) as one:
            desk.get("/desk/")
        for index in range(8):
            accepted(title=f"事由{index}")
        with CaptureQueriesContext(connection) as many:
            desk.get("/desk/")
        assert len(many) == len(one) <= 14


class TestWhatIsShown:
    def test_numbers_are_masked_until_a_reason_is_given_and_recorded(self, desk, teller):
        hidden = Case.objects.get(number=started(desk))
        typed_on(desk, hidden.number, title=f"电话{PHONE}，证件 {IDENTITY[:6]} {IDENTITY[6:]}，１３８１２３４５６７８")
        page = text_of(desk.get(f"/desk/cases/{hidden.number}/"))
        assert PHONE not in page
        assert IDENTITY[6:] not in page
        assert "１３８１２３４５６７８" not in page
        assert page.count("138****5678") == 2
        assert "4306**********1235" in page
        empty = text_of(desk.post(f"/desk/cases/{hidden.number}/reveal/", {"reason": " "}))
        assert "请写明理由" in empty
        assert PHONE not in empty
        assert "不要写证件号码" in text_of(desk.post(f"/desk/cases/{hidden.number}/reveal/", {"reason": IDENTITY}))
        before = AuditEntry.objects.filter(action="case.reveal").count()
        assert PHONE in text_of(desk.post(f"/desk/cases/{hidden.number}/reveal/", {"reason": "电话回访"}))
        latest = AuditEntry.objects.filter(action="case.reveal").order_by("-pk").first()
        assert AuditEntry.objects.filter(action="case.reveal").count() == before + 1
        assert (latest.actor, latest.object_reference) == (teller.username, hidden.number)
        assert latest.detail == {"reason": "电话回访"}
        assert PHONE not in text_of(desk.get(f"/desk/cases/{hidden.number}/"))

    def test_every_look_is_recorded(self, desk, teller):
        case = accepted()
        desk.get(f"/desk/cases/{case.number}/")
        seen = AuditEntry.objects.filter(object_reference=case.number, action="case.view")
        assert [row.actor for row in seen] == [teller.username]

    def test_hostile_text_is_shown_as_text(self, desk):
        case = accepted(title=HOSTILE)
        for address in ("/desk/", f"/desk/cases/{case.number}/", f"/desk/cases/{case.number}/receipt/"):
            raw = desk.get(address).content.decode()
            assert "<script>alert" not in raw
        assert HOSTILE in text_of(desk.get(f"/desk/cases/{case.number}/"))

    def test_the_applicant_is_masked_in_lists_and_on_the_case(self, desk):
        case = accepted(name="欧阳明月")
        for address in ("/desk/", f"/desk/cases/{case.number}/"):
            page = text_of(desk.get(address))
            assert "欧阳明月" not in page
            assert "欧**月" in page or "欧*月" in page

    def test_an_item_that_is_gone_leaves_a_case_that_can_be_read_and_ended(self, desk):
        case = accepted(title="旧事项内容")
        catalogue.forget("T01")
        page = text_of(desk.get(f"/desk/cases/{case.number}/"))
        assert "该事项已停办" in page
        assert "旧事项内容" in page
        assert "T01（已停办）" in text_of(desk.get("/desk/"))

    def test_answers_that_the_form_no_longer_asks_stand_aside(self, desk):
        case = accepted()
        number = started(desk)
        operations.save_draft(
            number=number, typed={"colour": ["朱红"]}, actor=Actor.of(User.objects.get(pk=desk.session["_auth_user_id"])),
            at=AT,
        )  # fmt: skip
        for address in (f"/desk/cases/{number}/", f"/desk/cases/{number}/form/"):
            page = text_of(desk.get(address))
            assert "原表单项" in page
            assert "朱红" in page
        assert "原表单项" not in text_of(desk.get(f"/desk/cases/{case.number}/"))


class TestMoves:
    def test_the_whole_way_by_teller_and_reviewer(self, desk, teller, reviewer):
        case = accepted()
        page = text_of(desk.get(f"/desk/cases/{case.number}/do/forward/"))
        assert f'name="move-version" value="{case.version}"' in page
        response = desk.post(f"/desk/cases/{case.number}/do/forward/", {"move-version": case.version}, follow=True)
        assert "已办理：送复核" in text_of(response)
        second = browser_of(reviewer)
        done = second.post(f"/desk/cases/{case.number}/do/approve/", {"move-version": "2"}, follow=True)
        assert "办结" in text_of(done)
        assert Case.objects.get(pk=case.pk).state == "completed"

    @pytest.mark.parametrize("verb", ["supplement", "reject", "transfer"])
    def test_a_reason_is_asked_for(self, desk, verb):
        case = accepted()
        page = text_of(desk.post(f"/desk/cases/{case.number}/do/{verb}/", {"move-version": "1", "move-reason": " "}))
        assert "请写明理由" in page
        assert Case.objects.get(pk=case.pk).version == 1

    def test_a_case_goes_to_another_office(self, desk):
        case, there = accepted(), office("丙")
        facts = {"move-version": "1", "move-reason": "属地办理", "move-office": there.pk}
        nowhere = {**facts, "move-office": ""}
        assert "请选择转给哪里" in text_of(desk.post(f"/desk/cases/{case.number}/do/transfer/", nowhere))
        desk.post(f"/desk/cases/{case.number}/do/transfer/", facts)
        assert Case.objects.get(pk=case.pk).office == there
        back = {"move-version": "2", "move-reason": "退回本级", "move-office": "center"}
        desk.post(f"/desk/cases/{case.number}/do/transfer/", back)
        assert Case.objects.get(pk=case.pk).office is None

    def test_an_identity_number_in_a_reason_is_refused_and_the_text_stays(self, desk):
        case = accepted()
        facts = {"move-version": "1", "move-reason": f"证件 {IDENTITY} 不清楚"}
        page = text_of(desk.post(f"/desk/cases/{case.number}/do/supplement/", facts))
        assert "理由中含身份证件号码" in page
        assert "不清楚</textarea>" in page

    def test_a_stale_page_tells_what_happened_and_keeps_what_was_typed(self, desk, teller):
        case = accepted()
        colleague = staff(unique("teller"), "teller", name="钱同事")
        moved(case, Verb.TRANSFER, colleague, reason="先转一下", office=None)
        facts = {"move-version": "1", "move-reason": "请补身份证明"}
        page = text_of(desk.post(f"/desk/cases/{case.number}/do/supplement/", facts))
        assert "案件已被他人办理" in page
        assert "钱同事" in page
        assert "先转一下" in page
        assert "请补身份证明</textarea>" in page
        assert 'name="move-version" value="2"' in page
        again = {**facts, "move-version": "2"}
        assert desk.post(f"/desk/cases/{case.number}/do/supplement/", again).status_code == 302
        assert Case.objects.get(pk=case.pk).state == "supplement"

    def test_a_stale_page_whose_verb_is_gone_keeps_what_was_typed(self, desk, teller):
        case = accepted()
        moved(case, Verb.FORWARD, staff(unique("teller"), "teller"))
        facts = {"move-version": "1", "move-reason": "请补身份证明"}
        page = text_of(desk.post(f"/desk/cases/{case.number}/do/supplement/", facts))
        assert "请补身份证明</textarea>" in page
        assert "确认通知补正" not in page

    def test_a_click_that_arrives_twice_is_one_move(self, desk):
        case = accepted()
        for _each in range(2):
            response = desk.post(f"/desk/cases/{case.number}/do/forward/", {"move-version": "1"})
            assert response.status_code == 302
        assert Case.objects.get(pk=case.pk).version == 2

    def test_a_maker_under_another_account_is_told(self, desk, teller):
        case = moved(accepted(), Verb.FORWARD, teller)
        twin = browser_of(staff(unique("reviewer"), "reviewer", person=teller.person))
        assert "本人经办" in text_of(twin.get(f"/desk/cases/{case.number}/"))
        page = text_of(twin.post(f"/desk/cases/{case.number}/do/approve/", {"move-version": "2"}))
        assert "换账号也不能复核" in page
        assert Case.objects.get(pk=case.pk).state == "review"

    @pytest.mark.parametrize("verb", ["nothing", "submit", "settle"])
    def test_a_verb_that_has_no_page_moves_nothing(self, desk, verb):
        case = accepted()
        response = desk.post(f"/desk/cases/{case.number}/do/{verb}/", {"move-version": "1"})
        assert response.status_code in (200, 404)
        assert Case.objects.get(pk=case.pk).version == 1


class TestCounter:
    def test_a_case_from_start_to_receipt(self, desk, teller):
        number = started(desk)
        assert Person.objects.filter(identity_index=IDENTITY).count() == 1
        response = typed_on(desk, number, "submit")
        assert response["Location"] == f"/desk/cases/{number}/receipt/"
        page = text_of(desk.get(response["Location"]))
        assert number in page
        assert "赵*" in page
        case = Case.objects.get(number=number)
        assert (case.state, case.maker_id, case.channel) == ("review", teller.person_id, "counter")

    def test_invalid_answers_are_kept_and_shown_with_their_errors(self, desk):
        number = started(desk)
        page = text_of(typed_on(desk, number, "submit", title="", amount="十二"))
        assert 'value="十二"' in page
        assert page.count("errorlist") == 2
        assert CaseForm.objects.get(case__number=number).submitted is False
        page = text_of(desk.get(f"/desk/cases/{number}/form/"))
        assert 'value="十二"' in page
        assert "errorlist" not in page

    def test_rules_and_missing_papers_are_told_and_nothing_is_lost(self, desk):
        number = started(desk)
        assert "事由不符合规定" in text_of(typed_on(desk, number, "submit", title="不准"))
        page = text_of(typed_on(desk, number, "submit", rush="on"))
        assert "还缺材料：证明、补充材料" in page
        assert "缺少这项材料，请登记承诺书编号，或勾选容缺受理" in page
        assert "容缺受理：补充材料在 5 个工作日内补交" in page
        response = typed_on(
            desk, number, "submit", rush="on", **{"declared-proof": "承诺书一号", "case-tolerate": "later"}
        )
        assert response.status_code == 302
        case = Case.objects.get(number=number)
        assert case.tolerances.get().code == "later"
        assert "承诺书一号" in text_of(desk.get(f"/desk/cases/{number}/"))
        page = text_of(desk.get(f"/desk/cases/{number}/form/"))
        assert "容缺受理，须在" in page
        assert "事由</" not in page
        typed_on(desk, number, **{"declared-later": "承诺书二号"})
        assert case.tolerances.get().fulfilled_at is not None

    def test_two_windows_on_one_draft_do_not_overwrite_each_other_unseen(self, desk):
        number = started(desk)
        page = text_of(desk.get(f"/desk/cases/{number}/form/"))
        stamp = re.search(r'name="case-stamp" value="(\d+)"', page)[1]
        typed_on(desk, number, title="甲窗口")
        facts = {"case-stamp": stamp, "case-version": "0", "title": "乙窗口", "amount": "12", "case-verb": "save"}
        page = text_of(desk.post(f"/desk/cases/{number}/form/", facts))
        assert "在另一窗口保存过" in page
        assert "甲窗口" in page
        assert 'value="乙窗口"' in page
        fresh = re.search(r'name="case-stamp" value="(\d+)"', page)[1]
        assert desk.post(f"/desk/cases/{number}/form/", {**facts, "case-stamp": fresh}).status_code == 302
        assert 'value="乙窗口"' in text_of(desk.get(f"/desk/cases/{number}/form/"))

    def test_a_click_that_arrives_twice_opens_one_draft_and_hands_in_once(self, desk):
        page = text_of(desk.get("/desk/new/T01/"))
        key = re.search(r'name="key" value="([^"]+)"', page)[1]
        facts = {
            "key": key,
            "channel": "counter",
            "kind": "member",
            "name": "赵大",
            "identity": IDENTITY,
            "phone": PHONE,
        }
        first, second = (desk.post("/desk/new/T01/", facts)["Location"] for _each in range(2))
        assert first == second
        number = first.split("/")[3]
        facts = {"case-stamp": "0", "case-version": "0", "case-verb": "submit", "title": "甲", "amount": "1"}
        again = [desk.post(f"/desk/cases/{number}/form/", facts)["Location"] for _each in range(2)]
        assert again == [f"/desk/cases/{number}/receipt/"] * 2
        assert Case.objects.get(number=number).version == 2

    def test_the_same_page_for_another_applicant_is_another_draft(self, desk):
        key = "one-key"
        person = {"name": "赵大", "identity": IDENTITY, "phone": PHONE}
        other = {"name": "钱二", "identity": "110101199003074477", "phone": PHONE}
        facts = {"key": key, "channel": "counter", "kind": "member"}
        assert (
            desk.post("/desk/new/T01/", {**facts, **person})["Location"]
            != desk.post("/desk/new/T01/", {**facts, **other})["Location"]
        )

    @pytest.mark.parametrize(
        ("facts", "message"),
        [
            ({"number": "999"}, "没有找到这个号码的个人账户"),
            ({"number": "430602199001011230"}, "校验码错误"),
            ({"number": "999", "kind": "unit"}, "没有这个单位账号"),
            ({"name": "赵大"}, "请填写申请人的证件号码"),
            ({"name": "赵大", "identity": IDENTITY, "phone": "123"}, "手机号码应为"),
            ({"name": "赵大", "identity": "4306", "phone": PHONE}, "应为 18 位"),
            ({"name": "", "identity": "", "phone": ""}, "请填写账号"),
            ({"channel": "bank"}, "选择"),
            ({"number": "9" * 41}, "内容过长"),
            ({"name": "a\x00b", "identity": IDENTITY, "phone": PHONE}, "空字符"),
        ],
    )
    def test_an_applicant_told_wrongly_is_asked_for_again(self, desk, facts, message):
        before = Case.objects.count()
        typed = {"key": "k", "channel": "counter", "kind": "member", **facts}
        response = desk.post("/desk/new/T01/", typed)
        assert response.status_code == 200
        assert message in text_of(response)
        assert Case.objects.count() == before

    def test_drafts_are_mine_until_handed_in(self, desk):
        number = started(desk)
        assert number in text_of(desk.get("/desk/drafts/"))
        assert number not in text_of(browser_of(staff(unique("teller"), "teller")).get("/desk/drafts/"))
        typed_on(desk, number, "submit")
        assert "没有草稿" in text_of(desk.get("/desk/drafts/"))

    def test_a_supplement_is_typed_and_handed_in_again(self, desk, teller):
        number = started(desk)
        typed_on(desk, number, "submit")
        case = Case.objects.get(number=number)
        case = moved(
            case, Verb.RETURN, staff(unique("reviewer"), "reviewer"), reason="金额核对", day=timezone.localdate()
        )
        case = moved(case, Verb.SUPPLEMENT, teller, reason="请更正金额", day=timezone.localdate())
        page = text_of(desk.get(f"/desk/cases/{number}/form/"))
        assert "请更正金额" in page
        assert typed_on(desk, number, "submit", amount="13").status_code == 302
        assert Case.objects.get(number=number).state == "review"


class TestPapers:
    def test_a_paper_comes_in_is_seen_and_recorded(self, desk, teller):
        number = started(desk)
        typed_on(desk, number, rush="on")
        paper = SimpleUploadedFile("证明.pdf", uploads.pdf(), content_type="text/html")
        response = typed_on(desk, number, rush="on", **{"file-proof": paper})
        assert response.status_code == 302, text_of(response)
        row = Case.objects.get(number=number).materials.get()
        address = f"/desk/cases/{number}/files/{row.pk}/"
        assert address in text_of(desk.get(f"/desk/cases/{number}/form/"))
        seen = desk.get(address)
        assert seen["Content-Type"] == "application/pdf"
        assert b"".join(seen.streaming_content) == uploads.pdf()
        assert AuditEntry.objects.filter(action="case.file", object_reference=number).count() == 1
        assert desk.get(f"/desk/cases/{accepted().number}/files/{row.pk}/").status_code == 404

    def test_the_same_paper_sent_twice_is_one_and_it_can_be_taken_back(self, desk):
        number = started(desk)
        for _each in range(2):
            paper = SimpleUploadedFile("a.pdf", uploads.pdf())
            typed_on(desk, number, rush="on", **{"file-proof": paper})
        row = Case.objects.get(number=number).materials.get()
        typed_on(desk, number, f"remove-{row.pk}", rush="on")
        assert not Case.objects.get(number=number).materials.filter(removed_at=None).exists()
        assert desk.get(f"/desk/cases/{number}/files/{row.pk}/").status_code == 404

    def test_a_refused_paper_is_told_beside_its_input_and_the_answers_stay(self, desk):
        number = started(desk)
        paper = SimpleUploadedFile("x.pdf", b"<html>", content_type="application/pdf")
        page = text_of(typed_on(desk, number, "submit", title="保留", rush="on", **{"file-proof": paper}))
        assert "文件不是 PDF、JPG 或 PNG" in page
        assert 'value="保留"' in page
        assert Case.objects.get(number=number).state == "draft"


class TestSearch:
    def test_a_case_number_opens_the_case(self, desk):
        case = accepted()
        response = desk.post("/desk/search/", {"number": f" {case.number.lower()} "})
        assert response["Location"] == f"/desk/cases/{case.number}/"

    def test_a_person_is_found_by_identity_number_and_the_look_is_recorded(self, desk, teller):
        number = started(desk)
        typed_on(desk, number, "submit")
        response = desk.post("/desk/search/", {"number": " ".join(IDENTITY)})
        page = text_of(response)
        assert number in page
        assert "赵*" in page
        assert IDENTITY not in page
        latest = AuditEntry.objects.filter(action="person.search").order_by("-pk").first()
        assert (latest.actor, latest.object_kind) == (teller.username, "person")
        assert IDENTITY not in str(latest.detail) + latest.object_reference

    def test_units_are_found_by_name_in_scope_and_lead_to_their_cases(self, teller, desk):
        from anju.registry.models import Unit

        here, there = office("丁"), office("戊")
        facts = {"sector": "企业", "unit_ratio": 80_000, "person_ratio": 80_000, "opened_date": date(2020, 1, 1)}
        for number, place in (("9000001", here), ("9000002", there)):
            Unit.objects.create(
                number=number, name=f"湖滨<b>厂{number}", credit_code=number, office=place.name, **facts
            )
        actor = Actor.of(teller)
        case = operations.open_draft(
            item="T01", channel=Channel.COUNTER, applicant_kind=ApplicantKind.UNIT, reference="9000001", actor=actor,
            at=AT, business_date=date(2026, 5, 11),
        )  # fmt: skip
        page = desk.post("/desk/search/", {"number": "湖滨"}).content.decode()
        assert "湖滨&lt;b&gt;厂9000001" in page
        assert "9000002" in page
        assert case.number in text_of(desk.post("/desk/search/", {"number": "9000001"}))
        near = browser_of(staff(unique("teller"), "teller", office=here))
        page = text_of(near.post("/desk/search/", {"number": "湖滨"}))
        assert "9000001" in page
        assert "9000002" not in page

    @pytest.mark.parametrize("number", ["", "x", "没有这家", "' OR 1=1 --", "9" * 200, "T01260511000000009999", "%_%"])
    def test_what_finds_nothing_is_said(self, desk, number):
        accepted()
        response = desk.post("/desk/search/", {"number": number})
        assert response.status_code == 200
        assert "T01260511" not in text_of(response)
        assert re.search("没有找到案件|请填写|过长", text_of(response))

    def test_a_number_in_the_address_is_ignored(self, desk):
        case = accepted()
        assert case.number not in text_of(desk.get(f"/desk/search/?number={case.number}"))


class TestRealItems:
    def test_the_hotline_answers_and_an_answer_that_is_not_ready_is_not_lost(self, db):
        service = browser_of(staff(unique("service"), "service"))
        page = text_of(service.get("/desk/new/S01/"))
        assert page.index("热线") < page.index("柜面")
        facts = {
            "key": "k1",
            "channel": "hotline",
            "kind": "person",
            "name": "赵大",
            "identity": IDENTITY,
            "phone": PHONE,
        }
        form = service.post("/desk/new/S01/", facts)["Location"]
        typed = {"kind": "complaint", "about": f"排队太久，请回电 {PHONE}", "wish": "", "phone": PHONE}
        page = text_of(service.get(form))
        own = {name: re.search(rf'name="{name}" value="(\d+)"', page)[1] for name in ("case-stamp", "case-version")}
        assert service.post(form, {**own, **typed, "case-verb": "submit"}).status_code == 302
        number = form.split("/")[3]
        page = text_of(service.get(f"/desk/cases/{number}/"))
        assert "投诉" in page
        assert PHONE not in page
        act = f"/desk/cases/{number}/do/approve/"
        empty = text_of(service.post(act, {"move-version": "1", "reply": " ", "move-reason": "已核实"}))
        assert "请填写此项" in empty
        assert "已核实</textarea>" in empty
        stale = text_of(service.post(act, {"move-version": "0", "reply": "已增开窗口", "move-reason": ""}))
        assert "案件已被他人办理" in stale
        assert "已增开窗口</textarea>" in stale
        assert service.post(act, {"move-version": "1", "reply": "已增开窗口"}).status_code == 302
        assert Case.objects.get(number=number).state == "completed"
        assert "已增开窗口" in text_of(service.get(f"/desk/cases/{number}/"))

    def test_numbers_of_documents_of_any_kind_are_masked(self, desk):
        facts = {"key": "k2", "channel": "counter", "kind": "unit"}
        form = desk.post("/desk/new/U01/", facts)["Location"]
        typed = {"name": "湖滨机电", "legal_document_type": "02", "legal_number": "E12345678", "agent_number": "4306"}
        own = {"case-stamp": re.search(r'name="case-stamp" value="(\d+)"', text_of(desk.get(form)))[1]}
        desk.post(form, {**own, **typed, "case-version": "0", "case-verb": "save"})
        page = text_of(desk.get(form.replace("form/", "")))
        assert "E12345678" not in page
        assert "E123*5678" in page
        assert "湖滨机电" in page


class TestMessages:
    def test_unread_lines_are_counted_and_opened_once(self, desk, teller):
        case = accepted()
        Message.objects.create(recipient=teller, case=case, event="e", text="即将到期", sent_at=timezone.now())
        first, second = (text_of(desk.get("/messages/")) for _each in range(2))
        assert "即将到期" in first
        assert "未读" in first
        assert "未读" not in second


class TestCatalogue:
    def test_it_is_made_from_the_declaration(self, desk):
        assert "测试事项" in text_of(desk.get("/catalogue/"))
        page = text_of(desk.get("/catalogue/T01/"))
        for word in ("3 个工作日", "证明", "可容缺，5 个工作日内补交", "复核审核", "100,000.00", "柜面", "职工"):
            assert word in page
        assert desk.get("/catalogue/Z99/").status_code == 404


def test_every_answer_carries_the_strict_policy_and_nothing_inline(desk):
    case = accepted(title=HOSTILE)
    for name, address in addresses(case).items():
        if name not in ANSWERS:
            answer = desk.get(address)
            assert answer["Content-Security-Policy"].startswith("default-src 'none'"), name
            assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", answer.content.decode()), name


def test_queues_and_cases_are_the_rooms_own(desk, teller):
    case = accepted()
    assert [w.case.pk for w in queries.queue(actor=Actor.of(teller), item="T01")].count(case.pk) == 1


@pytest.mark.usefixtures("center")
def test_two_tellers_at_once_forward_one_case_once():
    case = accepted()
    browsers = [browser_of(staff(unique("teller"), "teller", name=f"同时{index}")) for index in range(2)]
    answers, gate = [], threading.Barrier(2)

    def click(browser):
        gate.wait()
        answers.append(browser.post(f"/desk/cases/{case.number}/do/forward/", {"move-version": "1"}))
        connections.close_all()

    threads = [threading.Thread(target=click, args=[browser]) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200, 302]
    (loser,) = [text_of(answer) for answer in answers if answer.status_code == 200]
    assert "案件已被他人办理" in loser
    assert "在此期间" in loser
    assert Case.objects.get(pk=case.pk).version == 2


def test_what_the_center_does_by_itself_asks_for_no_applicant(desk):
    page = desk.get("/desk/new/C04/")
    assert "由中心办理" in text_of(page)
    assert "单位账号、个人账号或证件号码" not in text_of(page)
    key = re.search(r'name="key" value="([^"]+)"', text_of(page))[1]
    begun = desk.post("/desk/new/C04/", {"key": key, "channel": "counter", "kind": "center"})
    assert begun.status_code == 302
    assert "/form/" in begun["Location"]
