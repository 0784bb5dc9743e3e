"""An application while it is being filled in: its answers as typed, judged group by group, and the papers they call for.

Reading never refuses: a draft may hold anything. What is wrong is told beside its question, and again before handing in.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import Http404, QueryDict
from django.utils.translation import gettext as _

from anju.cases import answers
from anju.cases.answers import Answers, Typed
from anju.cases.declarations import Group, ServiceItem
from anju.cases.models import Case, Tolerance
from anju.cases.operations import EDITABLE
from anju.cases.submission import Paper, papers
from anju.kernel.workday_table import CalendarKind
from anju.kernel.workdays import Due, calendar
from anju.web.case_view import initial_answers, tell_record, typed_answers
from anju.web.parts import Task, TaskState
from anju.web.templatetags.anju_forms import named
from anju.web.views.portal.doors import Visit, living_item


@dataclass(frozen=True, slots=True)
class Filling:
    """A case that its applicant may change, with its item, what is typed so far, and the form that judged it."""

    case: Case
    item: ServiceItem
    typed: Typed
    form: forms.Form

    @property
    def revised(self) -> bool:
        """Whether the item changed since the application was begun or last handed in."""
        return self.case.revision != self.item.revision

    def group(self, name: str) -> Group:
        """The question group of that name. Raises Http404."""
        for group in self.item.groups:
            if group.name == name:
                return group
        raise Http404

    def after(self, group: Group) -> Group | None:
        """The group that follows."""
        place = self.item.groups.index(group) + 1
        return self.item.groups[place] if place < len(self.item.groups) else None

    def visited(self, group: Group) -> bool:
        """Whether the group was saved once: then each of its inputs has an entry, if an empty one."""
        return all(name in self.typed.answers for name in typed_answers(self.form, QueryDict(), group.fields))

    def wrong(self, group: Group) -> list[str]:
        """What is wrong with the answers of the group."""
        return [
            named(self.form[name], str(message)) for name in group.fields for message in self.form.errors.get(name, ())
        ]

    def state(self, group: Group) -> TaskState:
        """How far the group is."""
        if not self.visited(group):
            return TaskState.NOT_STARTED
        return TaskState.WRONG if self.wrong(group) else TaskState.DONE

    def papers(self) -> list[Paper]:
        """The papers that the valid answers call for."""
        return papers(self.case, self.item, self.form.cleaned_data)

    def lacking(self) -> list[Paper]:
        """Papers without which the application cannot be handed in."""
        return [paper for paper in self.papers() if paper.missing and not paper.material.tolerable]

    @property
    def ready(self) -> bool:
        """Whether it can be handed in as far as this page can tell."""
        return self.form.is_valid() and not self.lacking()


def filling_of(visit: Visit, number: str) -> Filling | None:
    """The visitor's application of that number, None when it cannot be changed now. Raises Http404."""
    case = visit.case(number)
    item = living_item(visit, case)
    if item is None or case.state not in EDITABLE:
        return None
    return read(case, item)


def read(case: Case, item: ServiceItem) -> Filling:
    """The case as it is typed now."""
    typed = answers.read(case)
    form = answers.bound_form(item, typed.answers)
    form.is_valid()
    return Filling(case, item, typed, form)


def question_form(filling: Filling, group: Group, typed: Answers | None = None) -> forms.Form:
    """The form with the questions of one group only: as typed and judged, or not judged when it was never saved.

    `typed` lies over what is kept: answers that could not be saved stay in the page.
    """
    if typed is None and not filling.visited(group):
        form = filling.item.form(initial=initial_answers(filling.item.form, filling.typed.answers))
    else:
        form = answers.bound_form(filling.item, {**filling.typed.answers, **(typed or {})})
        form.is_valid()
    for name in set(form.fields) - set(group.fields):
        del form.fields[name]
        form.errors.pop(name, None)
    form.errors.pop(NON_FIELD_ERRORS, None)
    tell_record(form, filling.item, filling.case.applicant_reference)
    return form


def tasks(visit: Visit, filling: Filling) -> list[Task]:
    """The parts of the application in order, each with how far it is."""
    number = filling.case.number
    lines = [
        Task(
            str(group.title), filling.state(group), visit.url("question", number, group.name),
            "" if filling.state(group) is not TaskState.WRONG else _("；").join(filling.wrong(group)[:2]),
        )
        for group in filling.item.groups
    ]  # fmt: skip
    if filling.item.materials:
        lines.append(_papers_task(visit, filling))
    blocked = [line for line in lines if line.state is not TaskState.DONE]
    lines.append(
        Task(_("核对并提交"), TaskState.BLOCKED, hint=_("以上各项完成后才能提交"))
        if blocked
        else Task(_("核对并提交"), TaskState.NOT_STARTED, visit.url("check", number))
    )
    return lines


def _papers_task(visit: Visit, filling: Filling) -> Task:
    asked, lacking = filling.papers(), filling.lacking()
    href = visit.url("materials", filling.case.number)
    if lacking:
        titles = _("、").join(str(paper.material.title) for paper in lacking)
        begun = any(paper.rows for paper in asked)
        return Task(
            _("材料"),
            TaskState.STARTED if begun else TaskState.NOT_STARTED,
            href,
            _("还缺：{titles}").format(titles=titles),
        )
    if not asked:
        waiting = not all(filling.visited(group) for group in filling.item.groups)
        hint = _("按所填内容确定需要哪些材料") if waiting else _("按所填内容不需要材料")
        return Task(_("材料"), TaskState.DONE, hint=hint)
    return Task(_("材料"), TaskState.DONE, href)


def tolerance_due(paper: Paper, today: date) -> Due:
    """The day by which a paper must follow when the case is accepted without it today."""
    return calendar(CalendarKind.SERVICE).add_working_days(today, paper.material.follows_within)


def owed_papers(cases: Iterable[Case]) -> Sequence[Tolerance]:
    """Papers that open cases were accepted without, the most urgent first."""
    open_cases = [case.pk for case in cases if case.closed_date is None]
    rows = Tolerance.objects.filter(case__in=open_cases, fulfilled_at=None)
    return list(rows.select_related("case").order_by("due", "id"))
