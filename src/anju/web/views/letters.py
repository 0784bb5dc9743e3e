"""Letters between centers (异地转移接续) as staff see them: the list, one letter with its messages, and the steps on it."""

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from anju.contributions.letters import operations, queries
from anju.contributions.letters.post_office import own_code
from anju.contributions.letters.queries import obstacles
from anju.contributions.models_letters import Direction, Letter, LetterState
from anju.kernel.errors import AnjuError
from anju.kernel.identity import mask_identity_number, mask_name
from anju.platform import audit
from anju.platform.models import Role
from anju.web.access import viewer
from anju.web.paging import page_number, pager
from anju.web.plain_forms import PlainForm

PAGE = 50
#: Who takes steps on letters: the counter; differences are accepted by the reviewer.
_COUNTER, _REVIEW = Role.TELLER, Role.REVIEWER


class StepForm(PlainForm):
    """Why a step is taken; told to the other center."""

    reason = forms.CharField(
        label=gettext_lazy("说明"), max_length=200, help_text=gettext_lazy("会告知对方中心，不要写证件号码")
    )


@require_safe
def letters(request: HttpRequest) -> HttpResponse:
    """All letters, or those of a direction and a state."""
    direction, state = request.GET.get("direction", ""), request.GET.get("state", "")
    if direction not in ("", *Direction.values) or state not in ("", *LetterState.values):
        raise Http404
    found, page = queries.letters(direction=direction, state=state), page_number(request)
    rows = [(row, mask_name(row.name)) for row in found[(page - 1) * PAGE : page * PAGE]]
    context = {
        "rows": rows, "direction": direction, "state": state, "directions": Direction.choices, "states": LetterState.choices,
        "pager": pager(request, page=page, total=found.count(), size=PAGE),
    }  # fmt: skip
    return render(request, "anju/letters.html", context)


@require_http_methods(["GET", "POST"])
def letter(request: HttpRequest, number: str) -> HttpResponse:
    """One letter: what the other center says, what the bank says, the messages, and what can be done."""
    shown = Letter.objects.select_related("member").filter(number=number).first()
    if shown is None:
        raise Http404
    user = viewer(request)
    steps = _steps(shown, user.role)
    form = StepForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        asked = next((step for name, _title, step in steps if name == request.POST.get("step")), None)
        if asked is None:
            messages.error(request, _("联系函已有变化，或这一步不由您的岗位办理"))
        elif form.is_valid():
            _take(request, asked, form.cleaned_data["reason"])
            return redirect("letter", number=number)
    audit.record(
        actor=user.username,
        action="letter.view",
        object_kind="letter",
        object_reference=number,
        detail={},
        at=timezone.now(),
    )
    out = shown.direction == Direction.OUT and shown.state == LetterState.RECEIVED
    context = {
        "letter": shown, "name": mask_name(shown.name), "identity": mask_identity_number(shown.identity), "form": form,
        "steps": steps, "log": shown.messages.order_by("id"), "own": own_code(),
        "obstacles": obstacles(shown, timezone.localdate()) if out else [],
    }  # fmt: skip
    return render(request, "anju/letter.html", context)


Step = Callable[[HttpRequest, str], object]


def _steps(shown: Letter, role: str) -> list[tuple[str, str, Step]]:
    """What this post may do with the letter as it stands: name, title, the doing."""
    number, found = shown.number, list[tuple[str, str, Step]]()
    if role == _COUNTER and shown.direction == Direction.IN and shown.state == LetterState.APPROVED:
        found.append(("cancel", _("撤销联系函"), lambda _request, why: operations.cancel_in(
            number=number, reason=why, business_date=timezone.localdate(), at=timezone.now())))  # fmt: skip
    if role == _COUNTER and shown.direction == Direction.OUT and shown.state == LetterState.RECEIVED:
        found.append(("refuse", _("审核不通过"), lambda request, why: operations.refuse_out(
            number=number, reason=why, business_date=timezone.localdate(), at=timezone.now(),
            maker=viewer(request).username)))  # fmt: skip
    if role == _REVIEW and shown.state == LetterState.NEGOTIATING and shown.received:
        found.append(("accept", _("按到账金额入账"), lambda request, why: operations.accept_difference(
            number=number, note=why, business_date=timezone.localdate(), at=timezone.now(), maker="transfer-platform",
            checker=viewer(request).username)))  # fmt: skip
    return found


def _take(request: HttpRequest, step: Step, reason: str) -> None:
    try:
        step(request, reason)
    except AnjuError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("已办理"))
