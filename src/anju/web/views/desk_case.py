"""One case as staff see it. Who opens it, whose full numbers were shown and why, and which paper was read: all recorded."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from anju.cases import catalogue, operations, queries
from anju.cases.actors import Actor, possible_verbs
from anju.cases.declarations import ServiceItem
from anju.cases.errors import UnknownCaseError
from anju.cases.models import Case, CaseMaterial
from anju.cases.states import State, Verb
from anju.kernel.errors import AnjuError
from anju.platform import audit
from anju.web import access
from anju.web.access import viewer
from anju.web.case_view import (
    answer_groups,
    applicant_name,
    clean_part,
    due_marker,
    handling_lines,
    masked,
    paper_list,
    preview_of,
    result_title,
    timeline,
)
from anju.web.desk_forms import ReasonForm
from anju.web.file_response import file_response
from anju.web.parts import Answer
from anju.web.views.desk import item_name

#: Verbs that have no button: a form of their own hands in, programs carry on after an approval.
_ELSEWHERE = frozenset({Verb.SUBMIT, Verb.RESUPPLY, Verb.SETTLE})
#: The order of the buttons, the likeliest first; what cannot be undone is red and comes last.
_BUTTONS = (
    Verb.APPROVE, Verb.FORWARD, Verb.COMPLETE, Verb.RETRY, Verb.SUPPLEMENT, Verb.RETURN, Verb.TRANSFER, Verb.FAIL,
    Verb.REOPEN, Verb.REJECT, Verb.WITHDRAW, Verb.VOID,
)  # fmt: skip
FINAL = frozenset({Verb.REJECT, Verb.WITHDRAW, Verb.VOID})


def case_of(request: HttpRequest, number: str) -> Case:
    """The case of this number, for whom it is in scope. Raises Http404 alike for one that is not and one that is none."""
    try:
        return queries.visible_case(number=number, actor=Actor.of(viewer(request)))
    except UnknownCaseError:
        raise Http404 from None


@require_safe
def case(request: HttpRequest, number: str) -> HttpResponse:
    """The case, personal numbers masked."""
    shown = case_of(request, number)
    _record(request, shown, "case.view", {"page": "desk"})
    return render(request, "anju/desk/case.html", _context(request, shown, reveal=False))


@sensitive_post_parameters("reason")
@require_http_methods(["GET", "POST"])
def reveal(request: HttpRequest, number: str) -> HttpResponse:
    """The case with its numbers in full, once a reason is given and recorded."""
    shown = case_of(request, number)
    form = ReasonForm(request.POST if request.method == "POST" else None, use_required_attribute=False)
    if request.method != "POST" or not form.is_valid():
        return render(request, "anju/desk/reveal.html", {"case": shown, "form": form, "back": _address(shown)})
    _record(request, shown, "case.reveal", {"reason": form.cleaned_data["reason"]})
    return render(request, "anju/desk/case.html", _context(request, shown, reveal=True))


@require_safe
def file(request: HttpRequest, number: str, material: int) -> HttpResponseBase:
    """A paper of the case as it was handed in."""
    shown = case_of(request, number)
    row = CaseMaterial.objects.select_related("file").filter(case=shown, pk=material, removed_at=None).first()
    if row is None or row.file is None:
        raise Http404
    _record(request, shown, "case.file", {"material": row.code, "row": row.pk})
    return file_response(row.file, actor=viewer(request).username, download="download" in request.GET)


@require_POST
def claim(request: HttpRequest, number: str) -> HttpResponse:
    """Take a waiting case onto my desk, or put it back."""
    shown, release = case_of(request, number), "release" in request.POST
    actor = Actor.of(viewer(request))
    if not claimable(actor, shown):
        messages.error(request, _("此案不在您的待办岗位，不能领取"))
        return redirect("desk-case", number=number)
    try:
        taken = operations.claim(number=number, actor=actor, release=release)
    except AnjuError as error:
        messages.error(request, error.message)
        return redirect("desk-case", number=number)
    if not taken:
        messages.error(request, _("此案已由他人领取，请刷新后查看在谁手上"))
    else:
        messages.success(request, _("已放回待办") if release else _("已领取，此案在您手上"))
    return redirect("desk-case", number=number)


@require_safe
def receipt(request: HttpRequest, number: str) -> HttpResponse:
    """The receipt (受理单) for the applicant, to be printed."""
    shown = case_of(request, number)
    item = catalogue.find(shown.item)
    if shown.submitted_date is None:
        raise Http404
    context = {
        "case": shown,
        "item_name": item_name(shown.item),
        "applicant": applicant_name(shown),
        "due": due_marker(shown, timezone.localdate()),
        "papers": [] if item is None else paper_list(shown, item, clean_part(shown, item)),
        "printed_at": timezone.now(),
    }
    return render(request, "anju/desk/receipt.html", context)


def claimable(actor: Actor, shown: Case) -> bool:
    """Whether the case waits for the actor's post in the actor's scope."""
    return bool(shown.waits_for) and shown.waits_for == actor.role and actor.covers(shown.office_id)


def buttons(actor: Actor, shown: Case, item: ServiceItem | None) -> list[dict[str, Any]]:
    """What the actor may do, as buttons with their addresses."""
    possible = set(possible_verbs(actor, shown, item)) - _ELSEWHERE
    return [
        {"verb": verb, "href": reverse("desk-move", args=[shown.number, verb.value]), "danger": verb in FINAL}
        for verb in _BUTTONS
        if verb in possible
    ]


def form_href(request: HttpRequest, shown: Case, item: ServiceItem | None) -> str:
    """Address of the counter's form where the actor may type on it, or hand in a paper that was tolerated; else empty."""
    user = viewer(request)
    if item is None or not access.may_open(user, "desk-form"):
        return ""
    actor = Actor.of(user)
    verb = Verb.RESUPPLY if shown.state == State.SUPPLEMENT else Verb.SUBMIT
    typing = shown.state in operations.EDITABLE and verb in possible_verbs(actor, shown, item)
    owed = shown.closed_date is None and shown.tolerances.filter(fulfilled_at=None).exists()
    return reverse("desk-form", args=[shown.number]) if typing or (owed and at_counter(actor, shown)) else ""


def at_counter(actor: Actor, shown: Case) -> bool:
    """Whether the case came in at a counter where the actor serves, as `operations` asks before a paper is laid to it."""
    return shown.opened_by_id == actor.user or (
        shown.channel in ("counter", "hotline") and actor.covers(shown.office_id)
    )


def _context(request: HttpRequest, shown: Case, *, reveal: bool) -> dict[str, Any]:
    item, actor = catalogue.find(shown.item), Actor.of(viewer(request))
    groups = answer_groups(shown, item, reveal=reveal)
    return {
        "case": shown,
        "item": item,
        "item_name": item_name(shown.item),
        "changed": item is not None and shown.revision != item.revision,
        "applicant": applicant_name(shown),
        "due": due_marker(shown, timezone.localdate()),
        "buttons": buttons(actor, shown, item),
        "form_href": form_href(request, shown, item),
        "claimable": claimable(actor, shown),
        "mine": shown.handler_id == actor.user,
        "own": actor.person is not None and shown.maker_id == actor.person,
        "groups": [(group, _answers(lines)) for group, lines in groups],
        "handling": _answers(handling_lines(shown, item, reveal=reveal)),
        "papers": [] if item is None else _papers(shown, item),
        "checks": list(shown.check_results.all()),
        "reviews": shown.reviews.select_related("checker").order_by("version"),
        "happenings": timeline(shown),
        "clock": shown.clock_events.order_by("version"),
        "rating": getattr(shown, "rating", None),
        "result": [(result_title(key), masked(str(value))) for key, value in dict(shown.result).items()],
        "preview": preview_of(shown, item, timezone.localdate()),
        "revealed": reveal,
    }


def _papers(shown: Case, item: ServiceItem) -> list[Any]:
    return paper_list(shown, item, clean_part(shown, item), href=lambda row: _file_address(shown, row))


def _file_address(shown: Case, row: CaseMaterial) -> str:
    return reverse("desk-file", args=[shown.number, row.pk]) if row.file_id else ""


def _answers(lines: list[tuple[str, str]]) -> list[Answer]:
    return [Answer(question, answer) for question, answer in lines]


def _address(shown: Case) -> str:
    return reverse("desk-case", args=[shown.number])


def _record(request: HttpRequest, shown: Case, action: str, detail: Mapping[str, Any]) -> None:
    audit.record(
        actor=viewer(request).username, action=action, object_kind="case", object_reference=shown.number,
        detail=detail, at=timezone.now(),
    )  # fmt: skip
