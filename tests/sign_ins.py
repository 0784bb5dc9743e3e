"""Sign-ins for tests: each staff account has a person of its own unless one is given."""

from datetime import UTC, datetime

from anju.platform.people.models import Kind, Office, Person, Role, User
from anju.platform.people.operations import open_sign_in, register_person

AT = datetime(2024, 5, 6, 1, 0, tzinfo=UTC)
PASSWORD = "stone-bridge-river"


def staff(
    username: str, role: str, *, name: str = "甲", office: Office | None = None, person: Person | None = None
) -> User:
    """An account of staff; `role` may be empty: no post yet."""
    return open_sign_in(
        username=username, password=PASSWORD, person=person or register_person(name=name), by="tests", at=AT,
        role=Role(role) if role else None, office=office,
    )  # fmt: skip


def outsider(username: str, kind: Kind, *, name: str = "乙") -> User:
    """A unit clerk's or a member's account."""
    return open_sign_in(
        username=username, password=PASSWORD, person=register_person(name=name), by="tests", at=AT, kind=kind
    )
