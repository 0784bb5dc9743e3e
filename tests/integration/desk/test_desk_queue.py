"""The workbench: queues, searches, and what a handler does with a case."""

import re
import threading
from datetime import date

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from anju.cases import operations
from anju.cases.actors import Actor
from anju.cases.declarations import ApplicantKind, Channel
from anju.cases.models import Case
from anju.cases.states import Verb
from anju.platform.models import AuditEntry
from desk_walk import AT, IDENTITY, accepted, browser_of, moved, office, started, text_of, typed_on, unique
from sign_ins import staff


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
