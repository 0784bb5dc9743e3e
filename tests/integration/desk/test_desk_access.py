"""The workbench: who opens what, what is masked, what is recorded."""

import re
from html import unescape

import pytest
from django.utils import timezone

from anju.cases import catalogue, operations, queries
from anju.cases.actors import Actor
from anju.cases.models import Case, Message
from anju.cases.states import Verb
from anju.platform.models import AuditEntry, Role, User
from anju.platform.people.models import Kind
from anju.web.access import ROLES
from desk_walk import (
    ANSWERS,
    AT,
    HOSTILE,
    IDENTITY,
    OPENS,
    PHONE,
    accepted,
    addresses,
    browser_of,
    office,
    started,
    text_of,
    typed_on,
    unique,
)
from sign_ins import outsider, staff


class TestWhoOpensWhat:
    def test_every_address_of_the_desk_is_in_its_table(self):
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


def test_what_the_center_does_by_itself_asks_for_no_applicant(desk):
    page = desk.get("/desk/new/C04/")
    assert "由中心办理" in text_of(page)
    assert "单位账号、个人账号或证件号码" not in text_of(page)
    key = re.search(r'name="key" value="([^"]+)"', text_of(page))[1]
    begun = desk.post("/desk/new/C04/", {"key": key, "channel": "counter", "kind": "center"})
    assert begun.status_code == 302
    assert "/form/" in begun["Location"]
