"""Statements and interest slips at the counter: the pages and papers of the portals, for any member or unit, any period.

Whoever looks at one person's account is recorded; so is every paper that is issued (`certificates.issue`).
"""

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from anju.contributions.models_certificates import Certificate
from anju.contributions.statements import interest_so_far, member_statement
from anju.contributions.unit_ledgers import unit_ledger
from anju.kernel.identity import mask_identity_number, mask_name
from anju.platform import audit
from anju.registry.models import Member, Unit
from anju.web.access import may_open, viewer
from anju.web.center import center_of, whole_year
from anju.web.forms import PeriodForm
from anju.web.interest_view import interest_context, interest_paper
from anju.web.statement_view import member_paper, unit_paper

_LATEST = 20


@require_safe
def statement(request: HttpRequest, number: str) -> HttpResponse:
    """A member's statement of a period, with the papers issued before."""
    member, form = _member(number), _asked(request)
    _looked(request, member, "statement")
    context = {
        "member": member, "name": mask_name(member.name), "identity": mask_identity_number(member.identity), "form": form,
        "interest": interest_so_far(member=member, until=timezone.localdate()), "issue": _issue(request, "statement", number),
        "certificates": list(Certificate.objects.filter(member=member)[:_LATEST]),
    }  # fmt: skip
    if form.is_valid():
        start, end = form.period
        context |= {"shown": member_statement(member=member, start=start, end=end), "start": start, "end": end}
    return render(request, "anju/statement.html", context)


@require_POST
def statement_issue(request: HttpRequest, number: str) -> HttpResponse:
    """The member's statement of the posted period as a paper with a code, or as a workbook."""
    return member_paper(request, _member(number), *_posted(request))


@require_safe
def interest(request: HttpRequest, number: str) -> HttpResponse:
    """The years in which the member's interest was settled, and the slip of one of them."""
    member = _member(number)
    _looked(request, member, "interest")
    context = {"member": member, "name": mask_name(member.name), "issue": _issue(request, "interest", number)}
    return render(request, "anju/interest.html", {**context, **interest_context(request, member)})


@require_POST
def interest_issue(request: HttpRequest, number: str) -> HttpResponse:
    """The slip of the posted year as a paper with a code, or as a workbook."""
    return interest_paper(request, _member(number))


@require_safe
def ledger(request: HttpRequest, number: str) -> HttpResponse:
    """A unit's ledger of a period, with the papers issued before."""
    unit, form = get_object_or_404(Unit, number=number), _asked(request)
    context = {
        "unit": unit, "form": form, "issue": _issue(request, "unit-ledger", number), "bill_page": "bill", "whole": True,
        "certificates": list(Certificate.objects.filter(unit=unit)[:_LATEST]),
    }  # fmt: skip
    if form.is_valid():
        start, end = form.period
        context |= {"shown": unit_ledger(unit=unit, start=start, end=end), "start": start, "end": end}
    return render(request, "anju/unit_ledger.html", context)


@require_POST
def ledger_issue(request: HttpRequest, number: str) -> HttpResponse:
    """The unit's ledger of the posted period as a paper with a code, or as a workbook."""
    return unit_paper(request, get_object_or_404(Unit, number=number), *_posted(request))


def _member(number: str) -> Member:
    return get_object_or_404(Member, number=number)


def _asked(request: HttpRequest) -> PeriodForm:
    return PeriodForm.read(request.GET, whole_year(center_of(request).year))


def _posted(request: HttpRequest) -> tuple[date, date]:
    """The period that a page of ours posted. Raises Http404 for none."""
    form = PeriodForm(request.POST)
    if not form.is_valid():
        raise Http404
    return form.period


def _issue(request: HttpRequest, page: str, number: str) -> str:
    """Address where the paper is issued; empty for readers who issue none."""
    issues = f"{page}-issue"
    return reverse(issues, args=[number]) if may_open(viewer(request), issues) else ""


def _looked(request: HttpRequest, member: Member, page: str) -> None:
    audit.record(
        actor=viewer(request).username, action="member.view", object_kind="member", object_reference=member.number,
        detail={"page": page}, at=timezone.now(),
    )  # fmt: skip
