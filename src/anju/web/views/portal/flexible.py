"""The member's page of flexible contributions: the agreement, the next payment, what it counts for, the right to borrow."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from anju.cases import catalogue
from anju.contributions.flexible.standing import standing
from anju.registry.models import UnitKind
from anju.web.views.portal.doors import Portal, Visit

#: What a person with an agreement does, in the order of the links: pay, agree anew, stop or leave.
_ITEMS = ("P11", "P10", "P12")


@require_safe
def flexible(request: HttpRequest, portal: Portal) -> HttpResponse:
    """My agreement and how I stand; without one, the way to it."""
    visit = Visit(request, portal)
    shown = None if visit.member is None else standing(member=visit.member, on=timezone.localdate())
    stopped = visit.member is not None and visit.member.unit.kind == UnitKind.FLEXIBLE
    codes = _ITEMS if shown else ("P10", "P12") if stopped else ("P10",)
    offered = [item for item in visit.offered() if item.code in codes]
    return visit.page(
        "flexible", shown=shown, pay=catalogue.find("P11"),
        items=sorted(offered, key=lambda item: _ITEMS.index(item.code)),
    )  # fmt: skip
