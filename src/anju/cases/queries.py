"""Reads of cases: work queues, search, one case with its history. A queue reads the cases themselves: it is never late."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan
from django.utils import timezone

from anju.cases import answers, catalogue
from anju.cases.actors import Actor, owns
from anju.cases.declarations import ApplicantKind
from anju.cases.errors import UnknownCaseError
from anju.cases.models import Case, CaseForm
from anju.cases.states import State
from anju.kernel.i18n import gettext as _
from anju.kernel.workday_table import CalendarKind
from anju.kernel.workdays import calendar
from anju.platform.metrics import Figure

#: A longer queue is shown as "more than"; nobody works through a thousand by counting.
COUNTED_TO = 1000


@dataclass(frozen=True, slots=True)
class Waiting:
    """A case in a queue. `own` tells that the reader made it and must not check it."""

    case: Case
    own: bool


def queue(
    *,
    actor: Actor,
    role: str = "",
    office: int | None = None,
    item: str = "",
    mine: bool = False,
    limit: int = 50,
    after: tuple[date, int] | None = None,
) -> list[Waiting]:
    """Cases that wait for the actor's role (or `role`, for those who oversee), the most urgent first.

    `office` narrows a scope of the whole center; `after` is due date and id of the row before (the next page).
    """
    waiting = _waiting(actor, role, office)
    if item:
        waiting = waiting.filter(item=item)
    if mine:
        waiting = waiting.filter(handler=actor.user)
    if after is not None:
        # As a pair, (due, id) > (…): the index begins there. Two conditions joined by OR would read all of that day.
        waiting = waiting.filter(TupleGreaterThan(Tuple("due", "id"), after))
    rows = waiting.select_related("office", "handler").order_by("due", "id")[:limit]
    return [Waiting(case, actor.person is not None and case.maker_id == actor.person) for case in rows]


def queue_length(*, actor: Actor, role: str = "", office: int | None = None) -> int:
    """How many wait, counted to COUNTED_TO."""
    return _waiting(actor, role, office).order_by()[:COUNTED_TO].count()


def search(
    *, actor: Actor, number: str = "", reference: str = "", person: int | None = None, limit: int = 50
) -> list[Case]:
    """Cases by their number, the applicant's account number, or the person; of the actor's scope, the latest first."""
    cases = _in_scope(actor)
    if number:
        cases = cases.filter(number=number.upper())
    elif reference:
        cases = cases.filter(applicant_kind__in=["unit", "member"], applicant_reference=reference)
    elif person is not None:
        cases = cases.filter(applicant_person=person)
    else:
        return []
    return list(cases.select_related("office").order_by("-id")[:limit])


def own_cases(
    *,
    actor: Actor,
    kinds: Collection[str] | None = None,
    limit: int = 50,
    offset: int = 0,
    before: str = "",
) -> list[Case]:
    """Cases of a portal's user: for the accounts (kind, number) that they act for, for their person, or opened by them
    for nobody's account yet. Who no longer acts for a unit has its cases no longer.

    The latest first. `kinds` narrows to kinds of applicants; `before` is the number of the last case of the page before.
    """
    mine = Q(opened_by=actor.user, applicant_reference="")
    if actor.person is not None:
        mine |= Q(applicant_person=actor.person) & (~Q(applicant_kind=ApplicantKind.UNIT) | Q(applicant_reference=""))
    for kind, reference in actor.references:
        mine |= Q(applicant_kind=kind, applicant_reference=reference)
    cases = Case.objects.filter(mine) if kinds is None else Case.objects.filter(mine, applicant_kind__in=kinds)
    if before:
        cases = cases.filter(id__lt=Case.objects.filter(number=before).values("id"))
    return list(cases.select_related("office").order_by("-id")[offset : offset + limit])


def drafts(*, actor: Actor, limit: int = 50) -> list[Case]:
    """What the actor began and has not handed in, the latest first."""
    cases = Case.objects.filter(opened_by=actor.user, state=State.DRAFT)
    return list(cases.select_related("office").order_by("-id")[:limit])


def visible_case(*, number: str, actor: Actor) -> Case:
    """One case that the actor may see: staff by scope of data, others their own. Raises UnknownCaseError."""
    case = Case.objects.select_related("office", "handler", "maker", "opened_by").filter(number=number).first()
    if case is None or not _may_see(actor, case):
        raise UnknownCaseError(_("没有此业务流水号的案件，请核对"), field="number")
    return case


def reply(case: Case) -> str:
    """What the handler answered the applicant; empty until the case is completed, and for items without a reply."""
    item = catalogue.find(case.item)
    if item is None or item.handling is None or case.state != State.COMPLETED:
        return ""
    typed = answers.read(case, part=CaseForm.HANDLING).answers
    return item.reply(answers.cleaned(answers.bind(item.handling, typed)))


def old_drafts(*, untouched_since: datetime, limit: int = 1000) -> list[Case]:
    """Drafts that nobody typed on since, the oldest first. They are listed and left: a program does not decide."""
    typed = CaseForm.objects.filter(case=OuterRef("pk"), saved_at__gte=untouched_since)
    drafts = Case.objects.filter(~Exists(typed), state=State.DRAFT, opened_at__lt=untouched_since)
    return list(drafts.select_related("opened_by").order_by("opened_at", "id")[:limit])


def figures() -> Iterator[Figure]:
    """For /metrics: cases by whom they wait for, late ones, drafts."""
    waiting = Case.objects.exclude(waits_for="").values_list("waits_for").annotate(number=Count("id")).order_by()
    for role, number in waiting:
        yield Figure("anju_cases_waiting", _("各岗位待办案件数"), number, {"role": role})
    late = Case.objects.filter(due__lt=timezone.localdate(), closed_date=None)
    yield Figure("anju_cases_late", _("超期未办结案件数"), late.count())
    yield Figure("anju_cases_drafts", _("草稿数"), Case.objects.filter(state=State.DRAFT).count())


def left(case: Case, today: date) -> int | None:
    """Working days until the case is due, negative when late; None while the clock stands still or has ended."""
    if case.due is None or case.closed_date is not None:
        return None
    days = calendar(CalendarKind.SERVICE)
    if case.due >= today:
        return days.working_days_between(today, case.due).days
    return -days.working_days_between(case.due, today).days


def escalate(*, business_date: date, at: datetime) -> int:
    """Raise cases that are due within a working day (1), late (2) or late by more than three (3); how many rose."""
    days = calendar(CalendarKind.SERVICE)
    warn = days.next_working_day(business_date).day
    severe = business_date
    for _each in range(3):
        severe = days.previous_working_day(severe).day
    with connection.cursor() as cursor:
        cursor.execute("SELECT cases_escalate(%s, %s, %s, %s)", [warn, business_date, severe, at])
        risen: int = cursor.fetchone()[0]
    return risen


def _waiting(actor: Actor, role: str, office: int | None) -> QuerySet[Case]:
    waiting = Case.objects.filter(waits_for=role or actor.role).exclude(waits_for="")
    scope = actor.office if actor.office is not None else office
    return waiting if scope is None else waiting.filter(office=scope)


def _in_scope(actor: Actor) -> QuerySet[Case]:
    if not actor.is_staff:
        return Case.objects.none()
    seen = Case.objects.exclude(state="draft") | Case.objects.filter(opened_by=actor.user)
    return seen if actor.office is None else seen.filter(Q(office=actor.office) | Q(opened_by=actor.user))


def _may_see(actor: Actor, case: Case) -> bool:
    if owns(actor, case):
        return True
    return actor.is_staff and bool(actor.role) and case.state != State.DRAFT and actor.covers(case.office_id)
