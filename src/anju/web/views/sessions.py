"""One's own sessions: where the account is signed in, and an end to what is not oneself."""

import re

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from anju.platform import audit
from anju.platform.people.operations import end_sessions
from anju.web.access import viewer
from anju.web.sign_in_limits import idle_limit

_BROWSERS = (
    ("Edg", "Edge"),
    ("MicroMessenger", "微信"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("HarmonyOS", "鸿蒙"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
    ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


def sessions(request: HttpRequest) -> HttpResponse:
    """List them; end one, or all others."""
    user, current = viewer(request), request.session.session_key
    if request.method == "POST":
        one = request.POST.get("session", "")
        if re.fullmatch(r"[0-9]{1,18}", one):
            session = UserSession.objects.filter(user=user, pk=int(one)).exclude(session_key=current).first()
            ended = 0 if session is None else 1
            if session is not None:
                session.end()
        else:
            ended = end_sessions(user=user, but=current)
        if ended:
            audit.record(
                actor=user.username, action="session.ended", object_kind="user", object_reference=str(user.pk),
                detail={"sessions": ended}, at=timezone.now(),
            )  # fmt: skip
        messages.success(request, _("已退出 {ended} 个登录").format(ended=ended))
        return redirect("sessions")
    now = timezone.now()
    alive = Session.objects.filter(expire_date__gt=now).values("session_key")
    found = UserSession.objects.filter(user=user, session_key__in=alive, last_seen_at__gt=now - idle_limit(user))
    rows = sorted(found, key=lambda session: (session.session_key != current, -session.last_seen_at.timestamp()))
    shown = [(session, device(session.user_agent), session.session_key == current) for session in rows]
    return render(request, "anju/sessions.html", {"sessions": shown, "others": len(shown) > 1})


def device(agent: str) -> str:
    """A browser's line about itself, in two words."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), _("其他浏览器"))
    system = next((name for mark, name in _SYSTEMS if mark in agent), _("其他系统"))
    return f"{browser} · {system}"
