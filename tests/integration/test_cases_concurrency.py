"""Several at once at the same cases: one wins, the others are told, nothing happens twice and nobody waits in a ring."""

import random
import uuid
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import DatabaseError

from anju.cases import catalogue, operations, queries
from anju.cases.actors import Actor, possible_verbs
from anju.cases.declarations import ApplicantKind, Channel
from anju.cases.errors import CaseError, StaleCaseError
from anju.cases.models import Case, CaseEvent, Review
from anju.cases.states import State, Verb
from anju.cases.transition import transition
from anju.platform import outbox
from anju.platform.models import AuditEntry, OutboxEvent
from anju.platform.people.models import Kind, Office
from case_items.errand import Errand
from sign_ins import outsider, staff
from threads import in_threads

AT, DAY = datetime(2026, 5, 11, 1, 0, tzinfo=UTC), date(2026, 5, 11)
pytestmark = [pytest.mark.usefixtures("center")]


@pytest.fixture(autouse=True)
def _item():
    catalogue.register(Errand())
    Errand.effects.clear()
    yield
    catalogue.forget("T01")


def actor(role):
    return Actor.of(staff(f"{role}-{uuid.uuid4().hex[:12]}", role))


@pytest.fixture
def member():
    return Actor.of(outsider(f"m-{uuid.uuid4().hex[:12]}", Kind.MEMBER))


def opened(by, key=""):
    return operations.open_draft(
        item="T01", channel=Channel.MEMBER, applicant_kind=ApplicantKind.MEMBER, reference="", actor=by, at=AT,
        business_date=DAY, applicant_person=by.person, key=key,
    )  # fmt: skip


def draft(by):
    case = opened(by)
    operations.save_draft(number=case.number, typed={"title": ["买印章"], "amount": ["12"]}, actor=by, at=AT)
    return case


def submit(case, by, day=DAY):
    return operations.submit(number=case.number, expected_version=case.version, actor=by, at=AT, business_date=day)


def move(case, verb, by, **facts):
    facts = {"business_date": DAY, **facts}
    return transition(number=case.number, verb=verb, expected_version=case.version, actor=by, at=AT, **facts)


def one_of(results, error=StaleCaseError):
    """The one that won; all others were told why not."""
    won = [each for each in results if isinstance(each, Case)]
    lost = [each for each in results if not isinstance(each, Case)]
    assert len(won) == 1, results
    assert all(isinstance(each, error) for each in lost), results
    return won[0]


def agrees(case):
    """Row, history, audit log and outbox of a case tell the same."""
    case = Case.objects.get(pk=case.pk)
    events = list(CaseEvent.objects.filter(case=case))
    assert [event.version for event in events] == list(range(1, case.version + 1))
    assert case.state == (events[-1].target if events else State.DRAFT)
    assert all(one.target == two.source for one, two in pairwise(events))
    assert AuditEntry.objects.filter(object_kind="case", object_reference=case.number).count() == case.version
    assert OutboxEvent.objects.filter(topic="case.moved", key__startswith=f"{case.number}/").count() == case.version
    assert Errand.effects.count(case.number) == sum(event.verb == Verb.COMPLETE for event in events)
    return case


def test_two_reviewers_approve_at_once_and_it_takes_effect_once(member):
    case = move(submit(draft(member), member), Verb.FORWARD, actor("teller"))
    reviewers = [actor("reviewer"), actor("reviewer")]
    won = one_of(in_threads(lambda index: move(case, Verb.APPROVE, reviewers[index]), 2))
    assert won.state == State.COMPLETED
    assert Errand.effects == [case.number]
    assert Review.objects.filter(case=case).count() == 1
    agrees(case)


def test_a_draft_submitted_twice_at_once_is_submitted_once(member):
    case = draft(member)
    one_of(in_threads(lambda _index: submit(case, member), 4))
    assert agrees(case).version == 1


def test_a_case_claimed_by_ten_at_once_is_on_one_desk(member):
    case = submit(draft(member), member)
    tellers = [actor("teller") for _number in range(10)]
    taken = in_threads(lambda index: operations.claim(number=case.number, actor=tellers[index]), 10)
    assert sorted(taken) == [False] * 9 + [True]
    assert Case.objects.get(pk=case.pk).handler_id == tellers[taken.index(True)].user


def test_a_draft_opened_with_one_key_by_ten_at_once_is_one(member):
    cases = in_threads(lambda _index: opened(member, key="once"), 10)
    assert {case.number for case in cases} == {cases[0].number}
    assert Case.objects.filter(opened_by=member.user).count() == 1


def test_a_supplement_handed_in_while_the_case_is_declared_void(member):
    case = move(submit(draft(member), member), Verb.SUPPLEMENT, actor("teller"), reason="请补证明")
    director = actor("director")
    ways = [lambda: submit(case, member), lambda: move(case, Verb.VOID, director, reason="重复申请")]
    won = one_of(in_threads(lambda index: ways[index](), 2))
    assert agrees(case).state == won.state in (State.ACCEPTED, State.VOID)


def test_a_transfer_while_the_case_is_forwarded(member):
    case = submit(draft(member), member)
    there = Office.objects.create(code=uuid.uuid4().hex[:12], name=uuid.uuid4().hex, place=1)
    teller, other = actor("teller"), actor("teller")
    ways = [
        lambda: move(case, Verb.FORWARD, teller),
        lambda: move(case, Verb.TRANSFER, other, office=there.pk, reason="属地办理"),
    ]
    won = one_of(in_threads(lambda index: ways[index](), 2))
    case = agrees(case)
    assert (case.state, case.office_id) in ((State.REVIEW, None), (State.ACCEPTED, there.pk))
    assert case.version == won.version == 2


def test_eight_clients_on_two_hundred_cases_come_to_no_deadlock_and_every_case_agrees(member):
    cases = [draft(member).number for _number in range(200)]
    people = [member, actor("teller"), actor("reviewer"), actor("director")]

    def client(index):
        chance, moved = random.Random(index), 0
        for _turn in range(100):
            case = Case.objects.get(number=chance.choice(cases))
            by = chance.choice(people)
            verbs = possible_verbs(by, case, catalogue.find("T01"))
            if chance.random() < 0.9:  # ends that leave nothing to do are rare
                verbs = [verb for verb in verbs if verb not in (Verb.WITHDRAW, Verb.VOID)]
            try:
                if chance.random() < 0.05:
                    queries.escalate(business_date=DAY + timedelta(days=chance.randrange(9)), at=AT)
                    outbox.deliver(now=AT, limit=20)
                if verbs:
                    move(case, chance.choice(verbs), by, reason="理由")
                    moved += 1
            except CaseError:
                pass
        return moved

    moved = in_threads(client, 8)
    assert not [each for each in moved if isinstance(each, DatabaseError)]
    assert sum(moved) == CaseEvent.objects.filter(case__number__in=cases).exclude(verb=Verb.COMPLETE).count() > 50
    for number in cases:
        agrees(Case.objects.get(number=number))
