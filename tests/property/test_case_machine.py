"""Random verbs by random people on real cases: after each step, what is stored is what can be computed again.

A step either moves one case with all its traces, or is refused and leaves every table as it was.
"""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from anju.cases import answers, catalogue, nightly, operations, queries
from anju.cases.actors import Actor, possible_verbs
from anju.cases.clock import standing
from anju.cases.declarations import ApplicantKind, Channel
from anju.cases.models import Case, CaseEvent, ClockEventRow, Review
from anju.cases.states import ENDS, MOVES, State, Verb
from anju.cases.transition import clock_event, transition
from anju.kernel.errors import AnjuError
from anju.kernel.workdays import CalendarKind, calendar
from anju.platform.models import AuditEntry, OutboxEvent
from anju.platform.people.models import Kind, Role
from anju.platform.people.operations import open_sign_in, register_person
from case_items.errand import Errand

AT, START = datetime(2026, 9, 21, 1, 0, tzinfo=UTC), date(2026, 9, 21)
ROLES = ("teller", "teller", "reviewer", "reviewer", "office_head", "director", "accountant", "auditor")
#: Everything that a step may write.
TABLES = (
    "cases_case", "cases_caseevent", "cases_clockevent", "cases_review", "cases_caseform", "cases_checkresult",
    "cases_tolerance", "platform_auditentry", "platform_outboxevent",
)  # fmt: skip
CALENDAR = calendar(CalendarKind.SERVICE)
picks = st.integers(0, 30)


def latest() -> dict[str, int]:
    """The latest row of each table."""
    with connection.cursor() as cursor:
        found = {}
        for table in TABLES:
            cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")
            found[table] = cursor.fetchone()[0]
    return found


def everything(since: dict[str, int]) -> list[object]:
    """A digest of the rows of each table that came after these."""
    digest = "SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t.id)) FROM {} AS t WHERE t.id > %s"
    with connection.cursor() as cursor:
        found = []
        for table, row in since.items():
            cursor.execute(digest.format(table), [row])
            found.append(cursor.fetchone())
    return found


def sign_in(role, person=None):
    user = open_sign_in(
        username=uuid.uuid4().hex, password=None, person=person or register_person(name="甲"), by="tests", at=AT,
        kind=Kind.STAFF if role else Kind.MEMBER, role=Role(role) if role else None,
    )  # fmt: skip
    return Actor.of(user), user.person


class CaseMachine(RuleBasedStateMachine):
    """Its cases and people live in a savepoint that is rolled back."""

    def __init__(self):
        super().__init__()
        self.savepoint = transaction.savepoint()
        self.today = START
        pairs = [sign_in(role) for role in ROLES]
        members = [sign_in("") for _each in range(2)]
        # A teller who reviews under another name, and a reviewer who applies.
        self.members = [who for who, _person in members] + [sign_in("", pairs[2][1])[0]]
        self.people = [who for who, _person in pairs] + self.members
        self.people += [sign_in("reviewer", pairs[0][1])[0], Actor.program("night")]
        self.cases, self.touched, self.since = [], None, latest()
        Errand.effects.clear()

    @rule(owner=picks, large=st.booleans(), wrong=st.booleans())
    def open(self, owner, large, wrong):
        by = self.members[owner % len(self.members)]
        case = operations.open_draft(
            item="T01", channel=Channel.MEMBER, applicant_kind=ApplicantKind.MEMBER, reference="", actor=by, at=AT,
            business_date=self.today, applicant_person=by.person,
        )  # fmt: skip
        typed = {"title": ["不准" if wrong and large else "事"], "amount": ["100001" if large else "12"]}
        operations.save_draft(number=case.number, typed=typed, actor=by, at=AT)
        self.cases.append(case.pk)
        self.touched = case.pk

    @rule(days=st.integers(0, 12))
    def wait(self, days):
        self.today += timedelta(days=days)

    @rule(
        which=picks,
        verb=st.sampled_from(Verb),
        who=picks,
        stale=st.integers(0, 9),
        reason=st.sampled_from(["理由", ""]),
    )
    def try_any(self, which, verb, who, stale, reason):
        self.attempt(which, verb, self.people[who % len(self.people)], 1 if stale == 0 else 0, reason)

    @initialize(large=st.booleans())
    def begin(self, large):
        """Two cases under way: what is drawn after this reaches deep states within a few steps."""
        for owner in (0, 2):
            self.open(owner=owner, large=large, wrong=False)
            self.attempt(-1, Verb.SUBMIT, self.members[owner], 0, "")

    @rule(which=picks, choices=st.lists(picks, min_size=1, max_size=5), back=st.sampled_from([0, 0, 0, 0, 1]))
    def do_what_may_be_done(self, which, choices, back):
        for choice in choices:
            case = Case.objects.get(pk=self.cases[which % len(self.cases)])
            ways = [
                (verb, who)
                for who in self.people
                for verb in possible_verbs(who, case, catalogue.find("T01"))
                if verb not in (Verb.WITHDRAW, Verb.VOID, Verb.REJECT) or choice == 0
            ]
            if ways:
                verb, who = ways[choice % len(ways)]
                self.attempt(which, verb, who, 0, "理由", self.today - timedelta(days=back))

    def attempt(self, which, verb, who, off, reason, day=None):
        case = Case.objects.get(pk=self.cases[which % len(self.cases)])
        before, effects = everything(self.since), len(Errand.effects)
        try:
            with transaction.atomic():
                moved = transition(
                    number=case.number, verb=verb, expected_version=case.version + off, actor=who, at=AT,
                    business_date=day or self.today, reason=reason,
                )  # fmt: skip
        except AnjuError:
            assert everything(self.since) == before
            del Errand.effects[
                effects:
            ]  # what an effect wrote was undone with the move; this list knows no transaction
        else:
            assert verb in possible_verbs(who, case, catalogue.find("T01"))
            assert moved.version > case.version
            self.touched = case.pk

    @rule()
    def night(self):
        queries.escalate(business_date=self.today, at=AT)
        assert queries.escalate(business_date=self.today, at=AT) == 0
        assert nightly.recompute_provisional(at=AT) == 0

    @invariant()
    def what_is_stored_is_what_is_computed(self):
        if self.touched is not None:
            agrees(Case.objects.get(pk=self.touched))

    def teardown(self):
        for pk in self.cases:
            agrees(Case.objects.get(pk=pk))
        transaction.savepoint_rollback(self.savepoint)


def agrees(case):
    events = list(CaseEvent.objects.filter(case=case).order_by("version"))
    assert [event.version for event in events] == list(range(1, case.version + 1))
    assert case.state == (events[-1].target if events else State.DRAFT)
    rows = list(ClockEventRow.objects.filter(case=case).order_by("version"))
    made = {e.version: next(m for m in MOVES[Verb(e.verb), State(e.source)] if m.target == e.target) for e in events}
    assert [(r.version, r.kind) for r in rows] == [(version, m.clock) for version, m in made.items() if m.clock]
    stands = standing([clock_event(row) for row in rows], CALENDAR)
    assert (case.due, case.due_provisional) == (stands.due, stands.provisional)
    assert (case.closed_date is not None) == (case.state in ENDS)
    assert case.waits_for == {
        State.ACCEPTED: "teller",
        State.REVIEW: case.steps["reviews"][case.level - 1] if case.state == State.REVIEW else "",
    }.get(State(case.state), "")
    audited = AuditEntry.objects.filter(object_kind="case", object_reference=case.number).order_by("id")
    assert [entry.action for entry in audited] == [f"case.{event.verb}" for event in events]
    sent = OutboxEvent.objects.filter(topic="case.moved", key__startswith=f"{case.number}/").order_by("id")
    assert [event.payload["version"] for event in sent] == [event.version for event in events]
    verdicts = [e for e in events if e.source == State.REVIEW and e.verb in (Verb.APPROVE, Verb.REJECT, Verb.RETURN)]
    reviews = list(Review.objects.filter(case=case).order_by("version"))
    assert [review.version for review in reviews] == [event.version for event in verdicts]
    assert all(review.checker_id not in (review.maker_id, case.applicant_person_id) for review in reviews)
    assert Errand.effects.count(case.number) == sum(event.verb == Verb.COMPLETE for event in events)
    assert answers.read(case).submitted == (any(event.verb == Verb.SUBMIT for event in events))


def _run(examples, steps):
    catalogue.register(Errand())
    profile = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck),
        print_blob=False,
    )  # fmt: skip
    try:
        run_state_machine_as_test(CaseMachine, settings=profile)
    finally:
        catalogue.forget("T01")


@pytest.mark.usefixtures("db")
def test_stored_is_recomputed():
    _run(examples=8, steps=20)


@pytest.mark.slow
@pytest.mark.usefixtures("db")
def test_stored_is_recomputed_at_length():
    _run(examples=200, steps=50)
