"""Sign-ins in the audit log. A typed name that no account has is not written down: people type passwords there."""

from datetime import datetime
from typing import Literal

from anju.platform import audit
from anju.platform.models import User

_UNKNOWN = "unknown"


def record_sign_in(
    *,
    outcome: Literal["succeeded", "failed", "locked", "code-failed"],
    username: str,
    address: str,
    at: datetime,
    method: str = "password",
) -> None:
    """Record an attempt for the account of that name. The one who failed is unknown, whatever the name."""
    account = User.objects.filter(username=username).values_list("pk", flat=True).first()
    audit.record(
        actor=username if outcome == "succeeded" else _UNKNOWN,
        action=f"sign-in.{outcome}",
        object_kind="user",
        object_reference=_UNKNOWN if account is None else str(account),
        detail={"address": address, "method": method},
        at=at,
    )
