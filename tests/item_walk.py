"""What tests of service items share: numbers that nobody else has, actors, and a case walked from draft to effect."""

import io
import itertools
import time
import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from django.db import connection

import uploads
from anju.cases import catalogue, operations
from anju.cases.actors import Actor
from anju.cases.declarations import ApplicantKind, Channel, Material, Source
from anju.cases.models import Case
from anju.cases.states import Verb
from anju.cases.transition import transition
from anju.kernel.identity import credit_code_check_char, identity_check_digit
from anju.kernel.periods import Month
from anju.platform.files.operations import store
from anju.platform.people.models import Kind, Person, Role
from anju.platform.people.operations import open_sign_in, register_person
from anju.registry.models import Member
from anju.registry.operations import NewMember, NewUnit, open_member_accounts, register_units

AT, DAY = datetime(2026, 5, 11, 1, 0, tzinfo=UTC), date(2026, 5, 11)
_serial = itertools.count(int(time.time() * 10) % 9_000_000 * 100)


def serial() -> str:
    """Nine digits that no other row of this run has."""
    return f"{next(_serial) % 1_000_000_000:09}"


def credit_code() -> str:
    first17 = f"91430600{serial()}"
    return first17 + credit_code_check_char(first17)


def identity_number() -> str:
    digits = serial()
    day = date(1960, 1, 1) + timedelta(days=int(digits[:4]))
    first17 = f"43{digits[4:6]}{'02'}{day:%Y%m%d}{digits[6:9]}"
    return first17 + identity_check_digit(first17)


def phone() -> str:
    return f"13{serial()}"


def actor(role: str = "teller", *, person: Person | None = None) -> Actor:
    """A member of staff, who never signs in here: no password to hash."""
    return _sign_in(Kind.STAFF, role=Role(role), person=person)


def caller(kind: Kind, *accounts: str) -> Actor:
    """A sign-in of a portal, acting for accounts of its kind."""
    return replace(_sign_in(kind), references=frozenset((str(kind), number) for number in accounts))


def _sign_in(kind: Kind, *, role: Role | None = None, person: Person | None = None) -> Actor:
    return Actor.of(
        open_sign_in(
            username=uuid.uuid4().hex, password=None, person=person or register_person(name="甲"), by="tests", at=AT,
            kind=kind, role=role,
        )
    )  # fmt: skip


def a_member(name: str = "王小明") -> Member:
    """A member with an account at a unit of their own."""
    number = serial()
    unit = NewUnit(
        number=f"7{number}", name="测试单位", credit_code=credit_code(), office="市直", sector="机关",
        unit_ratio=50_000, person_ratio=50_000, opened=DAY, paid_to=Month(2026, 4),
    )  # fmt: skip
    register_units(units=[unit])
    account = NewMember(
        number=f"6{number}", name=name, identity_number=identity_number(), phone=phone(), unit_number=unit.number,
        base=500_000, opened=DAY,
    )  # fmt: skip
    open_member_accounts(members=[account])
    return Member.objects.get(number=account.number)


def draft(code: str, typed: dict, by: Actor, channel: Channel, kind: ApplicantKind, *, reference: str = "") -> Case:
    """A draft with these answers and every paper that they call for."""
    case = operations.open_draft(
        item=code, channel=channel, applicant_kind=kind, reference=reference, actor=by, at=AT, business_date=DAY,
        applicant_person=None if by.is_staff else by.person,
    )  # fmt: skip
    answers = {name: [value] for name, value in typed.items()}
    operations.save_draft(number=case.number, typed=answers, actor=by, at=AT)
    for material in catalogue.item(code).materials:
        if material.asked_for(typed):
            hand_in(case, material, by)
    return case


def hand_in(case: Case, material: Material, by: Actor) -> None:
    """A paper: the evidence of shared data where that will do, else a file."""
    facts = {"number": case.number, "code": material.code, "actor": by, "at": AT}
    if Source.SHARED in material.sources:
        operations.add_material(**facts, source=Source.SHARED, evidence="核验 1 号")
    else:
        paper = store(content=io.BytesIO(uploads.pdf()), name="授权书.pdf", actor=by.username, at=AT)
        operations.add_material(**facts, file=paper.pk)


def submit(case: Case, by: Actor, *, tolerate=()) -> Case:
    return operations.submit(
        number=case.number, expected_version=case.version, actor=by, at=AT, business_date=DAY, tolerate=tolerate
    )


def move(case: Case, verb: Verb, by: Actor, **facts) -> Case:
    return transition(
        number=case.number, verb=verb, expected_version=case.version, actor=by, at=AT, business_date=DAY, **facts
    )


def approved(case: Case) -> Case:
    """The case through review to its effect, by a teller and a reviewer."""
    if case.state == "accepted":
        case = move(case, Verb.FORWARD, actor("teller"))
    return move(case, Verb.APPROVE, actor("reviewer"))


def in_clear(words: str) -> list[str]:
    """Tables of the center whose rows hold this text somewhere in clear."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT EXISTS (SELECT FROM "{table}" t WHERE strpos(t::text, %s) > 0)', [words])
            if cursor.fetchone()[0]:
                found.append(table)
            cursor.execute(
                f'SELECT EXISTS (SELECT FROM "{table}" t WHERE strpos(t::text, %s) > 0)', [words.encode().hex()]
            )
            if cursor.fetchone()[0]:
                found.append(table)
    return found
