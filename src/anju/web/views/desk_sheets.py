"""清单 at the counter: a unit brings a spreadsheet; the teller uploads it, gives back what is wrong, and goes on to the case."""

from functools import cached_property

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from anju.cases import catalogue
from anju.cases import operations as cases
from anju.cases.actors import Actor
from anju.cases.declarations import ApplicantKind, Channel, ServiceItem
from anju.cases.models import Case
from anju.cases.states import State
from anju.contributions.models_sheets import Sheet, SheetState
from anju.contributions.sheets.declarations import kind_of
from anju.kernel.errors import AnjuError
from anju.platform.people.models import Office, User
from anju.registry.models import Unit
from anju.web import sheet_pages
from anju.web.sheet_pages import Host


def serves(user: User, unit: Unit) -> bool:
    """Whether the unit is in the scope of somebody of the staff: of their office, or of anyone's of the whole center."""
    return Actor.of(user).covers(Office.objects.filter(name=unit.office).values_list("pk", flat=True).first())


class Counter(Host):
    """The counter: one unit at a time, of the reader's scope; another's is not there."""

    prefix, shell = "desk", "anju/shells/staff.html"

    def __init__(self, request: HttpRequest, *, unit: str = "", sheet: str = "") -> None:
        super().__init__(request)
        self._number, self._list = unit, sheet

    @cached_property
    def _unit(self) -> Unit:
        wanted = (
            Unit.objects.filter(sheets__number=self._list) if self._list else Unit.objects.filter(number=self._number)
        )
        found = wanted.first()
        if found is None or not serves(self.user, found):
            raise Http404
        return found

    def units(self) -> list[Unit]:
        return [self._unit]

    def offers(self, item: ServiceItem) -> bool:
        return Channel.COUNTER in item.channels and ApplicantKind.UNIT in item.applicants

    def home(self, unit: Unit) -> str:
        return self.url("sheets", unit.number)

    def onward(self, sheet: Sheet, item: ServiceItem) -> tuple[str, str]:
        return "post", self.url("sheet-use", sheet.number)


@require_safe
def sheets(request: HttpRequest, unit: str) -> HttpResponse:
    """What can be uploaded for the unit, and its lists."""
    return sheet_pages.list_page(Counter(request, unit=unit), back=reverse("unit", args=[unit]))


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def sheet_new(request: HttpRequest, unit: str, kind: str) -> HttpResponse:
    """The template to download, and the place to upload it."""
    return sheet_pages.new_page(Counter(request, unit=unit), unit, kind)


@require_safe
def sheet_template(request: HttpRequest, unit: str, kind: str) -> HttpResponse:
    """The template, filled in with what the center knows; that it was handed out is recorded."""
    return sheet_pages.template_file(Counter(request, unit=unit), unit, kind)


@require_safe
def sheet(request: HttpRequest, number: str) -> HttpResponse:
    """How far the check is; what is wrong, row by row; and the way on."""
    return sheet_pages.sheet_page(Counter(request, sheet=number), number)


@require_safe
def sheet_remarks(request: HttpRequest, number: str) -> HttpResponse:
    """The list as it was uploaded, with remarks."""
    return sheet_pages.remarks_file(Counter(request, sheet=number), number)


@require_POST
def sheet_drop(request: HttpRequest, number: str) -> HttpResponse:
    """Give a list up."""
    return sheet_pages.drop(Counter(request, sheet=number), number)


@require_POST
def sheet_use(request: HttpRequest, number: str) -> HttpResponse:
    """A draft of the list's item for its unit, with the number filled in; pressed twice it is one draft."""
    host = Counter(request, sheet=number)
    shown = host.sheet(number)
    item = catalogue.find(kind_of(shown.kind).item)
    if item is None or not host.offers(item):
        raise Http404
    if shown.state != SheetState.READY:
        messages.error(request, _("清单“{state}”，须校验通过后才能使用").format(state=shown.get_state_display()))
        return redirect("desk-sheet", number=number)
    try:
        return redirect("desk-form", number=_begun(shown, item, Actor.of(host.user)).number)
    except AnjuError as error:
        messages.error(request, error.message)
        return redirect("desk-sheet", number=number)


def _begun(sheet: Sheet, item: ServiceItem, actor: Actor) -> Case:
    """The reader's draft for the list; after one that was given up, the next."""
    key, case = f"sheet:{sheet.number}", None
    while case is None or case.state != State.DRAFT:
        case = cases.open_draft(
            item=item.code, channel=Channel.COUNTER, applicant_kind=ApplicantKind.UNIT, reference=sheet.unit.number,
            actor=actor, at=timezone.now(), business_date=timezone.localdate(), key=key,
        )  # fmt: skip
        key = f"sheet-after:{case.number}"
    cases.save_draft(number=case.number, typed={"sheet": [sheet.number]}, actor=actor, at=timezone.now())
    return case
