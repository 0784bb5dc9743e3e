"""What staff do with a case: one page for each verb, which asks once more and takes a reason or the handler's answers.

A page that somebody overtook is told what happened meanwhile and keeps what was typed; a click that arrives twice is
one move.
"""

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from anju.cases import answers, catalogue
from anju.cases.actors import Actor, possible_verbs
from anju.cases.declarations import Group, ServiceItem
from anju.cases.errors import FormInvalidError, StaleCaseError
from anju.cases.models import Case, CaseEvent, CaseForm
from anju.cases.states import MOVES, Move, State, Verb
from anju.cases.transition import transition
from anju.kernel.errors import AnjuError
from anju.web.access import viewer
from anju.web.case_view import applicant_name, due_marker, initial_answers, timeline, typed_answers
from anju.web.desk_forms import MoveForm
from anju.web.parts import Happening
from anju.web.views.desk import item_name
from anju.web.views.desk_case import FINAL, case_of


@dataclass(slots=True)
class _Page:
    """A verb on its way: the case, the forms as they stand, what stands in the way."""

    case: Case
    item: ServiceItem | None
    verb: Verb
    move: Move
    form: MoveForm
    handling: forms.Form | None
    error: str = ""
    meanwhile: tuple[Happening, ...] = ()


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def move(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """Ask once more, then move the case."""
    shown = case_of(request, number)
    if verb not in Verb.values:
        raise Http404
    page = _page(request, shown, Verb(verb))
    if request.method == "POST" and page.form.is_valid():
        done = _act(request, page)
        if done is not None:
            return done
    return _show(request, page)


def _page(request: HttpRequest, shown: Case, verb: Verb) -> _Page:
    item = catalogue.find(shown.item)
    moves = MOVES.get((verb, State(shown.state))) or next(
        (found for (each, _state), found in MOVES.items() if each is verb), ()
    )
    if not moves:
        raise Http404
    posted = request.POST if request.method == "POST" else None
    form = MoveForm(
        posted, move=moves[0], here=shown.office_id, initial={"version": shown.version}, use_required_attribute=False
    )
    return _Page(shown, item, verb, moves[0], form, _handling_form(request, shown, item, verb))


def _handling_form(request: HttpRequest, shown: Case, item: ServiceItem | None, verb: Verb) -> forms.Form | None:
    """The handler's own form, where the verb sends the case on from their desk; a stale page keeps it all the same."""
    if item is None or item.handling is None or verb not in (Verb.FORWARD, Verb.APPROVE):
        return None
    if request.method == "POST":
        typed = typed_answers(item.handling(), request.POST)
        return item.handling(initial=initial_answers(item.handling, typed)) if any(typed.values()) else item.handling()
    if shown.state != State.ACCEPTED:
        return None
    known = answers.read(shown, part=CaseForm.HANDLING).answers
    return item.handling(initial=initial_answers(item.handling, known))


def _act(request: HttpRequest, page: _Page) -> HttpResponse | None:
    """Move the case; the answer when it moved (now, or by the same click a moment ago), else None and the page says why."""
    user, facts = viewer(request), page.form.cleaned_data
    typed = typed_answers(page.item.handling(), request.POST) if page.item and page.item.handling else None
    try:
        with transaction.atomic():
            transition(
                number=page.case.number, verb=page.verb, expected_version=facts["version"], actor=Actor.of(user),
                at=timezone.now(), business_date=timezone.localdate(), reason=facts["reason"],
                office=page.form.office_chosen, handling=typed,
            )  # fmt: skip
    except StaleCaseError as error:
        if _by_me(page.case, facts["version"], page.verb, user.username):
            return redirect("desk-case", number=page.case.number)
        page.case = case_of(request, page.case.number)
        _overtaken(page, facts["version"], error)
    except FormInvalidError:
        if page.item is not None and page.item.handling is not None and typed is not None:
            page.handling = answers.bind(page.item.handling, typed)
    except AnjuError as error:
        _tell(page, error)
    else:
        messages.success(request, _("已办理：{verb}").format(verb=page.verb.label))
        return redirect("desk-case", number=page.case.number)
    return None


def _by_me(shown: Case, version: int, verb: Verb, username: str) -> bool:
    return CaseEvent.objects.filter(case=shown, version=version + 1, verb=verb, actor=username).exists()


def _overtaken(page: _Page, version: int, error: AnjuError) -> None:
    """Show what happened since the page was made; sent once more, it is meant for the case as it now stands."""
    page.error = error.message
    page.meanwhile = tuple(timeline(page.case)[version:])
    typed = {name: page.form.data[name] for name in page.form.data}
    page.form.data = {**typed, page.form.add_prefix("version"): str(page.case.version)}


def _tell(page: _Page, error: AnjuError) -> None:
    if error.field in page.form.fields:
        page.form.add_error(error.field, error.message)
    else:
        page.error = error.message


def _show(request: HttpRequest, page: _Page) -> HttpResponse:
    actor = Actor.of(viewer(request))
    fields = tuple(page.handling.fields) if page.handling is not None else ()
    context = {
        "case": page.case,
        "item_name": item_name(page.case.item),
        "applicant": applicant_name(page.case),
        "due": due_marker(page.case, timezone.localdate()),
        "verb": page.verb,
        "form": page.form,
        "handling": page.handling,
        "handling_group": Group("handling", _("办理意见"), fields),
        "error": page.error,
        "meanwhile": page.meanwhile,
        "allowed": page.verb in possible_verbs(actor, page.case, page.item),
        "danger": page.verb in FINAL,
        "back": reverse("desk-case", args=[page.case.number]),
    }
    return render(request, "anju/desk/move.html", context)
