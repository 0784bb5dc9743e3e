"""One person's account. Numbers travel in the body of a POST, never in an address; every look is recorded first."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters

from anju.kernel.identity import mask_identity_number, mask_name
from anju.ledger.queries import account_balance, statement
from anju.platform import audit
from anju.registry.code_lists import code_list
from anju.registry.freezes import queue
from anju.registry.models import Employment, Member, MemberBase
from anju.registry.models_accounts import FreezeState
from anju.registry.moves import moves_of
from anju.registry.search import LIMIT
from anju.web.access import viewer
from anju.web.center import asked_year, center_of, whole_year
from anju.web.change_view import changes_of
from anju.web.forms import MemberSearchForm
from anju.web.unit_month import member_rows
from anju.web.views.units import changes_page
from anju.web.wording import INTEREST_SETTLEMENT, move_kind


@sensitive_post_parameters("number")
def members(request: HttpRequest) -> HttpResponse:
    """Search; one person's number leads to the account, a name to a list with names and numbers masked."""
    form = MemberSearchForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form, "limit": LIMIT}
    if request.method == "POST" and form.is_valid():
        found = form.found
        if found.exact and len(found.rows) == 1:
            return redirect("member", number=found.rows[0].number)
        audit.record(
            actor=viewer(request).get_username(), action="member.search", object_kind="member", object_reference="",
            detail={"page": "members", "shown": len(found.rows), "more": found.more}, at=timezone.now(),
        )  # fmt: skip
        units = [member.unit.name for member in found.rows]
        context |= {"rows": list(zip(member_rows(found.rows), units, strict=True)), "more": found.more}
    return render(request, "anju/members.html", context)


@sensitive_post_parameters("reason")
def member_changes(request: HttpRequest, number: str) -> HttpResponse:
    """What the member's record held before and after each change, for a reason that is recorded."""
    shown = get_object_or_404(Member, number=number)
    return changes_page(request, number=number, title=mask_name(shown.name), kind="member")


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
        "document": dict(code_list("document_type")).get(shown.document_type, ""),
        "spells": list(Employment.objects.filter(member=shown).select_related("unit").order_by("-first_month")),
        "bases": list(MemberBase.objects.filter(member=shown).order_by("-first_month")),
        **_freezes(shown),
        "moves": [(row, move_kind(row.kind)) for row in moves_of(shown)],
        "changes": changes_of(number, opened=False),
    }
    return render(request, "anju/member.html", context)


def _freezes(shown: Member) -> dict[str, Any]:
    """Freezes in force with their places, and those that ended, the latest first."""
    known = list(shown.freezes.order_by("-hold_id"))
    ended = [row for row in known if row.state != FreezeState.ACTIVE]
    return {"freezes": queue(member=shown) if len(known) > len(ended) else [], "ended_freezes": ended}
