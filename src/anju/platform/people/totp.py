"""Time-based one-time codes (RFC 6238): six digits, thirty seconds, SHA-1, as every authenticator app reads them."""

import base64
import hmac
import secrets
import struct
from datetime import datetime

PERIOD = 30
_DIGITS = 6


def new_secret() -> str:
    """A secret of 160 bits in base32."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def step_at(at: datetime) -> int:
    """The number of the thirty seconds in which `at` lies."""
    return int(at.timestamp()) // PERIOD


def code_of(secret: str, step: int) -> str:
    """The six digits of one step."""
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", step), "sha1")
    offset = digest[-1] & 0x0F
    value = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{value % 10**_DIGITS:0{_DIGITS}}"


def seconds_left(at: datetime) -> int:
    """How long the code of `at` is still shown by an app."""
    return PERIOD - int(at.timestamp()) % PERIOD
