"""The interest slip as the member and the teller see it: the settled years, the slip of one, its paper."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from anju.contributions.interest_slips import NotSettledError, interest_slip, settled_years
from anju.contributions.models_certificates import CertificateKind
from anju.registry.models import Member
from anju.web.certificate_view import issued_paper
from anju.web.statement_view import interest_content, interest_sums


def interest_context(request: HttpRequest, member: Member) -> dict[str, Any]:
    """`settled`, and of the year that `?year=` names (else the latest settled) the `slip`, or why there is none.

    Raises Http404 for what is no year.
    """
    settled = settled_years(member=member)
    context: dict[str, Any] = {"settled": settled, "slip": None, "refused": ""}
    if not settled and "year" not in request.GET:
        return context
    year = _year(request.GET.get("year") or str(settled[0].day.year))
    try:
        slip = interest_slip(member=member, year=year)
    except NotSettledError as error:
        return {**context, "refused": error.message}
    return {**context, "slip": slip, "sums": interest_sums(slip)}


def interest_paper(request: HttpRequest, member: Member) -> HttpResponse:
    """The slip of the posted year as PDF with a code, or as a workbook. Raises Http404 for a year that was not settled."""
    try:
        slip = interest_slip(member=member, year=_year(request.POST.get("year", "")))
    except NotSettledError as error:
        raise Http404(error.message) from None
    return issued_paper(request, kind=CertificateKind.INTEREST, content=interest_content(member, slip), of=member)


def _year(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) == len("2026")):
        raise Http404
    return int(text)
