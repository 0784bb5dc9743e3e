"""Every hour: what signing in leaves behind and nobody needs any more is removed."""

from datetime import UTC, datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session

from anju.platform.jobs import app
from anju.registry.models import MemberActivation
from anju.web import sign_in_held
from anju.web.models import HeldPost


@app.periodic(cron="20 * * * *")
@app.task(name="sign-in.cleanup", queue="nightly", queueing_lock="sign-in.cleanup")
def clean_up(timestamp: int) -> None:
    """Remove what is over at `timestamp` (seconds, UTC): sessions, held forms, activation codes."""
    now = datetime.fromtimestamp(timestamp, UTC)
    HeldPost.objects.filter(held_at__lt=now - sign_in_held.KEPT).delete()
    MemberActivation.objects.filter(expires_at__lte=now).delete()
    Session.objects.filter(expire_date__lte=now).delete()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
