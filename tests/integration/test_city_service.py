"""The demo's service cases: made through the public operations, in every state, once."""

import uuid
from collections import Counter
from datetime import date

import pytest

import item_walk
from anju.cases.models import Case
from anju.city.service import Desk, open_cases
from anju.platform.people.models import Kind, Office
from anju.platform.people.organisation import load_organisation
from anju.registry.models import Member, Unit
from sign_ins import outsider, staff


@pytest.mark.usefixtures("db")
def test_the_desks_have_work_in_every_state_and_a_second_call_adds_nothing():
    load_organisation()
    office = Office.objects.get(code="shizhi")
    Unit.objects.update(office="别处")
    members = [item_walk.a_member() for _each in range(30)]
    Unit.objects.filter(member__in=members).update(office=office.name)

    def name(role):
        return f"{role}-{uuid.uuid4().hex[:8]}"

    desk = Desk(
        teller=staff(name("t"), "teller", office=office), reviewer=staff(name("r"), "reviewer", office=office),
        service=staff(name("s"), "service"), unit=outsider(name("u"), Kind.UNIT),
        member=outsider(name("m"), Kind.MEMBER),
    )  # fmt: skip
    made = open_cases(desk=desk, today=date(2026, 11, 25), seed=1)
    mine = Case.objects.filter(opened_by__in=[desk.teller, desk.service, desk.unit, desk.member])
    states = Counter(mine.values_list("state", flat=True))
    assert sum(states.values()) == made == 48
    assert {"draft", "accepted", "review", "completed"} <= set(states)
    assert not mine.filter(state="draft").exclude(opened_by=desk.unit).exists()
    assert Member.objects.filter(sign_in__user=desk.member).exists()
    assert open_cases(desk=desk, today=date(2026, 11, 26), seed=1) == made
    assert Counter(mine.values_list("state", flat=True)) == states
