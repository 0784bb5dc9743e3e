"""The counter: choose the item, say for whom, open the draft; and the drafts that I have not handed in yet."""

import secrets

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from anju.cases import catalogue, operations, queries
from anju.cases.actors import Actor
from anju.cases.declarations import ApplicantKind, Channel, ServiceItem
from anju.cases.models import Case
from anju.kernel.errors import AnjuError
from anju.web.access import viewer
from anju.web.counter import applicant
from anju.web.desk_forms import StartForm, channels_of
from anju.web.views.desk import rows

_DRAFTS = 100


@require_safe
def new(request: HttpRequest) -> HttpResponse:
    """The items that are opened at the counter."""
    role = viewer(request).role
    offered = [item for item in catalogue.items() if channels_of(item, role)]
    return render(request, "anju/desk/new.html", {"items": offered})


@sensitive_post_parameters("number", "identity", "phone")
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest, code: str) -> HttpResponse:
    """For whom; then a draft."""
    user = viewer(request)
    item = catalogue.find(code.upper())
    if item is None or not channels_of(item, user.role):
        raise Http404
    posted = request.POST if request.method == "POST" else None
    form = StartForm(
        posted, item=item, role=user.role, initial={"key": secrets.token_urlsafe(16)}, use_required_attribute=False
    )
    if posted is not None and form.is_valid():
        try:
            return redirect("desk-form", number=_open(form, item, Actor.of(user)).number)
        except AnjuError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
    return render(request, "anju/desk/start.html", {"form": form, "item": item})


@require_safe
def drafts(request: HttpRequest) -> HttpResponse:
    """What I began and have not handed in."""
    found = queries.drafts(actor=Actor.of(viewer(request)), limit=_DRAFTS)
    return render(request, "anju/desk/drafts.html", {"rows": rows(found)})


def _open(form: StartForm, item: ServiceItem, actor: Actor) -> Case:
    """The draft for these answers. The same page sent twice gives one draft; for another applicant it gives another."""
    typed = form.cleaned_data
    found = applicant(
        item, kind=ApplicantKind(typed["kind"]), number=typed.get("number", ""), name=typed.get("name", ""),
        identity=typed.get("identity", ""), phone=typed.get("phone", ""),
    )  # fmt: skip
    return operations.open_draft(
        item=item.code, channel=Channel(typed["channel"]), applicant_kind=found.kind, reference=found.reference,
        actor=actor, at=timezone.now(), business_date=timezone.localdate(), applicant_person=found.person,
        key=f"{typed['key']}:{item.code}:{found.kind}:{found.reference}:{found.person or ''}",
    )  # fmt: skip
