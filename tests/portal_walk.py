"""What tests of the portals share: sign-ins with their accounts, and forms sent as a browser sends them."""

import re
import uuid
from html import unescape

from django.test import Client

from anju.cases.models import Case
from anju.platform.people.models import Kind, User
from anju.registry.models import MemberSignIn, Unit, UnitAgent
from item_walk import DAY, a_member, serial
from item_walk import credit_code as new_credit_code
from anju.kernel.periods import Month
from anju.registry.operations import NewUnit, register_units
from anju.platform.people.operations import open_sign_in, register_person
from sign_ins import AT, PASSWORD


def a_unit(name: str = "洞庭测试单位") -> Unit:
    number = f"7{serial()}"
    register_units(
        units=[
            NewUnit(
                number=number, name=name, credit_code=new_credit_code(), office="市直", sector="机关",
                unit_ratio=80_000, person_ratio=80_000, opened=DAY, paid_to=Month(2026, 4),
            )
        ]
    )  # fmt: skip
    return Unit.objects.get(number=number)


def a_sign_in(kind: Kind, *, password: str | None = None, phone: str | None = None, name: str = "周小乔") -> User:
    return open_sign_in(
        username=f"u{uuid.uuid4().hex[:12]}", password=password, person=register_person(name=name, phone=phone or ""),
        by="tests", at=AT, kind=kind,
    )  # fmt: skip


def clerk(*units: Unit, **facts) -> User:
    """A unit clerk who acts for these units."""
    user = a_sign_in(Kind.UNIT, **facts)
    for unit in units:
        UnitAgent.objects.create(user=user, unit=unit, since=DAY)
    return user


def member_user(**facts) -> User:
    """A member's sign-in with an account of its own."""
    user = a_sign_in(Kind.MEMBER, **facts)
    MemberSignIn.objects.create(user=user, member=a_member())
    return user
