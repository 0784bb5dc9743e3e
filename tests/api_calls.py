"""Calls to the API in tests: people with tokens, a client, and the answers of the test item."""

import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from django.test import Client
from django.utils import timezone

from anju.platform import api_tokens
from anju.platform.api_models import Scope
from anju.platform.people.models import Kind, Person, Role, User
from anju.platform.people.operations import open_sign_in, register_person

LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)
ROOT = "/api/v1"


def token_of(user: User, *, scope: Scope = Scope.WRITE, days: int = 30, at: datetime | None = None) -> str:
    _token, secret = api_tokens.issue(
        user=user, name="tests", scope=scope, days=days, by="tests", at=at or timezone.now()
    )
    return secret


def a_teller(role: str = "teller", **facts) -> User:
    return _signs_in(Kind.STAFF, role=Role(role) if role else None, **facts)


def a_member() -> User:
    return _signs_in(Kind.MEMBER)


def a_clerk() -> User:
    return _signs_in(Kind.UNIT)


def _signs_in(kind: Kind, *, person: Person | None = None, **facts) -> User:
    """A sign-in without a password: none is needed here, and making one takes its time."""
    return open_sign_in(
        username=f"{kind}-{uuid.uuid4().hex[:12]}", password=None, person=person or register_person(name="甲"),
        by="tests", at=LONG_AGO, kind=kind, **facts,
    )  # fmt: skip


@dataclass
class Api:
    """Somebody with a token."""

    secret: str

    def __call__(self, method: str, path: str, body=None, **headers: str):
        sent = {"Authorization": f"Bearer {self.secret}", **{name.replace("_", "-"): v for name, v in headers.items()}}
        kwargs = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return Client().generic(method, ROOT + path, headers=sent, **kwargs)

    def draft(self, *, kind: str = "member", title: str = "买印章", amount: int = 12) -> dict:
        """A filled-in draft of T01, as GET shows it."""
        opened = self("POST", "/cases", {"item": "T01", "applicant_kind": kind}, Idempotency_Key=uuid.uuid4().hex)
        assert opened.status_code == 201, opened.content.decode()
        case = opened.json()
        answers = {"item": "T01", "answers": {"title": title, "amount": amount, "rush": False}}
        saved = self("PATCH", f"/cases/{case['number']}/answers", answers)
        assert saved.status_code == 200, saved.content.decode()
        return case

    def submitted(self, **facts) -> dict:
        """A case of T01 that waits for a teller."""
        case = self.draft(**facts)
        done = self("POST", f"/cases/{case['number']}/submit", {}, If_Match='"0"')
        assert done.status_code == 200, done.content.decode()
        return done.json()


def caller(user: User, **facts) -> Api:
    return Api(token_of(user, **facts))
