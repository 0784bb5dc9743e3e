"""What somebody typed into a form whose session had ended is kept until they have signed in again.

Only the account that typed it gets it back: a signed cookie remembers whose browser this is, and a sign-in changes the
token that protects forms, so a form of an earlier account never arrives here. Fields are sealed; passwords, tokens and
files are not kept. A row lives two hours or until it was sent again.
"""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import salted_hmac

from anju.platform.models import Kind, User
from anju.web.models import HeldPost

KEPT = timedelta(hours=2)
MAX_BYTES = 256 * 1024
MAX_FORMS = 5
#: The hidden field by which a form that is sent again names its row.
FIELD = "_held"
_TOKEN_COOKIE, _ACCOUNT_COOKIE = "anju_held", "anju_account"
_ACCOUNT_DAYS = 30
_NEVER = ("csrfmiddlewaretoken", FIELD)
_SECRETS = ("password", "passwd", "secret", "token")


class Outcome(Enum):
    """What became of a form."""

    HELD = auto()
    TOO_LARGE = auto()
    NOTHING_TO_HOLD = auto()


@dataclass(frozen=True, slots=True)
class Held:
    """A form as it will be sent again."""

    number: str
    path: str
    filled: int
    held_at: datetime
    fields: list[tuple[str, str]]


def hold(request: HttpRequest, response: HttpResponseBase, *, at: datetime) -> Outcome:
    """Keep the fields of a POST for the account that this browser belongs to; the cookie goes with `response`."""
    HeldPost.objects.filter(held_at__lt=at - KEPT).delete()
    user, fields = _account(request), list(_worth_keeping(request))
    if user is None or not fields:
        return Outcome.NOTHING_TO_HOLD
    text = json.dumps(fields, ensure_ascii=False)
    if len(text.encode()) > MAX_BYTES or len(request.get_full_path()) > 2000:
        return Outcome.TOO_LARGE
    token = request.COOKIES.get(_TOKEN_COOKIE) or secrets.token_urlsafe(32)
    HeldPost.objects.create(
        number=secrets.token_hex(16), holder=_holder(token), user=user, path=request.get_full_path(), fields=text,
        filled=sum(1 for _name, value in fields if value.strip()), held_at=at,
    )  # fmt: skip
    beyond = HeldPost.objects.filter(holder=_holder(token)).order_by("-pk").values_list("pk", flat=True)[MAX_FORMS:]
    HeldPost.objects.filter(pk__in=list(beyond)).delete()
    response.set_cookie(
        _TOKEN_COOKIE, token, max_age=KEPT, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )
    return Outcome.HELD


def waiting(request: HttpRequest, user: User, *, at: datetime) -> list[Held]:
    """The forms of this account that this browser sent, the latest first."""
    HeldPost.objects.filter(held_at__lt=at - KEPT).delete()
    token = request.COOKIES.get(_TOKEN_COOKIE)
    if not token:
        return []
    rows = HeldPost.objects.filter(holder=_holder(token), user=user).order_by("-pk")
    return [
        Held(row.number, row.path, row.filled, row.held_at, [(name, value) for name, value in json.loads(row.fields)])
        for row in rows
    ]


def forget_used(request: HttpRequest, user: User) -> None:
    """Delete the row that a form, sent again and accepted, names."""
    if _TOKEN_COOKIE in request.COOKIES and FIELD in request.POST:
        discard(user, request.POST[FIELD])


def discard(user: User, number: str) -> None:
    """Delete one held form of this account."""
    HeldPost.objects.filter(number=number, user=user).delete()


def remember(request: HttpRequest, response: HttpResponseBase, user: User) -> None:
    """Note in a signed cookie whose browser this is, when it does not say so yet."""
    if request.get_signed_cookie(_ACCOUNT_COOKIE, default=None, salt=_ACCOUNT_COOKIE) != str(user.pk):
        response.set_signed_cookie(
            _ACCOUNT_COOKIE, str(user.pk), salt=_ACCOUNT_COOKIE, max_age=timedelta(days=_ACCOUNT_DAYS), httponly=True,
            samesite="Lax", secure=settings.SESSION_COOKIE_SECURE,
        )  # fmt: skip


def remembered_kind(request: HttpRequest) -> Kind | None:
    """The kind of the account that used this browser."""
    user = _account(request)
    return Kind(user.kind) if user else None


def _account(request: HttpRequest) -> User | None:
    number = request.get_signed_cookie(
        _ACCOUNT_COOKIE, default=None, salt=_ACCOUNT_COOKIE, max_age=timedelta(days=_ACCOUNT_DAYS)
    )
    return User.objects.filter(pk=number, is_active=True).first() if number else None


def _worth_keeping(request: HttpRequest) -> Iterator[tuple[str, str]]:
    for name, values in request.POST.lists():
        if name not in _NEVER and not any(word in name.casefold() for word in _SECRETS):
            yield from ((name, value) for value in values if isinstance(value, str))


def _holder(token: str) -> str:
    return salted_hmac("anju.web.held", token, algorithm="sha256").hexdigest()
