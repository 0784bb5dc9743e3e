"""Papers of an application: handed in as files or declared, while it is filled in, and the ones that may follow later."""

from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.db import transaction
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from anju.cases import catalogue, operations
from anju.cases.declarations import Source
from anju.cases.models import Case, CaseMaterial, Tolerance
from anju.cases.submission import Paper, papers
from anju.cases.transition import lock
from anju.kernel.errors import AnjuError
from anju.web.case_view import clean_part
from anju.web.file_response import file_response
from anju.web.parts import MaterialState
from anju.web.uploads import input_name, take_upload
from anju.web.views.portal.doors import Portal, Visit
from anju.web.views.portal.filling import filling_of, tolerance_due


@dataclass(frozen=True, slots=True)
class Line:
    """A paper on the page: where it stands, what can be done about it, and what was wrong with the latest try."""

    paper: Paper
    state: MaterialState
    uploads: bool
    declares: bool
    promise: str
    error: str

    @property
    def input(self) -> str:
        """Name of the file input."""
        return input_name(self.paper.material.code)


@require_safe
def materials(request: HttpRequest, portal: Portal, number: str) -> HttpResponse:
    """The papers that the answers call for."""
    return _page(Visit(request, portal), number)


@require_POST
def add(request: HttpRequest, portal: Portal, number: str, code: str) -> HttpResponse:
    """Hand in files for a paper, or declare it."""
    visit = Visit(request, portal)
    shown = _papers(visit, number)
    if shown is None:
        messages.error(request, _("申请的状态已变化，现在不能提交这项材料"))
        return visit.go("case", number)
    case, asked, _editable = shown
    if code not in {paper.material.code for paper in asked}:
        raise Http404
    declared = request.POST.get("verb") == "declare"
    refused = _declare(visit, case, code) if declared else take_upload(request, case, code, visit.actor, timezone.now())
    if refused:
        return _page(visit, number, code, refused)
    return visit.go("materials", number) if _papers(visit, number) else visit.go("case", number)


@require_POST
def remove(request: HttpRequest, portal: Portal, number: str, material: int) -> HttpResponse:
    """Take a paper back while the application may be changed."""
    visit = Visit(request, portal)
    visit.case(number)
    try:
        operations.remove_material(number=number, material=material, actor=visit.actor, at=timezone.now())
    except AnjuError as error:
        messages.error(request, error.message)
        return visit.go("case", number)
    return visit.go("materials", number)


@require_safe
def file(request: HttpRequest, portal: Portal, number: str, material: int) -> HttpResponseBase:
    """A file that was handed in, to its own applicant."""
    visit = Visit(request, portal)
    rows = CaseMaterial.objects.select_related("file")
    row = rows.filter(case=visit.case(number), pk=material, removed_at=None, file__isnull=False).first()
    if row is None or row.file is None:
        raise Http404
    return file_response(row.file, actor=visit.user.username)


def _papers(visit: Visit, number: str) -> tuple[Case, list[Paper], bool] | None:
    """The case, the papers to ask for, and whether they may be taken back; None when no paper can come now."""
    filling = filling_of(visit, number)
    if filling is not None:
        return filling.case, filling.papers(), True
    case = visit.case(number)
    item = catalogue.find(case.item)
    if item is None or case.closed_date is not None:
        return None
    owed = set(Tolerance.objects.filter(case=case, fulfilled_at=None).values_list("code", flat=True))
    asked = [paper for paper in papers(case, item, clean_part(case, item)) if paper.material.code in owed]
    return (case, asked, False) if asked else None


def _page(visit: Visit, number: str, wrong: str = "", error: str = "") -> HttpResponse:
    shown = _papers(visit, number)
    if shown is None:
        return visit.go("case", number)
    case, asked, editable = shown
    today = timezone.localdate()
    prefetch_related_objects([row for paper in asked for row in paper.rows], "file")
    lines = [_line(paper, today, error if paper.material.code == wrong else "") for paper in asked]
    back = visit.url("tasks" if editable else "case", number)
    return visit.page(
        "materials", case=case, item=catalogue.item(case.item), lines=lines, editable=editable, back=back,
        errors=[line for line in lines if line.error],
    )  # fmt: skip


def _line(paper: Paper, today: date, error: str) -> Line:
    material = paper.material
    if paper.rows:
        states = {Source.SHARED: MaterialState.SHARED, Source.DECLARED: MaterialState.DECLARED}
        state = states.get(Source(paper.rows[0].source), MaterialState.SUBMITTED)
    else:
        state = MaterialState.DEFERRED if paper.tolerance else MaterialState.MISSING
    return Line(
        paper=paper,
        state=state,
        uploads=Source.SUBMITTED in material.sources,
        declares=Source.DECLARED in material.sources and not paper.rows,
        promise=_promise(paper, today),
        error=error,
    )


def _promise(paper: Paper, today: date) -> str:
    """Until when the paper must follow, or could follow."""
    if paper.rows or not paper.material.tolerable:
        return ""
    if paper.tolerance is not None:
        words, day, unsure = _("请在 {day} 前补交"), paper.tolerance.due, paper.tolerance.provisional
    else:
        due = tolerance_due(paper, today)
        words, day, unsure = _("可以容缺：提交申请时承诺在 {day} 前补交"), due.day, due.provisional
    return words.format(day=day) + (_("（暂定）") if unsure else "")


def _declare(visit: Visit, case: Case, code: str) -> str | None:
    """The applicant's declaration stands for the paper; declared twice is declared once."""
    if visit.request.POST.get("promise") != "on":
        return _("请先勾选承诺")
    try:
        with transaction.atomic():
            lock(case.number)
            known = CaseMaterial.objects.filter(case=case, code=code, source=Source.DECLARED, removed_at=None)
            if not known.exists():
                operations.add_material(
                    number=case.number, code=code, actor=visit.actor, at=timezone.now(), source=Source.DECLARED,
                    evidence=_("告知承诺 {number}-{code}").format(number=case.number, code=code),
                )  # fmt: skip
    except AnjuError as error:
        return error.message
    return None
