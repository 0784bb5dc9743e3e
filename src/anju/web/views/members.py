"""One person's account. Numbers travel in the body of a POST, never in an address; every look is recorded first."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters

from anju.kernel.identity import mask_identity_number, mask_name
from anju.ledger.queries import account_balance, statement
from anju.platform import audit
from anju.registry.models import Member
from anju.web.access import viewer
from anju.web.center import asked_year, center_of, whole_year
from anju.web.forms import MemberSearchForm
from anju.web.wording import INTEREST_SETTLEMENT


@sensitive_post_parameters("number")
def members(request: HttpRequest) -> HttpResponse:
    """Search by account number or identity number, exact; found, it leads to the statement."""
    form = MemberSearchForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return redirect("member", number=form.member.number)
    return render(request, "anju/members.html", {"form": form})


def member(request: HttpRequest, number: str) -> HttpResponse:
    """A member's account in one year, name and identity number masked."""
    shown = get_object_or_404(Member.objects.select_related("unit"), number=number)
    center = center_of(request)
    year = asked_year(request)
    viewed_at = timezone.now()
    audit.record(
        actor=viewer(request).get_username(), action="member.view", object_kind="member",
        object_reference=shown.number, detail={"page": "member"}, at=viewed_at,
    )  # fmt: skip
    start, end = whole_year(year)
    opening, entries = statement(account=shown.account_id, start=start, end=end)
    context = {
        "member": shown,
        "name": mask_name(shown.name),
        "identity": mask_identity_number(shown.identity),
        "balance": account_balance(account=shown.account_id),
        "year": year,
        "years": center.years,
        "opening": opening,
        "entries": entries,
        "closing": entries[-1].balance if entries else opening,
        "received": sum(entry.amount for entry in entries if entry.amount > 0),
        "paid": -sum(entry.amount for entry in entries if entry.amount < 0),
        "interest": sum(entry.amount for entry in entries if entry.kind == INTEREST_SETTLEMENT),
        "viewed_at": viewed_at,
    }
    return render(request, "anju/member.html", context)
