"""The counter: drafts, papers, the real items; nothing typed is lost."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

import uploads
from anju.cases.models import Case, CaseForm
from anju.cases.states import Verb
from anju.platform.models import AuditEntry, Person
from desk_walk import IDENTITY, PHONE, accepted, browser_of, moved, started, text_of, typed_on, unique
from sign_ins import staff


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
