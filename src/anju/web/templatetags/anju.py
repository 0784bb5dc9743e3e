"""Filters and parts of pages; `{% load anju %}`."""

from django import template
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from django.utils.translation import gettext as _

import anju
from anju.kernel.money import Fen, format_yuan
from anju.kernel.rates import Ppm, format_percent
from anju.platform.models import User
from anju.platform.runs.declarations import title_of
from anju.registry.operations import month_of
from anju.web import access, sign_in_doors
from anju.web.case_view import masked
from anju.web.suspense_view import payer_shown
from anju.web.wording import kind_name

register = template.Library()

register.filter("kind_name", kind_name)
register.filter("payer", payer_shown)
register.filter("masked", masked)


@register.filter
def yuan(fen: Fen) -> str:
    """Fen as yuan: 1,234.56."""
    return format_yuan(fen)


@register.filter
def yuan_or_blank(fen: Fen) -> str:
    """Fen as yuan; nothing for zero, as account books do."""
    return format_yuan(fen) if fen else ""


@register.filter
def month(number: int) -> str:
    """A month that tables keep as yyyymm: 2026-05."""
    return str(month_of(number))


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


@register.filter
def home_of(user: User | AnonymousUser) -> str:
    """The address of the page behind the user's own door."""
    return sign_in_doors.home_of(user) if isinstance(user, User) else reverse("home")
