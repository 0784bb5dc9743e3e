"""Where unit clerks and members arrive. What their units and accounts offer is built on these pages by the cases."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from anju.registry.queries import member_of, units_of
from anju.web.access import viewer


def employer_home(request: HttpRequest) -> HttpResponse:
    """A unit clerk's."""
    units = [(unit.name, unit.number) for unit in units_of(viewer(request))]
    context = {"title": _("单位服务"), "linked": units, "nothing": _("这个账号还没有关联缴存单位。")}
    return render(request, "anju/portal_home.html", context)


def member_home(request: HttpRequest) -> HttpResponse:
    """A member's."""
    member = member_of(viewer(request))
    linked = [(_("个人账号"), member.number)] if member else []
    context = {"title": _("个人服务"), "linked": linked, "nothing": _("这个账号还没有关联个人账户。")}
    return render(request, "anju/portal_home.html", context)
