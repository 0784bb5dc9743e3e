"""Sign-ins for tests: each staff account has a person of its own unless one is given."""

import itertools
import time
from datetime import UTC, date, datetime, timedelta

from anju.kernel.identity import identity_check_digit
from anju.platform.people.models import Kind, Office, Person, Role, User
from anju.platform.people.operations import open_sign_in, register_person

AT = datetime(2024, 5, 6, 1, 0, tzinfo=UTC)
PASSWORD = "stone-bridge-river"
_serial = itertools.count(int(time.time()) % 600_000 * 1000)


def staff(
    username: str, role: str, *, name: str = "甲", office: Office | None = None, person: Person | None = None
) -> User:
    """An account of staff; `role` may be empty: no post yet."""
    return open_sign_in(
        username=username, password=PASSWORD, person=person or register_person(name=name), by="tests", at=AT,
        role=Role(role) if role else None, office=office,
    )  # fmt: skip


def outsider(username: str, kind: Kind, *, name: str = "乙", person: Person | None = None) -> User:
    """A unit clerk's or a member's account."""
    return open_sign_in(
        username=username, password=PASSWORD, person=person or register_person(name=name), by="tests", at=AT, kind=kind
    )


def identity_number() -> str:
    """An identity number that no other test has."""
    serial = f"{next(_serial):09}"
    day = date(1951, 1, 1) + timedelta(days=int(serial[:-3]) % 18_000)
    first17 = f"42{int(serial[:-3]) // 18_000:04}{day:%Y%m%d}{serial[-3:]}"
    return first17 + identity_check_digit(first17)
