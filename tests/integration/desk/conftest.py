"""The errand of the tests, and people at their desks."""

import pytest

from anju.cases import catalogue
from case_items.errand import Errand
from desk_walk import browser_of, unique
from sign_ins import staff


@pytest.fixture(autouse=True)
def _item(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # nobody types a password here
    catalogue.register(Errand())
    Errand.effects.clear()
    yield
    catalogue.forget("T01")


@pytest.fixture
def teller(db):
    return staff(unique("teller"), "teller", name="张柜员")


@pytest.fixture
def reviewer(db):
    return staff(unique("reviewer"), "reviewer", name="李复核")


@pytest.fixture
def desk(teller):
    return browser_of(teller)
