"""Statements and certificates in the portals: on the page, as PDF with a code, as a workbook."""

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from anju.contributions.models_certificates import Certificate
from anju.contributions.queries import continuous_months, latest_month_paid
from anju.contributions.statements import interest_so_far, member_statement
from anju.contributions.unit_ledgers import unit_ledger
from anju.registry.models import Member
from anju.web.certificate_view import certificate_pdf
from anju.web.interest_view import interest_context, interest_paper
from anju.web.statement_view import member_paper, unit_paper
from anju.web.views.portal.doors import Portal, Visit

#: The years that can be asked for end with this one and begin so many before.
_YEARS = 30


@require_safe
def my_statement(request: HttpRequest, portal: Portal) -> HttpResponse:
    """The member's year, with the papers issued before."""
    visit = Visit(request, portal)
    if visit.member is None:
        return visit.page("statement", member=None)
    member, today = visit.member, timezone.localdate()
    start, end = _year(request, today)
    return visit.page(
        "statement", member=member, shown=member_statement(member=member, start=start, end=end), year=start.year,
        years=_years(member.opened_date, today), interest=interest_so_far(member=member, until=today),
        latest=latest_month_paid(member), continuous=continuous_months(member),
        certificates=list(Certificate.objects.filter(member=member)[:20]),
    )  # fmt: skip


@require_POST
def my_statement_issue(request: HttpRequest, portal: Portal) -> HttpResponse:
    """The year as a paper with a code, or as a workbook."""
    visit = Visit(request, portal)
    member, today = _member(visit), timezone.localdate()
    start, end = _year(request, today)
    return member_paper(request, member, start, end)


@require_safe
def my_interest(request: HttpRequest, portal: Portal) -> HttpResponse:
    """The years in which the member's interest was settled, and the slip of one of them."""
    visit = Visit(request, portal)
    if visit.member is None:
        return visit.page("interest", member=None)
    return visit.page("interest", member=visit.member, **interest_context(request, visit.member))


@require_POST
def my_interest_issue(request: HttpRequest, portal: Portal) -> HttpResponse:
    """The slip of a year as a paper with a code, or as a workbook."""
    return interest_paper(request, _member(Visit(request, portal)))


@require_safe
def my_certificate(request: HttpRequest, portal: Portal, number: str) -> HttpResponse:
    """A paper that was issued to the member."""
    found = Certificate.objects.filter(number=number, member=_member(Visit(request, portal)), revoked_date=None).first()
    if found is None:
        raise Http404
    return certificate_pdf(request, found)


@require_safe
def unit_ledger_page(request: HttpRequest, portal: Portal, unit: str) -> HttpResponse:
    """The unit's year."""
    visit, today = Visit(request, portal), timezone.localdate()
    mine, (start, end) = visit.unit(unit), _year(request, today)
    return visit.page(
        "unit_ledger", unit=mine, shown=unit_ledger(unit=mine, start=start, end=end), year=start.year,
        years=_years(mine.opened_date, today), back=visit.url("month"), bill_page="employer-bill", whole=False,
    )  # fmt: skip


@require_POST
def unit_ledger_issue(request: HttpRequest, portal: Portal, unit: str) -> HttpResponse:
    """The unit's year as a paper with a code, or as a workbook."""
    visit, today = Visit(request, portal), timezone.localdate()
    mine, (start, end) = visit.unit(unit), _year(request, today)
    return unit_paper(request, mine, start, end)


def _member(visit: Visit) -> Member:
    if visit.member is None:
        raise Http404
    return visit.member


def _year(request: HttpRequest, today: date) -> tuple[date, date]:
    """First and final day of the year asked for, this year without one. Raises Http404 for none of ours."""
    text = request.GET.get("year") or request.POST.get("year") or str(today.year)
    if not (text.isascii() and text.isdigit()) or not today.year - _YEARS <= int(text) <= today.year:
        raise Http404
    return date(int(text), 1, 1), date(int(text), 12, 31)


def _years(opened: date, today: date) -> list[int]:
    return list(range(today.year, max(opened.year, today.year - _YEARS) - 1, -1))
