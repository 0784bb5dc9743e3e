"""What cases do by themselves: deadlines, due dates computed again, late papers, messages; each told once."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from click.testing import CliRunner
from django.db import connection

from anju.cases import catalogue, nightly, operations, queries
from anju.cases.actors import Actor
from anju.cases.declarations import ApplicantKind, Channel, Source
from anju.cases.models import Case, Message
from anju.cases.states import Verb
from anju.cases.transition import transition
from anju.cli.main import main
from anju.kernel.workday_table import firm_until
from anju.kernel.workdays import CalendarKind, WorkCalendar
from anju.platform import jobs, metrics, outbox
from anju.platform.models import AuditEntry, OutboxEvent
from anju.platform.people.models import Kind, Office, User
from case_items.errand import Errand
from sign_ins import outsider, staff
from threads import in_threads

AT, DAY = datetime(2026, 5, 11, 1, 0, tzinfo=UTC), date(2026, 5, 11)


@pytest.fixture(autouse=True)
def _item():
    catalogue.register(Errand())
    yield
    catalogue.forget("T01")


@pytest.fixture
def office(db):
    return Office.objects.create(code=uuid.uuid4().hex[:8], name=uuid.uuid4().hex, place=1)


def actor(role, **facts):
    return Actor.of(staff(f"{role}-{uuid.uuid4().hex[:12]}", role, **facts))


def submitted(by=None, *, day=DAY, tolerate=(), office=None, **typed):
    by = by or Actor.of(outsider(f"m-{uuid.uuid4().hex[:12]}", Kind.MEMBER))
    case = operations.open_draft(
        item="T01", channel=Channel.MEMBER, applicant_kind=ApplicantKind.MEMBER, reference="", actor=by, at=AT,
        business_date=day, applicant_person=by.person,
    )  # fmt: skip
    answers = {"title": ["买印章"], "amount": ["12"], **{name: [value] for name, value in typed.items()}}
    operations.save_draft(number=case.number, typed=answers, actor=by, at=AT)
    facts = {"number": case.number, "actor": by, "at": AT}
    if "rush" in typed:
        operations.add_material(code="proof", source=Source.DECLARED, evidence="承诺书一号", **facts)
    case = operations.submit(expected_version=0, business_date=day, tolerate=tolerate, **facts)
    if office is not None:
        case = move(case, Verb.TRANSFER, actor("teller"), day=day, office=office.pk, reason="属地办理")
    return case


def move(case, verb, by, *, day=DAY, **facts):
    return transition(
        number=case.number, verb=verb, expected_version=case.version, actor=by, at=AT, business_date=day, **facts
    )


def told(case, topic="case.moved"):
    return {
        (each.recipient_id, each.text)
        for each in Message.objects.filter(case=case, event__in=OutboxEvent.objects.filter(topic=topic).values("key"))
    }


@pytest.mark.usefixtures("db")
class TestMessages:
    def test_the_applicant_is_told_of_each_step_once_however_often_it_is_delivered(self):
        case = submitted()
        case = move(case, Verb.SUPPLEMENT, actor("teller"), reason="请补单位证明")
        outbox.deliver(now=AT)
        OutboxEvent.objects.filter(key__startswith=case.number).update(delivered_at=None)
        outbox.deliver(now=AT)
        assert told(case) == {
            (case.opened_by_id, f"“测试事项”已受理，业务流水号 {case.number}"),
            (case.opened_by_id, f"“测试事项”（{case.number}）需要补正：请补单位证明"),
        }
        assert Message.objects.filter(case=case).count() == 2

    def test_staff_who_opened_a_case_are_not_told_of_their_own_steps(self):
        case = submitted(actor("teller"))
        outbox.deliver(now=AT)
        assert told(case) == set()

    def test_a_failing_subscriber_waits_is_tried_again_and_holds_up_no_other(self, monkeypatch):
        class DownError(Exception):
            """Nothing that the outbox knows of."""

        def down(_event):
            raise DownError

        topic = uuid.uuid4().hex
        heard = []
        outbox.subscribe(topic, down)
        for key in ("a", "b"):
            outbox.publish(topic=topic, key=topic + key, payload={}, at=AT)
        case = submitted()
        outbox.deliver(now=AT)
        assert told(case)
        assert set(OutboxEvent.objects.filter(topic=topic).values_list("attempts", "delivered_at")) == {(1, None)}
        outbox.subscribe(topic, lambda event: heard.append(event.key))
        outbox.deliver(now=AT + timedelta(minutes=1))
        assert heard == []
        outbox.deliver(now=AT + outbox.RETRY_AFTER)
        assert heard == [topic + "a", topic + "b"]

    def test_those_who_must_hurry_are_told_and_only_where_the_case_is_theirs(self, office):
        here, center, elsewhere = (
            actor("teller", office=office),
            actor("teller"),
            actor("teller", office=Office.objects.create(code=uuid.uuid4().hex[:8], name=uuid.uuid4().hex, place=2)),
        )
        head, director = actor("office_head", office=office), actor("director")
        case = submitted(office=office)
        for day, expected in (
            (date(2026, 5, 13), {here.user, center.user}),
            (date(2026, 5, 15), {head.user}),
            (date(2026, 5, 25), {director.user}),
        ):
            before = told(case, "case.escalated")
            queries.escalate(business_date=day, at=AT)
            queries.escalate(business_date=day, at=AT)
            outbox.deliver(now=AT)
            new = {recipient for recipient, _text in told(case, "case.escalated") - before}
            mine = {here.user, center.user, elsewhere.user, head.user, director.user}
            assert new & mine == expected, day

    def test_whoever_has_the_case_alone_is_told_first_and_nobody_of_one_that_ended(self):
        teller, other = actor("teller"), actor("teller")
        case, ended = submitted(), submitted()
        operations.claim(number=case.number, actor=teller)
        queries.escalate(business_date=date(2026, 5, 13), at=AT)
        move(ended, Verb.WITHDRAW, Actor.of(User.objects.get(pk=ended.opened_by_id)))
        outbox.deliver(now=AT)
        assert {recipient for recipient, _text in told(case, "case.escalated")} == {teller.user}
        assert told(ended, "case.escalated") == set()
        assert not Message.objects.filter(recipient=other.user).exists()


@pytest.mark.usefixtures("db")
class TestMorning:
    def test_a_late_paper_is_reported_once_to_applicant_and_handler(self):
        case = submitted(rush="on", tolerate=["later"])
        teller = actor("teller")
        operations.claim(number=case.number, actor=teller)
        due = case.tolerances.get().due
        assert nightly.report_late_papers(business_date=due, at=AT) == 0
        assert nightly.report_late_papers(business_date=due + timedelta(days=1), at=AT) == 1
        assert nightly.report_late_papers(business_date=due + timedelta(days=2), at=AT) == 0
        outbox.deliver(now=AT)
        assert {recipient for recipient, _text in told(case, "case.tolerance-late")} == {case.opened_by_id, teller.user}

    def test_a_paper_that_came_or_a_case_that_ended_is_not_reported(self):
        came, ended = submitted(rush="on", tolerate=["later"]), submitted(rush="on", tolerate=["later"])
        owner = Actor.of(User.objects.get(pk=came.opened_by_id))
        operations.add_material(
            number=came.number, code="later", source=Source.DECLARED, evidence="二号", actor=owner, at=AT
        )
        move(ended, Verb.VOID, actor("director"), reason="重复申请")
        assert nightly.report_late_papers(business_date=date(2026, 7, 1), at=AT) == 0

    def test_provisional_due_dates_follow_the_notice_in_chunks(self, monkeypatch):
        monkeypatch.setattr(nightly, "CHUNK", 2)
        day = firm_until()
        cases = [submitted(day=day) for _number in range(5)]
        firm = submitted(day=DAY)
        before = cases[0].due
        assert all(case.due == before and case.due_provisional for case in cases)
        assert nightly.recompute_provisional(at=AT) == 0
        with connection.cursor() as cursor:  # a warning given for a day that moves is forgotten
            cursor.execute("SELECT cases_escalate(%s, %s, %s, %s)", [before, before, before, AT])
        notice = WorkCalendar(CalendarKind.SERVICE, closed=[before])
        assert nightly.recompute_provisional(at=AT, days=notice) == 5
        moved = {(case.due, case.escalated) for case in Case.objects.filter(pk__in=[case.pk for case in cases])}
        assert moved == {(notice.next_working_day(before).day, 0)}
        assert Case.objects.get(pk=firm.pk).due == firm.due
        assert AuditEntry.objects.filter(action="case.due-recomputed").latest("id").detail == {"changed": 5}

    def test_a_case_that_moved_meanwhile_keeps_the_due_date_of_its_move(self):
        case = submitted(day=firm_until())
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT cases_set_due(%s, %s, %s::date[], %s)", [[case.pk], [case.version - 1], [DAY], [False]]
            )
            assert cursor.fetchone() == (0,)
        assert Case.objects.get(pk=case.pk).due == case.due

    def test_the_worker_does_it_every_morning(self):
        assert "cases.morning" in {task.task.name for task in jobs.app.periodic_registry.periodic_tasks.values()}
        case = submitted()
        nightly.morning(timestamp=int(datetime(2026, 5, 13, 22, tzinfo=UTC).timestamp()))
        assert Case.objects.get(pk=case.pk).escalated == 1


@pytest.mark.usefixtures("db")
def test_figures():
    submitted()
    found = {(figure.name, figure.labels.get("role")): figure.value for figure in metrics.figures()}
    assert found["anju_cases_waiting", "teller"] >= 1
    assert found["anju_cases_late", None] == Case.objects.filter(due__lt=date.today(), closed_date=None).count()  # noqa: DTZ011
    assert found["anju_outbox_waiting", None] >= 1
    assert "anju_cases_drafts" in {name for name, _role in found}


@pytest.mark.usefixtures("center")
class TestByHand:
    def test_old_drafts_are_listed_and_left(self):
        by = Actor.of(outsider(f"m-{uuid.uuid4().hex[:12]}", Kind.MEMBER))
        facts = {
            "item": "T01", "channel": Channel.MEMBER, "applicant_kind": ApplicantKind.MEMBER, "reference": "",
            "actor": by, "business_date": DAY,
        }  # fmt: skip
        old, typed = (operations.open_draft(at=AT, **facts) for _number in range(2))
        operations.save_draft(number=typed.number, typed={"title": ["甲"]}, actor=by, at=AT + timedelta(days=80))
        listed = CliRunner().invoke(main, ["cases", "drafts", "--older-than", "90", "--date", "2026-08-15"])
        assert listed.exit_code == 0
        assert old.number in listed.output
        assert typed.number not in listed.output
        assert Case.objects.get(pk=old.pk).state == "draft"

    def test_by_hand(self):
        case = submitted()
        result = CliRunner().invoke(main, ["cases", "escalate", "--date", "2026-05-15"])
        assert "升级预警" in result.output
        assert Case.objects.get(pk=case.pk).escalated == 2
        assert "送达" in CliRunner().invoke(main, ["cases", "outbox"]).output
        assert "办理期限有变化" in CliRunner().invoke(main, ["cases", "recompute"]).output
        assert told(case)


@pytest.mark.usefixtures("center")
class TestManyAtOnce:
    def events(self, count):
        topic = uuid.uuid4().hex
        for number in range(count):
            outbox.publish(topic=topic, key=f"{topic}/{number}", payload={"number": number}, at=AT)
        return topic

    def test_several_who_deliver_at_once_deliver_each_event_once(self):
        topic, heard = self.events(60), []
        outbox.subscribe(topic, lambda event: heard.append(event.key))
        delivered = in_threads(lambda _index: outbox.deliver(now=AT, limit=10_000), 4)
        assert all(isinstance(count, int) for count in delivered), delivered
        assert sorted(heard) == sorted(f"{topic}/{number}" for number in range(60))
        assert outbox.deliver(now=AT, limit=10_000) == 0

    def test_a_worker_delivers_beside_its_jobs_and_stops_cleanly(self, monkeypatch):
        import os
        import signal

        topic = self.events(3)
        heard = []

        def hear(event):
            heard.append(event.key)
            if len(heard) == 3:
                os.kill(os.getpid(), signal.SIGTERM)

        outbox.subscribe(topic, hear)
        monkeypatch.setattr(jobs, "_OUTBOX_SECONDS", 0.1)
        jobs.run_worker(wait=True)
        assert heard == [f"{topic}/{number}" for number in range(3)]
        assert not OutboxEvent.objects.filter(topic=topic, delivered_at=None).exists()

    def test_escalation_and_recomputation_at_once_do_not_lock_each_other_out(self):
        day = firm_until()
        cases = [submitted(day=day).pk for _number in range(12)]
        notice = WorkCalendar(CalendarKind.SERVICE, closed=[Case.objects.get(pk=cases[0]).due])

        def work(index):
            if index % 2:
                return nightly.recompute_provisional(at=AT, days=notice)
            return queries.escalate(business_date=day + timedelta(days=9), at=AT)

        done = in_threads(work, 6)
        assert all(isinstance(count, int) for count in done), done
        assert len(set(Case.objects.filter(pk__in=cases).values_list("due", flat=True))) == 1


@pytest.mark.usefixtures("db")
def test_the_pages_of_a_queue_hold_each_case_once_the_most_urgent_first():
    cases = [submitted(day=DAY + timedelta(days=number % 2)) for number in range(5)]
    teller, seen, after = actor("teller"), [], None
    while page := queries.queue(actor=teller, after=after, limit=2):
        seen += [(each.case.due, each.case.pk) for each in page]
        after = seen[-1]
    assert seen == sorted(set(seen))
    assert {case.pk for case in cases} <= {pk for _due, pk in seen}
