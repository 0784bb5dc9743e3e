"""For load balancers: is the process alive, can it work. Plain text, no sign-in, nothing about the center."""

from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse


@login_not_required
def live(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("live\n", content_type="text/plain")


@login_not_required
def ready(request: HttpRequest) -> HttpResponse:
    """The database answers and the center's tables are there; 503 otherwise."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT to_regclass('ledger_journal') IS NOT NULL AND to_regclass('platform_user') IS NOT NULL"
            )
            prepared = cursor.fetchone()[0]
    except Error:
        prepared = False
    return HttpResponse(
        "ready\n" if prepared else "not ready\n", content_type="text/plain", status=200 if prepared else 503
    )
