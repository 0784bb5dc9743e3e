"""Access tokens of the OpenID Connect provider: signature, issuer, audience and term are checked, nothing is believed.

The provider says who somebody is by their identity number; which account that is, and what it may do, the center knows.
"""

import json
import urllib.request
from functools import lru_cache
from http.client import HTTPException
from typing import Any

import jwt
from django.conf import settings

from anju.kernel.errors import AnjuError
from anju.kernel.identity import parse_identity_number
from anju.platform.people.models import Kind, Person, User

#: Signatures with the provider's private key only: with a shared secret, whoever checks could also sign.
_ALGORITHMS = ["RS256", "ES256", "PS256"]
_TIMEOUT, _KEYS_KEPT, _LEEWAY, _LONGEST = 5, 300, 10, 8192
#: What a token must say to be used here at all, and to be used for writing.
READ, WRITE = "anju:read", "anju:write"


def accepted() -> bool:
    """Whether this center takes tokens of a provider: it names one, and the audience they must be meant for."""
    return _provider() is not None and bool(settings.ANJU_OIDC_AUDIENCE)


def find(secret: str) -> tuple[User, bool] | None:
    """The account of a token's person, and whether the token may write; None for a token that is not to be believed.

    The person's sign-in as a member comes before one for a unit; staff never sign in this way.
    """
    claims = _claims(secret)
    scopes = set(str((claims or {}).get("scope", "")).split())
    if claims is None or not scopes & {READ, WRITE}:
        return None
    user = _account(str(claims.get(_provider().identity_claim, "")))
    return None if user is None else (user, WRITE in scopes)


def _claims(secret: str) -> dict[str, Any] | None:
    if len(secret) > _LONGEST:
        return None
    try:
        key = _keys(_provider().issuer).get_signing_key_from_jwt(secret)
        claims: dict[str, Any] = jwt.decode(
            secret, key, algorithms=_ALGORITHMS, issuer=_provider().issuer,
            audience=settings.ANJU_OIDC_AUDIENCE, leeway=_LEEWAY,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )  # fmt: skip
    except (jwt.PyJWTError, HTTPException, OSError, ValueError, KeyError):
        return None
    return claims


def _account(identity: str) -> User | None:
    try:
        number = parse_identity_number(identity).value
    except AnjuError:
        return None
    person = Person.objects.filter(identity_index=number).first()
    users = User.objects.filter(person=person, is_active=True, kind__in=[Kind.MEMBER, Kind.UNIT])
    return None if person is None else users.order_by("kind", "id").first()  # "member" before "unit"


def _provider() -> Any:
    """What the settings of the sign-in pages say about the provider: issuer, identity_claim; None without one."""
    return getattr(settings, "ANJU_OPENID", None)


@lru_cache(maxsize=4)
def _keys(issuer: str) -> jwt.PyJWKClient:
    """The provider's keys, kept for five minutes. A provider that does not answer is asked again at the next request."""
    address = f"{issuer}/.well-known/openid-configuration"
    with urllib.request.urlopen(address, timeout=_TIMEOUT) as answer:  # noqa: S310 - the address is a setting
        keys: str = json.load(answer)["jwks_uri"]
    return jwt.PyJWKClient(keys, cache_keys=False, lifespan=_KEYS_KEPT, timeout=_TIMEOUT)
