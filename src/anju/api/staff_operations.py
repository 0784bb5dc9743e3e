"""Operations of staff: their queue, and the moves of a case. Who may do what is decided by the transition function."""

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Path, Query, Router
from pydantic import Field

from anju.api import presenting, schemas
from anju.api.answer_models import as_typed, handling_model
from anju.api.callers import staff_of
from anju.api.headers import IF_MATCH, expected_version
from anju.cases import catalogue, queries
from anju.cases.answers import Answers
from anju.cases.models import Case
from anju.cases.states import Verb
from anju.cases.transition import transition
from anju.kernel.errors import InvalidValueError
from anju.kernel.i18n import gettext as _
from anju.platform.people.models import Office

router = Router(tags=["staff"])
Number = Annotated[str, Field(pattern=schemas.NUMBER)]


@router.get("/queue", response=schemas.QueuePage, operation_id="list_queue", summary="待办")
def list_queue(request: HttpRequest, asked: Query[schemas.QueueQuery]) -> dict[str, Any]:
    """Cases that wait for the caller's role in the caller's scope, the most urgent first."""
    actor, today = staff_of(request).actor, timezone.localdate()
    found = queries.queue(
        actor=actor, item=asked.item or "", mine=asked.mine, limit=asked.limit + 1, after=_place(asked.after)
    )
    page = found[: asked.limit]
    last = page[-1].case if page else None
    more = len(found) > asked.limit and last is not None and last.due is not None
    return {
        "cases": [presenting.waiting(row, today) for row in page],
        "next": f"{last.due}.{last.pk}" if more and last is not None else None,
    }


@router.post(
    "/cases/{number}/moves", response=schemas.CaseBrief, operation_id="move_case", summary="办理（送复核、同意、退回……）",
    openapi_extra=IF_MATCH,
)  # fmt: skip
def move_case(
    request: HttpRequest, response: HttpResponse, number: Path[Number], payload: schemas.StaffMove
) -> dict[str, Any]:
    """Move a case by a verb. If-Match names the version that was looked at."""
    caller, version, now = staff_of(request), expected_version(request), timezone.now()
    case = queries.visible_case(number=number, actor=caller.actor)
    moved = transition(
        number=number, verb=Verb(payload.verb), expected_version=version, actor=caller.actor, at=now,
        business_date=timezone.localdate(now), reason=payload.reason, office=_office(payload.office),
        handling=_handling(case, payload.handling),
    )  # fmt: skip
    presenting.tag(response, moved)
    return presenting.case_brief(moved)  # not looked up again: it may have left the caller's office


def _handling(case: Case, given: dict[str, Any]) -> Answers:
    if not given:
        return {}
    model = handling_model(catalogue.item(case.item))
    if model is None:
        raise InvalidValueError(_("此事项没有经办填写的内容"), field="handling")
    return as_typed(model, given, "handling")


def _office(code: str) -> int | None:
    if not code:
        return None
    office = Office.objects.filter(code=code).first()
    if office is None:
        raise InvalidValueError(_("没有代码为 {code} 的管理部").format(code=code), field="office")
    return office.pk


def _place(after: str | None) -> tuple[date, int] | None:
    if after is None:
        return None
    day, _dot, number = after.partition(".")
    try:
        return date.fromisoformat(day), int(number)
    except ValueError:
        raise InvalidValueError(_("翻页参数请原样使用上一页的 next"), field="after") from None
