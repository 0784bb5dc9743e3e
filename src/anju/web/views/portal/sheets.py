"""清单: a unit's clerk downloads a template, uploads it filled in, sees what is wrong, mends it, and goes on to the item."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from anju.cases.declarations import ServiceItem
from anju.contributions.models_sheets import Sheet
from anju.registry.models import Unit
from anju.web import sheet_pages
from anju.web.sheet_pages import Host
from anju.web.views.portal.doors import Portal, Visit


class Employer(Host):
    """The employers' portal: the units that the visitor acts for."""

    prefix, shell = "employer", "anju/shells/employer.html"

    def __init__(self, request: HttpRequest, portal: Portal) -> None:
        super().__init__(request)
        self._visit = Visit(request, portal)

    def units(self) -> list[Unit]:
        return self._visit.units

    def offers(self, item: ServiceItem) -> bool:
        return self._visit.portal.offers(item)

    def home(self, unit: Unit) -> str:
        return self.url("sheets")

    def onward(self, sheet: Sheet, item: ServiceItem) -> tuple[str, str]:
        return "get", self._visit.url("item", item.code)


@require_safe
def sheets(request: HttpRequest, portal: Portal) -> HttpResponse:
    """What can be uploaded for each unit, and the lists uploaded before."""
    return sheet_pages.list_page(Employer(request, portal))


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def sheet_new(request: HttpRequest, portal: Portal, unit: str, kind: str) -> HttpResponse:
    """The template to download, and the place to upload it."""
    return sheet_pages.new_page(Employer(request, portal), unit, kind)


@require_safe
def sheet_template(request: HttpRequest, portal: Portal, unit: str, kind: str) -> HttpResponse:
    """The template, filled in with what the center knows."""
    return sheet_pages.template_file(Employer(request, portal), unit, kind)


@require_safe
def sheet(request: HttpRequest, portal: Portal, number: str) -> HttpResponse:
    """How far the check is; what is wrong, row by row; and the way on."""
    return sheet_pages.sheet_page(Employer(request, portal), number)


@require_safe
def sheet_remarks(request: HttpRequest, portal: Portal, number: str) -> HttpResponse:
    """The list as it was uploaded, with remarks."""
    return sheet_pages.remarks_file(Employer(request, portal), number)


@require_POST
def sheet_drop(request: HttpRequest, portal: Portal, number: str) -> HttpResponse:
    """Give a list up."""
    return sheet_pages.drop(Employer(request, portal), number)
