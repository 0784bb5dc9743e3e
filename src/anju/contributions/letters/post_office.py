"""Messages out and in: each is kept sealed before it is sent and worked once by its sender's serial.

Outgoing messages wait in the table until the platform has taken them; the same message keeps its serial however often
it is sent, so a lost reply does no harm.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Protocol

from django.conf import settings
from django.db import connection, transaction

from anju.contributions.letters.messages import Head, Message
from anju.contributions.models_letters import Letter, LetterMessage


class Transport(Protocol):
    """The way to the platform. Raises OSError when it cannot be reached or does not answer in time."""

    def send(self, head: Head, body: Mapping[str, str]) -> None:
        """Hand over a message; returns when the platform has it."""

    def fetch(self, after: int) -> list[tuple[int, Head, Mapping[str, Any]]]:
        """Messages for this center after a number, with their numbers, in order."""


def own_code() -> str:
    """This center's institution code."""
    return str(settings.ANJU_INSTITUTION)


def write(*, letter: Letter, message: Message, at: datetime) -> LetterMessage:
    """Keep a message to the partner, to be sent. Called in the transaction that moves the letter."""
    serial = _serial(at)
    key = f"{own_code()}:{serial}"
    content = json.dumps(asdict(message), ensure_ascii=False)
    return LetterMessage.objects.create(
        letter=letter, sender=own_code(), serial=serial, code=message.code, key=key, content=content, at=at
    )


def keep(*, letter: Letter, head: Head, message: Message, at: datetime) -> None:
    """Put a message that was received on file; its unique serial is what makes the work happen once."""
    LetterMessage.objects.create(
        letter=letter, sender=head.sender, serial=head.serial, code=head.code, key=f"{head.sender}:{head.serial}",
        content=json.dumps(asdict(message), ensure_ascii=False), at=at, answered_at=at,
    )  # fmt: skip


def known(head: Head) -> bool:
    """Whether this message was worked before."""
    return LetterMessage.objects.filter(sender=head.sender, serial=head.serial).exists()


def send_waiting(*, transport: Transport, at: datetime, limit: int = 200) -> tuple[int, int]:
    """Send what waits, oldest first: (sent, failed). A message that fails waits for the next time."""
    waiting = LetterMessage.objects.filter(sender=own_code(), answered_at=None).order_by("id")
    sent = failed = 0
    for pk in list(waiting.values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            row = LetterMessage.objects.select_for_update(skip_locked=True).select_related("letter").filter(
                pk=pk, answered_at=None
            ).first()  # fmt: skip
            if row is None:
                continue
            head = Head(code=row.code, sender=own_code(), receiver=row.letter.partner, serial=row.serial)
            try:
                transport.send(head, json.loads(row.content))
            except OSError:
                failed += 1
                continue
            row.answered_at = at
            row.save(update_fields=["answered_at"])
            sent += 1
    return sent, failed


def _serial(at: datetime) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('contributions_lettermessage_serial')")
        return f"{at:%Y%m%d}{cursor.fetchone()[0]:010d}"
