"""The button that hands in, pressed twice at the same moment, by two connections that commit."""

import pytest

from anju.cases import catalogue
from anju.cases.models import CaseEvent
from case_items.errand import Errand
from portal_walk import Walk, hidden_inputs, member_user
from threads import in_threads

pytestmark = [pytest.mark.usefixtures("center")]


@pytest.fixture(autouse=True)
def _errand():
    catalogue.register(Errand())
    yield
    catalogue.forget("T01")


def test_both_presses_lead_to_the_same_confirmation():
    user = member_user()
    visitor = Walk(user)
    case = visitor.start("T01")
    visitor.send(f"cases/{case.number}/questions/what/", verb="continue", title="买印章")
    visitor.send(f"cases/{case.number}/questions/money/", verb="continue", amount="12")
    shown = hidden_inputs(visitor.get(f"cases/{case.number}/check/"))
    windows = [Walk(user) for _each in range(4)]

    def press(index: int) -> str:
        windows[index].post(f"cases/{case.number}/check/", shown)
        return windows[index].at

    assert in_threads(press, 4) == [f"/member/cases/{case.number}/done/"] * 4
    assert CaseEvent.objects.filter(case=case).count() == 1
