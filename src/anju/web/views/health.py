"""For load balancers and monitoring: is the process alive, can it work, how is it doing. No sign-in, no personal data."""

import logging
from collections.abc import Callable, Mapping
from ipaddress import ip_address

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from prometheus_client import CONTENT_TYPE_LATEST

from anju.kernel.errors import AnjuError
from anju.platform import metrics as figures
from anju.platform import rotation, schema
from anju.web.request_metrics import exposition

_log = logging.getLogger(__name__)
#: What a proxy on this machine adds: behind it, a loopback address says nothing about who asks.
_PROXY_HEADERS = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP")


@login_not_required
def live(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("live\n", content_type="text/plain")


@login_not_required
def ready(request: HttpRequest) -> HttpResponse:
    """Database reachable, migrations applied, keys those of the database; 503 when one of them is not. The reason is in the log."""
    states = {name: _state(name, check) for name, check in _CHECKS.items()}
    works = all(states.values())
    checks = {name: "ok" if state else "failed" for name, state in states.items()}
    return JsonResponse({"ready": works, "checks": checks}, status=200 if works else 503)


@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus, to this machine, or with the token of ANJU_METRICS_TOKEN to others."""
    if not (_from_this_machine(request) or _has_token(request)):
        return HttpResponse("forbidden\n", content_type="text/plain", status=403)
    return HttpResponse(exposition(figures.figures()), content_type=CONTENT_TYPE_LATEST)


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def _migrations() -> bool:
    return not schema.unapplied(connection)


def _keys() -> bool:
    rotation.probe()
    return True


_CHECKS: Mapping[str, Callable[[], bool]] = {"database": _database, "migrations": _migrations, "keys": _keys}


def _state(name: str, check: Callable[[], bool]) -> bool:
    try:
        works = check()
    except (Error, AnjuError) as error:
        reason = error.code if isinstance(error, AnjuError) else type(error).__name__
        _log.warning("not ready: %s: %s", name, reason)
        return False
    return works


def _from_this_machine(request: HttpRequest) -> bool:
    if any(header in request.META for header in _PROXY_HEADERS):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False  # a Unix socket names nobody


def _has_token(request: HttpRequest) -> bool:
    token: str | None = settings.ANJU_METRICS_TOKEN
    return token is not None and constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {token}")
