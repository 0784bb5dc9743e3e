"""Sign-in attempts are counted before the password is checked, in the database, so that parallel guesses in several
processes count as well. Ten within fifteen minutes lock the pair of name and address for fifteen minutes; the lock is
audited, attempts that it refuses are not. Other secrets that can be guessed (one-time codes, activation codes) are
counted apart, each under a scope of its own.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.crypto import salted_hmac

from anju.web.models import SignInThrottle
from anju.web.sign_in_audit import record_sign_in

MAX_ATTEMPTS = 10
WINDOW = timedelta(minutes=15)
LOCK = timedelta(minutes=15)
_KEPT = timedelta(days=1)


@transaction.atomic
def allow_attempt(*, username: str, address: str, now: datetime, scope: str = "") -> bool:
    """Count an attempt and say whether it may go on; False while the pair is locked.

    A one-time code (scope "code") is guessed by somebody who knows the password, from as many addresses as they like:
    the caller leaves the address empty, and the account alone counts.
    """
    SignInThrottle.objects.filter(first_attempt_at__lt=now - _KEPT).delete()
    key = _key(username, address, scope)
    SignInThrottle.objects.bulk_create(
        [SignInThrottle(key=key, attempts=0, first_attempt_at=now)], ignore_conflicts=True
    )
    row = SignInThrottle.objects.select_for_update().get(key=key)
    if row.locked_until is not None and now < row.locked_until:
        return False
    if row.locked_until is not None or now - row.first_attempt_at >= WINDOW:
        row.attempts, row.first_attempt_at, row.locked_until = 0, now, None
    row.attempts += 1
    if row.attempts == MAX_ATTEMPTS:
        row.locked_until = now + LOCK  # this one still goes on; the next must wait
        record_sign_in(outcome="locked", username=username, address=address, at=now, method=scope or "password")
    row.save()
    return True


def forget_attempts(*, username: str, address: str, scope: str = "") -> None:
    """A person signed in: their earlier attempts no longer count."""
    SignInThrottle.objects.filter(key=_key(username, address, scope)).delete()


def _key(username: str, address: str, scope: str) -> str:
    text = f"{scope}\0{username.casefold()}\0{address}"
    return salted_hmac("anju.web.throttle", text, algorithm="sha256").hexdigest()
