"""A sign-in of staff is complete with the second factor and a password of their own; before that no page opens."""

from collections.abc import Callable
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from anju.platform.models import Kind, User
from anju.platform.people.second_factor import has_second_factor

SET_UP, PASSWORD = "second-factor", "password"
_LEAVING = "sign-out"


class SecondFactorMiddleware:
    """Leads an incomplete sign-in to what is missing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _arguments: Any, _named: Any
    ) -> HttpResponse | None:
        """Asked before each page."""
        user, page = request.user, request.resolver_match.url_name if request.resolver_match else None
        if not isinstance(user, User) or not getattr(view, "login_required", True) or page == _LEAVING:
            return None
        if not is_proven(request, user):
            if has_second_factor(user):  # a session from before it was set up, or from elsewhere
                logout(request)
                return redirect("sign-in")
            return None if page == SET_UP else redirect(SET_UP)
        if user.password_is_initial and page not in (PASSWORD, SET_UP):
            return redirect(PASSWORD)
        return None


def is_proven(request: HttpRequest, user: User) -> bool:
    """Whether this session needs no second factor, or has shown it."""
    if not settings.ANJU_STAFF_TOTP or user.kind != Kind.STAFF:
        return True
    return any(record["method"] == "mfa" for record in get_authentication_records(request, user))


def note_proof(request: HttpRequest, user: User, authenticator: Authenticator) -> None:
    """The session has shown the second factor."""
    record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)
