"""The states of a case and the moves between them: the one table that code, database and pages read.

States are those of the common envelope of every business (受理、补正、复核、审批、入账、办结). Whoever wants a case to
move names a verb; the table says from where to where.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    """Where a case stands."""

    DRAFT = "draft", _("草稿")
    ACCEPTED = "accepted", _("已受理")
    SUPPLEMENT = "supplement", _("待补正")
    REVIEW = "review", _("待复核")
    APPROVED = "approved", _("审批通过")
    REJECTED = "rejected", _("审批不通过")
    BOOKING = "booking", _("待入账")
    PAYMENT = "payment", _("待支付")
    COMPLETED = "completed", _("办结")
    FAILED = "failed", _("入账失败")
    WITHDRAWN = "withdrawn", _("已撤销")
    VOID = "void", _("已作废")


class Verb(models.TextChoices):
    """What somebody does with a case."""

    SUBMIT = "submit", _("提交")
    FORWARD = "forward", _("送复核")
    SUPPLEMENT = "supplement", _("通知补正")
    RESUPPLY = "resupply", _("补正提交")
    TRANSFER = "transfer", _("转办")
    RETURN = "return", _("退回经办")
    APPROVE = "approve", _("同意")
    REJECT = "reject", _("不同意")
    SETTLE = "settle", _("转入办理")
    COMPLETE = "complete", _("办结")
    FAIL = "fail", _("入账失败")
    RETRY = "retry", _("重新入账")
    WITHDRAW = "withdraw", _("撤销")
    VOID = "void", _("作废")
    REOPEN = "reopen", _("重新办理")


class Clock(StrEnum):
    """What a move does to the clock of the case."""

    NONE = ""
    START = "start"
    STOP = "stop"
    RESUME = "resume"
    TRANSFER = "transfer"
    RESTART = "restart"
    FINISH = "finish"


@dataclass(frozen=True, slots=True)
class Move:
    """A verb in a state: where it leads and what it does to the clock. `reason`: the verb must say why."""

    verb: Verb
    source: State
    target: State
    clock: Clock = Clock.NONE
    reason: bool = False


#: Where a case has come to its end.
ENDS = (State.COMPLETED, State.REJECTED, State.WITHDRAWN, State.VOID)
_MOVES = (
    Move(Verb.SUBMIT, State.DRAFT, State.ACCEPTED, Clock.START),
    Move(Verb.FORWARD, State.ACCEPTED, State.REVIEW),
    Move(Verb.SUPPLEMENT, State.ACCEPTED, State.SUPPLEMENT, Clock.STOP, reason=True),
    Move(Verb.RESUPPLY, State.SUPPLEMENT, State.ACCEPTED, Clock.RESUME),
    Move(Verb.TRANSFER, State.ACCEPTED, State.ACCEPTED, Clock.TRANSFER, reason=True),
    Move(Verb.RETURN, State.REVIEW, State.ACCEPTED, reason=True),
    Move(Verb.APPROVE, State.REVIEW, State.REVIEW),  # more levels are to come
    Move(Verb.APPROVE, State.REVIEW, State.APPROVED),
    Move(Verb.APPROVE, State.ACCEPTED, State.APPROVED),  # an item without review: its handler decides
    Move(Verb.REJECT, State.ACCEPTED, State.REJECTED, Clock.FINISH, reason=True),
    Move(Verb.REJECT, State.REVIEW, State.REJECTED, Clock.FINISH, reason=True),
    Move(Verb.SETTLE, State.APPROVED, State.BOOKING),
    Move(Verb.SETTLE, State.APPROVED, State.PAYMENT),
    Move(Verb.COMPLETE, State.APPROVED, State.COMPLETED, Clock.FINISH),
    Move(Verb.COMPLETE, State.BOOKING, State.COMPLETED, Clock.FINISH),
    Move(Verb.COMPLETE, State.PAYMENT, State.COMPLETED, Clock.FINISH),
    Move(Verb.FAIL, State.BOOKING, State.FAILED, reason=True),
    Move(Verb.FAIL, State.PAYMENT, State.FAILED, reason=True),
    Move(Verb.RETRY, State.FAILED, State.BOOKING),
    Move(Verb.RETRY, State.FAILED, State.PAYMENT),
    Move(Verb.WITHDRAW, State.DRAFT, State.WITHDRAWN),
    Move(Verb.WITHDRAW, State.ACCEPTED, State.WITHDRAWN, Clock.FINISH),
    Move(Verb.WITHDRAW, State.SUPPLEMENT, State.WITHDRAWN, Clock.FINISH),
    Move(Verb.WITHDRAW, State.REVIEW, State.WITHDRAWN, Clock.FINISH),
    Move(Verb.VOID, State.ACCEPTED, State.VOID, Clock.FINISH, reason=True),
    Move(Verb.VOID, State.SUPPLEMENT, State.VOID, Clock.FINISH, reason=True),
    Move(Verb.VOID, State.FAILED, State.VOID, Clock.FINISH, reason=True),
    Move(Verb.REOPEN, State.COMPLETED, State.ACCEPTED, Clock.RESTART, reason=True),
)
MOVES: dict[tuple[Verb, State], tuple[Move, ...]] = {
    (verb, state): found
    for verb in Verb
    for state in State
    if (found := tuple(move for move in _MOVES if move.verb == verb and move.source == state))
}


def moves() -> tuple[Move, ...]:
    """Every move there is."""
    return _MOVES
