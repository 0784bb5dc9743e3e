"""What goes wrong at a portal: wrong and hostile input, two windows, a button pressed twice, an item that changes or goes."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from anju.cases import answers, catalogue, operations
from anju.cases.actors import Actor
from anju.cases.declarations import Channel, Group
from anju.cases.models import Case, CaseEvent, CaseMaterial
from anju.registry.models import Unit
from case_items.errand import Errand, ErrandForm
from portal_walk import Walk, a_unit, clerk, hidden_inputs, member_user
from sign_ins import PASSWORD
from uploads import pdf, xfa

pytestmark = [pytest.mark.usefixtures("db")]


@pytest.fixture(autouse=True)
def _errand():
    catalogue.register(Errand())
    yield
    catalogue.forget("T01")


@pytest.fixture
def visitor():
    return Walk(member_user())


@pytest.fixture
def case(visitor):
    return visitor.start("T01")


def typed_of(case) -> dict:
    return dict(answers.read(case).answers)


def filled(visitor, case, **more):
    visitor.send(f"cases/{case.number}/questions/what/", verb="continue", **{"title": "买印章", **more})
    visitor.send(f"cases/{case.number}/questions/money/", verb="continue", amount="12")


WRONG = [
    ("what", {"title": ""}, "这个字段是必填项", ""),
    ("what", {"title": "长" * 61}, "60", "长" * 61),
    ("what", {"title": "<script>alert(1)</script>"}, None, "<script>alert(1)</script>"),
    ("what", {"title": "' OR 1=1 --"}, None, "' OR 1=1 --"),
    ("money", {"amount": "十二"}, "整数", "十二"),
    ("money", {"amount": "-1"}, "0", "-1"),
    ("money", {"amount": "1.5"}, "整数", "1.5"),
]


@pytest.mark.parametrize(("group", "typed", "told", "kept"), WRONG)
def test_what_is_typed_is_kept_whatever_it_is_and_errors_stand_beside_it(visitor, case, group, typed, told, kept):
    path = f"cases/{case.number}/questions/{group}/"
    raw = visitor.client.post(f"/member/{path}", {"stamp": "0", "verb": "continue", **typed}, follow=True)
    body = raw.content.decode()
    (name,) = typed
    assert typed_of(case)[name] == [kept]
    if told is None:
        assert raw.redirect_chain
        assert "<script>alert" not in body
    else:
        assert "field-wrong" in body
        assert f'id="id_{name}_error"' in body
        assert told in body
        assert "需更正" in visitor.get(f"cases/{case.number}/tasks/")
    assert "<script>alert" not in visitor.client.get(f"/member/{path}").content.decode()


def test_saving_for_later_keeps_wrong_answers_and_leads_to_the_list(visitor, case):
    visitor.send(f"cases/{case.number}/questions/money/", verb="later", amount="约十元")
    assert visitor.at.endswith("/tasks/")
    assert 'value="约十元"' in visitor.get(f"cases/{case.number}/questions/money/")


def test_a_group_never_saved_shows_no_errors_and_reads_not_begun(visitor, case):
    page = visitor.get(f"cases/{case.number}/questions/what/")
    assert "field-wrong" not in page
    assert "未开始" in visitor.get(f"cases/{case.number}/tasks/")


def test_a_character_that_no_text_may_hold_is_refused_and_the_rest_stays_in_the_page(visitor, case):
    page = visitor.post(
        f"cases/{case.number}/questions/what/", {"stamp": "0", "title": "买\x00印章", "verb": "continue"}
    )
    assert "控制字符" in page
    assert 'value="买印章"' in page
    assert typed_of(case) == {}


def test_text_beyond_all_measure_is_refused_in_words(visitor, case):
    page = visitor.post(f"cases/{case.number}/questions/what/", {"stamp": "0", "title": "长" * 120_000})
    assert "内容过长" in page


def test_fields_that_the_group_does_not_ask_are_not_taken(visitor, case):
    visitor.send(f"cases/{case.number}/questions/what/", title="买印章", amount="99", foreign="x")
    assert set(typed_of(case)) == {"title", "rush"}


def test_two_windows_on_one_draft(visitor, case):
    path = f"cases/{case.number}/questions/what/"
    filled(visitor, case)
    shown = hidden_inputs(visitor.get(path))
    visitor.post(path, {**shown, "title": "甲窗口", "verb": "continue"})
    page = visitor.post(path, {**shown, "title": "乙窗口", "verb": "continue"})
    assert "此申请在另一窗口保存过" in page
    assert "甲窗口" in page  # what the other saved, to compare
    assert 'value="乙窗口"' in page  # nothing typed is lost
    assert typed_of(case)["title"] == ["甲窗口"]
    visitor.post(path, {**hidden_inputs(page), "title": "乙窗口", "verb": "continue"})
    assert typed_of(case)["title"] == ["乙窗口"]


def test_the_same_answers_sent_twice_are_no_quarrel(visitor, case):
    path = f"cases/{case.number}/questions/what/"
    shown = hidden_inputs(visitor.get(path))
    for _twice in range(2):
        page = visitor.post(path, {**shown, "title": "买印章", "verb": "continue"})
        assert "另一窗口" not in page
    assert visitor.at.endswith("/questions/money/")


def test_answers_changed_in_another_window_are_checked_again_before_they_are_handed_in(visitor, case):
    filled(visitor, case)
    shown = hidden_inputs(visitor.get(f"cases/{case.number}/check/"))
    visitor.send(f"cases/{case.number}/questions/money/", verb="continue", amount="99")
    page = visitor.post(f"cases/{case.number}/check/", shown)
    assert "请重新核对" in page
    assert ">99<" in page
    assert Case.objects.get(pk=case.pk).state == "draft"


def test_a_button_pressed_twice_hands_in_once_and_leads_to_the_same_page(visitor, case):
    filled(visitor, case)
    shown = hidden_inputs(visitor.get(f"cases/{case.number}/check/"))
    for _press in range(2):
        assert "申请已提交" in visitor.post(f"cases/{case.number}/check/", shown)
        assert visitor.at == f"/member/cases/{case.number}/done/"
    assert CaseEvent.objects.filter(case=case).count() == 1


def test_start_pressed_twice_opens_one_application(visitor):
    shown = hidden_inputs(visitor.get("items/T01/"))
    for _press in range(2):
        visitor.post("items/T01/start/", shown)
    assert Case.objects.filter(opened_by=visitor.user).count() == 1
    assert "您有一份没有提交的申请" in visitor.get("items/T01/")


def test_a_page_of_a_case_that_somebody_moved_tells_so_and_changes_nothing():
    unit = a_unit()
    one, other = Walk(clerk(unit)), Walk(clerk(unit))
    case = one.start("T01", account=unit.number)
    filled(one, case)
    shown = hidden_inputs(one.get(f"cases/{case.number}/check/"))
    question = hidden_inputs(one.get(f"cases/{case.number}/questions/what/"))
    other.send(f"cases/{case.number}/check/")
    page = one.post(f"cases/{case.number}/check/", shown)
    assert one.at == f"/employer/cases/{case.number}/"
    assert "申请已有变化，现为“已受理”" in page
    page = one.post(f"cases/{case.number}/questions/what/", {**question, "title": "改"})
    assert "刚才填写的内容没有保存" in page
    assert typed_of(case)["title"] == ["买印章"]


@pytest.mark.parametrize("version", ["", "x", "-1", "7", "9" * 30])
def test_a_version_that_no_page_showed_hands_nothing_in(visitor, case, version):
    filled(visitor, case)
    visitor.post(f"cases/{case.number}/check/", {"version": version, "stamp": "1"})
    assert Case.objects.get(pk=case.pk).state == "draft"


def test_rules_that_are_not_met_link_to_the_question(visitor, case):
    filled(visitor, case, title="不准")
    page = visitor.send(f"cases/{case.number}/check/")
    assert "事由不符合规定" in page
    assert f'href="/member/cases/{case.number}/questions/what/?from=check"' in page


def test_check_before_everything_is_filled_in_names_what_is_left(visitor, case):
    page = visitor.send(f"cases/{case.number}/check/")
    assert "“事由”还没有填写" in page
    assert "“金额”还没有填写" in page


def test_an_item_revised_since_the_draft_says_so_and_keeps_old_answers_aside(visitor, case):
    filled(visitor, case)
    operations.save_draft(
        number=case.number, typed={"former": ["旧栏目内容"]}, actor=Actor.of(visitor.user), at=timezone.now()
    )

    class Fresh(ErrandForm):
        pass

    class Revised(Errand):
        revision = 2
        form = Fresh
        groups = (*Errand.groups[:1], Group("money", "款项", ("amount",)))

    catalogue.forget("T01")
    catalogue.register(Revised())
    for page in ("tasks", "questions/what", "check"):
        assert "事项已修订，请核对" in visitor.get(f"cases/{case.number}/{page}/"), page
    check = visitor.get(f"cases/{case.number}/check/")
    assert "原表单项" in check
    assert "旧栏目内容" in check
    visitor.send(f"cases/{case.number}/check/")
    case.refresh_from_db()
    assert (case.state, case.revision) == ("accepted", 2)
    assert "事项已修订" not in visitor.get(f"cases/{case.number}/")


@pytest.mark.parametrize("how", ["gone", "not here"])
def test_a_draft_of_an_item_no_longer_offered_can_only_be_withdrawn(visitor, case, how):
    filled(visitor, case)
    catalogue.forget("T01")
    if how == "not here":

        class Elsewhere(Errand):
            channels = frozenset({Channel.COUNTER})

        catalogue.register(Elsewhere())
    page = visitor.get(f"cases/{case.number}/")
    assert ("这个事项已停办" if how == "gone" else "现在不能在网上办理") in page
    assert "买印章" in page  # what was typed is still there to read
    for path in ("tasks", "questions/what", "materials", "check"):
        visitor.get(f"cases/{case.number}/{path}/")
        assert visitor.at == f"/member/cases/{case.number}/", path
    visitor.get("items/T01/", status=404)
    visitor.get("cases/")
    visitor.get("")
    visitor.send(f"cases/{case.number}/withdraw/")
    assert Case.objects.get(pk=case.pk).state == "withdrawn"


class TestPapers:
    @pytest.fixture
    def rushed(self, visitor, case):
        filled(visitor, case, rush="on")
        return case

    def upload(self, visitor, case, content, name="件.pdf", code="proof"):
        file = SimpleUploadedFile(name, content)
        return visitor.post(f"cases/{case.number}/materials/{code}/", {f"file-{code}": file, "verb": "upload"})

    def test_hostile_and_empty_files_are_refused_beside_their_input(self, visitor, rushed):
        for content, told in ((pdf(xfa), "动态表单"), (b"MZ\x90\x00", "不是 PDF"), (b"", "空的")):
            page = self.upload(visitor, rushed, content, "<b>件</b>.pdf")
            assert told in page
            assert 'id="file-proof-error"' in page
        assert "请选择要上传的文件" in visitor.post(f"cases/{rushed.number}/materials/proof/", {"verb": "upload"})
        assert not CaseMaterial.objects.filter(case=rushed).exists()

    def test_a_file_is_seen_taken_back_and_sent_again(self, visitor, rushed):
        content = pdf()
        self.upload(visitor, rushed, content)
        row = CaseMaterial.objects.get(case=rushed)
        response = visitor.client.get(f"/member/cases/{rushed.number}/files/{row.pk}/")
        assert b"".join(response.streaming_content) == content
        assert "sandbox" in response["Content-Security-Policy"]
        visitor.post(f"cases/{rushed.number}/materials/{row.pk}/remove/", {})
        visitor.get(f"cases/{rushed.number}/files/{row.pk}/", status=404)
        for _twice in range(2):
            self.upload(visitor, rushed, content)
        assert CaseMaterial.objects.filter(case=rushed, removed_at=None).count() == 1

    def test_a_paper_that_is_not_asked_for_has_no_address(self, visitor, rushed, case):
        visitor.post(f"cases/{rushed.number}/materials/nothing/", {"verb": "upload"}, status=404)
        visitor.send(f"cases/{case.number}/questions/what/", title="买印章")
        visitor.post(f"cases/{case.number}/materials/proof/", {"verb": "upload"}, status=404)

    def test_after_handing_in_only_owed_papers_may_come(self, visitor, rushed):
        self.upload(visitor, rushed, pdf())
        visitor.send(f"cases/{rushed.number}/check/", tolerate="later")
        row = CaseMaterial.objects.get(case=rushed)
        page = visitor.post(f"cases/{rushed.number}/materials/{row.pk}/remove/", {})
        assert "不能再修改" in page
        visitor.post(f"cases/{rushed.number}/materials/proof/", {"verb": "upload"}, status=404)
        visitor.post(f"cases/{rushed.number}/materials/later/", {"verb": "declare", "promise": "on"})
        assert rushed.tolerances.get().fulfilled_at is not None


class TestWhoApplies:
    def test_without_a_unit_only_items_for_newcomers_are_offered(self):
        page = Walk(clerk()).get("items/")
        assert "单位缴存登记" in page
        assert "咨询、投诉、建议" in page
        assert "您还没有经办的单位" in page

    def test_one_with_several_units_chooses_and_cannot_choose_another(self):
        units, foreign = [a_unit(), a_unit("另一家单位")], a_unit("别家")
        visitor = Walk(clerk(*units))
        page = visitor.get("items/T01/")
        assert "另一家单位" in page
        assert "别家" not in page
        hidden = hidden_inputs(page)
        for wrong in ({}, {"account": foreign.number}):
            assert "field-wrong" in visitor.post("items/T01/start/", {**hidden, **wrong})
        assert not Case.objects.filter(opened_by=visitor.user).exists()
        case = visitor.start("T01", account=units[1].number)
        assert case.applicant_reference == units[1].number

    def test_a_unit_clerk_is_offered_nothing_of_members(self):
        visitor = Walk(clerk(a_unit()))
        assert "个人信息变更" not in visitor.get("items/")
        visitor.get("items/P02/", status=404)
        visitor.post("items/P02/start/", {"key": "k", "account": Unit.objects.first().number}, status=404)


def test_more_cases_than_a_page_holds_are_leafed_through(visitor):
    for _each in range(21):
        operations.open_draft(
            item="T01", channel=Channel.MEMBER, applicant_kind="member", reference="", actor=Actor.of(visitor.user),
            at=timezone.now(), business_date=timezone.localdate(),
        )  # fmt: skip
    first, second = visitor.get("cases/"), visitor.get("cases/?page=2")
    assert first.count('class="material"') == 20
    assert second.count('class="material"') == 1
    assert '?page=2"' in first
    visitor.get("cases/?page=x", status=404)


def test_a_session_that_ends_in_mid_form_loses_nothing():
    user = member_user(password=PASSWORD)
    visitor = Walk(user)
    case = visitor.start("T01")
    path = f"/member/cases/{case.number}/questions/what/"
    hidden = hidden_inputs(visitor.get(path))
    visitor.client = Client()
    door = {"username": user.username, "password": PASSWORD}
    visitor.client.post("/member/sign-in/", door)
    visitor.client.get("/member/")
    session = visitor.client.session
    session["seen_at"] -= 3600
    session.save()
    visitor.post(path, {**hidden, "title": "写到一半的事由", "verb": "continue"})
    assert visitor.at.startswith("/member/sign-in/")
    visitor.client.post("/member/sign-in/", door)
    page = visitor.get("/held/")
    form = re.search(rf'<form method="post" action="{path}">(.*?)</form>', page, re.DOTALL)[1]
    kept = re.findall(r'<textarea name="([^"]+)" hidden>\n(.*?)</textarea>', form, re.DOTALL)
    visitor.post(path, {**dict(kept), **hidden_inputs(form)})
    assert visitor.at.endswith("/questions/money/")
    assert typed_of(case)["title"] == ["写到一半的事由"]
