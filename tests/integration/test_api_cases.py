"""The API over whole ways of a case, and what it refuses on the way. The callers are sign-ins with tokens."""

import json
import uuid

import pytest
from django.test import Client

from anju.cases import catalogue
from anju.cases.models import CaseForm
from api_calls import a_clerk, a_member, a_teller, caller
from case_items.errand import Errand

pytestmark = [pytest.mark.usefixtures("db")]


@pytest.fixture(autouse=True)
def _item():
    catalogue.register(Errand())
    yield
    catalogue.forget("T01")


@pytest.fixture
def member():
    return caller(a_member())


@pytest.fixture
def teller():
    return caller(a_teller())


@pytest.fixture
def reviewer():
    return caller(a_teller("reviewer"))


def refused(response, status, code, field=None):
    assert response.status_code == status, response.content.decode()
    assert response["Content-Type"] == "application/problem+json"
    found = response.json()
    assert (found["status"], found["type"]) == (status, f"urn:anju:error:{code}"), found
    if field is not None:
        assert found["field"] == field
    return found


class TestTheWay:
    def test_from_catalogue_to_rating(self, member, teller, reviewer):
        item = member("GET", "/catalogue/T01").json()
        assert item["term"] == {"days": 3, "count": "working"}
        assert item["answers"]["properties"]["title"]["anyOf"][0] == {"maxLength": 60, "type": "string"}
        case = member.submitted()
        number = case["number"]
        assert (case["state"], case["version"], case["verbs"]) == ("accepted", 1, ["withdraw"])
        waiting = teller("GET", "/queue").json()["cases"]
        assert [(row["number"], row["own"]) for row in waiting if row["number"] == number] == [(number, False)]
        moved = teller("POST", f"/cases/{number}/moves", {"verb": "forward"}, If_Match='"1"')
        assert (moved.status_code, moved.json()["state"], moved["ETag"]) == (200, "review", '"2"')
        reviewer("POST", f"/cases/{number}/moves", {"verb": "approve"}, If_Match='"2"')
        seen = member("GET", f"/cases/{number}").json()
        assert seen["state"] == "completed"
        assert seen["result"] == {"errand": f"E{int(number[9:])}"}
        assert [(each["verb"], each["by"]) for each in seen["history"]] == [
            ("submit", "applicant"), ("forward", "center"), ("approve", "center"), ("complete", "center"),
        ]  # fmt: skip
        assert member("POST", f"/cases/{number}/rating", {"score": 5, "words": "好"}).status_code == 201
        refused(member("POST", f"/cases/{number}/rating", {"score": 1}), 409, "CASE", "score")

    def test_papers_come_and_go_and_the_missing_are_named(self, member):
        number = member.draft()["number"]
        member("PATCH", f"/cases/{number}/answers", {"item": "T01", "answers": {"rush": True}})
        assert member("GET", f"/cases/{number}").json()["missing"] == ["proof", "later"]
        added = member("POST", f"/cases/{number}/materials", {"code": "proof", "source": "declared", "evidence": "C1"})
        assert added.status_code == 201
        found = refused(member("POST", f"/cases/{number}/submit", {}, If_Match='"0"'), 422, "CASE_MATERIALS")
        assert found["errors"] == {"materials": ["later"]}
        gone = member("DELETE", f"/cases/{number}/materials/{added.json()['id']}")
        assert (gone.status_code, gone.content) == (204, b"")
        assert member("GET", f"/cases/{number}").json()["materials"] == []

    def test_answers_of_every_type_reach_the_form(self, member):
        number = member.draft(title="甲", amount=7)["number"]
        from anju.cases.answers import read
        from anju.cases.models import Case

        case = Case.objects.get(number=number)
        assert dict(read(case).answers) == {"title": ["甲"], "amount": ["7"], "rush": ["false"]}
        member("PATCH", f"/cases/{number}/answers", {"item": "T01", "answers": {"amount": None}})
        found = refused(member("POST", f"/cases/{number}/submit", {}, If_Match='"0"'), 422, "CASE_FORM", "amount")
        assert list(found["errors"]) == ["amount"]

    def test_pages_of_own_cases_follow_each_other_without_gap(self, member):
        numbers = [member.draft()["number"] for _each in range(5)]
        seen, after = [], ""
        while True:
            page = member("GET", f"/cases?limit=2{after}").json()
            seen += [case["number"] for case in page["cases"]]
            if page["next"] is None:
                break
            after = f"&after={page['next']}"
        assert seen == numbers[::-1]

    def test_pages_of_the_queue_too(self, member, teller):
        numbers = {member.submitted()["number"] for _each in range(3)}
        seen, after = [], ""
        while after is not None:
            page = teller("GET", f"/queue?limit=1{after}").json()
            seen += [case["number"] for case in page["cases"]]
            after = page["next"] and f"&after={page['next']}"
        assert numbers <= set(seen)
        assert len(seen) == len(set(seen))

    def test_a_supplement_is_asked_for_and_handed_in(self, member, teller):
        number = member.submitted()["number"]
        path = f"/cases/{number}/moves"
        refused(teller("POST", path, {"verb": "supplement"}, If_Match='"1"'), 422, "CASE_REASON", "reason")
        teller("POST", path, {"verb": "supplement", "reason": "请补"}, If_Match='"1"')
        assert member("GET", f"/cases/{number}").json()["due"] is None
        again = member("POST", f"/cases/{number}/submit", {}, If_Match='"2"')
        assert again.json()["state"] == "accepted"


class TestRefusals:
    def test_the_version_must_be_named_and_right(self, member):
        number = member.draft()["number"]
        path = f"/cases/{number}/submit"
        refused(member("POST", path, {}), 428, "API_VERSION_MISSING", "If-Match")
        refused(member("POST", path, {}, If_Match="0"), 400, "API_BAD_REQUEST", "If-Match")
        refused(member("POST", path, {}, If_Match='"4"'), 412, "CASE_STALE")

    def test_a_key_is_one_request(self, member):
        opening, key = {"item": "T01", "applicant_kind": "member"}, uuid.uuid4().hex
        first, second = (member("POST", "/cases", opening, Idempotency_Key=key).json() for _each in "ab")
        assert first["number"] == second["number"]
        other = {"item": "T01", "applicant_kind": "person"}
        response = member("POST", "/cases", other, Idempotency_Key=key)
        assert response.status_code in (404, 409)
        refused(member("POST", "/cases", opening), 400, "API_BAD_REQUEST", "Idempotency-Key")

    def test_nobody_applies_for_another_account(self, member):
        opening = {"item": "T01", "applicant_kind": "member", "reference": "0000001"}
        refused(member("POST", "/cases", opening, Idempotency_Key="k"), 403, "API_FORBIDDEN", "reference")
        as_unit = {"item": "T01", "applicant_kind": "unit"}
        refused(member("POST", "/cases", as_unit, Idempotency_Key="k"), 403, "API_FORBIDDEN", "reference")
        assert caller(a_clerk())("POST", "/cases", as_unit, Idempotency_Key="k").status_code == 201

    def test_answers_are_judged_by_the_declared_types(self, member):
        path = f"/cases/{member.draft()['number']}/answers"
        for answers, field in (
            ({"amount": "12"}, "answers.amount"), ({"amount": 1.5}, "answers.amount"), ({"amount": -1}, "answers.amount"),
            ({"rush": "yes"}, "answers.rush"), ({"title": "x" * 61}, "answers.title"), ({"other": 1}, "answers.other"),
        ):  # fmt: skip
            found = refused(member("PATCH", path, {"item": "T01", "answers": answers}), 422, "API_INVALID", field)
            assert list(found["errors"]) == [field]
        refused(member("PATCH", path, {"item": "Z99", "answers": {}}), 422, "VALUE", "item")
        stale = {"item": "T01", "stamp": 0, "answers": {}}
        refused(member("PATCH", path, stale), 409, "CASE_STALE_DRAFT", "stamp")

    def test_the_maker_does_not_check(self, member):
        from anju.platform.people.models import User

        maker = a_teller()
        number = member.submitted()["number"]
        caller(maker)("POST", f"/cases/{number}/moves", {"verb": "forward"}, If_Match='"1"')
        twin = caller(a_teller("reviewer", person=User.objects.get(pk=maker.pk).person))
        response = twin("POST", f"/cases/{number}/moves", {"verb": "approve"}, If_Match='"2"')
        refused(response, 403, "CASE_SAME_PERSON")

    @pytest.mark.parametrize(
        "body",
        [
            b"{", b"[" * 100_000, b'{"score": 1, "score": 2}', b'{"words": "\\u0000", "score": 1}', b"\xff\xfe",
            b'{"score": 1' + b"0" * 30 + b"}", b'{"score": NaN}', b'{"words": "\\ud800", "score": 1}',
            b'{"a":' * 30 + b"1" + b"}" * 30,
        ],
    )  # fmt: skip
    def test_bodies_that_no_reader_should_take(self, member, body):
        path = f"/api/v1/cases/{member.draft()['number']}/rating"
        headers = {"Authorization": f"Bearer {member.secret}"}
        refused(
            Client().generic("POST", path, body, content_type="application/json", headers=headers),
            400,
            "API_BAD_REQUEST",
        )

    def test_size_type_method_and_address(self, member):
        headers = {"Authorization": f"Bearer {member.secret}"}
        post = Client().generic(
            "POST", "/api/v1/cases", b" " * 600_000, content_type="application/json", headers=headers
        )
        refused(post, 413, "API_TOO_LARGE")
        typed = Client().generic("POST", "/api/v1/cases", b"a=1", content_type="text/plain", headers=headers)
        refused(typed, 415, "API_MEDIA_TYPE")
        method = member("PUT", "/cases", {})
        refused(method, 405, "API_METHOD")
        assert set(method["Allow"].split(", ")) == {"GET", "POST"}
        refused(member("GET", "/nowhere"), 404, "API_NOT_FOUND")
        refused(member("GET", "/cases?limit=1&limit=2"), 400, "API_BAD_REQUEST")
        refused(member("GET", "/cases/%00"), 422, "API_INVALID")

    def test_the_unforeseen_is_told_without_details(self, member, teller, reviewer, caplog):
        number = member.submitted(title="炸")["number"]
        teller("POST", f"/cases/{number}/moves", {"verb": "forward"}, If_Match='"1"')
        response = reviewer("POST", f"/cases/{number}/moves", {"verb": "approve"}, If_Match='"2"')
        found = refused(response, 500, "API_INTERNAL")
        assert "Zero" not in json.dumps(found)
        assert "ZeroDivisionError" in caplog.text
        assert member("GET", f"/cases/{number}").json()["state"] == "review"

    def test_answers_stay_sealed_and_are_never_shown(self, member):
        number = member.draft(title="秘密的事")["number"]
        assert "秘密" not in member("GET", f"/cases/{number}").content.decode()
        assert CaseForm.objects.filter(case__number=number).exists()
