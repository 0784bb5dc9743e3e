"""Cases for the drill: from draft to effect, with supplement, transfer and return; every move whole or not there at all.

A rerun repeats every call with the key or the version of the first time: what stands already is refused as stale.
"""

import contextlib
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from crash_programs import Step
from django import forms
from django.db import connection

from anju.cases import catalogue, operations
from anju.cases.actors import Actor
from anju.cases.clock import standing
from anju.cases.declarations import ApplicantKind, Channel, Group, ServiceItem, Term
from anju.cases.errors import StaleCaseError
from anju.cases.models import Case, CaseEvent, ClockEventRow, Review
from anju.cases.states import MOVES, State, Verb
from anju.cases.transition import clock_event, transition
from anju.kernel.workdays import CalendarKind, calendar
from anju.platform import audit
from anju.platform.models import AuditEntry, OutboxEvent
from anju.platform.people.models import Kind, Role
from anju.platform.people.operations import open_sign_in, register_person

AT = datetime(2026, 5, 11, 1, tzinfo=UTC)
FIRST_DAY = date(2026, 5, 11)
_FACTS = """
SELECT 'case:' || opening_key FROM cases_case WHERE opening_key LIKE %(prefix)s
UNION ALL SELECT 'event:' || opening_key || '/' || e.version FROM cases_case c JOIN cases_caseevent e ON e.case_id = c.id
           WHERE opening_key LIKE %(prefix)s
UNION ALL SELECT 'effect:' || opening_key FROM cases_case c
            JOIN platform_auditentry a ON a.object_reference = c.number AND a.action = 'drill.effect'
           WHERE opening_key LIKE %(prefix)s"""


class DrillForm(forms.Form):
    title = forms.CharField(max_length=60)


class Drill(ServiceItem):
    code = "X01"
    name = "点检事项"
    applicants = frozenset({ApplicantKind.MEMBER})
    channels = frozenset({Channel.MEMBER})
    term = Term(3)
    form = DrillForm
    groups = (Group("all", "全部", ("title",)),)
    needs_reference = False

    def effect(self, facts):
        """A row of its own, written with the move."""
        number = facts.case.number
        audit.record(
            actor="drill", action="drill.effect", object_kind="case", object_reference=number, detail={}, at=facts.at
        )
        return {"done": number}


catalogue.register(Drill())


@dataclass
class CaseDay:
    """Three cases, moved in turn along ways of their own."""

    name: str
    seed: int
    steps: list[Step] = field(default_factory=list)
    workers = 1

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.people = {
            role: Actor.of(
                open_sign_in(
                    username=f"{self.name}-{role or 'member'}", password=None, person=register_person(name="甲"),
                    by="drill", at=AT, kind=Kind.STAFF if role else Kind.MEMBER, role=Role(role) if role else None,
                )
            )
            for role in ("", "teller", "reviewer")
        }  # fmt: skip
        self.owner = self.people[""]
        for number in range(3):
            self.way(f"{self.name}:{number}", FIRST_DAY + timedelta(days=self.chance.randint(0, 20)))

    def kill_after(self, reached: int) -> int:
        return reached + self.chance.randint(1, 24)

    def way(self, key: str, day: date) -> None:
        """One case from its draft to its effect, by whatever detours."""
        full, numbers = f"{self.owner.user}:{key}", {}

        def begin() -> None:
            case = operations.open_draft(
                item="X01", channel=Channel.MEMBER, applicant_kind=ApplicantKind.MEMBER, reference="", key=key,
                actor=self.owner, at=AT, business_date=day, applicant_person=self.owner.person,
            )  # fmt: skip
            numbers[key] = case.number
            if case.version == 0:
                operations.save_draft(number=case.number, typed={"title": ["点检"]}, actor=self.owner, at=AT)

        self.steps.append(Step(begin, (f"case:{full}",)))
        moves = [(Verb.SUBMIT, "")]
        for _ in range(self.chance.randint(0, 2)):
            moves += self.chance.choice(
                [
                    [(Verb.SUPPLEMENT, "teller"), (Verb.RESUPPLY, "")],
                    [(Verb.TRANSFER, "teller")],
                    [(Verb.FORWARD, "teller"), (Verb.RETURN, "reviewer")],
                ]
            )
        moves += [(Verb.FORWARD, "teller"), (Verb.APPROVE, "reviewer")]
        for version, (verb, role) in enumerate(moves):
            facts = [f"event:{full}/{version + 1}"]
            if verb is Verb.APPROVE:
                facts += [f"event:{full}/{version + 2}", f"effect:{full}"]
            work = self.move(numbers, key, verb, role, version, day + timedelta(days=version))
            self.steps.append(Step(work, tuple(facts)))

    def move(
        self, numbers: dict[str, str], key: str, verb: Verb, role: str, version: int, day: date
    ) -> Callable[[], object]:
        def work() -> None:
            with contextlib.suppress(StaleCaseError):  # it stands since an earlier run
                transition(
                    number=numbers[key], verb=verb, expected_version=version, actor=self.people[role], at=AT,
                    business_date=day, reason="点检",
                )  # fmt: skip

        return work

    def check(self, done: int, *, finished: bool) -> None:
        """Steps before `done` stand, the one after may stand, later ones do not; and each case agrees with itself."""
        prefix = f"{self.owner.user}:{self.name}:%"
        with connection.cursor() as cursor:
            cursor.execute(_FACTS, {"prefix": prefix})
            found = Counter(fact for (fact,) in cursor.fetchall())
        for number, step in enumerate(self.steps):
            there = [found[fact] for fact in step.facts]
            assert set(there) <= {0, 1}, ("doubled", number, step.facts, there)
            assert len(set(there)) == 1, ("half a step", number, step.facts, there)
            assert number >= done or all(there), ("lost", number, step.facts)
            assert number <= done or not any(there), ("ahead", number, step.facts)
        for case in Case.objects.filter(opening_key__startswith=prefix[:-1]):
            whole(case)
            assert not finished or case.state == State.COMPLETED


def whole(case: Case) -> None:
    """Row, history, clock, verdicts, audit log and outbox tell the same."""
    events = list(CaseEvent.objects.filter(case=case))
    assert [event.version for event in events] == list(range(1, case.version + 1))
    assert case.state == (events[-1].target if events else State.DRAFT)
    told = AuditEntry.objects.filter(object_reference=case.number, action__startswith="case.")
    assert told.count() == case.version
    assert OutboxEvent.objects.filter(topic="case.moved", key__startswith=f"{case.number}/").count() == case.version
    made = [next(m for m in MOVES[Verb(e.verb), State(e.source)] if m.target == e.target) for e in events]
    rows = list(ClockEventRow.objects.filter(case=case))
    assert [row.kind for row in rows] == [move.clock for move in made if move.clock]
    stands = standing([clock_event(row) for row in rows], calendar(CalendarKind.SERVICE))
    assert (case.due, case.due_provisional) == (stands.due, stands.provisional)
    verdicts = [e.version for e in events if e.source == State.REVIEW and e.verb != Verb.WITHDRAW]
    assert list(Review.objects.filter(case=case).order_by("version").values_list("version", flat=True)) == verdicts
    assert (case.result == {"done": case.number}) == (case.state == State.COMPLETED)
