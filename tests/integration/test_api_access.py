"""Every address of the API × every kind of caller: who gets in, and that a refusal says nothing of the case."""

import json
import uuid
from datetime import timedelta
from functools import cache

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from anju.api.schema import operations
from anju.cases import catalogue
from anju.kernel.errors import InvalidValueError
from anju.platform import api_tokens
from anju.platform.api_models import ApiQuota, ApiToken, Scope
from anju.platform.models import AuditEntry, Office
from anju.platform.people.models import Kind
from anju.platform.people.operations import open_sign_in, register_person
from api_calls import LONG_AGO, ROOT, a_clerk, a_member, a_teller, caller, token_of
from case_items.errand import Errand
from oidc_access import AUDIENCE, providing

pytestmark = [pytest.mark.usefixtures("db")]
SECRET_SUBJECT = "只有本人知道的事"
BODIES = {
    "open_case": {"item": "T01", "applicant_kind": "member"},
    "save_answers": {"item": "T01", "answers": {"title": "改"}},
    "submit_case": {}, "reopen_case": {"reason": "再"}, "rate_case": {"score": 3},
    "add_material": {"code": "proof", "source": "declared"}, "move_case": {"verb": "forward"},
}  # fmt: skip
#: What tells something of a case, or of what was asked for with a case: everything but the catalogue and lists of one's own.
OF_A_CASE = {
    "get_case", "save_answers", "submit_case", "withdraw_case", "reopen_case", "rate_case", "add_material", "add_file",
    "remove_material", "move_case",
}  # fmt: skip
STAFF_ONLY = {"list_queue", "move_case"}


@pytest.fixture(autouse=True)
def _item():
    catalogue.register(Errand())
    yield
    catalogue.forget("T01")


@pytest.fixture
def case():
    """A member's case that was accepted by another office than that of the strangers below."""
    return caller(a_member()).submitted(title=SECRET_SUBJECT)


@cache
def every_operation():
    from anju.api.urls import api

    document = api.get_openapi_schema(path_prefix=f"{ROOT}/")
    return {each["operationId"]: (method, path, each) for method, path, each in operations(document)}


def call(name, secret, number, **more):
    method, path, _declared = every_operation()[name]
    path = path.replace("{number}", number).replace("{code}", "T01").replace("{material}", "1")
    headers = {"If-Match": '"1"', "Idempotency-Key": uuid.uuid4().hex, **more}
    if secret is not None:
        headers["Authorization"] = f"Bearer {secret}"
    if name == "add_file":
        from django.core.files.uploadedfile import SimpleUploadedFile

        return Client().post(path, {"code": "proof", "file": SimpleUploadedFile("a.png", b"no")}, headers=headers)
    body = BODIES.get(name)
    sent = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
    return Client().generic(method, path, headers=headers, **sent)


def tells_nothing(response, number):
    assert response["Content-Type"] == "application/problem+json"
    body = response.content.decode()
    assert SECRET_SUBJECT not in body
    assert number not in body
    assert "已受理" not in body
    assert "ETag" not in response


NAMES = [
    "list_items", "get_item", "open_case", "list_cases", "list_queue", *sorted(OF_A_CASE),
]  # fmt: skip


def test_the_matrix_has_every_operation():
    assert set(NAMES) == every_operation().keys()


@pytest.mark.parametrize("name", NAMES)
def test_without_a_living_token_nothing_is_open(name, case):
    ended = token_of(a_member(), days=1, at=LONG_AGO)
    member, closed = a_member(), a_member()
    revoked, dead = token_of(member), token_of(closed)
    api_tokens.revoke(number=ApiToken.objects.get(user=member).pk, by="tests", at=timezone.now())
    closed.is_active = False
    closed.save()
    for secret in (None, "", "anju_" + "x" * 43, "a.b.c", "\u00e9", ended, revoked, dead):
        response = call(name, secret, case["number"])
        assert response.status_code == 401
        assert response["WWW-Authenticate"].startswith("Bearer")
        tells_nothing(response, case["number"])


@pytest.mark.parametrize("name", NAMES)
def test_a_session_is_no_token(name, case):
    member = a_member()
    browser = Client()
    browser.force_login(member)
    method, path, _declared = every_operation()[name]
    response = browser.generic(method, path.replace("{number}", case["number"]).replace("{code}", "T01"))
    assert response.status_code == 401


@pytest.mark.parametrize("name", NAMES)
def test_a_reading_token_does_not_write(name, case):
    response = call(name, token_of(a_teller(), scope=Scope.READ), case["number"])
    assert not response.cookies  # a token begins no session
    if every_operation()[name][0] == "GET":
        assert response.status_code == 200
    else:
        assert response.status_code == 403
        tells_nothing(response, case["number"])


@pytest.mark.parametrize("name", NAMES)
def test_strangers_do_not_learn_that_a_case_exists(name, case):
    elsewhere = Office.objects.create(code="elsewhere", name="他处", place=99)
    for user in (a_member(), a_clerk(), a_teller(office=elsewhere), a_teller("")):
        response = call(name, token_of(user), case["number"])
        if name in STAFF_ONLY and (user.kind != Kind.STAFF or not user.role):
            assert response.status_code == 403
            tells_nothing(response, case["number"])
        elif name in OF_A_CASE:
            assert response.status_code == 404
            tells_nothing(response, case["number"])
            assert call(name, token_of(user), "T0199010100000000").content == response.content
        else:
            assert response.status_code in (200, 201, 403)
            assert SECRET_SUBJECT not in response.content.decode()


class TestTokens:
    def test_only_the_digest_is_kept_and_everything_is_audited(self):
        token, secret = api_tokens.issue(
            user=a_member(), name=" 人事  系统 ", scope=Scope.READ, days=90, by="admin", at=timezone.now()
        )
        assert len(bytes(ApiToken.objects.get(pk=token.pk).digest)) == 32
        assert secret.removeprefix("anju_") not in str(ApiToken.objects.filter(pk=token.pk).values().get())
        assert token.name == "人事 系统"
        api_tokens.revoke(number=token.pk, by="admin", at=timezone.now())
        again = api_tokens.revoke(number=token.pk, by="admin", at=timezone.now() + timedelta(days=1))
        assert again.revoked_at < timezone.now()
        told = AuditEntry.objects.filter(object_kind="api-token", object_reference=str(token.pk))
        assert list(told.values_list("action", flat=True)) == ["api-token.issued", "api-token.revoked"]

    def test_no_token_holds_longer_than_a_year(self):
        user = a_member()
        for days in (0, 366):
            with pytest.raises(InvalidValueError, match="365"):
                token_of(user, days=days)
        now = timezone.now()
        with pytest.raises(IntegrityError), transaction.atomic():
            ApiToken.objects.create(
                user=user,
                name="x",
                scope="read",
                digest=b"x" * 32,
                created_at=now,
                expires_at=now + timedelta(days=366),
            )

    def test_the_day_of_use_is_noted_once_a_day(self, django_assert_num_queries):
        secret, today = token_of(a_member()), timezone.localdate()
        with django_assert_num_queries(2):
            api_tokens.find(secret=secret, at=timezone.now(), day=today)
        with django_assert_num_queries(1):
            token = api_tokens.find(secret=secret, at=timezone.now(), day=today)
        assert token.used_day == today


class TestLimits:
    def test_each_token_has_its_reads_and_its_writes(self, settings):
        settings.ANJU_API_READS, settings.ANJU_API_WRITES = 2, 1
        one, other = caller(a_member()), caller(a_member())
        first = one("GET", "/cases")
        assert (first["RateLimit-Limit"], first["RateLimit-Remaining"]) == ("2", "1")
        assert one("GET", "/cases").status_code == 200
        refused = one("GET", "/cases")
        assert (refused.status_code, refused.json()["type"]) == (429, "urn:anju:error:API_TOO_MANY")
        assert 1 <= int(refused["Retry-After"]) <= 60
        assert one("POST", "/cases", BODIES["open_case"], Idempotency_Key="a").status_code == 201
        assert one("POST", "/cases", BODIES["open_case"], Idempotency_Key="b").status_code == 429
        assert other("GET", "/cases").status_code == 200

    def test_guessing_is_limited_by_address(self, settings):
        settings.ANJU_API_ADDRESS = 3
        guesses = [call("list_cases", "anju_guess", "").status_code for _each in range(5)]
        assert guesses == [401, 401, 401, 429, 429]
        assert caller(a_member())("GET", "/cases").status_code == 429
        assert not ApiQuota.objects.filter(key__contains="127.0.0.1").exists()

    def test_minutes_that_are_over_are_swept(self):
        from anju.platform.api_quota import count

        at = timezone.now()
        assert [count(caller="x", limit=9, at=at).requests for _each in "ab"] == [1, 2]
        later = at + timedelta(minutes=3)
        assert count(caller="x", limit=9, at=later).requests == 1
        assert set(ApiQuota.objects.values_list("minute", flat=True)) == {int(later.timestamp()) // 60}


class TestOpenId:
    IDENTITY = "110101199003070038"

    @pytest.fixture
    def provider(self, settings):
        from types import SimpleNamespace

        with providing() as provider:
            settings.ANJU_OPENID = SimpleNamespace(issuer=provider.issuer, identity_claim="id_number")
            settings.ANJU_OIDC_AUDIENCE = AUDIENCE
            yield provider

    @pytest.fixture
    def person(self):
        from anju.kernel.identity import parse_identity_number

        return register_person(name="丙", identity_number=parse_identity_number(self.IDENTITY).value)

    def sign_in(self, person, kind):
        return open_sign_in(
            username=f"o-{uuid.uuid4().hex[:12]}", password=None, person=person, by="tests", at=LONG_AGO, kind=kind
        )

    def test_a_person_acts_by_the_providers_word(self, provider, person):
        self.sign_in(person, Kind.UNIT)
        member = self.sign_in(person, Kind.MEMBER)
        for alg in ("RS256", "ES256"):
            opened = call("open_case", provider.token(self.IDENTITY, alg=alg), "")
            assert opened.status_code == 201, opened.content
        from anju.cases.models import Case

        assert set(Case.objects.filter(opened_by__person=person).values_list("opened_by", flat=True)) == {member.pk}
        assert provider.asked_for_keys == 1
        reading = provider.token(self.IDENTITY, scope="anju:read")
        assert call("list_cases", reading, "").status_code == 200
        assert call("open_case", reading, "").status_code == 403

    def test_nothing_else_is_believed(self, provider, person):
        self.sign_in(person, Kind.MEMBER)
        forged = {
            "another key": provider.token(self.IDENTITY, key=provider.stranger),
            "another audience": provider.token(self.IDENTITY, aud="anju-pages"),
            "another issuer": provider.token(self.IDENTITY, iss="https://evil.example"),
            "over": provider.token(self.IDENTITY, exp=1),
            "endless": provider.token(self.IDENTITY, without="exp"),
            "nobody's": provider.token(self.IDENTITY, without="sub"),
            "no scope": provider.token(self.IDENTITY, scope="openid"),
            "shared secret": provider.token(self.IDENTITY, alg="HS256", key="x" * 40),
            "not a number": provider.token("110101199003070039"),
            "unknown person": provider.token("110101199001010015"),
        }
        import jwt

        forged["unsigned"] = jwt.encode({"sub": "s", "aud": AUDIENCE}, None, algorithm="none")
        for why, secret in forged.items():
            assert call("list_cases", secret, "").status_code == 401, why

    def test_staff_and_closed_sign_ins_do_not_come_this_way(self, provider, person):
        self.sign_in(person, Kind.STAFF)
        assert call("list_cases", provider.token(self.IDENTITY), "").status_code == 401
        closed = self.sign_in(person, Kind.MEMBER)
        closed.is_active = False
        closed.save()
        assert call("list_cases", provider.token(self.IDENTITY), "").status_code == 401

    def test_without_an_audience_or_a_provider_that_answers_no_token_is_taken(self, provider, person, settings):
        self.sign_in(person, Kind.MEMBER)
        secret = provider.token(self.IDENTITY)
        settings.ANJU_OIDC_AUDIENCE = None
        assert call("list_cases", secret, "").status_code == 401
        settings.ANJU_OIDC_AUDIENCE = AUDIENCE
        settings.ANJU_OPENID.issuer = "http://127.0.0.1:9"
        assert call("list_cases", secret, "").status_code == 401


class TestDocuments:
    def test_the_schema_names_the_answers_of_every_item_and_every_refusal(self):
        response = Client().get(f"{ROOT}/openapi.json")
        assert response.status_code == 200
        document = response.json()
        answers = document["components"]["schemas"]["AnswersT01"]
        assert answers["properties"]["amount"]["anyOf"][0]["minimum"] == 0
        assert answers["additionalProperties"] is False
        submit = document["paths"][f"{ROOT}/cases/{{number}}/submit"]["post"]
        assert {"412", "428", "422", "401"} <= submit["responses"].keys()
        assert [each["name"] for each in submit["parameters"] if each["in"] == "header"] == ["If-Match"]

    def test_people_read_the_same_without_anything_from_elsewhere(self):
        page = Client().get(f"{ROOT}/docs")
        text = page.content.decode()
        assert page.status_code == 200
        for _method, path, _each in every_operation().values():
            assert path in text
        assert "//" not in text.replace("<!doctype html>", "")
        assert "<script" not in text
        assert "style=" not in text
