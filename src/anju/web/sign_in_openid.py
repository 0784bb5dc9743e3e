"""Sign-in by an OpenID Connect provider that vouches for identity numbers, for members and unit clerks.

The account is found by the identity number and the door's kind, each time anew; nothing of the provider's answer is
stored or logged. The token's signature is checked against the provider's keys, also when it came straight from it.
"""

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from anju.kernel.errors import AnjuError
from anju.kernel.identity import parse_identity_number
from anju.platform.models import Kind, User
from anju.web.sign_in_doors import DOORS

PROVIDER = "openid"


def on_unknown_subject(*, identity_number: str, kind: Kind) -> User | None:
    """Called when nobody of this kind has the identity number: a center that makes accounts here returns one."""
    return None


def failed(request: HttpRequest) -> HttpResponse:
    """The page of a sign-in that came to nothing."""
    return render(request, "anju/openid_failed.html", {"doors": DOORS.values()}, status=401)


class PersonOAuth2Adapter(OpenIDConnectOAuth2Adapter):
    """Speaks to the provider."""

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        """The claims of the token, its signature checked, and of the provider's user page."""
        self.did_fetch_access_token = False  # allauth checks no signature of a token that it fetched itself
        if not kwargs["response"].get("id_token"):
            raise OAuth2Error("no id_token")
        login: SocialLogin = super().complete_login(request, app, token, **kwargs)
        return login

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return request.build_absolute_uri(reverse("openid-callback"))


class PersonProvider(OpenIDConnectProvider):
    """The one provider of a center."""

    oauth2_adapter_class = PersonOAuth2Adapter

    def get_default_scope(self) -> list[str]:
        return ["openid", "profile"]


class OpenIdAdapter(DefaultSocialAccountAdapter):
    """The provider comes from the settings; no account comes into being by itself."""

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> PersonProvider:
        """Raises SocialApp.DoesNotExist when the center has none."""
        told = settings.ANJU_OPENID
        if told is None or provider != PROVIDER:
            raise SocialApp.DoesNotExist
        app = SocialApp(
            provider="openid_connect", provider_id=PROVIDER, name=told.name, client_id=told.client_id,
            secret=told.client_secret, settings={"server_url": told.issuer, "oauth_pkce_enabled": True},
        )  # fmt: skip
        return PersonProvider(request, app=app)

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find the account; the provider's answer is forgotten."""
        claims, sociallogin.account.extra_data = sociallogin.account.extra_data, {}
        kind, number = Kind(sociallogin.state["data"]["kind"]), _identity_number(claims)
        if number is None:
            return
        found = User.objects.filter(person__identity_index=number, kind=kind, is_active=True).order_by("pk").first()
        user = found or on_unknown_subject(identity_number=number, kind=kind)
        if user is not None:
            sociallogin.user = user

    def on_authentication_error(self, request: HttpRequest, provider: Any, *_facts: Any, **_more: Any) -> None:
        """One page for whatever went wrong there."""
        raise ImmediateHttpResponse(failed(request))

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """The provider knows the person, the center does not: say what to do."""
        door = DOORS[Kind(sociallogin.state["data"]["kind"])]
        page = render(
            request, "anju/openid_unknown.html", {"door": door, "provider": sociallogin.provider.app.name}, status=403
        )
        raise ImmediateHttpResponse(page)


def _identity_number(claims: dict[str, Any]) -> str | None:
    """The number in its one form. The user page counts only when it speaks of the token's subject."""
    token, page = claims["id_token"], claims.get("userinfo") or {}
    claim = settings.ANJU_OPENID.identity_claim if settings.ANJU_OPENID else ""
    value = token.get(claim) or (page.get(claim) if page.get("sub") == token["sub"] else None)
    try:
        return parse_identity_number(value).value if isinstance(value, str) else None
    except AnjuError:
        return None
