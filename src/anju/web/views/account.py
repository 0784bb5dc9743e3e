"""Signing in at three doors, the second factor, the password."""

import base64
from typing import Any

from allauth.account.internal.decorators import login_stage_required
from allauth.account.utils import perform_login
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from qrcode.image.svg import SvgPathFillImage
from qrcode.main import QRCode

from anju.kernel.errors import AnjuError
from anju.platform.key_file import keyring
from anju.platform.models import Kind, User
from anju.platform.people import second_factor as factor
from anju.platform.people import totp
from anju.platform.people.operations import change_password, end_sessions
from anju.platform.sealing import SealError
from anju.web import sign_in_held
from anju.web.access import viewer
from anju.web.sign_in_adapter import CodeStage, address_of
from anju.web.sign_in_doors import DOORS, home_of
from anju.web.sign_in_forms import ChangePasswordForm, CodeForm, SetUpForm, SignInForm, refuse
from anju.web.sign_in_second_factor import note_proof
from anju.web.throttle import allow_attempt, forget_attempts

_PENDING = "second_factor_pending"
_LOCKED = "尝试次数过多，请 15 分钟后再试"


@method_decorator(sensitive_post_parameters("username", "password"), name="dispatch")
class SignIn(LoginView):
    """Name and password at one door, then what the account has to show besides, then the page that was asked for."""

    template_name = "anju/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True
    kind = Kind.STAFF

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "door": DOORS[self.kind]}

    def get_default_redirect_url(self) -> str:
        user = self.request.user
        return home_of(user) if isinstance(user, User) else reverse(DOORS[self.kind].home)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        onward = self.get_redirect_url() or home_of(form.get_user())
        response: HttpResponse = perform_login(
            self.request, form.get_user(), email_verification="none", redirect_url=onward
        )
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        openid = settings.ANJU_OPENID if self.kind != Kind.STAFF else None
        others = [door for kind, door in DOORS.items() if kind != self.kind]
        return super().get_context_data(**kwargs, door=DOORS[self.kind], others=others, openid=openid)


@sensitive_post_parameters("code")
@login_stage_required(stage=CodeStage.key, redirect_urlname="sign-in")  # type: ignore[untyped-decorator]
def code(request: HttpRequest) -> HttpResponse:
    """The second step: a code from the device."""
    stage = request._login_stage  # type: ignore[attr-defined]  # noqa: SLF001 - left there by allauth
    user = stage.login.user
    form = CodeForm(request.POST if request.method == "POST" else None, user=user, address=address_of(request))
    if request.method == "POST" and form.is_valid() and form.authenticator is not None:
        note_proof(request, user, form.authenticator)
        response: HttpResponse = stage.exit()
        return response
    return render(request, "anju/sign_in_code.html", {"form": form})


@sensitive_post_parameters("code")
def second_factor(request: HttpRequest) -> HttpResponse:
    """Bind a device: a picture and a text to scan or type, then its first code; recovery codes are shown this once."""
    user = viewer(request)
    if factor.has_second_factor(user):
        return render(request, "anju/second_factor_bound.html")
    form = SetUpForm(request.POST if request.method == "POST" else None)
    secret = _pending_secret(request, user)
    if request.method == "POST" and form.is_valid():
        codes = _set_up(form, user, secret)
        if codes is not None:
            del request.session[_PENDING]
            note_proof(request, user, Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP))
            waiting = sign_in_held.waiting(request, user, at=timezone.now())
            onward = reverse("held") if waiting else home_of(user)
            return render(request, "anju/second_factor_codes.html", {"codes": codes, "onward": onward})
    context = {"form": form, "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))}
    return render(request, "anju/second_factor.html", {**context, "picture": _picture(user, secret)})


@sensitive_post_parameters("old_password", "password", "password_again")
def password(request: HttpRequest) -> HttpResponse:
    """Another password; all other sessions of the account end."""
    user = viewer(request)
    form = ChangePasswordForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _changed(form, user):
        update_session_auth_hash(request, user)
        UserSession.objects.create_from_request(request)
        end_sessions(user=user, but=request.session.session_key)
        messages.success(request, _("口令已更换，其他登录已退出"))
        return redirect("sessions")
    return render(request, "anju/password.html", {"form": form, "initial": user.password_is_initial})


def held(request: HttpRequest) -> HttpResponse:
    """What was typed when the session had ended: send it again, or let it go."""
    user = viewer(request)
    if request.method == "POST":
        sign_in_held.discard(user, request.POST.get("discard", ""))
        return redirect("held")
    forms = sign_in_held.waiting(request, user, at=timezone.now())
    if not forms:
        return redirect(home_of(user))
    return render(request, "anju/held.html", {"forms": forms, "field": sign_in_held.FIELD, "onward": home_of(user)})


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this session; its account's door is next."""
    door = DOORS[Kind(viewer(request).kind)]
    UserSession.objects.filter(session_key=request.session.session_key).delete()
    logout(request)
    return redirect(door.page)


def _set_up(form: SetUpForm, user: User, secret: str) -> list[str] | None:
    now = timezone.now()
    if not allow_attempt(username=user.username, address="", now=now, scope="code"):
        form.add_error("code", _(_LOCKED))
        return None
    codes = factor.set_up(user=user, secret=secret, code="".join(form.cleaned_data["code"].split()), at=now)
    if codes is None:
        form.add_error("code", _("验证码不正确，请核对设备时间，等下一组数字再填"))
    else:
        forget_attempts(username=user.username, address="", scope="code")
    return codes


def _changed(form: ChangePasswordForm, user: User) -> bool:
    now = timezone.now()
    if not allow_attempt(username=user.username, address="", now=now, scope="old-password"):
        form.add_error("old_password", _(_LOCKED))
        return False
    if not user.check_password(form.cleaned_data["old_password"]):
        form.add_error("old_password", _("现在的口令不正确，请核对后重试"))
        return False
    forget_attempts(username=user.username, address="", scope="old-password")
    if form.cleaned_data["old_password"] == form.cleaned_data["password"]:
        form.add_error("password", _("新口令不能与现在的口令相同"))
        return False
    try:
        change_password(user=user, password=form.cleaned_data["password"], at=now)
    except AnjuError as error:
        refuse(form, error)
        return False
    return True


def _pending_secret(request: HttpRequest, user: User) -> str:
    """The secret that this session offers, the same until it is bound; sealed, for sessions lie in the database."""
    place = f"web.second_factor\0{user.pk}"
    pending = request.session.get(_PENDING)
    if pending:
        try:
            return keyring().unseal(bytes.fromhex(pending), place)
        except SealError:
            pass  # sealed with a key that is gone: offer another
    secret = totp.new_secret()
    request.session[_PENDING] = keyring().seal(secret, place).hex()
    return secret


def _picture(user: User, secret: str) -> str:
    """The QR code that an authenticator app scans, as the address of a picture."""
    url = factor.SecondFactorAdapter().build_totp_url(user, secret)
    code = QRCode(image_factory=SvgPathFillImage)
    code.add_data(url)  # type: ignore[no-untyped-call]
    image: bytes = code.make_image().to_string()  # type: ignore[no-untyped-call]
    return f"data:image/svg+xml;base64,{base64.b64encode(image).decode()}"
