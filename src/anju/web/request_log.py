"""Every request gets an id of our own making, one log line, and its place in the figures."""

import logging
import secrets
import string
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from anju.platform import logs
from anju.web import request_metrics

_log = logging.getLogger(__name__)
#: Asked for every few seconds by machines: counted, not logged.
_QUIET = frozenset({"health-live", "health-ready", "metrics"})
HEADER = "X-Request-ID"


class RequestLogMiddleware:
    """Stands first, so that whatever answers is measured. An id that a client sends is not looked at."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        request_id = _new_id()
        token = logs.request_id.set(request_id)
        try:
            response = self.get_response(request)
            response[HEADER] = request_id
            response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001 - else Django says it again
            _note(request, response.status_code, time.perf_counter() - started)
        finally:
            logs.request_id.reset(token)
        return response


def _note(request: HttpRequest, status: int, seconds: float) -> None:
    match = request.resolver_match
    static = match is None and request.path.startswith(settings.STATIC_URL)
    name = "static" if static else (match and match.url_name) or "unmatched"
    request_metrics.observe(route=name, method=request.method or "", status=status, seconds=seconds)
    # Only a user that somebody asked for already: the log line must not cost a query.
    user = getattr(request, "_cached_user", None)
    facts = {
        "user_id": getattr(request, "anju_user_id", getattr(user, "pk", None)),  # the API's callers have no session
        "method": request.method,
        "path": "static" if static else logs.route_of(request),
        "status": status,
        "duration_ms": round(seconds * 1000, 1),
    }
    _log.log(logging.DEBUG if name in _QUIET else logging.INFO, "request", extra=facts)


def _new_id() -> str:
    """Twenty letters, 94 bits: without digits it never looks like somebody's number."""
    return "".join(secrets.choice(string.ascii_lowercase) for _letter in range(20))
