"""One PostgreSQL for all tests (embedded, real, fsync off), one migrated database for each worker process.

Tests that commit use the fixture `center` and make their own accounts; tests that can be undone use pytest-django's
`db`. Both speak as the application role, so a forgotten privilege fails here and not in production.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A property is about values, not about speed: a busy machine must not fail it.
settings.register_profile("values", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("values")

# Two runs at once in one checkout need two homes: ANJU_TEST_HOME=/elsewhere pytest …
TEST_HOME = Path(os.environ.get("ANJU_TEST_HOME") or Path(__file__).resolve().parent.parent / ".anju" / "test")
os.environ["ANJU_HOME"] = str(TEST_HOME)
for name in ("ANJU_DATABASE_URL", "ANJU_DATABASE_OWNER_URL"):
    os.environ.pop(name, None)
os.environ["ANJU_CENTER"] = "test"
os.environ["ANJU_STAFF_TOTP"] = "0"  # tests of the second factor switch it on by `settings.ANJU_STAFF_TOTP`
os.environ["DJANGO_SETTINGS_MODULE"] = "anju.platform.django_settings"

from anju.platform.embedded import EmbeddedServer  # noqa: E402 - reads the variables above

SERVER = EmbeddedServer(TEST_HOME, options=(("fsync", "off"), ("max_connections", "200")))
SERVER.start()

import django  # noqa: E402 - needs the server's passwords

django.setup()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """The controller stops the server after the last worker."""
    if not hasattr(session.config, "workerinput"):
        SERVER.stop()


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: "pytest.FixtureRequest") -> Iterator[None]:
    """A fresh database of this worker's own, migrated by the owner, used by the application role."""
    import psycopg
    from django.db import connections
    from psycopg import sql

    import centers
    from anju.platform import schema

    name = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with psycopg.connect(SERVER.url("superuser", "postgres"), autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        admin.execute(sql.SQL("CREATE DATABASE {} OWNER anju_owner").format(sql.Identifier(name)))
    for alias in ("default", "owner"):
        connections[alias].settings_dict["NAME"] = name
        connections[alias].settings_dict["CONN_MAX_AGE"] = 0
    with django_db_blocker.unblock():
        schema.prepare()
        centers.keep_clean()
    yield
    with django_db_blocker.unblock():
        connections.close_all()


@pytest.fixture
def business_days(request: pytest.FixtureRequest) -> None:
    """The ledger's business days 2019–2026, open; for tests in a transaction and for those that commit."""
    request.getfixturevalue("center" if "center" in request.fixturenames else "db")
    from datetime import date

    from anju.ledger.days import open_days

    open_days(first=date(2019, 1, 1), final=date(2026, 12, 31), actor="tests")


@pytest.fixture(scope="module")
def own_center(django_db_setup: None, django_db_blocker: "pytest.FixtureRequest") -> Iterator[None]:
    """A center without any business day, made anew for the module and again after it: what it shuts and seals stays."""
    import centers

    with django_db_blocker.unblock(), centers.own_center():
        yield


@pytest.fixture
def center(django_db_setup: None, django_db_blocker: "pytest.FixtureRequest") -> Iterator[None]:
    """The worker's center with commits that stay; each test brings accounts and numbers of its own."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def nobody_signed_in(db: None) -> None:
    """In this test's transaction: no sessions, second factors, held forms and activations of tests that committed theirs."""
    from allauth.mfa.models import Authenticator
    from allauth.socialaccount.models import SocialAccount
    from allauth.usersessions.models import UserSession
    from django.contrib.sessions.models import Session

    from anju.platform.models import SealedSecret
    from anju.registry.models import MemberActivation, MemberSignIn
    from anju.web.models import HeldPost

    for model in (
        UserSession, Session, HeldPost, MemberActivation, MemberSignIn, Authenticator, SealedSecret, SocialAccount,
    ):  # fmt: skip
        model.objects.all().delete()


@pytest.fixture
def kept(db: None) -> Callable[[], set[int]]:
    """Files that came in since the test began: tests that commit may have kept files of their own before."""
    from anju.platform.files.models import StoredFile

    def now() -> set[int]:
        return set(StoredFile.objects.values_list("pk", flat=True))

    before = now()
    return lambda: now() - before
