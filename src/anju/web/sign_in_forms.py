"""The forms of signing in and signing up. What was typed stays, unless it is a secret or a number of a person."""

import re
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from anju.kernel.errors import AnjuError
from anju.kernel.identity import parse_identity_number, parse_phone
from anju.kernel.text import clean_name
from anju.platform.models import User
from anju.platform.people.second_factor import accept_code
from anju.web.forms import SecretInput
from anju.web.sign_in_audit import record_sign_in
from anju.web.sign_in_doors import DOORS, Door
from anju.web.throttle import allow_attempt, forget_attempts

_USERNAME = re.compile(r"\A[A-Za-z][A-Za-z0-9_.-]{3,29}\Z")
_LOCKED = _("尝试次数过多，请 15 分钟后再试；忘记口令请联系系统管理员")


class SignInForm(AuthenticationForm):
    """Name and password at one door. Wrong name and wrong password give one and the same answer."""

    error_messages = {
        "invalid_login": _("用户名或口令不正确，请核对后重试"),
        "inactive": _("用户名或口令不正确，请核对后重试"),
        "locked": _LOCKED,
    }

    def __init__(self, *args: Any, door: Door, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.door = door
        self.fields["username"].label = _("用户名")
        self.fields["username"].error_messages = {"required": _("请填写用户名")}
        self.fields["password"].label = _("口令")
        self.fields["password"].error_messages = {"required": _("请填写口令")}

    def clean(self) -> dict[str, Any]:
        """Count the attempt, check the password, record a failure; a success is recorded when it is complete."""
        username = self.cleaned_data.get("username")
        if not username or not self.cleaned_data.get("password"):
            return self.cleaned_data
        address = self.request.META.get("REMOTE_ADDR", "") if self.request else ""
        now = timezone.now()
        if not allow_attempt(username=username, address=address, now=now):
            raise ValidationError(self.error_messages["locked"], code="locked")
        try:
            cleaned: dict[str, Any] = super().clean()
        except ValidationError:
            record_sign_in(outcome="failed", username=username, address=address, at=now)
            raise
        forget_attempts(username=username, address=address)
        return cleaned

    def confirm_login_allowed(self, user: Any) -> None:
        """Said only to somebody who knows the password: another door is the right one."""
        super().confirm_login_allowed(user)
        right = next(door for kind, door in DOORS.items() if kind == user.kind)
        if right != self.door:
            message = gettext("此账号请从“{door}”页面登录").format(door=right.title)
            raise ValidationError(message, code="door")


class CodeForm(forms.Form):
    """The one-time code of a device, or a recovery code."""

    code = forms.CharField(
        label=_("验证码"),
        max_length=20,
        widget=SecretInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        help_text=_("打开身份验证器，填写六位数字。设备不在身边时填写恢复码"),
        error_messages={"required": _("请填写验证码"), "max_length": _("验证码过长，请核对")},
    )

    def __init__(self, *args: Any, user: User, address: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.address = user, address

    def clean_code(self) -> str:
        """Count the attempt, then look at the code."""
        now, name = timezone.now(), self.user.username
        if not allow_attempt(username=name, address="", now=now, scope="code"):
            raise ValidationError(_LOCKED)
        self.authenticator = accept_code(user=self.user, code=self.cleaned_data["code"], at=now)
        if self.authenticator is None:
            record_sign_in(outcome="code-failed", username=name, address=self.address, at=now, method="code")
            raise ValidationError(gettext("验证码不正确或已经用过，请等下一组数字再填"))
        forget_attempts(username=name, address="", scope="code")
        return ""


class SetUpForm(forms.Form):
    """The first code of a device."""

    code = forms.CharField(
        label=_("验证码"),
        max_length=20,
        widget=SecretInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        help_text=_("添加后，填写身份验证器显示的六位数字"),
        error_messages={"required": _("请填写验证码"), "max_length": _("验证码过长，请核对")},
    )


def username_field() -> forms.RegexField:
    """A sign-in name that holds nobody's number: it stands in logs."""
    return forms.RegexField(
        _USERNAME,
        label=_("登录名"),
        help_text=_("4 至 30 个字母、数字或 _ . -，以字母开头；请勿使用证件号码、手机号码"),
        error_messages={
            "required": _("请填写登录名"), "invalid": _("登录名须以字母开头，由 4 至 30 个字母、数字或 _ . - 组成"),
        },
        widget=forms.TextInput(attrs={"autocomplete": "username", "spellcheck": "false"}),
    )  # fmt: skip


def _password(label: Any, *, new: bool, hint: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password" if new else "current-password"}),
        error_messages={"required": _("请填写口令")},
    )


class _OwnPassword(forms.Form):
    """A password, twice. Whether it is strong enough the operation says."""

    def clean(self) -> dict[str, Any]:
        """Both the same."""
        first, again = self.cleaned_data.get("password"), self.cleaned_data.get("password_again")
        if first and again and first != again:
            self.add_error("password_again", gettext("两次填写的口令不同，请重新填写"))
        return self.cleaned_data


class PersonForm(forms.Form):
    """Who somebody is."""

    name = forms.CharField(label=_("姓名"), max_length=60, error_messages={"required": _("请填写姓名")})
    identity_number = forms.CharField(
        label=_("证件号码"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("请填写证件号码"), "max_length": _("号码过长，请核对")},
    )
    phone = forms.CharField(
        label=_("手机号码"),
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
        error_messages={"required": _("请填写手机号码"), "max_length": _("号码过长，请核对")},
    )

    def clean_name(self) -> str:
        return _parsed(clean_name, self.cleaned_data["name"])

    def clean_identity_number(self) -> str:
        return _parsed(lambda text: parse_identity_number(text).value, self.cleaned_data["identity_number"])

    def clean_phone(self) -> str:
        return _parsed(parse_phone, self.cleaned_data["phone"])


class EmployerSignUpForm(PersonForm, _OwnPassword):
    """A unit clerk's account."""

    username = username_field()
    password = _password(_("口令"), new=True, hint=_("至少 10 个字符，不要只用数字"))
    password_again = _password(_("再填一次口令"), new=True)


class MemberSignUpForm(_OwnPassword):
    """A member's account, by the code from the counter."""

    number = forms.CharField(
        label=_("个人账号或证件号码"),
        max_length=40,
        widget=SecretInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("请填写个人账号或证件号码"), "max_length": _("号码过长，请核对")},
    )
    code = forms.CharField(
        label=_("激活码"),
        max_length=20,
        widget=SecretInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("柜台核对证件后发给您的 10 位激活码，24 小时内有效"),
        error_messages={"required": _("请填写激活码"), "max_length": _("激活码过长，请核对")},
    )
    username = username_field()
    password = _password(_("口令"), new=True, hint=_("至少 10 个字符，不要只用数字"))
    password_again = _password(_("再填一次口令"), new=True)


class ChangePasswordForm(_OwnPassword):
    """The old password, and a new one twice."""

    old_password = _password(_("现在的口令"), new=False)
    password = _password(_("新口令"), new=True, hint=_("至少 10 个字符，不要只用数字"))
    password_again = _password(_("再填一次新口令"), new=True)


def _parsed(parse: Any, text: str) -> str:
    try:
        value: str = parse(text)
    except AnjuError as error:
        raise ValidationError(error.message) from None
    return value


def refuse(form: forms.Form, error: AnjuError) -> None:
    """Show an anticipated error at the field that it names, else at the top."""
    form.add_error(error.field if error.field in form.fields else None, error.message)
