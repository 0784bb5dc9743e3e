"""What people do with cases besides moving them: open a draft, type on it, hand in papers, take a case, rate it.

Moves go through `transition`; the three that applicants make have names of their own here.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from anju.cases import answers, catalogue
from anju.cases.actors import Actor, owns
from anju.cases.declarations import ApplicantKind, Channel, ServiceItem, Source
from anju.cases.errors import NotAllowedError, UnknownItemError, WrongStateError, translated
from anju.cases.models import Case, CaseMaterial, Rating, Tolerance
from anju.cases.states import State, Verb
from anju.cases.transition import lock, transition
from anju.kernel.errors import InvalidValueError
from anju.kernel.i18n import gettext as _
from anju.kernel.text import clean_name

#: While the applicant may still change answers and papers.
EDITABLE = frozenset({State.DRAFT, State.SUPPLEMENT})
#: A case with more papers is one that nobody reads through.
MAX_PAPERS = 30


def open_draft(
    *,
    item: str,
    channel: Channel,
    applicant_kind: ApplicantKind,
    reference: str,
    actor: Actor,
    at: datetime,
    business_date: date,
    applicant_person: int | None = None,
    key: str = "",
    known: Mapping[str, Any] | None = None,
) -> Case:
    """A new draft of an item, prefilled with what the center knows. `reference` is the applicant's account number.

    `known` are answers that whoever opens it has before them already, laid over the item's own. `key` makes it
    idempotent: the same actor and key give the same case. Raises UnknownItemError when the item is not offered to this
    applicant through this channel.
    """
    declared = _offered(item, channel, applicant_kind, reference)
    if actor.user is None:
        raise NotAllowedError(_("申请须由登录的用户发起"))
    opening = {
        "item": item, "revision": declared.revision, "channel": channel, "applicant_kind": applicant_kind,
        "applicant_reference": reference, "applicant_person_id": applicant_person, "opened_by_id": actor.user,
        "opened_at": at.isoformat(), "opening_key": f"{actor.user}:{key}"[:100] if key else None,
        "day": business_date.isoformat(),
    }  # fmt: skip
    with translated(), transaction.atomic():
        (case,) = Case.objects.raw("SELECT * FROM cases_open(%s)", [Jsonb(opening)])
        filled = {**declared.prefill(reference=reference), **(known or {})}
        if filled and answers.read(case).stamp == 0:
            answers.keep(case=case, answers=_as_typed(filled), by=actor.username, at=at)
    return case


def save_draft(*, number: str, typed: answers.Answers, actor: Actor, at: datetime, stamp: int | None = None) -> int:
    """Keep what was typed, valid or not; the new stamp comes back.

    Raises NotAllowedError, WrongStateError, StaleDraftError, InvalidValueError.
    """
    with transaction.atomic():
        case = _editable(number, actor)
        return answers.keep(case=case, answers=typed, by=actor.username, at=at, stamp=stamp)


def submit(
    *,
    number: str,
    expected_version: int,
    actor: Actor,
    at: datetime,
    business_date: date,
    tolerate: Collection[str] = (),
) -> Case:
    """Hand in a draft, or the supplement that was asked for. At the counter the teller's case goes on to review at once.

    Raises what `transition` raises.
    """
    with transaction.atomic():
        case = lock(number)
        verb = Verb.RESUPPLY if case.state == State.SUPPLEMENT else Verb.SUBMIT
        case = transition(
            number=number, verb=verb, expected_version=expected_version, actor=actor, at=at,
            business_date=business_date, tolerate=tolerate,
        )  # fmt: skip
        if _goes_on(case, actor):
            case = transition(
                number=number, verb=Verb.FORWARD, expected_version=case.version, actor=actor, at=at,
                business_date=business_date,
            )  # fmt: skip
    return case


def add_material(
    *,
    number: str,
    code: str,
    actor: Actor,
    at: datetime,
    file: UUID | None = None,
    source: Source = Source.SUBMITTED,
    evidence: str = "",
) -> CaseMaterial:
    """A paper for a case: a stored file, or the evidence of shared data or of a declaration.

    Papers come while the applicant may change the case; a paper that was tolerated comes at any time until the case ends.
    Raises NotAllowedError, WrongStateError, InvalidValueError.
    """
    with translated(), transaction.atomic():
        case = lock(number)
        tolerated = Tolerance.objects.filter(case=case, code=code, fulfilled_at=None)
        if not (case.closed_date is None and tolerated.exists()):
            case = _editable(number, actor)
        elif not _may_type(actor, case):
            raise NotAllowedError(_("只有申请人或经办人可以提交材料"))
        _require_fitting(case, code, source)
        row = CaseMaterial.objects.create(
            case=case, code=code, source=source, file_id=file, evidence=clean_name(evidence)[:200], added_at=at,
            added_by=actor.username,
        )  # fmt: skip
        tolerated.update(fulfilled_at=at)
    return row


def remove_material(*, number: str, material: int, actor: Actor, at: datetime) -> None:
    """Take back a paper while the applicant may change the case; it stays on record as removed."""
    with transaction.atomic():
        case = _editable(number, actor)
        CaseMaterial.objects.filter(case=case, pk=material, removed_at=None).update(removed_at=at)


def claim(*, number: str, actor: Actor, release: bool = False) -> bool:
    """Take a waiting case onto one's desk, or put it back. False: another has it."""
    if not actor.is_staff:
        raise NotAllowedError(_("只有工作人员可以领取案件"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT cases_claim(%s, %s, %s)", [number, actor.user, release])
        taken: bool = cursor.fetchone()[0]
    return taken


def rate(*, number: str, score: int, words: str, actor: Actor, at: datetime) -> Rating:
    """The applicant's satisfaction with a finished case, 1 to 5, once. Raises CaseError when it was rated before."""
    if not 1 <= score <= 5:
        raise InvalidValueError(_("满意度为 1 至 5，请选择一项"), field="score")
    with translated(), transaction.atomic():
        case = lock(number)
        if actor.user is None or not owns(actor, case):
            raise NotAllowedError(_("只有申请人本人可以评价"))
        if case.state not in (State.COMPLETED, State.REJECTED):
            raise WrongStateError(_("案件办结后才能评价"))
        return Rating.objects.create(
            case=case, score=score, words=clean_name(words)[:500], rated_at=at, rated_by_id=actor.user
        )


def _offered(code: str, channel: Channel, kind: ApplicantKind, reference: str) -> ServiceItem:
    declared = catalogue.item(code)
    if channel not in declared.channels or kind not in declared.applicants:
        raise UnknownItemError(_("“{name}”不能由此渠道或此类申请人办理").format(name=declared.name), field="item")
    if declared.needs_reference and not reference and kind != ApplicantKind.CENTER:
        raise UnknownItemError(_("请先选定办理的单位或职工账户"), field="reference")
    return declared


def _editable(number: str, actor: Actor) -> Case:
    case = lock(number)
    if not _may_type(actor, case):
        raise NotAllowedError(_("只有申请人或经办人可以修改此申请"))
    if case.state not in EDITABLE:
        message = _("案件现为“{state}”，内容不能再修改")
        raise WrongStateError(message.format(state=case.get_state_display()))
    return case


def _may_type(actor: Actor, case: Case) -> bool:
    """The applicant, and at the counter the staff of the office that serves them."""
    if owns(actor, case):
        return True
    at_counter = case.channel in (Channel.COUNTER, Channel.HOTLINE)
    return actor.is_staff and at_counter and bool(actor.role) and actor.covers(case.office_id)


def _goes_on(case: Case, actor: Actor) -> bool:
    declared = catalogue.find(case.item)
    return (
        case.channel == Channel.COUNTER
        and case.state == State.ACCEPTED
        and actor.is_staff
        and actor.role == case.waits_for
        and actor.covers(case.office_id)
        and actor.person != case.applicant_person_id
        and declared is not None
        and declared.handling is None
        and bool(case.steps["reviews"])
    )


def _require_fitting(case: Case, code: str, source: Source) -> None:
    declared = catalogue.item(case.item)
    material = next((each for each in declared.materials if each.code == code), None)
    if material is None or source not in material.sources:
        raise InvalidValueError(_("此事项不需要这项材料，或不接受这种来源"), field="material")
    if CaseMaterial.objects.filter(case=case, removed_at=None).count() >= MAX_PAPERS:
        raise InvalidValueError(_("每案最多 30 份材料，请合并后提交"), field="material")


def _as_typed(known: Mapping[str, Any]) -> answers.Answers:
    return {name: [str(value)] for name, value in known.items() if value not in (None, "")}
