"""清单 on pages, in the employers' portal and at the counter alike: template, upload, what is wrong, remarks, the way on.

A list comes as a spreadsheet, is checked row by row, mended, and used by a case. Where its pages stand is a `Host`.
"""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from anju.cases import catalogue
from anju.cases.declarations import ServiceItem
from anju.contributions.bills import next_billed
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
from anju.platform.people.models import User
from anju.registry.models import Unit
from anju.web.access import viewer
from anju.web.file_response import made_file
from anju.web.paging import page_number, pager
from anju.web.plain_forms import PlainForm

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


class Host(ABC):
    """Where pages of lists stand: whose units they show, in which shell, and where a list leads on to."""

    #: First part of the URL names, and the template of the shell.
    prefix: ClassVar[str]
    shell: ClassVar[str]

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.user: User = viewer(request)

    @abstractmethod
    def units(self) -> list[Unit]:
        """The units whose lists the visitor works on."""

    @abstractmethod
    def offers(self, item: ServiceItem) -> bool:
        """Whether the item can be applied for here."""

    @abstractmethod
    def home(self, unit: Unit) -> str:
        """Address of the page with the unit's lists."""

    @abstractmethod
    def onward(self, sheet: Sheet, item: ServiceItem) -> tuple[str, str]:
        """Method and address that lead a list that is ready on to its item."""

    def unit(self, number: str) -> Unit:
        """A unit of the visitor's. Raises Http404."""
        for unit in self.units():
            if unit.number == number:
                return unit
        raise Http404

    def lists(self) -> QuerySet[Sheet]:
        """The lists of the visitor's units, the latest first."""
        return Sheet.objects.filter(unit__in=self.units()).select_related("unit").order_by("-id")

    def sheet(self, number: str) -> Sheet:
        """A list of one of the visitor's units. Raises Http404."""
        found = self.lists().filter(number=number).first()
        if found is None:
            raise Http404
        return found

    def url(self, page: str, *args: str) -> str:
        """Address of a page of lists."""
        return reverse(f"{self.prefix}-{page}", args=args)

    def page(self, template: str, **context: Any) -> HttpResponse:
        """A page in the shell."""
        return render(self.request, f"anju/sheets/{template}.html", {"shell": self.shell, **context})

    def record(self, action: str, reference: str, detail: dict[str, str]) -> None:
        """What is handed out, with people's numbers in full, is recorded."""
        audit.record(
            actor=self.user.username, action=action, object_kind="sheet", object_reference=reference, detail=detail,
            at=timezone.now(),
        )  # fmt: skip


def list_page(host: Host, *, back: str = "") -> HttpResponse:
    """What can be uploaded for each unit, and the lists uploaded before."""
    known = [(kind, item) for kind in kinds() if (item := catalogue.find(kind.item)) and host.offers(item)]
    offered = [
        (unit, [(kind, item, host.url("sheet-new", unit.number, kind.code)) for kind, item in known])
        for unit in host.units()
    ]
    rows = [(row, _title(row), host.url("sheet", row.number)) for row in host.lists()[:PAGE]]
    return host.page("sheets", offered=offered, rows=rows, back=back)


def new_page(host: Host, unit: str, kind: str) -> HttpResponse:
    """The template to download, and the place to upload it."""
    mine, declared = host.unit(unit), _kind(host, kind)
    month = next_billed(mine) if declared.needs_month else None
    form = UploadForm(host.request.POST or None, host.request.FILES or None)
    if host.request.method == "POST" and form.is_valid():
        taken = _take(host, mine, declared, month, form)
        if taken is not None:
            return redirect(host.url("sheet", taken.number))
    return host.page(
        "sheet_new", unit=mine, kind=declared, month=month, form=form, back=host.home(mine),
        blank=host.url("sheet-template", mine.number, declared.code),
    )  # fmt: skip


def template_file(host: Host, unit: str, kind: str) -> HttpResponse:
    """The template, filled in with what the center knows."""
    mine, declared = host.unit(unit), _kind(host, kind)
    month = next_billed(mine) if declared.needs_month else None
    content = written_template(declared, Context(mine, month, timezone.localdate()))
    host.record("sheet.template", mine.number, {"kind": kind})
    return made_file(content, f"{mine.number}-{kind}.xlsx", _XLSX, download=True)


def sheet_page(host: Host, number: str) -> HttpResponse:
    """How far the check is; what is wrong, row by row; and the way on."""
    shown = host.sheet(number)
    page, found = page_number(host.request), shown.found.order_by("line", "id")
    item = catalogue.find(kind_of(shown.kind).item)
    return host.page(
        "sheet", sheet=shown, title=_title(shown), problems=list(found[(page - 1) * PAGE : page * PAGE]), item=item,
        pager=pager(host.request, page=page, total=found.count(), size=PAGE), back=host.home(shown.unit),
        checking=shown.state == SheetState.CHECKING, bad=shown.state == SheetState.BAD,
        ready=shown.state == SheetState.READY, again=host.url("sheet-new", shown.unit.number, shown.kind),
        remarks=host.url("sheet-remarks", shown.number), drop=host.url("sheet-drop", shown.number),
        onward=host.onward(shown, item) if item is not None and host.offers(item) else None,
    )  # fmt: skip


def remarks_file(host: Host, number: str) -> HttpResponse:
    """The list as it was uploaded, with remarks."""
    shown = host.sheet(number)
    if shown.state == SheetState.DROPPED:
        raise Http404
    host.record("sheet.remarks", shown.number, {})
    return made_file(with_remarks(shown), f"{shown.number}.xlsx", _XLSX, download=True)


def drop(host: Host, number: str) -> HttpResponse:
    """Give a list up."""
    shown = host.sheet(number)
    try:
        operations.drop(number=shown.number, actor=host.user.username, at=timezone.now())
    except AnjuError as error:
        messages.error(host.request, error.message)
        return redirect(host.url("sheet", number))
    messages.success(host.request, _("清单已作废，上传的内容已销毁"))
    return redirect(host.home(shown.unit))


def _take(host: Host, unit: Unit, kind: SheetKind, month: Month | None, form: UploadForm) -> Sheet | None:
    """Take the file in and have it checked, at once when it is short; None when it was refused, which the form says."""
    upload = form.cleaned_data["file"]
    if upload.size > MAX_FILE_BYTES:
        form.add_error("file", _("文件超过 50 MB"))
        return None
    try:
        taken = operations.upload(
            unit_number=unit.number, kind=kind.code, month=month, content=upload.read(), actor=host.user.username,
            at=timezone.now(), business_date=timezone.localdate(),
        )  # fmt: skip
    except AnjuError as error:
        form.add_error("file", error.message)
        return None
    if taken.rows <= AT_ONCE:
        return operations.check(sheet_id=taken.pk)
    ask_for_check(sheet_id=taken.pk)
    return taken


def _kind(host: Host, code: str) -> SheetKind:
    try:
        declared = kind_of(code)
    except UnknownSheetKindError:
        raise Http404 from None
    item = catalogue.find(declared.item)
    if item is None or not host.offers(item):
        raise Http404
    return declared


def _title(row: Sheet) -> str:
    return str(kind_of(row.kind).title)
