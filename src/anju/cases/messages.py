"""Messages (站内消息) about a case, made from the outbox: the applicant hears of each step, the office of a deadline."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

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
    _send(case, [case.opened_by_id], event, text)


def tell_office(event: Event) -> None:
    """A line to those who must hurry: whoever has the case or its role, the head of the office, the director."""
    case = Case.objects.get(number=event.payload["case"])
    level = int(event.payload["level"])
    role, words = _LATE[level]
    people = User.objects.filter(is_active=True, kind="staff")
    if level == 1:
        people = people.filter(pk=case.handler_id) if case.handler_id else people.filter(role=case.waits_for)
    else:
        people = people.filter(role=role)
    if case.office_id is not None and level < max(_LATE):
        people = people.filter(office=case.office_id)
    _send(case, people.values_list("pk", flat=True), event, _(words).format(**event.payload, number=case.number))


def unread(*, user: User) -> int:
    """How many lines the user has not opened."""
    return Message.objects.filter(recipient=user, read_at=None).count()


@transaction.atomic
def read_all(*, user: User, at: datetime) -> list[Message]:
    """The latest lines to a user, marked as read from now on; those that were new still say so."""
    rows = list(Message.objects.filter(recipient=user).select_related("case").order_by("-id")[:100])
    Message.objects.filter(recipient=user, read_at=None).update(read_at=at)
    return rows


def _send(case: Case, recipients: Iterable[int], event: Event, text: str) -> None:
    Message.objects.bulk_create(
        [
            Message(recipient_id=pk, case=case, event=event.key, text=text[:500], sent_at=event.created_at)
            for pk in recipients
        ],
        ignore_conflicts=True,
    )
