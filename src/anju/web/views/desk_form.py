"""The counter's form: all question groups, papers and what is let off on one dense page.

Every POST keeps what was typed, valid or not, before anything else is looked at. Two windows on one draft do not
overwrite each other unseen; a click that arrives twice hands in once.
"""

from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from anju.cases import answers, catalogue, operations
from anju.cases.actors import Actor
from anju.cases.declarations import Material, ServiceItem, Source
from anju.cases.errors import (
    FormInvalidError,
    IneligibleError,
    MaterialsMissingError,
    StaleCaseError,
    StaleDraftError,
    WrongStateError,
)
from anju.cases.models import Case, CaseEvent
from anju.cases.states import Verb
from anju.cases.submission import Paper, papers
from anju.kernel.errors import AnjuError
from anju.web.access import viewer
from anju.web.case_view import (
    answer_groups,
    applicant_name,
    clean_part,
    initial_answers,
    preview_of,
    shown,
    tell_record,
    typed_answers,
)
from anju.web.uploads import input_name, take_upload
from anju.web.views.desk import item_name
from anju.web.views.desk_case import case_of, form_href

#: Our own inputs; a hyphen keeps them apart from the item's fields.
_STAMP, _VERSION, _VERB, _TOLERATE = "case-stamp", "case-version", "case-verb", "case-tolerate"
_EVIDENCE = {Source.SHARED: "shared", Source.DECLARED: "declared"}


@dataclass(slots=True)
class _Page:
    """The form as it stands and everything that is said above it."""

    case: Case
    item: ServiceItem
    form: forms.Form
    stamp: int
    errors: list[str] = field(default_factory=list)
    paper_errors: dict[str, str] = field(default_factory=dict)
    elsewhere: list[tuple[str, str]] = field(default_factory=list)
    tolerate: list[str] = field(default_factory=list)


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def form(request: HttpRequest, number: str) -> HttpResponse:
    """Type, lay papers to it, save, hand in."""
    case = case_of(request, number)
    item = catalogue.find(case.item)
    if item is None or not form_href(request, case, item):
        if request.method == "POST" and _handed_in_by_me(request, case):
            return redirect("desk-receipt", number=number)
        messages.error(request, _("此案现为“{state}”，内容不能再修改").format(state=case.get_state_display()))
        return redirect("desk-case", number=number)
    kept = answers.read(case)
    page = _Page(case, item, item.form(initial=initial_answers(item.form, kept.answers)), kept.stamp)
    if request.method == "POST":
        done = _post(request, page)
        if done is not None:
            return done
    return _show(request, page)


def _post(request: HttpRequest, page: _Page) -> HttpResponse | None:
    """Keep, then do what the button says; None: the page is shown again, with what stands in the way."""
    verb, page.tolerate = request.POST.get(_VERB, "save"), request.POST.getlist(_TOLERATE)
    if page.case.state in operations.EDITABLE and not _keep(request, page):
        return None
    _take_papers(request, page)
    if verb.startswith("remove-"):
        _remove(request, page, verb.removeprefix("remove-"))
    if page.errors or page.paper_errors:
        return None
    if verb == "submit":
        return _submit(request, page)
    messages.success(request, _("已保存，尚未提交") if page.case.state in operations.EDITABLE else _("材料已收"))
    return redirect("desk-form", number=page.case.number)


def _keep(request: HttpRequest, page: _Page) -> bool:
    """Save what was typed; False when another window saved since, which is shown beside it."""
    typed = typed_answers(page.form, request.POST)
    page.form = answers.bind(page.item.form, typed) if request.POST.get(_VERB) == "submit" else _unjudged(page, typed)
    try:
        page.stamp = operations.save_draft(
            number=page.case.number, typed=typed, actor=Actor.of(viewer(request)), at=timezone.now(),
            stamp=_number(request.POST.get(_STAMP)),
        )  # fmt: skip
    except StaleDraftError as error:
        kept = answers.read(page.case)
        page.stamp = kept.stamp
        page.elsewhere = _differences(page, kept.answers, typed)
        if page.elsewhere:
            page.errors.append(error.message)
            return False
    except AnjuError as error:
        page.errors.append(error.message)
        return False
    return True


def _unjudged(page: _Page, typed: answers.Answers) -> forms.Form:
    return page.item.form(initial=initial_answers(page.item.form, typed))


def _differences(page: _Page, kept: answers.Answers, typed: answers.Answers) -> list[tuple[str, str]]:
    """What the other window has where this one has something else."""
    plain = page.item.form()
    pairs = ((name, shown(plain, kept, name), shown(plain, typed, name)) for name in plain.fields)
    return [(str(plain.fields[name].label or name), other) for name, other, mine in pairs if other != mine]


def _take_papers(request: HttpRequest, page: _Page) -> None:
    """Files, and the numbers of declarations and of shared data."""
    actor, at = Actor.of(viewer(request)), timezone.now()
    for material in page.item.materials:
        refused = None
        if input_name(material.code) in request.FILES:
            refused = take_upload(request, page.case, material.code, actor, at)
        for source, prefix in _EVIDENCE.items():
            evidence = request.POST.get(f"{prefix}-{material.code}", "").strip()
            if evidence and source in material.sources and refused is None:
                refused = _take_evidence(page.case, material, source, evidence, actor)
        if refused:
            page.paper_errors[material.code] = refused


def _take_evidence(case: Case, material: Material, source: Source, evidence: str, actor: Actor) -> str | None:
    known = case.materials.filter(code=material.code, source=source, evidence=evidence, removed_at=None)
    if known.exists():
        return None
    try:
        operations.add_material(
            number=case.number, code=material.code, actor=actor, at=timezone.now(), source=source, evidence=evidence
        )
    except AnjuError as error:
        return error.message
    return None


def _remove(request: HttpRequest, page: _Page, material: str) -> None:
    try:
        operations.remove_material(
            number=page.case.number, material=_number(material) or 0, actor=Actor.of(viewer(request)), at=timezone.now()
        )
    except AnjuError as error:
        page.errors.append(error.message)


def _submit(request: HttpRequest, page: _Page) -> HttpResponse | None:
    version = _number(request.POST.get(_VERSION))
    try:
        operations.submit(
            number=page.case.number, expected_version=page.case.version if version is None else version,
            actor=Actor.of(viewer(request)), at=timezone.now(), business_date=timezone.localdate(),
            tolerate=page.tolerate,
        )  # fmt: skip
    except FormInvalidError:
        return None  # the bound form says where
    except MaterialsMissingError as error:
        page.errors.append(error.message)
        page.paper_errors |= {m.code: _how_to_mend(m) for m in page.item.materials if m.code in error.missing}
    except IneligibleError as error:
        page.errors += error.failures
    except (StaleCaseError, WrongStateError) as error:
        if _handed_in_by_me(request, page.case):
            return redirect("desk-receipt", number=page.case.number)
        page.errors.append(error.message)
    except AnjuError as error:
        page.errors.append(error.message)
    else:
        messages.success(request, _("已受理，请打印受理单交申请人"))
        return redirect("desk-receipt", number=page.case.number)
    return None


def _how_to_mend(material: Material) -> str:
    """What can be done about a paper that is missing."""
    ways = {
        Source.SUBMITTED: _("上传文件"), Source.SHARED: _("登记共享数据核验编号"), Source.DECLARED: _("登记承诺书编号"),
    }  # fmt: skip
    words = [ways[Source(source)] for source in material.sources] + ([_("勾选容缺受理")] if material.tolerable else [])
    return _("缺少这项材料，请{ways}").format(ways=_("，或").join(words))


def _handed_in_by_me(request: HttpRequest, case: Case) -> bool:
    """Whether this click arrived once before: the version that the page saw was handed in by its reader."""
    version = _number(request.POST.get(_VERSION))
    handed_in = CaseEvent.objects.filter(
        case=case, verb__in=[Verb.SUBMIT, Verb.RESUPPLY], actor=viewer(request).username, version=(version or 0) + 1
    )
    return version is not None and request.POST.get(_VERB) == "submit" and handed_in.exists()


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def _show(request: HttpRequest, page: _Page) -> HttpResponse:
    case, item = page.case, page.item
    editable = case.state in operations.EDITABLE
    tell_record(page.form, item, case.applicant_reference)
    asked = papers(case, item, clean_part(case, item))
    old = [lines for group, lines in answer_groups(case, item) if group.name == "old"]
    context: dict[str, Any] = {
        "case": case,
        "item": item,
        "item_name": item_name(case.item),
        "applicant": applicant_name(case),
        "form": page.form,
        "groups": item.groups if editable else (),
        "editable": editable,
        "stamp": page.stamp,
        "papers": [_line(page, paper) for paper in asked if editable or _owed(paper)],
        "more": [str(material.title) for material in item.materials if material.when],
        "errors": page.errors,
        "paper_errors": page.paper_errors,
        "elsewhere": page.elsewhere,
        "old": old[0] if old else [],
        "preview": preview_of(case, item, timezone.localdate()) if editable else None,
        "changed": case.revision != item.revision,
        "supplement": case.events.filter(verb=Verb.SUPPLEMENT).order_by("-version").first(),
        "back": reverse("desk-case", args=[case.number]),
    }
    return render(request, "anju/desk/form.html", context)


def _owed(paper: Paper) -> bool:
    return paper.tolerance is not None and paper.tolerance.fulfilled_at is None


def _line(page: _Page, paper: Paper) -> dict[str, Any]:
    """A paper with its inputs."""
    material = paper.material
    return {
        "paper": paper,
        "input": input_name(material.code) if Source.SUBMITTED in material.sources else "",
        "evidence": [
            (f"{prefix}-{material.code}", _("告知承诺书编号") if source is Source.DECLARED else _("共享数据核验编号"))
            for source, prefix in _EVIDENCE.items()
            if source in material.sources
        ],
        "error": page.paper_errors.get(material.code, ""),
        "tolerable": material.tolerable and not paper.rows and paper.tolerance is None,
        "tolerated": material.code in page.tolerate,
        "files": [
            (row, reverse("desk-file", args=[page.case.number, row.pk]) if row.file_id else "") for row in paper.rows
        ],
    }
