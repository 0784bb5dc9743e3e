"""清单: a unit's clerk downloads a template, uploads it filled in, sees what is wrong, mends it, and goes on to the item."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from anju.cases import catalogue
from anju.contributions.bills import next_month
from anju.contributions.models_sheets import Sheet, SheetState
from anju.contributions.sheets import operations
from anju.contributions.sheets.declarations import Context, SheetKind, UnknownSheetKindError, kind_of, kinds
from anju.contributions.sheets.jobs import ask_for_check
from anju.contributions.sheets.writing import template as written_template
from anju.contributions.sheets.writing import with_remarks
from anju.contributions.xlsx_guard import MAX_FILE_BYTES
from anju.kernel.errors import AnjuError
from anju.kernel.periods import Month
from anju.platform import audit
from anju.registry.models import Unit
from anju.web.file_response import made_file
from anju.web.paging import page_number, pager
from anju.web.plain_forms import PlainForm
from anju.web.views.portal.doors import Portal, Visit

PAGE = 50
#: The largest list that is checked while its clerk waits; longer ones are checked by the worker.
AT_ONCE = 200
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class UploadForm(PlainForm):
    file = forms.FileField(
        label=gettext_lazy("清单文件"), help_text=gettext_lazy(".xlsx 或 .csv，最多 20 万行"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"}),
        error_messages={"required": gettext_lazy("请选择文件"), "empty": gettext_lazy("文件是空的")},
    )  # fmt: skip


@require_safe
def sheets(request: HttpRequest, portal: Portal) -> HttpResponse:
    """What can be uploaded for each unit, and the lists uploaded before."""
    visit = Visit(request, portal)
    latest = Sheet.objects.filter(unit__in=visit.units).select_related("unit").order_by("-id")[:PAGE]
    offered = [(kind, item) for kind in kinds() if (item := catalogue.find(kind.item)) and portal.offers(item)]
    return visit.page(
        "sheets", units=visit.units, offered=offered, rows=[(row, _title(row)) for row in latest]
    )  # fmt: skip


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def sheet_new(request: HttpRequest, portal: Portal, unit: str, kind: str) -> HttpResponse:
    """The template to download, and the place to upload it."""
    visit = Visit(request, portal)
    mine, declared = visit.unit(unit), _kind(kind)
    month = next_month(mine) if declared.needs_month else None
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        taken = _take(visit, mine, declared, month, form)
        if taken is not None:
            return visit.go("sheet", taken.number)
    return visit.page(
        "sheet_new", unit=mine, kind=declared, month=month, form=form, back=visit.url("sheets"),
        blank=visit.url("sheet-template", mine.number, declared.code),
    )  # fmt: skip


@require_safe
def sheet_template(request: HttpRequest, portal: Portal, unit: str, kind: str) -> HttpResponse:
    """The template, filled in with what the center knows."""
    visit = Visit(request, portal)
    mine, declared = visit.unit(unit), _kind(kind)
    month = next_month(mine) if declared.needs_month else None
    content = written_template(declared, Context(mine, month, timezone.localdate()))
    _record(visit, "sheet.template", mine.number, {"kind": kind})
    return made_file(content, f"{mine.number}-{kind}.xlsx", _XLSX, download=True)


@require_safe
def sheet(request: HttpRequest, portal: Portal, number: str) -> HttpResponse:
    """How far the check is; what is wrong, row by row; and the way on."""
    visit = Visit(request, portal)
    shown = _sheet(visit, number)
    page, found = page_number(request), shown.found.order_by("line", "id")
    item = catalogue.find(kind_of(shown.kind).item)
    return visit.page(
        "sheet", sheet=shown, title=_title(shown), problems=list(found[(page - 1) * PAGE : page * PAGE]), item=item,
        pager=pager(request, page=page, total=found.count(), size=PAGE), back=visit.url("sheets"),
        checking=shown.state == SheetState.CHECKING, bad=shown.state == SheetState.BAD,
        ready=shown.state == SheetState.READY, again=visit.url("sheet-new", shown.unit.number, shown.kind),
    )  # fmt: skip


@require_safe
def sheet_remarks(request: HttpRequest, portal: Portal, number: str) -> HttpResponse:
    """The list as it was uploaded, with remarks."""
    visit = Visit(request, portal)
    shown = _sheet(visit, number)
    if shown.state == SheetState.DROPPED:
        raise Http404
    _record(visit, "sheet.remarks", shown.number, {})
    return made_file(with_remarks(shown), f"{shown.number}.xlsx", _XLSX, download=True)


@require_POST
def sheet_drop(request: HttpRequest, portal: Portal, number: str) -> HttpResponse:
    """Give a list up."""
    visit = Visit(request, portal)
    shown = _sheet(visit, number)
    try:
        operations.drop(number=shown.number, actor=visit.user.username, at=timezone.now())
    except AnjuError as error:
        messages.error(request, error.message)
        return visit.go("sheet", number)
    messages.success(request, _("清单已作废，上传的内容已销毁"))
    return visit.go("sheets")


def _take(visit: Visit, unit: Unit, kind: SheetKind, month: Month | None, form: UploadForm) -> Sheet | None:
    """Take the file in and have it checked, at once when it is short; None when it was refused, which the form says."""
    upload = form.cleaned_data["file"]
    if upload.size > MAX_FILE_BYTES:
        form.add_error("file", _("文件超过 50 MB"))
        return None
    try:
        taken = operations.upload(
            unit_number=unit.number, kind=kind.code, month=month, content=upload.read(), actor=visit.user.username,
            at=timezone.now(), business_date=timezone.localdate(),
        )  # fmt: skip
    except AnjuError as error:
        form.add_error("file", error.message)
        return None
    if taken.rows <= AT_ONCE:
        return operations.check(sheet_id=taken.pk)
    ask_for_check(sheet_id=taken.pk)
    return taken


def _kind(code: str) -> SheetKind:
    try:
        return kind_of(code)
    except UnknownSheetKindError:
        raise Http404 from None


def _sheet(visit: Visit, number: str) -> Sheet:
    found = Sheet.objects.select_related("unit").filter(number=number, unit__in=visit.units).first()
    if found is None:
        raise Http404
    return found


def _title(row: Sheet) -> str:
    return str(kind_of(row.kind).title)


def _record(visit: Visit, action: str, reference: str, detail: dict[str, str]) -> None:
    audit.record(
        actor=visit.user.username, action=action, object_kind="sheet", object_reference=reference, detail=detail,
        at=timezone.now(),
    )  # fmt: skip
