"""The second factor of staff: a one-time code, with recovery codes for a lost device.

A code works once: the step of the latest accepted code is kept with the authenticator under its row lock, and only a
later step is accepted. Secrets are sealed (`SealedSecret`); allauth's tables hold their numbers. Attempts are counted
by the caller.
"""

import hmac
import secrets
from datetime import datetime

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.db import transaction

from anju.platform import audit
from anju.platform.people.models import SealedSecret, User
from anju.platform.people.operations import clean_reason, end_sessions, refuse_own
from anju.platform.people.totp import code_of, step_at

#: Steps by which a device's clock may be wrong.
_TOLERANCE = 1


class SecondFactorAdapter(DefaultMFAAdapter):
    """Where allauth would store a secret, it stores the number of a sealed one."""

    def encrypt(self, text: str) -> str:
        """Seal `text`; its number comes back."""
        return SealedSecret.objects.create(number=secrets.token_hex(16), value=text).number

    def decrypt(self, encrypted_text: str) -> str:
        """Open the secret of that number. Raises SealError."""
        return SealedSecret.objects.get(number=encrypted_text).value

    def send_notification_mail(self, *_facts: object, **_more: object) -> None:
        """The audit log tells; there is no mail."""


def has_second_factor(user: User) -> bool:
    """Whether a device is bound to the account."""
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()


@transaction.atomic
def set_up(*, user: User, secret: str, code: str, at: datetime) -> list[str] | None:
    """Bind a device that shows the right code; its recovery codes come back once. None when the code is wrong or a
    device is bound already: replacing one needs the security administrator's reset.
    """
    User.objects.select_for_update().get(pk=user.pk)
    step = _step_of(secret, code, at)
    if step is None or has_second_factor(user):
        return None
    device = TOTP.activate(user, secret).instance
    device.data["step"] = step
    device.save(update_fields=["data"])
    codes: list[str] = RecoveryCodes.activate(user).generate_codes()
    audit.record(
        actor=user.username, action="second-factor.set-up", object_kind="user", object_reference=str(user.pk),
        detail={}, at=at,
    )  # fmt: skip
    return codes


@transaction.atomic
def accept_code(*, user: User, code: str, at: datetime) -> Authenticator | None:
    """The authenticator that this code belongs to, or None: wrong, too old, or used before."""
    code = "".join(code.split())
    bound = Authenticator.objects.select_for_update().filter(user=user)
    authenticator: Authenticator
    for authenticator in bound.exclude(type=Authenticator.Type.WEBAUTHN).order_by("pk"):
        if authenticator.type == Authenticator.Type.TOTP:
            step = _step_of(_secret(authenticator), code, at)
            if step is None or step <= authenticator.data.get("step", -1):
                continue
            authenticator.data["step"] = step
        elif not RecoveryCodes(authenticator).validate_code(code):
            continue
        else:
            authenticator.refresh_from_db()
        authenticator.last_used_at = at
        authenticator.save(update_fields=["data", "last_used_at"])
        return authenticator
    return None


@transaction.atomic
def reset(*, user: User, reason: str, by: str, at: datetime) -> None:
    """Unbind the device and its recovery codes and end the sessions; the next sign-in sets a new one up.

    Raises ReasonMissingError and OwnAccountError.
    """
    reason = clean_reason(reason)
    refuse_own(user=user, by=by)
    forget(user=user)
    end_sessions(user=user)
    audit.record(
        actor=by, action="second-factor.reset", object_kind="user", object_reference=str(user.pk),
        detail={"reason": reason}, at=at,
    )  # fmt: skip


def forget(*, user: User) -> None:
    """Remove what is bound, secrets included."""
    for authenticator in Authenticator.objects.select_for_update().filter(user=user):
        numbers = [authenticator.data[name] for name in ("secret", "seed") if name in authenticator.data]
        SealedSecret.objects.filter(number__in=numbers).delete()
        authenticator.delete()


def bind(*, user: User, secret: str) -> None:
    """Bind a known secret without proof, for a demo that keeps its secrets in a file. Safe to repeat."""
    device = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    if device is not None and _secret(device) == secret:
        return
    with transaction.atomic():
        forget(user=user)
        TOTP.activate(user, secret)


def _secret(authenticator: Authenticator) -> str:
    return SealedSecret.objects.get(number=authenticator.data["secret"]).value


def _step_of(secret: str, code: str, at: datetime) -> int | None:
    now = step_at(at)
    for step in range(now - _TOLERANCE, now + _TOLERANCE + 1):
        if hmac.compare_digest(code_of(secret, step).encode(), code.encode()):
            return step
    return None
