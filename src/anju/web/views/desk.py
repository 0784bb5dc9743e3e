"""The workbench: what waits for me, and the one box that finds a case. Numbers travel in the body of a POST."""

import re
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from anju.cases import catalogue, queries
from anju.cases.actors import Actor
from anju.cases.models import Case
from anju.platform.people.models import Role, User
from anju.web import desk_search
from anju.web.access import may_open, viewer
from anju.web.case_view import applicant_names, due_marker
from anju.web.desk_forms import QueueForm, SearchForm
from anju.web.parts import Due, Link

_SHOWN = 50
_AFTER = re.compile(r"(\d{4}-\d\d-\d\d)\.(\d{1,18})")
#: Who sees the queues of the others, and in which order.
OVERSEERS = frozenset({Role.DIRECTOR, Role.AUDITOR, Role.OFFICE_HEAD})
_QUEUES = (Role.TELLER, Role.SERVICE, Role.REVIEWER, Role.OFFICE_HEAD, Role.DIRECTOR, Role.COMMITTEE, Role.ACCOUNTANT)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a list of cases."""

    case: Case
    item: str
    applicant: str
    due: Due | None
    own: bool = False


@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """What waits for my role in my scope, the most urgent first; overseers choose whose queue they look at."""
    user = viewer(request)
    actor = Actor.of(user)
    form = QueueForm(request.GET, whole_center=actor.office is None, use_required_attribute=False)
    role = _asked_role(request, user)
    chosen = form.cleaned_data if form.is_valid() else {}
    office = chosen.get("office")
    found = queries.queue(
        actor=actor, role=role, office=office.pk if office else None, item=chosen.get("item", ""),
        mine=chosen.get("mine", False), limit=_SHOWN + 1, after=_after(request),
    )  # fmt: skip
    shown = found[:_SHOWN]
    context = {
        "form": form,
        "rows": rows([waiting.case for waiting in shown], {w.case.pk for w in shown if w.own}),
        "tabs": _tabs(actor, role, office.pk if office else None) if user.role in OVERSEERS else [],
        "role": Role(role).label if role else "",
        "waiting": queries.queue_length(actor=actor, role=role, office=office.pk if office else None),
        "counted_to": queries.COUNTED_TO,
        "following": _following(request, shown[-1].case) if len(found) > _SHOWN else "",
        "filtered": bool(request.GET),
        "oversees": bool(role) and role != user.role,
    }
    return render(request, "anju/desk/queue.html", context)


@sensitive_post_parameters("number")
def search(request: HttpRequest) -> HttpResponse:
    """Find by case number, account, identity number or name of a unit; one case found opens at once."""
    user = viewer(request)
    form = SearchForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "anju/desk/search.html", {"form": form})
    found = desk_search.find(form.cleaned_data["number"], actor=Actor.of(user), at=timezone.now())
    if found.by_number and found.cases:
        return redirect("desk-case", number=found.cases[0].number)
    context = {
        "form": SearchForm(),
        "found": found,
        "rows": rows(found.cases),
        "opens_members": may_open(user, "member"),
    }
    return render(request, "anju/desk/search.html", context)


def rows(cases: list[Case], own: set[int] | None = None) -> list[Row]:
    """Cases as lists show them."""
    names, today = applicant_names(cases), timezone.localdate()
    return [
        Row(case, item_name(case.item), names[case.pk], due_marker(case, today), case.pk in (own or set()))
        for case in cases
    ]


def item_name(code: str) -> str:
    """Name of an item; one that is no longer declared is told by its code."""
    item = catalogue.find(code)
    return str(item.name) if item else _("{code}（已停办）").format(code=code)


def _asked_role(request: HttpRequest, user: User) -> str:
    """Whose queue: the reader's own, or for overseers the one asked for. Raises Http404 for anybody else's."""
    asked = request.GET.get("role", "")
    if not asked:
        return user.role if user.role in _QUEUES else Role.TELLER.value if user.role in OVERSEERS else user.role
    if asked == user.role:
        return asked
    if user.role not in OVERSEERS or asked not in _QUEUES:
        raise Http404
    return asked


def _tabs(actor: Actor, current: str, office: int | None) -> list[Link]:
    return [
        Link(
            str(role.label),
            f"?{urlencode({'role': role.value, **({'office': office} if office else {})})}",
            "page" if role == current else "",
            count=queries.queue_length(actor=actor, role=role, office=office),
        )
        for role in _QUEUES
    ]


def _after(request: HttpRequest) -> tuple[date, int] | None:
    text = request.GET.get("after", "")
    if not text:
        return None
    found = _AFTER.fullmatch(text)
    try:
        return (date.fromisoformat(found[1]), int(found[2])) if found else _nowhere()
    except ValueError:
        return _nowhere()


def _nowhere() -> tuple[date, int]:
    raise Http404


def _following(request: HttpRequest, latest: Case) -> str:
    rest = {name: value for name, value in request.GET.items() if name != "after"}
    return f"{reverse('desk')}?{urlencode({**rest, 'after': f'{latest.due}.{latest.pk}'})}"
