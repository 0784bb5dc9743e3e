"""Who asks: a bearer token stands for a sign-in. A session's cookie is not looked at, so there is nothing to forge.

The caller acts with the rights of that sign-in, narrowed by the token's scope, and is counted before anything is done.
"""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from anju.api import limits, openid
from anju.api.errors import ScopeError
from anju.cases.actors import Actor
from anju.kernel.i18n import gettext as _
from anju.platform import api_tokens
from anju.platform.api_models import Scope
from anju.platform.people.models import Kind, User
from anju.registry.queries import member_of, units_of

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Caller:
    """A sign-in through a token: the user, what it acts for, and whether it may write."""

    user: User
    actor: Actor
    may_write: bool


class BearerToken(HttpBearer):
    """`Authorization: Bearer <token>`: a token of this center, or an access token of its OpenID Connect provider."""

    openapi_description = "Token of `anju token add`, or an access token of the center's OpenID Connect provider."

    def authenticate(self, request: HttpRequest, token: str) -> Caller | None:
        """The caller; None when the token is not alive. Raises ScopeError, QuotaError."""
        found = _find(token)
        if found is None:
            return None
        user, may_write, key = found
        request.anju_user_id = user.pk  # type: ignore[attr-defined]  # for the request log
        writes = request.method not in SAFE
        limits.count(
            request, caller=f"{key} {'write' if writes else 'read'}",
            limit=settings.ANJU_API_WRITES if writes else settings.ANJU_API_READS,
        )  # fmt: skip
        if writes and not may_write:
            raise ScopeError(_("此令牌只能读取，请使用读写令牌"))
        return Caller(user, Actor.of(user, references_of(user)), may_write)


def caller_of(request: HttpRequest) -> Caller:
    """The caller of an operation; operations run only for one."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    return caller


def staff_of(request: HttpRequest) -> Caller:
    """The caller, who must be of the center's staff with a post. Raises ScopeError."""
    caller = caller_of(request)
    if not caller.actor.is_staff or not caller.actor.role:
        raise ScopeError(_("此接口供中心工作人员使用"))
    return caller


def references_of(user: User) -> list[tuple[str, str]]:
    """The accounts (applicant kind, number) that a portal's sign-in acts for."""
    if user.kind == Kind.UNIT:
        return [("unit", unit.number) for unit in units_of(user)]
    member = member_of(user) if user.kind == Kind.MEMBER else None
    return [] if member is None else [("member", member.number)]


def _find(secret: str) -> tuple[User, bool, str] | None:
    if secret.startswith(api_tokens.PREFIX):
        now = timezone.now()
        token = api_tokens.find(secret=secret, at=now, day=timezone.localdate(now))
        return None if token is None else (token.user, token.scope == Scope.WRITE, f"token {token.pk}")
    found = openid.find(secret) if openid.accepted() else None
    return None if found is None else (*found, f"user {found[0].pk}")
