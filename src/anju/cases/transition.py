"""The one function that moves a case.

In one transaction, under the lock of the case's row: version, right, reason, guard, clock, effect, then `cases_move`,
which writes the move with its history, clock event, verdict, audit row and outbox event. A move that fails anywhere
leaves nothing behind. No other code calls `cases_move` (a test looks), and no role but the owner may write its tables.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from psycopg.types.json import Jsonb

from anju.cases import answers, submission
from anju.cases.actors import SETTLER, Actor, possible_verbs, refusal
from anju.cases.catalogue import find, term_of
from anju.cases.clock import ClockEvent, DayCount, Standing, Term, standing
from anju.cases.declarations import ServiceItem, Settlement
from anju.cases.errors import ReasonMissingError, StaleCaseError, UnknownCaseError, WrongStateError, translated
from anju.cases.models import Case, CaseForm, ClockEventRow
from anju.cases.states import ENDS, MOVES, Clock, Move, State, Verb
from anju.kernel.i18n import gettext as _
from anju.kernel.text import clean_name
from anju.kernel.workday_table import CalendarKind
from anju.kernel.workdays import calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """What was asked for, and the day and instant that the edge read."""

    verb: Verb
    actor: Actor
    at: datetime
    business_date: date
    reason: str
    office: int | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)
    tolerate: Collection[str] = ()


def transition(
    *,
    number: str,
    verb: Verb,
    expected_version: int,
    actor: Actor,
    at: datetime,
    business_date: date,
    reason: str = "",
    office: int | None = None,
    handling: Mapping[str, Any] | None = None,
    tolerate: Collection[str] = (),
) -> Case:
    """Move a case and do what follows from it; the case as it then stands comes back.

    `expected_version` is the version that the actor saw. `reason` is for verbs that must give one, `office` for a
    transfer, `handling` the handler's own answers as typed, `tolerate` the papers to accept the case without.
    Raises UnknownCaseError, StaleCaseError, WrongStateError, NotAllowedError, SamePersonError, ReasonMissingError,
    FormInvalidError, IneligibleError, MaterialsMissingError, ItemChangedError, and what the item's effect raises.
    """
    request = _Request(
        verb=verb, actor=actor, at=at, business_date=business_date, reason=clean_name(reason)[:500],
        office=office, answers=handling or {}, tolerate=tolerate,
    )  # fmt: skip
    with translated(), transaction.atomic():
        case = lock(number)
        if case.version != expected_version:
            raise StaleCaseError(
                _("案件已被他人办理，现为“{state}”，请刷新后按最新状态办理").format(state=case.get_state_display())
            )
        item = find(case.item)
        refused = refusal(actor, case, verb, item)
        if refused is not None:
            raise refused
        move = _choose(case, item, request)
        if move.reason and not request.reason:
            raise ReasonMissingError(_("请写明“{verb}”的理由").format(verb=verb.label), field="reason")
        case = _apply(case, move, request, _guarded(case, item, move, request))
        return _follow_up(case, item, request)


def lock(number: str) -> Case:
    """The case, its row locked until the transaction ends. Raises UnknownCaseError."""
    for case in Case.objects.raw("SELECT * FROM cases_lock(%s)", [number]):
        return case
    raise UnknownCaseError(_("没有此业务流水号的案件，请核对"), field="number")


def _choose(case: Case, item: ServiceItem | None, request: _Request) -> Move:
    moves = MOVES.get((request.verb, State(case.state)), ())
    if not moves or request.verb not in possible_verbs(request.actor, case, item):
        message = _("案件现为“{state}”，不能“{verb}”")
        raise WrongStateError(message.format(state=case.get_state_display(), verb=request.verb.label))
    if len(moves) == 1:
        return moves[0]
    wanted = _target(case, request.verb)
    return next(move for move in moves if move.target is wanted)


def _target(case: Case, verb: Verb) -> State:
    """Where a verb with several ways leads: to the next level while there is one, to booking or to payment."""
    if verb is Verb.APPROVE:
        return State.REVIEW if case.level < len(case.steps["reviews"]) else State.APPROVED
    return State.PAYMENT if case.steps["settlement"] == Settlement.PAYMENT else State.BOOKING


def _guarded(case: Case, item: ServiceItem | None, move: Move, request: _Request) -> dict[str, Any]:
    """What must hold before the move, and what the case takes over with it."""
    if item is None:
        return {}
    if move.verb in (Verb.SUBMIT, Verb.RESUPPLY):
        changes = submission.accept(
            case=case, item=item, actor=request.actor.username, tolerate=request.tolerate,
            business_date=request.business_date, at=request.at,
        )  # fmt: skip
        return {**changes, "submitted_date": case.submitted_date or request.business_date}
    if move.verb is Verb.REOPEN:
        _require_recent(case, item, request.business_date)
    if move.verb is Verb.TRANSFER:
        return {"office_id": request.office, "handler_id": None}
    if move.source is State.ACCEPTED and move.verb in (Verb.FORWARD, Verb.APPROVE):
        _keep_handling(case, item, request)
        return {"maker_id": request.actor.person, "handler_id": request.actor.user}
    return {}


def _require_recent(case: Case, item: ServiceItem, today: date) -> None:
    assert case.closed_date is not None
    if today > case.closed_date + timedelta(days=item.reopen_days):
        message = _("办结已超过 {days} 天，不能重新办理；请提出新的申请")
        raise WrongStateError(message.format(days=item.reopen_days))


def _keep_handling(case: Case, item: ServiceItem, request: _Request) -> None:
    if item.handling is None:
        return
    answers.keep(case=case, answers=request.answers, by=request.actor.username, at=request.at, part=CaseForm.HANDLING)
    _handling(case, item)
    answers.seal_submitted(case, part=CaseForm.HANDLING)


def _handling(case: Case, item: ServiceItem) -> Mapping[str, Any]:
    """The handler's clean answers. Raises FormInvalidError."""
    if item.handling is None:
        return {}
    typed = answers.read(case, part=CaseForm.HANDLING).answers
    return answers.cleaned(answers.bind(item.handling, typed))


def _follow_up(case: Case, item: ServiceItem | None, request: _Request) -> Case:
    """An approval is followed at once: by the effect, or by the way to booking or payment.

    An item on which the rules alone decide is approved as it is handed in, by the program.
    """
    if item is not None and item.straight_through and request.verb in (Verb.SUBMIT, Verb.RESUPPLY):
        approval = replace(request, verb=Verb.APPROVE, actor=Actor.program("straight-through"), answers={}, tolerate=())
        move = next(move for move in MOVES[Verb.APPROVE, State.ACCEPTED] if move.target is State.APPROVED)
        case = _apply(case, move, approval, {})
    if case.state != State.APPROVED or item is None:
        return case
    if case.steps["settlement"] == Settlement.IMMEDIATE:
        verb, target = Verb.COMPLETE, State.COMPLETED
    else:
        verb, target = Verb.SETTLE, _target(case, Verb.SETTLE)
    following = _Request(verb=verb, actor=request.actor, at=request.at, business_date=request.business_date, reason="")
    move = next(move for move in MOVES[verb, State.APPROVED] if move.target is target)
    return _apply(case, move, following, {})


def _effect(case: Case, item: ServiceItem, request: _Request) -> dict[str, Any]:
    """Run the item's effect, the rules asked again; the references of its result."""
    facts = submission.facts_of(
        case=case, item=item, actor=request.actor.username, business_date=request.business_date, at=request.at,
        handling=_handling(case, item),
    )  # fmt: skip
    submission.record_checks(case=case, checks=submission.require_eligible(item, facts))
    result = dict(item.effect(facts))
    reference = result.pop("applicant_reference", None)
    return {"result": result, **({} if reference is None else {"applicant_reference": reference})}


def _apply(case: Case, move: Move, request: _Request, changes: dict[str, Any]) -> Case:
    """Effect, clock, and the database's own function."""
    item = find(case.item)
    if move.target is State.COMPLETED and item is not None:
        changes = {**changes, **_effect(case, item, request)}
    _hold(case, item, move, request)
    steps = changes.get("steps", case.steps)
    level = _level(case, move)
    waits_for = _waits_for(move.target, level, steps)
    if case.waits_for and waits_for and (waits_for, level) != (case.waits_for, case.level):
        changes = {**changes, "handler_id": None}  # the next post's case is on nobody's desk yet
    changes = {
        **changes,
        "level": level,
        "waits_for": waits_for,
        "closed_date": request.business_date.isoformat() if move.target in ENDS else None,
    }
    term = None
    if move.clock:
        term = term_of(item, request.business_date) if item and move.clock in (Clock.START, Clock.RESTART) else None
        stands = _clock(case, ClockEvent(move.clock, request.business_date, term))
        changes |= {"due": stands.due and stands.due.isoformat(), "due_provisional": stands.provisional}
    if changes.get("submitted_date"):
        changes["submitted_date"] = changes["submitted_date"].isoformat()
    return _write(case, move, request, changes, term)


def _hold(case: Case, item: ServiceItem | None, move: Move, request: _Request) -> None:
    """Before money moves: what was approved is held until the bank's result; given up when the case comes to nothing."""
    if item is None or not (move.verb is Verb.SETTLE or (move.verb is Verb.VOID and move.source is State.FAILED)):
        return
    facts = submission.facts_of(
        case=case, item=item, actor=request.actor.username, business_date=request.business_date, at=request.at,
        handling=_handling(case, item),
    )  # fmt: skip
    if move.verb is Verb.SETTLE:
        item.reserve(facts)
    else:
        item.release(facts)


def _clock(case: Case, event: ClockEvent) -> Standing:
    rows = ClockEventRow.objects.filter(case=case).order_by("version")
    return standing([*map(clock_event, rows), event], calendar(CalendarKind.SERVICE))


def clock_event(row: ClockEventRow) -> ClockEvent:
    """A row of the clock as the pure clock reads it."""
    term = None if row.term_days is None else Term(row.term_days, DayCount(row.term_count))
    return ClockEvent(Clock(row.kind), row.day, term)


def _level(case: Case, move: Move) -> int:
    if move.verb is Verb.FORWARD:
        return 1
    if move.source is State.REVIEW:
        return case.level + 1 if move.target is State.REVIEW else 0 if move.target is State.ACCEPTED else case.level
    return 0 if move.target is State.ACCEPTED else case.level


def _waits_for(target: State, level: int, steps: Mapping[str, Any]) -> str:
    match target:
        case State.ACCEPTED:
            role: str = steps["handler"]
            return role
        case State.REVIEW:
            reviewer: str = steps["reviews"][level - 1]
            return reviewer
        case State.BOOKING | State.PAYMENT | State.FAILED:
            return SETTLER
        case _:
            return ""


def _write(case: Case, move: Move, request: _Request, changes: Mapping[str, Any], term: Term | None) -> Case:
    facts = {
        "verb": move.verb, "target": move.target, "clock": move.clock, "actor": request.actor.username,
        "person": request.actor.person, "at": request.at.isoformat(), "business_date": request.business_date.isoformat(),
        "reason": request.reason, "term_days": None if term is None else term.days,
        "term_count": None if term is None else term.count,
    }  # fmt: skip
    statement = "SELECT * FROM cases_move(%s, %s, %s, %s)"
    (moved,) = Case.objects.raw(statement, [case.number, case.version, Jsonb(facts), Jsonb(dict(changes))])
    return moved
