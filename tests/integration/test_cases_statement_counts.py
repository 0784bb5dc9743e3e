"""What a move of a case costs, counted: a fixed small number of statements, however long the case's history is."""

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from django.db import connection

from anju.cases import catalogue, operations, queries
from anju.cases.actors import Actor
from anju.cases.declarations import ApplicantKind, Channel
from anju.cases.models import Case
from anju.cases.states import Verb
from anju.cases.transition import transition
from anju.platform.people.models import Kind
from case_items.errand import Errand
from sign_ins import outsider, staff

AT, DAY = datetime(2026, 5, 11, 1, 0, tzinfo=UTC), date(2026, 5, 11)
pytestmark = [pytest.mark.usefixtures("db")]


@pytest.fixture(autouse=True)
def _item():
    catalogue.register(Errand())
    yield
    catalogue.forget("T01")


class Counter:
    """Moves a case and notes how many statements each move sent."""

    def __init__(self):
        self.by = {role: Actor.of(staff(f"{role}-{uuid.uuid4().hex[:12]}", role)) for role in ("teller", "reviewer")}
        self.by["member"] = Actor.of(outsider(f"m-{uuid.uuid4().hex[:12]}", Kind.MEMBER))
        self.sent: list[str] = []
        by = self.by["member"]
        self.case = operations.open_draft(
            item="T01", channel=Channel.MEMBER, applicant_kind=ApplicantKind.MEMBER, reference="", actor=by, at=AT,
            business_date=DAY,
        )  # fmt: skip
        typed = {"title": ["买印章"], "amount": ["12"]}
        operations.save_draft(number=self.case.number, typed=typed, actor=by, at=AT)

    def count(self, work: Callable[[], object]) -> int:
        sent = []

        def around(execute, sql, *others):
            if "SAVEPOINT" not in sql:
                sent.append(sql)
            return execute(sql, *others)

        with connection.execute_wrapper(around):
            work()
        return len(sent)

    def move(self, verb, who, reason=""):
        def work():
            self.case = transition(
                number=self.case.number, verb=verb, expected_version=self.case.version, actor=self.by[who], at=AT,
                business_date=DAY, reason=reason,
            )  # fmt: skip

        return self.count(work)


def test_each_move_costs_a_fixed_number_of_statements():
    case = Counter()
    assert {
        "submit": case.move(Verb.SUBMIT, "member"),
        "supplement": case.move(Verb.SUPPLEMENT, "teller", "请补证明"),
        "resupply": case.move(Verb.RESUPPLY, "member"),
        "forward": case.move(Verb.FORWARD, "teller"),
        "approve": case.move(Verb.APPROVE, "reviewer"),
    } == {"submit": 7, "supplement": 3, "resupply": 6, "forward": 2, "approve": 6}


def test_a_long_history_costs_no_more():
    young, old = Counter(), Counter()
    for one in (young, old):
        one.move(Verb.SUBMIT, "member")
    for _turn in range(10):
        old.move(Verb.SUPPLEMENT, "teller", "请补证明")
        old.move(Verb.RESUPPLY, "member")
    assert old.case.version == 21
    assert old.move(Verb.FORWARD, "teller") == young.move(Verb.FORWARD, "teller")
    assert old.move(Verb.APPROVE, "reviewer") == young.move(Verb.APPROVE, "reviewer")


def test_a_queue_is_one_statement_whatever_its_length():
    cases = [Counter() for _number in range(3)]
    reader = cases[0]
    before = reader.count(lambda: queries.queue(actor=reader.by["teller"]))
    for each in cases:
        each.move(Verb.SUBMIT, "member")
    waiting = []
    assert reader.count(lambda: waiting.extend(queries.queue(actor=reader.by["teller"]))) == before == 1
    assert reader.count(lambda: [(w.case.office, w.case.handler) for w in waiting]) == 0
    assert {w.case.pk for w in waiting} >= set(Case.objects.filter(waits_for="teller").values_list("pk", flat=True))
