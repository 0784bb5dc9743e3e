"""Operations of applicants: a case from its draft to its rating. What may be done is decided by `cases`, never here.

A case that the caller may not see does not exist for them: every operation looks for it through `visible_case` first.
"""

from typing import Annotated, Any, BinaryIO, cast

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import File, Form, Path, Query, Router, UploadedFile
from pydantic import Field

from anju.api import presenting, schemas
from anju.api.answer_models import answers_model, as_typed
from anju.api.callers import Caller, caller_of
from anju.api.errors import ApiError, KeyReusedError, NoSuchAddressError, ScopeError
from anju.api.headers import IDEMPOTENCY_KEY, IF_MATCH, expected_version, idempotency_key
from anju.api.parser import parse
from anju.api.patches import Patch
from anju.cases import catalogue, operations, queries
from anju.cases.declarations import ApplicantKind, Channel, Source
from anju.cases.states import Verb
from anju.cases.transition import transition
from anju.kernel.errors import InvalidValueError
from anju.kernel.i18n import gettext as _
from anju.platform.files import operations as files
from anju.platform.people.models import Kind
from anju.registry.agents import require_power

router = Router(tags=["cases"])
Number = Annotated[str, Field(pattern=schemas.NUMBER)]
MaterialCode = Annotated[str, Field(max_length=30)]
MaterialId = Annotated[int, Field(ge=1, lt=2**63)]


@router.post(
    "",
    response={201: schemas.CaseFull},
    operation_id="open_case",
    summary="立案（草稿）",
    openapi_extra=IDEMPOTENCY_KEY,
)
def open_case(request: HttpRequest, response: HttpResponse, payload: schemas.Opening) -> dict[str, Any]:
    """A new draft for the caller, or for a unit that the caller acts for. The same key again gives the same case."""
    caller, key, now = caller_of(request), idempotency_key(request), timezone.now()
    _require_own(caller, payload)
    _require_power(caller, payload.item, payload.reference)
    case = operations.open_draft(
        item=payload.item, channel=Channel.API, applicant_kind=ApplicantKind(payload.applicant_kind),
        reference=payload.reference, actor=caller.actor, at=now, business_date=timezone.localdate(now),
        applicant_person=caller.actor.person if caller.user.kind == Kind.MEMBER else None, key=key,
    )  # fmt: skip
    if (case.item, case.applicant_kind) != (payload.item, payload.applicant_kind):
        raise KeyReusedError(_("此 Idempotency-Key 已用于另一申请，请换一个键"), field="Idempotency-Key")
    response["Location"] = f"{request.path}/{case.number}"
    return _shown(case.number, caller, response)


@router.get("", response=schemas.CasePage, operation_id="list_cases", summary="我的案件")
def list_cases(request: HttpRequest, asked: Query[schemas.CaseQuery]) -> dict[str, Any]:
    """The caller's own cases, the latest first; `after` is the `next` of the page before."""
    found = queries.own_cases(actor=caller_of(request).actor, limit=asked.limit + 1, before=asked.after or "")
    page = found[: asked.limit]
    return {
        "cases": [presenting.case_brief(case) for case in page],
        "next": page[-1].number if len(found) > asked.limit else None,
    }


@router.get("/{number}", response=schemas.CaseFull, operation_id="get_case", summary="案件详情")
def get_case(request: HttpRequest, response: HttpResponse, number: Path[Number]) -> dict[str, Any]:
    """A case with history, papers and possible moves. Staff see those of their office, others their own."""
    return _shown(number, caller_of(request), response)


@router.patch("/{number}/answers", response=schemas.Saved, operation_id="save_answers", summary="保存填写内容")
def save_answers(request: HttpRequest, number: Path[Number]) -> dict[str, Any]:
    """Lay answers over those kept so far. A draft may be unfinished; what is given must have the right type."""
    caller = caller_of(request)
    case = queries.visible_case(number=number, actor=caller.actor)
    patch = Patch.read(_body(request))
    if patch.item != case.item:
        raise InvalidValueError(_("此案事项为 {item}，请核对").format(item=case.item), field="item")
    typed = as_typed(answers_model(catalogue.item(case.item)), patch.answers, "answers")
    stamp = operations.save_draft(number=number, typed=typed, actor=caller.actor, at=timezone.now(), stamp=patch.stamp)
    return {"number": number, "stamp": stamp}


@router.post(
    "/{number}/submit", response=schemas.CaseFull, operation_id="submit_case", summary="提交", openapi_extra=IF_MATCH
)
def submit_case(
    request: HttpRequest, response: HttpResponse, number: Path[Number], payload: schemas.Submission
) -> dict[str, Any]:
    """Hand in a draft, or the supplement that was asked for."""
    caller, version, now = caller_of(request), expected_version(request), timezone.now()
    case = queries.visible_case(number=number, actor=caller.actor)
    _require_power(caller, case.item, case.applicant_reference)
    operations.submit(
        number=number, expected_version=version, actor=caller.actor, at=now, business_date=timezone.localdate(now),
        tolerate=payload.tolerate,
    )  # fmt: skip
    return _shown(number, caller, response)


@router.post(
    "/{number}/withdraw",
    response=schemas.CaseFull,
    operation_id="withdraw_case",
    summary="撤销",
    openapi_extra=IF_MATCH,
)
def withdraw_case(request: HttpRequest, response: HttpResponse, number: Path[Number]) -> dict[str, Any]:
    """Take an application back."""
    return _moved(request, response, number, Verb.WITHDRAW, "")


@router.post(
    "/{number}/reopen",
    response=schemas.CaseFull,
    operation_id="reopen_case",
    summary="重新办理",
    openapi_extra=IF_MATCH,
)
def reopen_case(
    request: HttpRequest, response: HttpResponse, number: Path[Number], payload: schemas.Reason
) -> dict[str, Any]:
    """Have a completed case taken up again, where the item allows it."""
    return _moved(request, response, number, Verb.REOPEN, payload.reason)


@router.post("/{number}/rating", response={201: schemas.Rated}, operation_id="rate_case", summary="评价")
def rate_case(request: HttpRequest, number: Path[Number], payload: schemas.NewRating) -> dict[str, Any]:
    """The applicant's satisfaction with a finished case, once."""
    caller = caller_of(request)
    queries.visible_case(number=number, actor=caller.actor)
    rating = operations.rate(
        number=number, score=payload.score, words=payload.words, actor=caller.actor, at=timezone.now()
    )
    return {"number": number, "score": rating.score}


@router.post(
    "/{number}/materials",
    response={201: schemas.MaterialOut},
    operation_id="add_material",
    summary="提交材料（共享数据、告知承诺）",
)
def add_material(request: HttpRequest, number: Path[Number], payload: schemas.NewMaterial) -> dict[str, Any]:
    """The evidence of shared data or of a declaration."""
    caller = caller_of(request)
    queries.visible_case(number=number, actor=caller.actor)
    row = operations.add_material(
        number=number, code=payload.code, actor=caller.actor, at=timezone.now(), source=Source(payload.source),
        evidence=payload.evidence,
    )  # fmt: skip
    return presenting.material(row)


@router.post(
    "/{number}/files", response={201: schemas.MaterialOut}, operation_id="add_file", summary="提交材料（文件）"
)
def add_file(
    request: HttpRequest, number: Path[Number], code: Form[MaterialCode], file: File[UploadedFile]
) -> dict[str, Any]:
    """A paper as a file: PDF, JPEG or PNG by its content, at most 10 MiB. A file that the case does not take is not kept."""
    caller, now = caller_of(request), timezone.now()
    queries.visible_case(number=number, actor=caller.actor)
    name, content = caller.actor.username, cast("BinaryIO", file.file)
    examined = files.examine(content=content, actor=name, at=now)  # takes time: no lock is held yet
    with transaction.atomic():
        kept = files.keep(content=content, examined=examined, name=file.name or "", actor=name, at=now)
        row = operations.add_material(number=number, code=code, actor=caller.actor, at=now, file=kept.pk)
    return presenting.material(row)


@router.delete(
    "/{number}/materials/{material}", response={204: None}, operation_id="remove_material", summary="撤回材料"
)
def remove_material(request: HttpRequest, number: Path[Number], material: Path[MaterialId]) -> None:
    """Take back a paper while the case may still be changed; one that is gone already stays gone."""
    caller = caller_of(request)
    case = queries.visible_case(number=number, actor=caller.actor)
    if not case.materials.filter(pk=material).exists():
        raise NoSuchAddressError(_("此案没有这份材料"), field="material")
    operations.remove_material(number=number, material=material, actor=caller.actor, at=timezone.now())


def _shown(number: str, caller: Caller, response: HttpResponse) -> dict[str, Any]:
    """The case as it stands now, its version in the ETag."""
    case = queries.visible_case(number=number, actor=caller.actor)
    presenting.tag(response, case)
    return presenting.case_full(case, caller)


def _moved(request: HttpRequest, response: HttpResponse, number: str, verb: Verb, reason: str) -> dict[str, Any]:
    caller, version, now = caller_of(request), expected_version(request), timezone.now()
    queries.visible_case(number=number, actor=caller.actor)
    transition(
        number=number, verb=verb, expected_version=version, actor=caller.actor, at=now,
        business_date=timezone.localdate(now), reason=reason,
    )  # fmt: skip
    return _shown(number, caller, response)


def _require_own(caller: Caller, payload: schemas.Opening) -> None:
    """An application is for the caller or for an account that the caller acts for; staff receive theirs at the counter."""
    if caller.actor.is_staff:
        raise ScopeError(_("工作人员请在工作台受理，接口立案供申请人使用"))
    asked = (payload.applicant_kind, payload.reference)
    person = asked == (ApplicantKind.PERSON, "") and caller.user.kind == Kind.MEMBER
    newcomer = asked == (caller.user.kind, "")  # an item that needs an account refuses it
    if not (person or newcomer or asked in caller.actor.references):
        raise ScopeError(_("只能为本人或授权单位的账户申请"), field="reference")


def _require_power(caller: Caller, code: str, reference: str) -> None:
    """A unit's agent needs the power that the unit gives for the item. Raises PowerMissingError."""
    item = catalogue.find(code)
    if caller.user.kind == Kind.UNIT and item is not None:
        require_power(user=caller.user, unit_number=reference, item=item)


def _body(request: HttpRequest) -> Any:
    try:
        return parse(request.body)
    except (ValueError, RecursionError):
        raise ApiError(_("请求内容无法解析，请核对格式")) from None
