"""The engine of cases against a real database: every way a case can go, who may send it there, and what is refused."""

import uuid
from datetime import UTC, date, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from anju.cases import catalogue, operations, queries
from anju.cases.actors import Actor
from anju.cases.declarations import ApplicantKind, Channel, Source
from anju.cases.errors import (
    FormInvalidError,
    IneligibleError,
    MaterialsMissingError,
    NotAllowedError,
    PersonalDataError,
    ReasonMissingError,
    SamePersonError,
    StaleCaseError,
    StaleDraftError,
    WrongStateError,
)
from anju.cases.models import AllowedMove, Case, CaseEvent, CaseForm, ClockEventRow, Review
from anju.cases.states import State, Verb, moves
from anju.cases.transition import transition
from anju.platform.models import AuditEntry, OutboxEvent
from anju.platform.people.models import Kind
from anju.platform.people.operations import register_person
from case_items.errand import Errand
from sign_ins import outsider, staff

AT, DAY = datetime(2026, 5, 11, 1, 0, tzinfo=UTC), date(2026, 5, 11)
pytestmark = [pytest.mark.usefixtures("db")]


@pytest.fixture(autouse=True)
def _item():
    catalogue.register(Errand())
    Errand.effects.clear()
    yield
    catalogue.forget("T01")


def actor(role, **facts):
    return Actor.of(staff(f"{role or 'none'}-{uuid.uuid4().hex[:12]}", role, **facts))


@pytest.fixture
def teller():
    return actor("teller")


@pytest.fixture
def reviewer():
    return actor("reviewer")


@pytest.fixture
def member():
    return Actor.of(outsider(f"m-{uuid.uuid4().hex[:12]}", Kind.MEMBER))


def draft(by, *, channel=Channel.MEMBER, key="", **typed):
    case = operations.open_draft(
        item="T01", channel=channel, applicant_kind=ApplicantKind.MEMBER, reference="", actor=by, at=AT,
        business_date=DAY, applicant_person=by.person if not by.is_staff else None, key=key,
    )  # fmt: skip
    answers = {"title": ["买印章"], "amount": ["12"], **{name: [value] for name, value in typed.items()}}
    operations.save_draft(number=case.number, typed=answers, actor=by, at=AT)
    return case


def submitted(by, *, day=DAY, **typed):
    case = draft(by, **typed)
    return operations.submit(number=case.number, expected_version=0, actor=by, at=AT, business_date=day)


def move(case, verb, by, *, day=DAY, **facts):
    return transition(
        number=case.number, verb=verb, expected_version=case.version, actor=by, at=AT, business_date=day, **facts
    )


class TestTheWay:
    def test_from_draft_to_effect_with_history_clock_verdict_audit_and_outbox(self, member, teller, reviewer):
        case = submitted(member)
        assert (case.state, case.waits_for, case.due, case.subject) == (
            "accepted",
            "teller",
            date(2026, 5, 14),
            "买印章",
        )
        case = move(case, Verb.FORWARD, teller)
        assert (case.state, case.waits_for, case.maker_id, case.level) == ("review", "reviewer", teller.person, 1)
        case = move(case, Verb.APPROVE, reviewer)
        assert (case.state, case.waits_for, case.closed_date) == ("completed", "", DAY)
        assert case.result == {"errand": f"E{case.pk}"}
        assert Errand.effects == [case.number]
        verbs = list(CaseEvent.objects.filter(case=case).values_list("verb", "target"))
        assert verbs == [
            ("submit", "accepted"), ("forward", "review"), ("approve", "approved"), ("complete", "completed"),
        ]  # fmt: skip
        assert list(ClockEventRow.objects.filter(case=case).values_list("kind", "term_days")) == [
            ("start", 3), ("finish", None),
        ]  # fmt: skip
        (review,) = Review.objects.filter(case=case)
        assert (review.maker_id, review.checker_id, review.verb) == (teller.person, reviewer.person, "approve")
        assert AuditEntry.objects.filter(object_kind="case", object_reference=case.number).count() == 4
        assert OutboxEvent.objects.filter(key__startswith=case.number).count() == 4

    def test_a_large_amount_goes_to_a_second_level_and_another_person(self, member, teller, reviewer):
        case = move(submitted(member, amount="100001"), Verb.FORWARD, teller)
        case = move(case, Verb.APPROVE, reviewer)
        assert (case.state, case.level, case.waits_for) == ("review", 2, "office_head")
        twin = Actor.of(staff(f"h-{uuid.uuid4().hex[:12]}", "office_head", person=person_of(reviewer)))
        with pytest.raises(SamePersonError, match="另一人"), transaction.atomic():
            move(case, Verb.APPROVE, twin)
        assert move(case, Verb.APPROVE, actor("office_head")).state == "completed"

    def test_the_clock_stands_still_while_papers_are_awaited(self, member, teller):
        case = submitted(member)
        case = move(case, Verb.SUPPLEMENT, teller, day=date(2026, 5, 12), reason="请补身份证明")
        assert (case.state, case.due, case.waits_for) == ("supplement", None, "")
        case = operations.submit(
            number=case.number, expected_version=case.version, actor=member, at=AT, business_date=date(2026, 5, 20)
        )
        assert (case.state, case.due, case.submitted_date) == ("accepted", date(2026, 5, 22), DAY)

    def test_a_returned_case_is_reviewed_in_a_new_round_by_the_same_reviewer(self, member, teller, reviewer):
        case = move(submitted(member), Verb.FORWARD, teller)
        case = move(case, Verb.RETURN, reviewer, reason="金额核对")
        assert (case.state, case.waits_for, case.level) == ("accepted", "teller", 0)
        case = move(move(case, Verb.FORWARD, teller), Verb.APPROVE, reviewer)
        assert case.state == "completed"
        assert list(Review.objects.filter(case=case).values_list("round", "verb")) == [(1, "return"), (2, "approve")]

    def test_an_applicant_has_a_completed_case_taken_up_again(self, member, teller, reviewer):
        case = move(move(submitted(member), Verb.FORWARD, teller), Verb.APPROVE, reviewer)
        case = move(case, Verb.REOPEN, member, day=date(2026, 6, 1), reason="没有办好")
        assert (case.state, case.due, case.closed_date) == ("accepted", date(2026, 6, 4), None)
        case = move(move(case, Verb.FORWARD, teller), Verb.APPROVE, reviewer, day=date(2026, 6, 2))
        with pytest.raises(WrongStateError, match="30 天"):
            move(case, Verb.REOPEN, member, day=date(2026, 7, 3), reason="又来")

    def test_the_counter_forwards_at_once(self, teller):
        case = draft(teller, channel=Channel.COUNTER)
        case = operations.submit(number=case.number, expected_version=0, actor=teller, at=AT, business_date=DAY)
        assert (case.state, case.maker_id) == ("review", teller.person)

    def test_the_same_request_sent_twice_is_one_case(self, member):
        assert draft(member, key="a").number == draft(member, key="a").number != draft(member, key="b").number


class TestWhoMay:
    def test_a_maker_under_another_account_is_told(self, member, teller):
        case = move(submitted(member), Verb.FORWARD, teller)
        twin = Actor.of(staff(f"r-{uuid.uuid4().hex[:12]}", "reviewer", person=person_of(teller)))
        with pytest.raises(SamePersonError, match="换账号"):
            move(case, Verb.APPROVE, twin)

    def test_the_database_refuses_one_person_even_past_the_code(self, member, teller, monkeypatch):
        from anju.cases import transition as module

        case = move(submitted(member), Verb.FORWARD, teller)
        twin = Actor.of(staff(f"r-{uuid.uuid4().hex[:12]}", "reviewer", person=person_of(teller)))
        monkeypatch.setattr(module, "refusal", lambda *_facts: None)
        monkeypatch.setattr(module, "possible_verbs", lambda *_facts: list(Verb))
        with pytest.raises(SamePersonError), transaction.atomic():
            move(case, Verb.APPROVE, twin)
        assert Case.objects.get(pk=case.pk).state == "review"

    def test_staff_do_not_handle_their_own_application(self, reviewer, teller):
        me = Actor.of(outsider_of(reviewer))
        case = move(submitted(me), Verb.FORWARD, teller)
        with pytest.raises(SamePersonError, match="本人"):
            move(case, Verb.APPROVE, reviewer)

    def test_another_office_another_role_and_another_applicant_are_refused(self, member, teller):
        from anju.platform.people.models import Office

        here, there = (Office.objects.create(code=c, name=c, place=1) for c in ("here", "there"))
        case = submitted(member)
        for stranger in (actor("teller", office=here), actor("accountant"), actor("")):
            with pytest.raises(NotAllowedError):
                move(case, Verb.FORWARD, stranger)
        other = Actor.of(outsider(f"m-{uuid.uuid4().hex[:12]}", Kind.MEMBER))
        with pytest.raises(NotAllowedError):
            move(case, Verb.WITHDRAW, other)
        case = move(case, Verb.TRANSFER, teller, office=there.pk, reason="属地办理")
        with pytest.raises(NotAllowedError, match="管理部"):
            move(case, Verb.FORWARD, actor("teller", office=here))
        assert move(case, Verb.FORWARD, actor("teller", office=there)).state == "review"

    def test_a_colleague_acts_for_the_unit_and_nobody_else_does(self, teller):
        clerk, colleague, stranger = (
            Actor.of(outsider(f"u-{uuid.uuid4().hex[:12]}", Kind.UNIT), [("unit", unit)]) for unit in ("9", "9", "8")
        )
        case = operations.open_draft(
            item="T01", channel=Channel.EMPLOYER, applicant_kind=ApplicantKind.UNIT, reference="9", actor=clerk, at=AT,
            business_date=DAY,
        )  # fmt: skip
        with pytest.raises(NotAllowedError):
            operations.save_draft(number=case.number, typed={"title": ["a"]}, actor=stranger, at=AT)
        operations.save_draft(number=case.number, typed={"title": ["a"], "amount": ["1"]}, actor=colleague, at=AT)
        case = operations.submit(number=case.number, expected_version=0, actor=colleague, at=AT, business_date=DAY)
        assert [c.number for c in queries.own_cases(actor=colleague)] == [case.number]
        assert queries.own_cases(actor=stranger) == []

    def test_programs_do_not_decide(self, member):
        with pytest.raises(NotAllowedError):
            move(submitted(member), Verb.REJECT, Actor.program("night"), reason="x")


class TestRefusals:
    def test_a_stale_page(self, member, teller, reviewer):
        seen = submitted(member)
        move(seen, Verb.FORWARD, teller)
        with pytest.raises(StaleCaseError, match="待复核"):
            move(seen, Verb.SUPPLEMENT, teller, reason="x")

    def test_verbs_out_of_place_and_without_reason(self, member, teller):
        case = submitted(member)
        with pytest.raises(WrongStateError):
            move(case, Verb.APPROVE, teller)  # has a review before it
        with pytest.raises(ReasonMissingError):
            move(case, Verb.SUPPLEMENT, teller, reason="  ")
        with pytest.raises(PersonalDataError), transaction.atomic():
            move(case, Verb.SUPPLEMENT, teller, reason="证件 430602199001011237 不清楚")

    def test_wrong_answers_name_their_fields_and_nothing_moves(self, member):
        case = draft(member, amount="十二", title="")
        with pytest.raises(FormInvalidError) as told:
            operations.submit(number=case.number, expected_version=0, actor=member, at=AT, business_date=DAY)
        assert set(told.value.errors) == {"amount", "title"}
        assert Case.objects.get(pk=case.pk).state == "draft"
        assert not CaseForm.objects.get(case=case).submitted

    def test_rules_are_asked_at_submission_and_before_the_effect(self, member):
        with pytest.raises(IneligibleError, match="不符合规定"):
            submitted(member, title="不准")

    def test_papers_are_asked_for_when_the_answers_call_for_them(self, member):
        case = draft(member, rush="on")
        facts = {"number": case.number, "actor": member, "at": AT}
        with pytest.raises(MaterialsMissingError) as told:
            operations.submit(expected_version=0, business_date=DAY, **facts)
        assert told.value.missing == ["proof", "later"]
        operations.add_material(code="proof", source=Source.DECLARED, evidence="承诺书一号", **facts)
        case = operations.submit(expected_version=0, business_date=DAY, tolerate=["later", "proof"], **facts)
        (tolerance,) = case.tolerances.all()
        assert (tolerance.code, tolerance.due) == ("later", date(2026, 5, 18))
        operations.add_material(code="later", source=Source.DECLARED, evidence="承诺书二号", **facts)
        tolerance.refresh_from_db()
        assert tolerance.fulfilled_at == AT

    def test_an_effect_that_fails_leaves_nothing(self, member, teller, reviewer):
        case = move(submitted(member, title="炸"), Verb.FORWARD, teller)
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            move(case, Verb.APPROVE, reviewer)
        assert Case.objects.get(pk=case.pk).version == case.version
        assert not Review.objects.filter(case=case).exists()

    def test_two_windows_on_one_draft_do_not_overwrite_each_other(self, member):
        case = draft(member)
        operations.save_draft(number=case.number, typed={"title": ["甲"]}, actor=member, at=AT, stamp=1)
        with pytest.raises(StaleDraftError):
            operations.save_draft(number=case.number, typed={"title": ["乙"]}, actor=member, at=AT, stamp=1)

    def test_submitted_answers_can_not_be_typed_on(self, member):
        case = submitted(member)
        with pytest.raises(WrongStateError):
            operations.save_draft(number=case.number, typed={"title": ["改"]}, actor=member, at=AT)


class TestTheDatabase:
    def test_its_table_of_moves_is_the_programs(self):
        known = set(AllowedMove.objects.values_list("verb", "source", "target"))
        assert known == {(m.verb, m.source, m.target) for m in moves()}

    @pytest.mark.parametrize("table", ["cases_case", "cases_caseevent", "cases_clockevent", "cases_review"])
    def test_the_application_cannot_write_past_the_function(self, member, table):
        submitted(member)
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET id = id", f"INSERT INTO {table} DEFAULT VALUES"):
            refused = pytest.raises(DatabaseError, match="permission denied")
            with refused, transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)

    def test_a_move_that_the_table_does_not_know_is_refused(self, member):
        case = submitted(member)
        with pytest.raises(DatabaseError, match="no move"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                'SELECT cases_move(%s, 1, \'{"verb": "complete", "target": "completed"}\', \'{}\')', [case.number]
            )

    def test_only_the_transition_calls_the_function(self):
        from importlib import resources

        root = resources.files("anju")
        callers = [p for p in root.rglob("*.py") if "cases_move(" in p.read_text()]
        assert [path.name for path in callers] == ["transition.py"]

    def test_answers_are_sealed(self, member):
        case = draft(member, title="机密事由")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT strpos(encode(content, 'hex'), %s) FROM cases_caseform WHERE case_id = %s",
                ["机密".encode().hex(), case.pk],
            )
            assert cursor.fetchone() == (0,)
        assert "机密事由" in CaseForm.objects.get(case=case).content

    def test_states_are_all_reached(self):
        assert {m.target for m in moves()} | {State.DRAFT} == set(State)


class TestQueues:
    def test_a_case_is_in_the_queue_of_its_role_at_once_and_marked_for_its_maker(self, member, teller, reviewer):
        case = submitted(member)
        assert case.pk in {w.case.pk for w in queries.queue(actor=teller)}
        move(case, Verb.FORWARD, teller)
        assert case.pk not in {w.case.pk for w in queries.queue(actor=teller)}
        assert {w.case.pk: w.own for w in queries.queue(actor=reviewer)}[case.pk] is False
        twin = Actor.of(staff(f"r-{uuid.uuid4().hex[:12]}", "reviewer", person=person_of(teller)))
        assert {w.case.pk: w.own for w in queries.queue(actor=twin)}[case.pk] is True

    def test_one_takes_a_case_and_another_is_told(self, member, teller):
        case, other = submitted(member), actor("teller")
        assert operations.claim(number=case.number, actor=teller)
        assert not operations.claim(number=case.number, actor=other)
        assert operations.claim(number=case.number, actor=teller, release=True)
        assert operations.claim(number=case.number, actor=other)

    def test_late_cases_rise_once_a_level(self, member):
        case = submitted(member)
        for day, level in (
            (date(2026, 5, 12), 0),
            (date(2026, 5, 13), 1),
            (date(2026, 5, 15), 2),
            (date(2026, 5, 25), 3),
        ):
            queries.escalate(business_date=day, at=AT)
            assert queries.escalate(business_date=day, at=AT) == 0
            assert Case.objects.get(pk=case.pk).escalated == level
        assert OutboxEvent.objects.filter(topic="case.escalated", key__startswith=case.number).count() == 3


def person_of(who):
    from anju.platform.people.models import Person

    return Person.objects.get(pk=who.person)


def outsider_of(who):
    from anju.platform.people.operations import open_sign_in

    return open_sign_in(
        username=f"o-{uuid.uuid4().hex[:12]}", password=None, person=person_of(who), by="tests", at=AT, kind=Kind.MEMBER
    )


def test_a_person_is_registered_once():
    from anju.platform.people.errors import OtherPersonError

    one = register_person(name="张三", identity_number="11010519491231002X")
    assert register_person(name="张三", identity_number="11010519491231002x").pk == one.pk
    with pytest.raises(OtherPersonError):
        register_person(name="李四", identity_number="11010519491231002X")
