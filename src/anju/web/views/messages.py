"""Messages (站内消息) to whoever is signed in; opening the page reads them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from anju.cases.messages import read_all
from anju.web.access import viewer
from anju.web.parts import Message
from anju.web.views.desk import item_name


@require_safe
def messages(request: HttpRequest) -> HttpResponse:
    """The latest lines, the unread ones marked this once more."""
    rows = read_all(user=viewer(request), at=timezone.now())
    notices = [
        Message(
            title=row.text,
            at=row.sent_at,
            href=reverse("desk-case", args=[row.case.number]),
            text=_("{item} {number}").format(item=item_name(row.case.item), number=row.case.number),
            unread=row.read_at is None,
        )
        for row in rows
    ]
    return render(request, "anju/messages.html", {"notices": notices})
