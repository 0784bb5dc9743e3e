"""Whole journeys through the portals by Django's client: from the item's page to the effect and the rating."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from anju.cases import catalogue
from anju.cases.messages import subscribe
from anju.cases.models import Case, CaseForm, CaseMaterial, Message, Rating, Tolerance
from anju.cases.states import Verb
from anju.cases.transition import transition
from anju.platform import outbox
from anju.platform.people.models import Office
from anju.registry.models import Member, Unit
from case_items.errand import Errand
from item_walk import actor, credit_code, identity_number, phone
from portal_walk import Walk, a_unit, clerk, member_user
from uploads import pdf

pytestmark = [pytest.mark.usefixtures("db")]


@pytest.fixture(autouse=True)
def _errand():
    catalogue.register(Errand())
    yield
    catalogue.forget("T01")


def by_staff(case, verb, role="teller", **facts):
    """A step at the center, today."""
    fresh = Case.objects.get(pk=case.pk)
    return transition(
        number=fresh.number, verb=verb, expected_version=fresh.version, actor=actor(role), at=timezone.now(),
        business_date=timezone.localdate(), **facts,
    )  # fmt: skip


def paper(code, name="扫描件.pdf", content=None):
    return {f"file-{code}": SimpleUploadedFile(name, content or pdf(), "application/pdf"), "verb": "upload"}


def unit_answers(office: str) -> dict[str, dict[str, str]]:
    """U01 by question group."""
    return {
        "unit": {"name": "洞庭湖渔业有限公司", "credit_code": credit_code(), "established": "2026-05-01"},
        "kind": {"sector": "", "industry": "", "economic_type": "", "affiliation": ""},
        "place": {"address": "岳阳市岳阳楼区示范路 1 号", "postcode": "414000", "office": office},
        "legal": {"legal_name": "王昭君", "legal_document_type": "", "legal_number": identity_number()},
        "agent": {"agent_name": "周小乔", "agent_number": identity_number(), "agent_phone": phone()},
        "terms": {
            "payday": "10", "bank": "建设银行岳阳分行", "unit_ratio": "8", "person_ratio": "8", "first_month": "2026-11",
        },
    }  # fmt: skip


def chosen(form, answers):
    """Choices that are left empty above take the first that the form offers."""
    for fields in answers.values():
        for name, value in fields.items():
            if value == "":
                fields[name] = next(str(code) for code, _title in form.fields[name].choices if code)
    return answers


def test_a_new_unit_registers_and_its_clerk_acts_for_it():
    office = Office.objects.create(code=f"o{phone()}", name=f"管理部{phone()}", place=99)
    visitor = Walk(clerk())
    home = visitor.get("")
    assert "还没有您经办的单位" in home
    assert "单位缴存登记" in visitor.get("items/")
    case = visitor.start("U01", account="none")
    assert (case.applicant_kind, case.applicant_reference, case.channel) == ("unit", "", "employer")
    base, item = f"cases/{case.number}", catalogue.item("U01")
    answers = chosen(item.form(), unit_answers(office.name))
    for group in item.groups:
        visitor.send(f"{base}/questions/{group.name}/", verb="continue", **answers[group.name])
    assert visitor.at.endswith("/tasks/")
    assert "还缺：营业执照或设立批文" in visitor.get(f"{base}/tasks/")
    for code in ("licence", "legal_identity", "agent_identity"):
        page = visitor.post(f"{base}/materials/{code}/", paper(code))
        assert "扫描件.pdf" in page
    check = visitor.get(f"{base}/check/")
    assert "洞庭湖渔业有限公司" in check
    assert answers["agent"]["agent_number"] in check  # one's own answers, in full before they are handed in
    assert "单位授权书：承诺在" in check
    refused = visitor.send(f"{base}/check/")
    assert "还缺材料：单位授权书" in refused
    done = visitor.send(f"{base}/check/", tolerate="authorisation")
    assert visitor.at.endswith("/done/")
    case.refresh_from_db()
    assert case.number in done
    assert f"中心在 {case.due} 前办结" in done
    owed = Tolerance.objects.get(case=case)
    assert f"请在 {owed.due} 前补交" in done
    assert "受理单" in visitor.get(f"{base}/receipt/")
    shown = visitor.get(f"{base}/")
    assert "已受理" in shown
    assert answers["agent"]["agent_number"] not in shown  # masked from then on
    assert f"请在 {owed.due} 前补交" in visitor.get("")
    visitor.post(f"{base}/materials/authorisation/", paper("authorisation"))
    owed.refresh_from_db()
    assert owed.fulfilled_at is not None
    assert (
        visitor.client.get(f"/employer/{base}/materials/", follow=True)
        .redirect_chain[-1][0]
        .endswith(f"{case.number}/")
    )
    scope = Case.objects.get(pk=case.pk)
    assert scope.office_id == office.pk
    by_staff(case, Verb.FORWARD)
    by_staff(case, Verb.APPROVE, "reviewer")
    unit = Unit.objects.get(credit_code=answers["unit"]["credit_code"])
    home = visitor.get("")
    assert unit.number in home
    assert "评价：单位缴存登记" in home
    visitor.send(f"{base}/rate/", score="4", words="很快")
    assert Rating.objects.get(case=case).score == 4
    assert "很快" in visitor.get(f"{base}/")
    assert Walk(clerk(unit)).get(f"{base}/")  # a colleague of the new unit sees it


def test_a_member_changes_a_phone_number_and_sees_old_data_masked_only():
    user = member_user()
    visitor, member = Walk(user), Member.objects.get(sign_in__user=user)
    home = visitor.get("")
    assert member.number in home
    assert "0.00" in home
    case = visitor.start("P02")
    assert (case.applicant_reference, case.applicant_person_id) == (member.number, user.person_id)
    base, new = f"cases/{case.number}", phone()
    page = visitor.get(f"{base}/questions/contact/")
    assert "现登记：" in page
    assert member.phone not in page
    visitor.send(f"{base}/questions/identity/", verb="continue", name="", identity_number="")
    assert visitor.at.endswith("/questions/contact/")
    visitor.send(f"{base}/questions/contact/", verb="continue", phone=new, address="", email="")
    assert "按所填内容不需要材料" in visitor.get(f"{base}/tasks/")
    visitor.send(f"{base}/check/")
    by_staff(case, Verb.FORWARD)
    by_staff(case, Verb.APPROVE, "reviewer")
    member.refresh_from_db()
    assert member.phone == new
    assert "办结" in visitor.get(f"{base}/")


def test_an_enquiry_is_answered_rated_low_and_taken_up_again():
    visitor = Walk(member_user())
    case = visitor.start("S01")
    base = f"cases/{case.number}"
    visitor.send(f"{base}/questions/matter/", verb="continue", kind="enquiry", about="怎样提取？", wish="")
    visitor.send(f"{base}/questions/contact/", verb="continue", phone="")
    visitor.send(f"{base}/check/")
    by_staff(case, Verb.APPROVE, "service", handling={"reply": ["请看条例第二十四条。"]})
    subscribe()
    outbox.deliver(now=timezone.now())
    assert "请看条例第二十四条。" in visitor.get(f"{base}/")
    assert Message.objects.filter(recipient=visitor.user, read_at=None).count() >= 1
    assert 'class="count"' in visitor.get("")
    assert "未读" in visitor.get("messages/")
    assert 'class="count"' not in visitor.get("")
    empty = visitor.send(f"{base}/rate/")
    assert not Rating.objects.filter(case=case).exists()
    assert "请选择满意程度" in empty
    visitor.send(f"{base}/rate/", score="2", words="没有说清楚")
    again = visitor.send(f"{base}/reopen/", reason="")
    assert "field-wrong" in again
    visitor.send(f"{base}/reopen/", reason="没有回答我的问题")
    case.refresh_from_db()
    assert case.state == "accepted"
    assert "没有回答我的问题" in visitor.get(f"{base}/")


class TestSupplement:
    @pytest.fixture
    def visitor(self):
        return Walk(clerk(a_unit()))

    def submitted(self, visitor):
        case = visitor.start("T01", account=visitor_unit(visitor))
        visitor.send(f"cases/{case.number}/questions/what/", verb="continue", title="买印章", rush="on")
        visitor.send(f"cases/{case.number}/questions/money/", verb="continue", amount="12")
        refused = visitor.post(f"cases/{case.number}/materials/proof/", {"verb": "declare"})
        assert "请先勾选承诺" in refused
        for _twice in range(2):
            visitor.post(f"cases/{case.number}/materials/proof/", {"verb": "declare", "promise": "on"})
        assert CaseMaterial.objects.filter(case=case).count() == 1
        visitor.send(f"cases/{case.number}/check/", tolerate="later")
        return Case.objects.get(pk=case.pk)

    def test_a_case_is_supplemented_and_handed_in_again(self, visitor):
        case = self.submitted(visitor)
        by_staff(case, Verb.SUPPLEMENT, reason="请写明印章名称")
        assert "补正：测试事项" in visitor.get("")
        page = visitor.get(f"cases/{case.number}/")
        assert "请写明印章名称" in page
        assert "去补正" in page
        assert "请写明印章名称" in visitor.get(f"cases/{case.number}/questions/what/")
        visitor.send(f"cases/{case.number}/questions/what/?from=check", verb="continue", title="买公章", rush="on")
        assert visitor.at.endswith("/check/")
        assert "确认并提交补正" in visitor.get(f"cases/{case.number}/check/")
        visitor.send(f"cases/{case.number}/check/")
        case.refresh_from_db()
        assert (case.state, case.subject) == ("accepted", "买公章")
        assert CaseForm.objects.filter(case=case).count() == 2

    def test_reasons_among_staff_stay_inside(self, visitor):
        case = self.submitted(visitor)
        by_staff(case, Verb.FORWARD)
        by_staff(case, Verb.RETURN, "reviewer", reason="经办漏看了附件")
        page = visitor.get(f"cases/{case.number}/")
        assert "经办漏看了附件" not in page
        assert "复核后由经办再次办理" in page

    def test_a_case_is_withdrawn_after_being_asked_once_more(self, visitor):
        case = self.submitted(visitor)
        assert "撤销这项申请" in visitor.get(f"cases/{case.number}/withdraw/")
        assert Case.objects.get(pk=case.pk).state == "accepted"
        visitor.send(f"cases/{case.number}/withdraw/")
        assert Case.objects.get(pk=case.pk).state == "withdrawn"
        again = visitor.get(f"cases/{case.number}/withdraw/")
        assert "不能“撤销”" in again

    def test_a_draft_is_withdrawn_too(self, visitor):
        case = visitor.start("T01", account="none")
        visitor.send(f"cases/{case.number}/withdraw/")
        assert Case.objects.get(pk=case.pk).state == "withdrawn"


def visitor_unit(visitor) -> str:
    return Unit.objects.filter(agents__user=visitor.user).first().number


def test_the_deadline_of_a_year_without_announced_holidays_is_provisional(monkeypatch):
    from django.utils import timezone as clock

    monkeypatch.setattr(clock, "localdate", lambda *_facts: date(2027, 12, 30))
    visitor = Walk(clerk(a_unit()))
    case = visitor.start("T01", account="none")
    visitor.send(f"cases/{case.number}/questions/what/", verb="continue", title="买印章", rush="on")
    assert "（暂定）" in visitor.get(f"cases/{case.number}/materials/")
    visitor.send(f"cases/{case.number}/questions/what/", verb="continue", title="买印章")
    visitor.send(f"cases/{case.number}/questions/money/", verb="continue", amount="12")
    assert "暂定" in visitor.send(f"cases/{case.number}/check/")
