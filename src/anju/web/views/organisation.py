"""The organisation: departments, offices and their windows, with how many of the staff are there."""

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from anju.platform.models import Department, Office, Window

_ACTIVE = Count("user", filter=Q(user__is_active=True))


def organisation(request: HttpRequest) -> HttpResponse:
    """For all staff."""
    return render(
        request,
        "anju/organisation.html",
        {
            "departments": Department.objects.annotate(staff=_ACTIVE),
            "offices": Office.objects.annotate(staff=_ACTIVE).prefetch_related("window_set"),
            "windows": Window.objects.filter(office__isnull=True),
        },
    )
