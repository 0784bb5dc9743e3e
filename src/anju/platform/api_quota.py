"""How often somebody asked within this minute, counted in the database: several server processes share one count."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.utils.crypto import salted_hmac

_COUNT = """
INSERT INTO platform_apiquota (key, minute, requests) VALUES (%s, %s, 1)
ON CONFLICT (key, minute) DO UPDATE SET requests = platform_apiquota.requests + 1
RETURNING requests
"""
#: Minutes that are over. Whoever opens a minute sweeps, a bounded number, and waits for nobody.
_SWEEP = """
DELETE FROM platform_apiquota WHERE id IN (
    SELECT id FROM platform_apiquota WHERE minute < %s LIMIT 1000 FOR UPDATE SKIP LOCKED)
"""


@dataclass(frozen=True, slots=True)
class Count:
    """Where a caller stands: the limit of a minute, what is left of it, and seconds until the next minute."""

    limit: int
    requests: int
    reset: int

    @property
    def exceeded(self) -> bool:
        """Whether this request is one too many."""
        return self.requests > self.limit

    @property
    def remaining(self) -> int:
        """Requests left in this minute."""
        return max(0, self.limit - self.requests)


def count(*, caller: str, limit: int, at: datetime) -> Count:
    """Count one request of a caller; the caller's name is kept as a digest only."""
    minute, second = divmod(int(at.timestamp()), 60)
    key = salted_hmac("anju.api.quota", caller, algorithm="sha256").hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [key, minute])
        requests: int = cursor.fetchone()[0]
        if requests == 1:
            cursor.execute(_SWEEP, [minute - 1])
    return Count(limit, requests, 60 - second)
