"""冻结台账: freezes in force on all accounts, and those that run out soon. Each look is recorded."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from anju.kernel.identity import mask_name
from anju.platform import audit
from anju.registry.freezes import in_force
from anju.web.access import viewer
from anju.web.paging import page_number, pager

PAGE, SOON = 50, 30


@require_safe
def freezes(request: HttpRequest) -> HttpResponse:
    """The freezes in force, the next to expire first; `?soon=1`: those that expire within thirty days."""
    today, page, soon = timezone.localdate(), page_number(request), "soon" in request.GET
    found, total = in_force(on=today, within=SOON if soon else None, first=(page - 1) * PAGE, limit=PAGE)
    audit.record(
        actor=viewer(request).username, action="freezes.list", object_kind="freeze", object_reference="",
        detail={"shown": len(found), "soon": soon}, at=timezone.now(),
    )  # fmt: skip
    context = {
        "rows": [
            {"standing": row, "name": mask_name(row.freeze.member.name), "left": (row.freeze.last_day - today).days}
            for row in found
        ],
        "soon": soon, "days": SOON, "pager": pager(request, page=page, total=total, size=PAGE),
    }  # fmt: skip
    return render(request, "anju/freezes.html", context)
