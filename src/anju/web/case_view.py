"""What a page shows of a case: answers with their titles, history, papers, deadline; the same for staff and for portals.

Identity numbers and telephone numbers are masked here, whatever field or sentence they were typed into; only a page
that has recorded the reason asks with `reveal`.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from anju.cases import answers, queries
from anju.cases.declarations import ApplicantKind, Group, Preview, ServiceItem, Source
from anju.cases.models import Case, CaseEvent, CaseForm, CaseMaterial
from anju.cases.states import Clock, State
from anju.cases.submission import Paper, papers
from anju.kernel.identity import mask_identity_number, mask_name, mask_phone
from anju.kernel.text import squeeze
from anju.platform.people.models import Kind, Person, User
from anju.registry.models import Member, Unit
from anju.web.parts import Due, Happening, Material, MaterialState

Lines = list[tuple[str, str]]
#: Cells of a row with whether each is a figure.
Cells = list[tuple[str, bool]]
#: Rows of a preview that a page shows.
PREVIEWED = 50

_DIGIT, _GAP = "[0-9０-９]", r"[ \u3000\u00a0-]?"
#: Half or full width, in one piece or in groups: 17 digits and a check character, 15 of the old kind, 11 of a telephone.
_IDENTITY = re.compile(rf"(?<!{_DIGIT})(?:{_DIGIT}{_GAP}){{17}}[0-9０-９XxＸｘ](?!{_DIGIT})")
_OLD_IDENTITY = re.compile(rf"(?<!{_DIGIT})(?:{_DIGIT}{_GAP}){{14}}{_DIGIT}(?!{_DIGIT})")
_PHONE = re.compile(rf"(?<!{_DIGIT})[1１][3-9３-９]{_GAP}(?:{_DIGIT}{_GAP}){{8}}{_DIGIT}(?!{_DIGIT})")
_CLOCK = {Clock.STOP: "stopped", Clock.RESUME: "resumed", Clock.RESTART: "resumed"}


def masked(text: str) -> str:
    """The text with every identity number and mobile telephone number in it masked."""
    text = _IDENTITY.sub(lambda found: mask_identity_number(squeeze(found.group())), text)
    text = _OLD_IDENTITY.sub(lambda found: mask_identity_number(squeeze(found.group())), text)
    return _PHONE.sub(lambda found: mask_phone(squeeze(found.group())), text)


def answer_groups(case: Case, item: ServiceItem | None, *, reveal: bool = False) -> list[tuple[Group, Lines]]:
    """The answers by question group, each with the title of its field.

    Answers to questions that the item does not ask (any more) stand at the end as a group of their own; so do all when
    the item is gone.
    """
    typed = answers.read(case).answers
    form = None if item is None else item.form()
    groups: Sequence[Group] = () if item is None else item.groups
    found = [
        (group, [(str(form.fields[name].label or name), shown(form, typed, name, reveal=reveal)) for name in group.fields])
        for group in groups
        if form is not None
    ]  # fmt: skip
    old = [name for name in typed if form is None or not _asked(form, name)]
    if old:
        group = Group("old", _("原表单项"), tuple(old), _("现行表单没有这些栏目，内容按原样保留"))
        found.append((group, [(name, _plain(typed[name], reveal=reveal)) for name in old]))
    return found


def handling_lines(case: Case, item: ServiceItem | None, *, reveal: bool = False) -> Lines:
    """What the handler filled in, empty when nothing."""
    typed = answers.read(case, part=CaseForm.HANDLING).answers
    if not typed or item is None or item.handling is None:
        return [(name, _plain(texts, reveal=reveal)) for name, texts in typed.items()]
    form = item.handling()
    return [(str(field.label or name), shown(form, typed, name, reveal=reveal)) for name, field in form.fields.items()]


def shown(form: forms.Form, typed: answers.Answers, name: str, *, reveal: bool = False) -> str:
    """One answer in words: the title of a choice, yes or no, else the text as typed."""
    field = form.fields[name]
    value = _value(form, typed, name)
    if isinstance(field, forms.BooleanField) and not isinstance(field, forms.NullBooleanField):
        return _("是") if field.to_python(value) else _("否")
    values = value if isinstance(value, list | tuple) else [value]
    texts = [str(each) for each in values if each not in (None, "")]
    if isinstance(field, forms.ChoiceField):
        titles = _titles(field)
        texts = [titles.get(text, text) for text in texts]
    if getattr(field, "personal", False) and not reveal:
        texts = [mask_identity_number(squeeze(text)) for text in texts]
    return _plain(texts, reveal=reveal)


def typed_answers(form: forms.BaseForm, posted: QueryDict, names: Iterable[str] | None = None) -> answers.Answers:
    """What a browser sent for these fields of the form (all without `names`), as `operations.save_draft` takes it."""
    inputs = [each for name in (form.fields if names is None else names) for each in _inputs(form, name)]
    return {each: posted.getlist(each) for each in inputs}


def initial_answers(form: type[forms.Form], typed: answers.Answers) -> dict[str, Any]:
    """Answers as the `initial` of a form that is not judged yet."""
    unbound = form()
    return {
        name: _value(unbound, typed, name) for name in unbound.fields if any(n in typed for n in _inputs(unbound, name))
    }


def tell_record(form: forms.Form, item: ServiceItem, reference: str) -> None:
    """What the center has on record, masked, stands in the hint of its question."""
    known = item.on_record(reference=reference) if reference else {}
    for name in form.fields.keys() & known.keys():
        hint, words = form.fields[name].help_text, _("现登记：{known}").format(known=known[name])
        form.fields[name].help_text = f"{words}。{hint}" if hint else words


def clean_part(case: Case, item: ServiceItem) -> dict[str, Any]:
    """The answers that are valid so far: what decides which papers are asked for."""
    form = answers.bound_form(item, answers.read(case).answers)
    form.is_valid()
    return dict(form.cleaned_data)


def timeline(case: Case, *, public: bool = False) -> list[Happening]:
    """What happened to the case, the latest last. `public`: for the applicant, to whom staff are "the center"."""
    events = list(CaseEvent.objects.filter(case=case).order_by("version"))
    names = _names({event.actor for event in events}, public=public)
    clock = dict(case.clock_events.values_list("version", "kind"))
    return [
        Happening(
            at=event.happened_at,
            who=names.get(event.actor, _("系统")),
            what=event.get_verb_display(),
            note=masked(event.reason),
            clock=_CLOCK.get(Clock(clock.get(event.version, "")), ""),
        )
        for event in events
    ]


def due_marker(case: Case, today: date) -> Due | None:
    """The deadline as it stands today; None before acceptance and after the end."""
    if case.state == State.DRAFT or case.closed_date is not None:
        return None
    if case.due is None:
        return Due(None)
    return Due(queries.left(case, today), case.due, provisional=case.due_provisional)


def paper_list(
    case: Case, item: ServiceItem, data: Mapping[str, Any], *, href: Callable[[CaseMaterial], str] = lambda _row: ""
) -> list[Material]:
    """The papers that the answers (`clean_part`) call for: what came, what is missing, what was let off until when.

    `href` gives the address at which a file is seen.
    """
    return [line for paper in papers(case, item, data) for line in _paper_lines(paper, href)]


@dataclass(frozen=True, slots=True)
class Shown:
    """A preview as a page shows it: heads and cells with whether they are figures, at most `PREVIEWED` rows."""

    title: str
    heads: Cells
    rows: Sequence[Cells]
    more: int
    note: str


def preview_of(case: Case, item: ServiceItem | None, on: date) -> Shown | None:
    """What a case that has not ended comes to; None when the item tells nothing, or not yet."""
    if item is None or case.closed_date is not None:
        return None
    preview = item.preview(data=clean_part(case, item), reference=case.applicant_reference, on=on)
    if preview is None:
        return None
    return Shown(
        title=preview.title, heads=_marked(preview, preview.columns), note=preview.note,
        rows=[_marked(preview, row) for row in preview.rows[:PREVIEWED]], more=max(0, len(preview.rows) - PREVIEWED),
    )  # fmt: skip


def _marked(preview: Preview, cells: Sequence[str]) -> Cells:
    return [(cell, place in preview.figures) for place, cell in enumerate(cells)]


def result_title(key: str) -> str:
    """What a reference among the results of a case is called; one that nobody named keeps its key."""
    titles = {
        "unit": _("单位账号"),
        "member": _("个人账号"),
        "bill": _("缴款编号"),
        "correction": _("更正编号"),
        "journal": _("凭证号"),
        "letter": _("联系函编号"),
        "sheet": _("清单编号"),
        "certificate": _("证明编号"),
        "members": _("人数"),
        "opened": _("设立账户数"),
        "paid": _("支付金额（元）"),
    }
    return titles.get(key, key)


def applicant_name(case: Case) -> str:
    """Name of the applicant: a unit's in full, a person's masked."""
    return applicant_names([case])[case.pk]


def applicant_names(cases: Sequence[Case]) -> dict[int, str]:
    """Names of the applicants by case, asked for all at once."""
    units = _by_reference(Unit, cases, ApplicantKind.UNIT)
    members = {number: mask_name(name) for number, name in _by_reference(Member, cases, ApplicantKind.MEMBER).items()}
    persons = dict(Person.objects.filter(pk__in=[c.applicant_person_id for c in cases]).values_list("pk", "name"))
    found = {}
    for case in cases:
        known = units if case.applicant_kind == ApplicantKind.UNIT else members
        person = persons.get(case.applicant_person_id or 0, "")
        found[case.pk] = known.get(case.applicant_reference) or (mask_name(person) if person else "")
    return found


def _by_reference(model: type[Unit | Member], cases: Sequence[Case], kind: ApplicantKind) -> dict[str, str]:
    numbers = {case.applicant_reference for case in cases if case.applicant_kind == kind} - {""}
    return dict(model.objects.filter(number__in=numbers).values_list("number", "name")) if numbers else {}


def _names(actors: set[str], *, public: bool) -> dict[str, str]:
    users = User.objects.filter(username__in=actors)
    if public:
        return {u.username: _("中心") if u.kind == Kind.STAFF else mask_name(str(u)) for u in users}
    return {
        u.username: f"{u.get_role_display()} {u}".strip() if u.kind == Kind.STAFF else mask_name(str(u)) for u in users
    }


def _paper_lines(paper: Paper, href: Callable[[CaseMaterial], str]) -> list[Material]:
    title = str(paper.material.title)
    states = {Source.SUBMITTED: MaterialState.SUBMITTED, Source.SHARED: MaterialState.SHARED}
    if paper.rows:
        return [
            Material(title, states.get(Source(row.source), MaterialState.DECLARED), row.evidence, href(row))
            for row in paper.rows
        ]
    if paper.tolerance is not None:
        until = _("请在 {day} 前补交").format(day=paper.tolerance.due)
        return [Material(title, MaterialState.DEFERRED, until + (_("（暂定）") if paper.tolerance.provisional else ""))]
    return [Material(title, MaterialState.MISSING)] if paper.missing else []


def _inputs(form: forms.BaseForm, name: str) -> list[str]:
    """The names under which a browser sends a field: one, or several of a widget made of parts."""
    suffixes: list[str] = getattr(form.fields[name].widget, "widgets_names", [""])
    return [name + suffix for suffix in suffixes]


def _asked(form: forms.BaseForm, name: str) -> bool:
    return any(name in _inputs(form, each) for each in form.fields)


def _value(form: forms.BaseForm, typed: answers.Answers, name: str) -> Any:
    data = MultiValueDict({each: list(texts) for each, texts in typed.items()})
    return form.fields[name].widget.value_from_datadict(data, MultiValueDict(), name)


def _titles(field: forms.ChoiceField) -> dict[str, str]:
    titles: dict[str, str] = {}
    for value, title in cast("Iterable[tuple[Any, Any]]", field.choices):
        if isinstance(title, list | tuple):
            titles |= {str(each): str(words) for each, words in title}
        else:
            titles[str(value)] = str(title)
    return titles


def _plain(texts: Sequence[str], *, reveal: bool) -> str:
    text = _("、").join(text for text in texts if text)
    return text if reveal else masked(text)
