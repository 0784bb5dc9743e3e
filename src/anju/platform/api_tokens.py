"""Tokens by which programs act for a sign-in: 256 random bits, told once; the database knows only their SHA-256.

A token dies with its day, with its revocation, and with the sign-in that it stands for. Finding one is a look-up of the
digest in a unique index: the time it takes says nothing about the secret.
"""

import hashlib
import secrets
from datetime import date, datetime, timedelta
from typing import ClassVar

from django.db import transaction
from django.db.models import QuerySet

from anju.kernel.errors import AnjuError, InvalidValueError
from anju.kernel.i18n import gettext as _
from anju.kernel.text import clean_name
from anju.platform import audit
from anju.platform.api_models import LONGEST, ApiToken, Scope
from anju.platform.people.models import User

#: What a token looks like, so that one that leaks is recognised by those who search for such things.
PREFIX = "anju_"


class UnknownTokenError(AnjuError):
    """No token of this number."""

    code: ClassVar[str] = "TOKEN_UNKNOWN"


@transaction.atomic
def issue(*, user: User, name: str, scope: Scope, days: int, by: str, at: datetime) -> tuple[ApiToken, str]:
    """A new token, and its secret, which nobody can be told again. `days`: how long it holds, 1 to 365.

    Raises InvalidValueError for a term beyond that, an empty name, or a sign-in that is not active.
    """
    if not 1 <= days <= LONGEST.days:
        raise InvalidValueError(_("令牌有效期为 1 至 365 天"), field="days")
    if not user.is_active:
        raise InvalidValueError(_("账号已停用，不能签发令牌"), field="user")
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user, name=clean_name(name)[:60], scope=scope, digest=_digest(secret), created_at=at,
        expires_at=at + timedelta(days=days),
    )  # fmt: skip
    _record("api-token.issued", token, by, at)
    return token, secret


@transaction.atomic
def revoke(*, number: int, by: str, at: datetime) -> ApiToken:
    """End a token now; one that ended before stays as it is. Raises UnknownTokenError."""
    token = ApiToken.objects.select_for_update(of=("self",)).filter(pk=number).first()
    if token is None:
        raise UnknownTokenError(_("没有此编号的令牌，请用 anju token list 核对"), field="number")
    if token.revoked_at is None:
        token.revoked_at = at
        token.save(update_fields=["revoked_at"])
        _record("api-token.revoked", token, by, at)
    return token


def find(*, secret: str, at: datetime, day: date) -> ApiToken | None:
    """The living token of a secret, noted as used on `day`; None for one that is unknown, ended or of a closed sign-in."""
    living = ApiToken.objects.filter(revoked_at=None, expires_at__gt=at, user__is_active=True)
    token = living.select_related("user").filter(digest=_digest(secret)).first()
    if token is not None and token.used_day != day:
        ApiToken.objects.filter(pk=token.pk).update(used_day=day)
    return token


def holder(*, username: str) -> User:
    """The sign-in of that name. Raises InvalidValueError."""
    user = User.objects.filter(username=username).first()
    if user is None:
        raise InvalidValueError(_("没有此登录名的账号，请核对"), field="username")
    return user


def tokens(*, username: str = "") -> QuerySet[ApiToken]:
    """The tokens of a sign-in or of all, the latest first."""
    found = ApiToken.objects.select_related("user").order_by("-id")
    return found.filter(user__username=username) if username else found


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _record(action: str, token: ApiToken, by: str, at: datetime) -> None:
    audit.record(
        actor=by, action=action, object_kind="api-token", object_reference=str(token.pk),
        detail={"user": token.user_id, "scope": token.scope, "until": f"{token.expires_at:%Y-%m-%d}"}, at=at,
    )  # fmt: skip
