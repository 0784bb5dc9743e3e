"""How allauth signs somebody in here: the code after the password, an audit row, and back to what was typed before."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.stages import LoginStage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from anju.platform.models import User
from anju.platform.people.second_factor import has_second_factor
from anju.web import sign_in_held
from anju.web.sign_in_audit import record_sign_in
from anju.web.sign_in_doors import home_of


def address_of(request: HttpRequest) -> str:
    """Where a request comes from."""
    return request.META.get("REMOTE_ADDR") or "0.0.0.0"  # noqa: S104 - unknown: a socket without an address


class CodeStage(LoginStage):
    """Between password and session: whoever has bound a device shows its code."""

    key = "code"
    urlname = "sign-in-code"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        """Ask for the code, or go on."""
        user = self.login.user
        return (redirect("sign-in-code") if isinstance(user, User) and has_second_factor(user) else None), True


class AccountAdapter(DefaultAccountAdapter):
    """No sign-up and no mail by allauth."""

    def get_login_stages(self) -> list[str]:
        """What stands between password and session."""
        return [f"{CodeStage.__module__}.{CodeStage.__qualname__}"]

    def get_client_ip(self, request: HttpRequest) -> str:
        """For the sessions page."""
        return address_of(request)

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made in our own pages."""
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The home of the account's kind."""
        return home_of(request.user) if isinstance(request.user, User) else reverse("sign-in")

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        """A closed account is told nothing that an unknown one is not."""
        return redirect("sign-in")

    def add_message(self, *_facts: Any, **_more: Any) -> None:
        """Our pages say what happened."""

    def send_notification_mail(self, *_facts: Any, **_more: Any) -> None:
        """The audit log tells."""

    def post_login(self, request: HttpRequest, user: Any, **facts: Any) -> HttpResponse:
        """Record the sign-in; held forms come before the page that was asked for."""
        response: HttpResponse = super().post_login(request, user, **facts)
        now = timezone.now()
        method = "openid" if "sociallogin" in (facts.get("signal_kwargs") or {}) else "password"
        record_sign_in(outcome="succeeded", username=user.username, address=address_of(request), at=now, method=method)
        return redirect("held") if sign_in_held.waiting(request, user, at=now) else response
