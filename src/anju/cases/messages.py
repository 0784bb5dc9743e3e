"""Messages (站内消息) about a case, made from the outbox: the applicant hears of each step, the office of a deadline."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from anju.cases import catalogue
from anju.cases.models import Case, CaseEvent, Message
from anju.cases.states import Verb
from anju.kernel.i18n import gettext as _
from anju.platform import outbox
from anju.platform.outbox import Event
from anju.platform.people.models import Role, User

_TOLD = {
    Verb.SUBMIT: "“{item}”已受理，业务流水号 {number}",
    Verb.SUPPLEMENT: "“{item}”（{number}）需要补正：{reason}",
    Verb.REJECT: "“{item}”（{number}）审批不通过：{reason}",
    Verb.COMPLETE: "“{item}”（{number}）已办结，请评价本次服务",
    Verb.FAIL: "“{item}”（{number}）入账失败，中心正在处理",
    Verb.VOID: "“{item}”（{number}）已作废：{reason}",
}
_LATE = {
    1: (Role.TELLER, "{number} 即将到期（{due}），请尽快办理"),
    2: (Role.OFFICE_HEAD, "{number} 已超期（应于 {due} 办结），请督办"),
    3: (Role.DIRECTOR, "{number} 超期三个工作日以上（应于 {due} 办结）"),
}


def subscribe() -> None:
    """Listen to the outbox."""
    outbox.subscribe("case.moved", tell_applicant)
    outbox.subscribe("case.escalated", tell_office)
    outbox.subscribe("case.tolerance-late", tell_of_tolerance)


def tell_applicant(event: Event) -> None:
    """A line to whoever opened the case, when the step concerns them and somebody else made it."""
    verb = Verb(str(event.payload["verb"]))
    if verb not in _TOLD:
        return
    case = Case.objects.select_related("opened_by").get(number=event.payload["case"])
    moved = CaseEvent.objects.get(case=case, version=event.payload["version"])
    if case.opened_by.kind == "staff":
        return
    item = catalogue.find(case.item)
    text = _(_TOLD[verb]).format(item=item.name if item else case.item, number=case.number, reason=moved.reason)
    send(case, [case.opened_by_id], event, text)


def tell_office(event: Event) -> None:
    """A line to those who must hurry: whoever has the case or its role, the head of the office, the director.

    Nobody is told of a case that has ended or got another due date since.
    """
    case = Case.objects.get(number=event.payload["case"])
    if case.closed_date is not None or str(case.due) != event.payload["due"]:
        return
    level = int(event.payload["level"])
    role, words = _LATE[level]
    people = _desk(case) if level == 1 else _covering(case).filter(role=role)
    send(case, people.values_list("pk", flat=True), event, _(words).format(due=case.due, number=case.number))


def tell_of_tolerance(event: Event) -> None:
    """A line to the applicant and to whoever has the case: a paper that was to follow (容缺) did not come in time."""
    case = Case.objects.select_related("opened_by").get(number=event.payload["case"])
    recipients = set(_desk(case).values_list("pk", flat=True))
    if case.opened_by.kind != "staff":
        recipients.add(case.opened_by_id)
    words = _("{number} 容缺受理的材料应于 {due} 前补交，现已逾期，请尽快补交")
    send(case, sorted(recipients), event, words.format(number=case.number, due=event.payload["due"]))


def _desk(case: Case) -> QuerySet[User]:
    """Whoever has the case; while nobody has, all whom it waits for."""
    if case.handler_id is not None:
        return User.objects.filter(pk=case.handler_id, is_active=True)
    return _covering(case).filter(role=case.waits_for).exclude(role="")


def _covering(case: Case) -> QuerySet[User]:
    """Staff whose scope of data holds the case: of its office, or of the whole center."""
    scope = Q(office__isnull=True) | Q(office=case.office_id) if case.office_id is not None else Q(office__isnull=True)
    return User.objects.filter(scope, is_active=True, kind="staff")


def unread(*, user: User) -> int:
    """How many lines the user has not opened."""
    return Message.objects.filter(recipient=user, read_at=None).count()


@transaction.atomic
def read_all(*, user: User, at: datetime) -> list[Message]:
    """The latest lines to a user, marked as read from now on; those that were new still say so."""
    rows = list(Message.objects.filter(recipient=user).select_related("case").order_by("-id")[:100])
    Message.objects.filter(recipient=user, read_at=None).update(read_at=at)
    return rows


def send(case: Case, recipients: Iterable[int], event: Event, text: str) -> None:
    """A line about a case to each of these sign-ins; the same event again adds none."""
    Message.objects.bulk_create(
        [
            Message(recipient_id=pk, case=case, event=event.key, text=text[:500], sent_at=event.created_at)
            for pk in recipients
        ],
        ignore_conflicts=True,
    )
