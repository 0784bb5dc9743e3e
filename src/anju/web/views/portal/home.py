"""Where a visitor arrives: their accounts, what waits for them, and what the center wrote; messages and profile."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from anju.cases import catalogue
from anju.cases.messages import read_all
from anju.cases.models import Case, Rating
from anju.cases.models import Message as Row
from anju.cases.states import ENDS, State
from anju.kernel.identity import mask_name, mask_phone
from anju.kernel.money import format_yuan
from anju.kernel.rates import format_percent
from anju.ledger.queries import account_balance
from anju.registry.models import Member, Unit
from anju.web.case_view import due_marker
from anju.web.parts import Message, Task, TaskState
from anju.web.reminders import reminders
from anju.web.unit_duties import standing
from anju.web.views.portal.doors import Portal, Visit
from anju.web.views.portal.filling import owed_papers
from anju.web.views.portal.follow import RATED, item_name
from anju.web.views.portal.story import stages

#: Cases that the home page looks through, shows as running, and for how long it asks for a rating.
LOOKED_AT, SHOWN, ASKED_FOR = 50, 5, timedelta(days=30)


@require_safe
def home(request: HttpRequest, portal: Portal) -> HttpResponse:
    """My accounts, what needs me now, what is under way, the latest messages."""
    visit = Visit(request, portal)
    cases, today = visit.cases(limit=LOOKED_AT), timezone.localdate()
    running = [case for case in cases if case.state not in (*ENDS, State.DRAFT)][:SHOWN]
    latest = Row.objects.filter(recipient=visit.user).select_related("case").order_by("-id")[:3]
    return visit.page(
        "home", units=[_unit_facts(unit) for unit in visit.units], member=_member_facts(visit.member),
        greeting=mask_name(str(visit.user)), needed=_needed(visit, cases),
        reminders=reminders(visit.units),
        running=[(case, item_name(case), visit.url("case", case.number), due_marker(case, today), stages(case))
                 for case in running],
        notices=[_notice(visit, row) for row in latest], items=list(visit.offered())[:6],
        all_items=visit.url("items"), all_messages=visit.url("messages"), all_cases=visit.url("cases"),
    )  # fmt: skip


@require_safe
def messages(request: HttpRequest, portal: Portal) -> HttpResponse:
    """What the center wrote; opening the page reads it."""
    visit = Visit(request, portal)
    rows = read_all(user=visit.user, at=timezone.now())
    return visit.page("messages", notices=[_notice(visit, row) for row in rows])


@require_safe
def profile(request: HttpRequest, portal: Portal) -> HttpResponse:
    """The sign-in itself."""
    visit = Visit(request, portal)
    person = visit.user.person
    phone = person.phone if person is not None else None
    links = [(_("修改口令"), _address("password")), (_("登录记录与会话"), _address("sessions"))]
    return visit.page(
        "profile", name=mask_name(str(visit.user)), phone=mask_phone(phone) if phone else "",
        units=visit.units, member=visit.member, links=[(title, href) for title, href in links if href],
    )  # fmt: skip


def _needed(visit: Visit, cases: list[Case]) -> list[Task]:
    """What waits for the visitor: to supplement, to hand in later papers, to finish, to rate."""
    found = [
        Task(
            _("补正：{item}").format(item=item_name(case)), TaskState.WRONG, visit.url("case", case.number), case.number
        )
        for case in cases
        if case.state == State.SUPPLEMENT
    ]
    found += [
        Task(
            _("补交材料：{title}").format(title=_paper_title(owed.case, owed.code)), TaskState.NOT_STARTED,
            visit.url("materials", owed.case.number), _("请在 {day} 前补交").format(day=owed.due),
        )
        for owed in owed_papers(cases)
    ]  # fmt: skip
    found += [
        Task(_("继续填写：{item}").format(item=item_name(case)), TaskState.STARTED, visit.url("case", case.number), case.number)
        for case in cases
        if case.state == State.DRAFT
    ]  # fmt: skip
    return found + [
        Task(
            _("评价：{item}").format(item=item_name(case)),
            TaskState.NOT_STARTED,
            visit.url("rate", case.number),
            case.number,
        )
        for case in _unrated(cases)
    ]


def _unrated(cases: list[Case]) -> list[Case]:
    since = timezone.localdate() - ASKED_FOR
    ended = [
        case for case in cases if case.state in RATED and case.closed_date is not None and case.closed_date >= since
    ]
    rated = set(Rating.objects.filter(case__in=ended).values_list("case_id", flat=True)) if ended else set()
    return [case for case in ended if case.pk not in rated]


def _paper_title(case: Case, code: str) -> str:
    item = catalogue.find(case.item)
    return next((str(each.title) for each in (item.materials if item else ()) if each.code == code), code)


def _notice(visit: Visit, row: Row) -> Message:
    shown = row.case.applicant_kind in visit.portal.shows
    href = visit.url("case", row.case.number) if shown else visit.url("messages")
    return Message(title=row.text, at=row.sent_at, href=href, unread=row.read_at is None)


def _unit_facts(unit: Unit) -> dict[str, Any]:
    paid_to = f"{unit.paid_to // 100}-{unit.paid_to % 100:02}" if unit.paid_to else _("尚未汇缴")
    ratio = _("单位 {unit}%，个人 {person}%").format(
        unit=format_percent(unit.unit_ratio), person=format_percent(unit.person_ratio)
    )
    return {"unit": unit, "ratio": ratio, "paid_to": paid_to, "duties": standing(unit, timezone.localdate())}


def _member_facts(member: Member | None) -> dict[str, Any] | None:
    if member is None:
        return None
    return {
        "member": member, "name": mask_name(member.name), "base": format_yuan(member.base),
        "balance": format_yuan(account_balance(account=member.account_id)),
    }  # fmt: skip


def _address(name: str) -> str:
    """Address of a page of the sign-in, empty where this center has none."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
