"""Filling in: the task list and the question pages. A POST is kept before it is judged."""

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from anju.cases import answers, operations
from anju.cases.answers import Answers
from anju.cases.declarations import Group
from anju.cases.errors import CaseError, StaleDraftError
from anju.cases.models import CaseEvent
from anju.cases.states import State, Verb
from anju.kernel.errors import AnjuError, InvalidValueError
from anju.web.case_view import masked, shown, typed_answers
from anju.web.views.portal.doors import Portal, Visit
from anju.web.views.portal.filling import Filling, filling_of, question_form, read, tasks


@require_safe
def task_list(request: HttpRequest, portal: Portal, number: str) -> HttpResponse:
    """The parts of an application, each with how far it is."""
    visit = Visit(request, portal)
    filling = filling_of(visit, number)
    if filling is None:
        return visit.go("case", number)
    return visit.page(
        "tasks", filling=filling, case=filling.case, item=filling.item, tasks=tasks(visit, filling),
        wanted=_wanted(filling), form_errors=filling.form.non_field_errors(),
        withdraw=visit.url("withdraw", number), home=visit.url("home"),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def question(request: HttpRequest, portal: Portal, number: str, group: str) -> HttpResponse:
    """One group of questions."""
    visit = Visit(request, portal)
    filling = filling_of(visit, number)
    if filling is None:
        if request.method == "POST":
            messages.error(request, _("申请已提交或已结束，刚才填写的内容没有保存"))
        return visit.go("case", number)
    asked = filling.group(group)
    if request.method == "POST":
        return _save(visit, filling, asked)
    return _page(visit, filling, asked, question_form(filling, asked))


@dataclass(frozen=True, slots=True)
class Other:
    """An answer that another window saved meanwhile."""

    question: str
    answer: str


def _save(visit: Visit, filling: Filling, group: Group) -> HttpResponse:
    posted, number = visit.request.POST, filling.case.number
    typed = typed_answers(filling.form, posted, group.fields)
    try:
        operations.save_draft(
            number=number, typed=typed, actor=visit.actor, at=timezone.now(), stamp=_stamp(posted.get("stamp", ""))
        )
    except StaleDraftError as error:
        others = _others(filling, group, typed)
        if others:
            form = question_form(filling, group, typed)
            return _page(visit, filling, group, form, stale=error.message, others=others)
    except InvalidValueError as error:
        return _page(visit, filling, group, _refused(filling, group, typed, error))
    except CaseError as error:
        messages.error(visit.request, error.message)
        return visit.go("case", number)
    return _onward(visit, read(filling.case, filling.item), group)


def _onward(visit: Visit, filling: Filling, group: Group) -> HttpResponse:
    """After saving: back to the list when asked, else the page again while something is wrong, else the next."""
    number, request = filling.case.number, visit.request
    if request.POST.get("verb") == "later":
        return visit.go("tasks", number)
    if filling.wrong(group):
        return _page(visit, filling, group, question_form(filling, group))
    if request.GET.get("from") == "check":
        return visit.go("check", number)
    following = filling.after(group)
    return visit.go("question", number, following.name) if following else visit.go("tasks", number)


def _page(
    visit: Visit,
    filling: Filling,
    group: Group,
    form: forms.Form,
    *,
    stale: str = "",
    others: list[Other] | None = None,
) -> HttpResponse:
    place = filling.item.groups.index(group) + 1
    caption = _("{item}，第 {place} 步，共 {total} 步").format(
        item=filling.item.name, place=place, total=len(filling.item.groups)
    )
    from_check = visit.request.GET.get("from") == "check"
    back = visit.url("check" if from_check else "tasks", filling.case.number)
    return visit.page(
        "question", form=form, group=group, caption=caption, back=back, draft=True, stamp=filling.typed.stamp,
        stale=stale, others=others or [], revised=filling.revised, wanted=_wanted(filling), item=filling.item,
    )  # fmt: skip


def _others(filling: Filling, group: Group, typed: Answers) -> list[Other]:
    """Where the answers that are kept differ from what this window sends."""
    kept = answers.read(filling.case).answers
    return [
        Other(str(filling.form.fields[name].label or name), shown(filling.form, kept, name) or _("（空）"))
        for name in group.fields
        if any(
            list(kept.get(each, [])) != list(texts)
            for each, texts in typed.items()
            if each == name or each.startswith(f"{name}_")
        )
    ]


def _refused(filling: Filling, group: Group, typed: Answers, error: AnjuError) -> forms.Form:
    """The form with what could not be kept, and why; characters that no page may hold are left out."""
    showable = {name: [text.replace("\x00", "") for text in texts] for name, texts in typed.items()}
    form = question_form(filling, group, showable)
    form.add_error(error.field if error.field in form.fields else None, error.message)
    return form


def _wanted(filling: Filling) -> str:
    """What the center asked to be supplemented, empty for a draft."""
    if filling.case.state != State.SUPPLEMENT:
        return ""
    asked = CaseEvent.objects.filter(case=filling.case, verb=Verb.SUPPLEMENT).order_by("-version").first()
    return masked(asked.reason) if asked else ""


def _stamp(text: str) -> int:
    """The count of savings that the page showed; a page that names none showed nothing."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
