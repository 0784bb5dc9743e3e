"""Who acts on a case, and what each may do with it: asked by the transition function, and by pages that offer buttons.

Rights look at post, office and part in the case. Whether maker and checker are two persons is decided here for a clear
answer, and again by constraints of the database.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from anju.cases.declarations import ApplicantKind, Channel, ServiceItem
from anju.cases.errors import NotAllowedError, SamePersonError
from anju.cases.models import Case
from anju.cases.states import MOVES, State, Verb
from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.platform.people.models import Kind, Role, User

#: Who may declare a case void (作废), and whom money that could not be booked waits for.
VOIDERS = frozenset({Role.OFFICE_HEAD, Role.DIRECTOR})
SETTLER = Role.ACCOUNTANT


@dataclass(frozen=True, slots=True)
class Actor:
    """A person at a sign-in, or a program (no person, no role)."""

    username: str
    user: int | None = None
    person: int | None = None
    kind: str = ""
    role: str = ""
    office: int | None = None
    #: Accounts that the actor acts for: (applicant kind, account number).
    references: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def of(cls, user: User, references: Iterable[tuple[str, str]] = ()) -> "Actor":
        """The actor that a sign-in stands for; `references` are the accounts that it acts for."""
        return cls(user.username, user.pk, user.person_id, user.kind, user.role, user.office_id, frozenset(references))

    @classmethod
    def program(cls, name: str) -> "Actor":
        """A program of the center: books and completes, never decides."""
        return cls(name)

    @property
    def is_staff(self) -> bool:
        """Whether this is somebody of the center."""
        return self.kind == Kind.STAFF

    @property
    def is_program(self) -> bool:
        """Whether this is a program."""
        return self.user is None

    def covers(self, office: int | None) -> bool:
        """Whether the actor's scope of data holds cases of this office; None is the center itself."""
        return self.office is None or self.office == office


_BY_OWNER = frozenset({Verb.SUBMIT, Verb.RESUPPLY, Verb.WITHDRAW, Verb.REOPEN})
_BY_HANDLER = frozenset({Verb.FORWARD, Verb.SUPPLEMENT, Verb.TRANSFER})
_BY_SETTLER = frozenset({Verb.SETTLE, Verb.COMPLETE, Verb.FAIL, Verb.RETRY})


def refusal(actor: Actor, case: Case, verb: Verb, item: ServiceItem | None) -> AnjuError | None:
    """Why the actor may not do this with the case; None when they may. The state is not looked at."""
    if actor.is_program:
        return None if verb in _BY_SETTLER else NotAllowedError(_("程序不能作出决定，须由工作人员办理"))
    if actor.is_staff and not owns(actor, case) and not actor.covers(case.office_id):
        return NotAllowedError(_("案件不属于您的管理部，请转给经办的管理部办理"))
    if item is None and verb not in (Verb.WITHDRAW, Verb.VOID):
        return NotAllowedError(_("该事项已停办，只能撤销或作废"))
    if verb in _BY_OWNER:
        return None if owns(actor, case) or _may_stand_in(actor, case, verb) else _not_yours()
    if verb is Verb.VOID:
        return _role(actor, VOIDERS)
    if verb in _BY_SETTLER:
        return _role(actor, {SETTLER})
    if case.state == State.REVIEW:
        return _role(actor, {case.waits_for}) or _same_person(actor, case)
    if verb in _BY_HANDLER or verb in (Verb.APPROVE, Verb.REJECT):
        return _role(actor, {case.waits_for}) or _own_application(actor, case)
    return _not_yours()


def owns(actor: Actor, case: Case) -> bool:
    """Whether the case is the actor's own. Of staff: opened by them.

    Of others: for an account that they act for now, for themselves, or opened by them for nobody's account yet. A unit's
    case belongs to the unit: who no longer acts for it has it no longer.
    """
    opened = actor.user is not None and case.opened_by_id == actor.user
    if actor.is_staff or actor.is_program:
        return opened
    if (case.applicant_kind, case.applicant_reference) in actor.references:
        return True
    own = actor.person is not None and case.applicant_person_id == actor.person
    if case.applicant_reference == "":
        return opened or own
    return own and case.applicant_kind != ApplicantKind.UNIT


def possible_verbs(actor: Actor, case: Case, item: ServiceItem | None) -> list[Verb]:
    """The verbs that the state knows and the actor may use, in the order of the table."""
    state = State(case.state)
    reviewed = bool(case.steps.get("reviews")) if isinstance(case.steps, dict) else False
    found = []
    for verb in Verb:
        if (verb, state) not in MOVES or refusal(actor, case, verb, item) is not None:
            continue
        if state is State.ACCEPTED and verb is (Verb.APPROVE if reviewed else Verb.FORWARD):
            continue
        if verb is Verb.REOPEN and (item is None or not item.reopen_days):
            continue
        found.append(verb)
    return found


def _may_stand_in(actor: Actor, case: Case, verb: Verb) -> bool:
    """At the counter the teller acts for the applicant who stands there."""
    return actor.is_staff and case.channel in (Channel.COUNTER, Channel.HOTLINE) and actor.role == _handler(case)


def _handler(case: Case) -> str:
    handler: str = case.steps.get("handler", "") if isinstance(case.steps, dict) else ""
    return handler


def _role(actor: Actor, roles: "set[str] | frozenset[Role] | set[Role]") -> AnjuError | None:
    if actor.is_staff and actor.role and actor.role in roles:
        return None
    names = _("、").join(str(Role(role).label) for role in roles if role)
    return NotAllowedError(_("此步骤由{names}办理").format(names=names or _("系统")))


def _same_person(actor: Actor, case: Case) -> AnjuError | None:
    if actor.person is not None and actor.person == case.maker_id:
        return SamePersonError(_("经办与复核须为两人：您是本案经办人，换账号也不能复核"))
    return _own_application(actor, case)


def _own_application(actor: Actor, case: Case) -> AnjuError | None:
    if actor.person is None:
        return NotAllowedError(_("您的账号还没有关联人员，不能办理案件；请联系系统管理员"))
    if actor.person is not None and actor.person == case.applicant_person_id:
        return SamePersonError(_("不能审核本人的申请，请由他人办理"))
    return None


def _not_yours() -> NotAllowedError:
    return NotAllowedError(_("只有申请人本人可以办理此操作"))
