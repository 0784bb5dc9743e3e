"""The history of a case in the applicant's words: who of the center did what inside stays inside."""

from anju.cases.models import Case, CaseEvent
from anju.cases.states import State, Verb
from anju.kernel.i18n import gettext as _
from anju.kernel.identity import mask_name
from anju.platform.people.models import Kind, User
from anju.web.case_view import masked
from anju.web.parts import Happening, Step

_WORDS = {
    Verb.SUBMIT: "提交申请，中心受理",
    Verb.FORWARD: "经办完成，送复核",
    Verb.SUPPLEMENT: "需要补正",
    Verb.RESUPPLY: "提交补正",
    Verb.TRANSFER: "转由负责的部门办理",
    Verb.RETURN: "复核后由经办再次办理",
    Verb.APPROVE: "审批通过",
    Verb.REJECT: "审批不通过",
    Verb.SETTLE: "转入办理",
    Verb.COMPLETE: "办结",
    Verb.FAIL: "入账没有成功，中心正在处理",
    Verb.RETRY: "重新入账",
    Verb.WITHDRAW: "撤销申请",
    Verb.VOID: "作废",
    Verb.REOPEN: "要求重新办理",
}
#: Reasons that were written to the applicant, or by them.
_TOLD = frozenset({Verb.SUPPLEMENT, Verb.REJECT, Verb.VOID, Verb.REOPEN})
_CLOCK = {Verb.SUPPLEMENT: "stopped", Verb.RESUPPLY: "resumed", Verb.REOPEN: "resumed"}
_PLACES = {
    State.DRAFT: 0, State.ACCEPTED: 1, State.SUPPLEMENT: 1, State.REVIEW: 2, State.APPROVED: 3, State.BOOKING: 3,
    State.PAYMENT: 3, State.FAILED: 3,
}  # fmt: skip


def story(reader: User, case: Case) -> list[Happening]:
    """What happened, in the order of time; colleagues by their names, staff as the center."""
    events = [
        event
        for event in CaseEvent.objects.filter(case=case).order_by("version")
        if not (event.verb == Verb.APPROVE and event.target == State.REVIEW)
    ]
    known = {user.username: user for user in User.objects.filter(username__in={event.actor for event in events})}
    return [
        Happening(
            at=event.happened_at,
            who=_who(known.get(event.actor), reader),
            what=_(_WORDS[Verb(event.verb)]),
            note=masked(event.reason) if event.verb in _TOLD else "",
            clock=_CLOCK.get(Verb(event.verb), ""),
        )
        for event in events
    ]


def stages(case: Case) -> list[Step]:
    """Where the case stands on its way; nothing for one that ended otherwise than completed."""
    if case.state in (State.REJECTED, State.WITHDRAWN, State.VOID):
        return []
    titles = [_("提交"), _("经办"), _("复核"), _("办结")]
    place = _PLACES.get(State(case.state), len(titles))
    steps = [
        Step(title, "done" if index < place else "current" if index == place else "ahead")
        for index, title in enumerate(titles)
    ]
    reviewed = not isinstance(case.steps, dict) or case.steps.get("reviews", True)
    return steps if reviewed else [step for step in steps if step.title != titles[2]]


def _who(actor: User | None, reader: User) -> str:
    if actor is None or actor.kind == Kind.STAFF:
        return _("中心")
    return _("您") if actor.pk == reader.pk else mask_name(str(actor))
