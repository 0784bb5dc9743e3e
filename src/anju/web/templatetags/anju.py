"""Filters and parts of pages; `{% load anju %}`."""

from typing import Any

from django import template
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

import anju
from anju.kernel.money import Fen, format_yuan
from anju.kernel.rates import Ppm, format_percent
from anju.platform.models import User
from anju.platform.runs.declarations import title_of
from anju.web import access
from anju.web.center import center_of
from anju.web.wording import kind_name

register = template.Library()

#: Pages in the navigation, by URL name, with the pages that belong below each.
_NAVIGATION = (
    ("home", gettext_noop("业务指标"), ()),
    ("trial-balance", gettext_noop("试算平衡表"), ("subject", "journal")),
    ("annex-2", gettext_noop("绩效自评"), ()),
    ("members", gettext_noop("职工账户"), ("member",)),
    ("runs", gettext_noop("批量业务"), ("run", "run-cancel", "run-retry")),
    (
        "people",
        gettext_noop("人员账号"),
        (
            "staff-account",
            "staff-open",
            "staff-close",
            "staff-reopen",
            "staff-password",
            "staff-post",
            "staff-second-factor",
        ),
    ),
    ("audit-log", gettext_noop("审计日志"), ()),
    ("organisation", gettext_noop("机构"), ()),
    ("employer-home", gettext_noop("单位服务"), ()),
    ("member-home", gettext_noop("个人服务"), ()),
)

register.filter("kind_name", kind_name)


@register.filter
def yuan(fen: Fen) -> str:
    """Fen as yuan: 1,234.56."""
    return format_yuan(fen)


@register.filter
def yuan_or_blank(fen: Fen) -> str:
    """Fen as yuan; nothing for zero, as account books do."""
    return format_yuan(fen) if fen else ""


@register.filter
def magnitude(fen: Fen) -> Fen:
    """The amount without its sign."""
    return abs(fen)


@register.filter
def percent(ppm: Ppm) -> str:
    """Ppm as per cent: 52.07%."""
    return f"{format_percent(ppm)}%"


@register.filter
def job_title(job: str) -> str:
    """The Chinese title of a batch job."""
    return _(title_of(job))


@register.filter
def may_open(user: User | AnonymousUser, page: str) -> bool:
    """Whether the user's role opens the page of that URL name."""
    return access.may_open(user, page)


@register.simple_tag
def version() -> str:
    """Anju's version."""
    return anju.__version__


@register.inclusion_tag("anju/parts/masthead.html", takes_context=True)
def masthead(context: template.RequestContext) -> dict[str, Any]:
    """Name of the center, navigation by role, who is signed in, and the banner of a synthetic city."""
    request: HttpRequest = context["request"]
    user = getattr(request, "user", AnonymousUser())
    match = request.resolver_match
    current = match.url_name if match else None
    return {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "user": user,
        "center": center_of(request),
        "navigation": [
            (name, _(title), "page" if name == current else "true" if current in below else "")
            for name, title, below in _NAVIGATION
            if access.may_open(user, name)
        ],
    }
