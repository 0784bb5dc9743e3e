"""Items and cases as the API shows them: what a caller may see was decided before; no answer and no person's name is in it."""

from datetime import date
from typing import Any

from django.http import HttpResponse

from anju.api import schemas
from anju.api.answer_models import answers_model
from anju.api.callers import Caller
from anju.cases import answers, catalogue, submission
from anju.cases.actors import possible_verbs
from anju.cases.declarations import ServiceItem
from anju.cases.models import Case, CaseEvent, CaseMaterial
from anju.cases.operations import EDITABLE
from anju.cases.queries import Waiting, left


def item_brief(item: ServiceItem, today: date) -> dict[str, Any]:
    """A service item in the catalogue, with the term that applies today."""
    term = catalogue.term_of(item, today)
    return {
        "code": item.code, "name": str(item.name), "summary": str(item.summary), "applicants": sorted(item.applicants),
        "channels": sorted(item.channels), "cross_province": item.cross_province,
        "term": {"days": term.days, "count": str(term.count)},
    }  # fmt: skip


def item_full(item: ServiceItem, today: date) -> dict[str, Any]:
    """A service item with materials, steps and the schema of its answers."""
    return {
        **item_brief(item, today),
        "revision": item.revision,
        "source": item.source,
        "materials": [
            {
                "code": each.code, "title": str(each.title), "sources": [str(source) for source in each.sources],
                "required": each.required, "tolerable": each.tolerable,
            }
            for each in item.materials
        ],
        "steps": [{"role": step.role, "title": str(step.role.label), "above": step.above} for step in item.reviews],
        "answers": answers_model(item).model_json_schema(),
    }  # fmt: skip


def case_brief(case: Case) -> dict[str, Any]:
    """A case in a list."""
    item = catalogue.find(case.item)
    return {
        "number": case.number, "item": case.item, "item_name": case.item if item is None else str(item.name),
        "subject": case.subject, "state": case.state, "state_title": case.get_state_display(), "version": case.version,
        "applicant_kind": case.applicant_kind, "reference": case.applicant_reference,
        "office": case.office.name if case.office else "", "submitted": case.submitted_date, "due": case.due,
        "due_provisional": case.due_provisional,
    }  # fmt: skip


def case_full(case: Case, caller: Caller) -> dict[str, Any]:
    """A case with its history, its papers, and what the caller may do next."""
    item = catalogue.find(case.item)
    return {
        **case_brief(case),
        "amount": case.amount,
        "result": case.result,
        "history": [_event(each, caller) for each in CaseEvent.objects.filter(case=case).order_by("version")],
        "materials": [
            material(each) for each in CaseMaterial.objects.filter(case=case, removed_at=None).order_by("id")
        ],
        "missing": [] if item is None else _missing(case, item),
        "verbs": [str(verb) for verb in possible_verbs(caller.actor, case, item)],
    }


def waiting(row: Waiting, today: date) -> dict[str, Any]:
    """A case in a queue."""
    case = row.case
    return {
        **case_brief(case), "waits_for": case.waits_for, "level": case.level, "own": row.own,
        "handler": case.handler.username if case.handler else "", "days_left": left(case, today),
    }  # fmt: skip


def material(row: CaseMaterial) -> dict[str, Any]:
    """A paper of a case."""
    return {"id": row.pk, "code": row.code, "source": row.source, "evidence": row.evidence, "at": row.added_at}


def tag(response: HttpResponse, case: Case) -> None:
    """State the version of the case, which the next move names in If-Match."""
    response["ETag"] = f'"{case.version}"'


def _event(row: CaseEvent, caller: Caller) -> dict[str, Any]:
    staff = caller.actor.is_staff
    owner = row.verb in schemas.BY_APPLICANT
    return {
        "version": row.version, "verb": row.verb, "title": row.get_verb_display(), "state": row.target,
        "at": row.happened_at, "by": row.actor if staff else "applicant" if owner else "center",
        "reason": row.reason if staff or row.verb not in schemas.INTERNAL else "",
    }  # fmt: skip


def _missing(case: Case, item: ServiceItem) -> list[str]:
    if case.state not in EDITABLE:
        return []
    form = answers.bound_form(item, answers.read(case).answers)
    form.is_valid()
    return [paper.material.code for paper in submission.papers(case, item, form.cleaned_data) if paper.missing]
