"""Following a case: the list, the case in the applicant's words, and what the applicant may still do with it."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from anju.cases import catalogue, operations, queries
from anju.cases.actors import possible_verbs
from anju.cases.declarations import ServiceItem
from anju.cases.models import Case, CaseEvent, Rating
from anju.cases.states import State, Verb
from anju.cases.transition import transition
from anju.kernel.errors import AnjuError
from anju.web.case_view import answer_groups, applicant_name, clean_part, due_marker, masked, paper_list, result_title
from anju.web.paging import page_number
from anju.web.parts import Answer
from anju.web.plain_forms import PlainForm
from anju.web.views.portal.doors import Portal, Visit, living_item
from anju.web.views.portal.filling import owed_papers
from anju.web.views.portal.story import stages, story
from anju.web.widgets import RatingInput

PAGE = 20
RATED = (State.COMPLETED, State.REJECTED)
_SCORES = [
    ("5", gettext_lazy("非常满意")), ("4", gettext_lazy("满意")), ("3", gettext_lazy("基本满意")),
    ("2", gettext_lazy("不满意")), ("1", gettext_lazy("非常不满意")),
]  # fmt: skip


class MoveForm(PlainForm):
    """What a move of the applicant's carries: the version that they saw."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class ReasonForm(MoveForm):
    reason = forms.CharField(
        label=gettext_lazy("理由"), max_length=500, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("请说明哪里没有办好；不要填写身份证号码"),
    )  # fmt: skip


class RatingForm(PlainForm):
    """Satisfaction with one case."""

    score = forms.ChoiceField(
        label=gettext_lazy("您对这次办理满意吗？"), choices=_SCORES, widget=RatingInput,
        error_messages={"required": gettext_lazy("请选择满意程度")},
    )  # fmt: skip
    words = forms.CharField(
        label=gettext_lazy("意见或建议"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


@require_safe
def cases(request: HttpRequest, portal: Portal) -> HttpResponse:
    """The visitor's cases, the latest first."""
    visit, page, today = Visit(request, portal), page_number(request), timezone.localdate()
    found = visit.cases(limit=PAGE + 1, offset=(page - 1) * PAGE)
    rows = [(case, item_name(case), visit.url("case", case.number), due_marker(case, today)) for case in found[:PAGE]]
    return visit.page(
        "cases", rows=rows, before=page - 1, after=page + 1 if len(found) > PAGE else 0, items=visit.url("items")
    )


@require_safe
def case(request: HttpRequest, portal: Portal, number: str) -> HttpResponse:
    """One case; a draft that can be worked on is its task list."""
    visit = Visit(request, portal)
    shown = visit.case(number)
    item = catalogue.find(shown.item)
    if shown.state == State.DRAFT and living_item(visit, shown) is not None:
        return visit.go("tasks", number)
    return visit.page("case", **_case_context(visit, shown, item))


@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, portal: Portal, number: str) -> HttpResponse:
    """Ask once more, then withdraw."""
    return _move(
        Visit(request, portal), number, Verb.WITHDRAW, MoveForm, title=_("撤销这项申请？"), confirm=_("确认撤销"),
        text=_("撤销后不能恢复，需要时请重新申请。已填写的内容和材料不再办理。"), told=_("申请已撤销"), danger=True,
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def reopen(request: HttpRequest, portal: Portal, number: str) -> HttpResponse:
    """Have a completed case taken up again, with the reason."""
    return _move(
        Visit(request, portal), number, Verb.REOPEN, ReasonForm, title=_("要求重新办理"), confirm=_("提交"),
        text=_("中心将重新办理此件，办理期限重新计算。"), told=_("已要求重新办理"),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def rate(request: HttpRequest, portal: Portal, number: str) -> HttpResponse:
    """The applicant's satisfaction, once."""
    visit = Visit(request, portal)
    shown = visit.case(number)
    if not _ratable(shown):
        return visit.go("case", number)
    form = RatingForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            operations.rate(
                number=number, score=int(form.cleaned_data["score"]), words=form.cleaned_data["words"],
                actor=visit.actor, at=timezone.now(),
            )  # fmt: skip
        except AnjuError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, _("谢谢您的评价"))
        return visit.go("case", number)
    return visit.page("rate", form=form, case=shown, item_name=item_name(shown), back=visit.url("case", number))


def item_name(case: Case) -> str:
    """Name of the case's item, its code when it is no longer declared."""
    item = catalogue.find(case.item)
    return str(item.name) if item else case.item


def _move(
    visit: Visit, number: str, verb: Verb, kind: type[MoveForm], *, title: str, text: str, confirm: str, told: str,
    danger: bool = False,
) -> HttpResponse:  # fmt: skip
    """A page that asks once more, then the move; a case that moved meanwhile is shown as it stands."""
    shown, request = visit.case(number), visit.request
    if verb not in possible_verbs(visit.actor, shown, catalogue.find(shown.item)):
        state = shown.get_state_display()
        messages.error(request, _("申请现为“{state}”，不能“{verb}”").format(state=state, verb=verb.label))
        return visit.go("case", number)
    form = kind(request.POST if request.method == "POST" else None, initial={"version": shown.version})
    if request.method == "POST" and form.is_valid():
        try:
            transition(
                number=number, verb=verb, expected_version=form.cleaned_data["version"], actor=visit.actor,
                at=timezone.now(), business_date=timezone.localdate(), reason=form.cleaned_data.get("reason", ""),
            )  # fmt: skip
        except AnjuError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, told)
            return visit.go("case", number)
    return visit.page(
        "confirm", form=form, title=title, text=text, confirm=confirm, danger=danger, back=visit.url("case", number),
        case=shown, item_name=item_name(shown),
    )  # fmt: skip


def _case_context(visit: Visit, shown: Case, item: ServiceItem | None) -> dict[str, Any]:
    number, today = shown.number, timezone.localdate()
    groups = [
        (group, [Answer(question, answer) for question, answer in lines]) for group, lines in answer_groups(shown, item)
    ]
    verbs = possible_verbs(visit.actor, shown, item)
    papers = [] if item is None else paper_list(
        shown, item, clean_part(shown, item), href=lambda row: visit.url("file", number, str(row.pk)) if row.file_id else ""
    )  # fmt: skip
    return {
        "case": shown, "item": item, "item_name": item_name(shown), "applicant": applicant_name(shown),
        "due": due_marker(shown, today), "groups": groups, "papers": papers, "steps": stages(shown),
        "happenings": story(visit.user, shown), "reply": queries.reply(shown), "ended": _ended(shown),
        "results": [] if shown.state != State.COMPLETED else [(result_title(k), v) for k, v in shown.result.items()],
        "owed": owed_papers([shown]), "rating": Rating.objects.filter(case=shown).first(),
        "materials": visit.url("materials", number),
        "supplement": visit.url("tasks", number) if shown.state == State.SUPPLEMENT and item else "",
        "receipt": visit.url("receipt", number) if shown.submitted_date else "",
        "withdraw": visit.url("withdraw", number) if Verb.WITHDRAW in verbs else "",
        "reopen": visit.url("reopen", number) if Verb.REOPEN in verbs and _recent(shown, item, today) else "",
        "rate": visit.url("rate", number) if _ratable(shown) else "",
    }  # fmt: skip


def _ended(shown: Case) -> str:
    """Why it was asked to be supplemented, refused or declared void; empty otherwise."""
    verbs = {State.SUPPLEMENT: Verb.SUPPLEMENT, State.REJECTED: Verb.REJECT, State.VOID: Verb.VOID}
    verb = verbs.get(State(shown.state))
    told = CaseEvent.objects.filter(case=shown, verb=verb).order_by("-version").first() if verb else None
    return masked(told.reason) if told else ""


def _ratable(shown: Case) -> bool:
    return shown.state in RATED and not Rating.objects.filter(case=shown).exists()


def _recent(shown: Case, item: ServiceItem | None, today: date) -> bool:
    closed = shown.closed_date
    return item is not None and closed is not None and today <= closed + timedelta(days=item.reopen_days)
