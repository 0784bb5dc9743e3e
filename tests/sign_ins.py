"""Sign-ins for tests: each staff account has a person of its own unless one is given."""

import itertools
import time
from datetime import UTC, date, datetime, timedelta

from anju.kernel.identity import credit_code_check_char, identity_check_digit
from anju.kernel.periods import Month
from anju.platform.people.models import Kind, Office, Person, Role, User
from anju.platform.people.operations import open_sign_in, register_person
from anju.registry.models import Member
from anju.registry.operations import NewMember, NewUnit, open_member_accounts, register_units

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


def new_member() -> Member:
    """A member of a unit of their own."""
    number = identity_number()
    first17, opened = f"91430600{number[-10:-1]}", date(2024, 1, 2)
    unit = NewUnit(
        number=f"U{number[6:17]}", name="测试单位", credit_code=first17 + credit_code_check_char(first17), office="市直",
        sector="机关", unit_ratio=50_000, person_ratio=50_000, opened=opened, paid_to=Month(2023, 12),
    )  # fmt: skip
    register_units(units=[unit])
    person = NewMember(
        number=f"M{number[6:17]}", name="王小明", identity_number=number, phone="13912345678", unit_number=unit.number,
        base=500_000, opened=opened,
    )  # fmt: skip
    open_member_accounts(members=[person])
    return Member.objects.get(identity_index=number)
