"""The accounts of the demo: made once, kept in a file of their own, signed in with password and code."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.test import Client

from anju.cli.demo import PORTALS, STAFF, demo_accounts
from anju.platform.models import Person, Role, User
from anju.platform.people import totp
from anju.platform.people.second_factor import has_second_factor
from anju.platform.settings import read_settings

pytestmark = pytest.mark.django_db


def test_every_post_that_the_cases_need_signs_in_and_again_after_a_second_start(settings, tmp_path):
    settings.ANJU_STAFF_TOTP = True
    told = replace(read_settings(), home=tmp_path)
    path = tmp_path / "demo-test.json"
    path.write_text(json.dumps({"teller": "an-earlier-password"}))
    accounts = demo_accounts(told)
    assert path.stat().st_mode & 0o777 == 0o600
    assert demo_accounts(told) == accounts
    users = User.objects.filter(username__in=[name for name, *_post in (*STAFF, *PORTALS)])
    assert users.count() == len(STAFF) + len(PORTALS) == Person.objects.filter(user__in=users).count()
    assert {role for _name, _shown, role, _office in STAFF} == set(Role.values)
    assert User.objects.get(username="reviewer").office.name == "市直管理部"
    for name, *_post in STAFF:
        browser = Client()
        browser.post("/sign-in/", {"username": name, "password": accounts[name]["password"]})
        code = totp.code_of(accounts[name]["totp"], totp.step_at(datetime.now(UTC)))
        assert browser.post("/sign-in/code/", {"code": code})["Location"] in {"/", "/desk/"}, name
        assert browser.get("/organisation/").status_code == 200
    for (name, *_rest), door in zip(PORTALS, ("/employer/", "/member/", "/member/"), strict=True):
        browser = Client()
        browser.post(f"{door}sign-in/", {"username": name, "password": accounts[name]["password"]})
        assert browser.get(door).status_code == 200
        assert not has_second_factor(User.objects.get(username=name))


def test_an_account_of_an_earlier_demo_is_put_right(tmp_path):
    told = replace(read_settings(), home=tmp_path)
    demo_accounts(told)
    (tmp_path / "demo-test.json").unlink()
    accounts = demo_accounts(told)
    assert User.objects.get(username="auditor").check_password(accounts["auditor"]["password"])
    assert User.objects.filter(username__in=[name for name, *_post in (*STAFF, *PORTALS)]).count() == len(STAFF) + len(
        PORTALS
    )
