"""The frame of pages; `{% load anju_shell %}` in shells and in nothing else."""

from typing import Any

from django import template
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from anju.platform.models import User
from anju.web import access, navigation
from anju.web.center import center_of
from anju.web.parts import Link

register = template.Library()


@register.inclusion_tag("anju/parts/masthead.html", takes_context=True)
def masthead(context: template.RequestContext, shell: str) -> dict[str, Any]:
    """Name of the center, who is signed in and, for staff who may use it, the search."""
    request: HttpRequest = context["request"]
    user = _user(request)
    return {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "user": user,
        "center": center_of(request),
        "shell": shell,
        "home": navigation.HOMES[shell],
        "search": navigation.SEARCH if shell == "staff" and access.may_open(user, navigation.SEARCH) else "",
    }


@register.simple_tag(takes_context=True)
def navigation_of(context: template.RequestContext, shell: str) -> list[Link]:
    """The links of the shell's navigation for this reader."""
    request: HttpRequest = context["request"]
    match = request.resolver_match
    return navigation.links(shell, _user(request), match.url_name if match else None)


@register.inclusion_tag("anju/parts/banner.html", takes_context=True)
def banner(context: template.RequestContext) -> dict[str, Any]:
    """The banner of a synthetic city, on every page of it."""
    return {"center": center_of(context["request"])}


def _user(request: HttpRequest) -> User | AnonymousUser:
    return getattr(request, "user", AnonymousUser())
