"""Sessions end: after some minutes without a request, and eight hours after they began in any case.

A session whose account was closed or whose password changed is no session any more: Django asks for both on each use.
When it was last used is written at most every half minute, so a session may end that much early.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from anju.platform.models import Kind, User

_BEGAN, _SEEN = "began_at", "seen_at"
_WRITTEN_EVERY = timedelta(seconds=30)


class SessionLimitsMiddleware:
    """Ends what is over, notes what is in use."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            keep(request, request.user, now=timezone.now())
        return self.get_response(request)


def keep(request: HttpRequest, user: User, *, now: datetime) -> bool:
    """Note that the session is in use, or end it; False when it ended."""
    began, seen = _instant(request, _BEGAN, now), _instant(request, _SEEN, now)
    if now - seen >= idle_limit(user) or now - began >= timedelta(seconds=settings.SESSION_COOKIE_AGE):
        UserSession.objects.filter(session_key=request.session.session_key).delete()
        logout(request)
        messages.info(request, _("登录已过期，请重新登录"))
        return False
    if _SEEN not in request.session or now - seen >= _WRITTEN_EVERY:
        request.session[_BEGAN], request.session[_SEEN] = began.timestamp(), now.timestamp()
        UserSession.objects.create_from_request(request)
    return True


def idle_limit(user: User) -> timedelta:
    """How long an account of this kind may rest."""
    staff = user.kind == Kind.STAFF
    return timedelta(seconds=settings.ANJU_STAFF_IDLE_SECONDS if staff else settings.ANJU_PORTAL_IDLE_SECONDS)


def _instant(request: HttpRequest, name: str, default: datetime) -> datetime:
    stamp = request.session.get(name)
    return default if stamp is None else datetime.fromtimestamp(stamp, default.tzinfo)
