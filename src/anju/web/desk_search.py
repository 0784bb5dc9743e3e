"""What one box finds: a case by its number, cases of an account or a person, units by their name; only of the scope.

Whoever looks for a person by number leaves a line in the audit log, which names the account and never the number typed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from anju.cases import queries
from anju.cases.actors import Actor
from anju.cases.models import Case
from anju.kernel.errors import AnjuError
from anju.kernel.identity import mask_name, parse_identity_number
from anju.kernel.text import clean_name, squeeze
from anju.platform import audit
from anju.platform.people.models import Office, Person
from anju.registry.models import Member, Unit
from anju.registry.search import find_member, find_units

_CASE = re.compile(r"[A-Z]\d{2}\d{6}\d{8,}")
_UNITS, _CASES = 20, 50


@dataclass(frozen=True, slots=True)
class Found:
    """What was found: cases; units to choose from; the account that the number names, with its holder."""

    cases: list[Case] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)
    unit: Unit | None = None
    member: Member | None = None
    holder: str = ""
    by_number: bool = False


def find(text: str, *, actor: Actor, at: datetime) -> Found:
    """Look for a case number, an account, an identity number, then a unit's name, in this order."""
    number = squeeze(text).upper()
    if _CASE.fullmatch(number):
        return Found(queries.search(actor=actor, number=number, limit=1), by_number=True)
    unit = Unit.objects.filter(number=number).first() or Unit.objects.filter(credit_code=number).first()
    if unit is not None:
        return Found(queries.search(actor=actor, reference=unit.number, limit=_CASES), unit=unit, holder=unit.name)
    member = find_member(number)
    identity = _identity(number)
    person = Person.objects.filter(identity_index=identity).first() if identity is not None else None
    if member is not None or person is not None:
        return _of_person(member, person, actor, at)
    return _by_name(text, actor)


def _of_person(member: Member | None, person: Person | None, actor: Actor, at: datetime) -> Found:
    reference = member.number if member is not None else person.number if person is not None else ""
    audit.record(
        actor=actor.username, action="member.search" if member else "person.search",
        object_kind="member" if member else "person", object_reference=reference, detail={"page": "desk-search"}, at=at,
    )  # fmt: skip
    cases = queries.search(actor=actor, reference=member.number, limit=_CASES) if member else []
    if person is not None:
        known = {case.pk for case in cases}
        cases += [c for c in queries.search(actor=actor, person=person.pk, limit=_CASES) if c.pk not in known]
    name = member.name if member is not None else person.name if person is not None else ""
    return Found(_latest_first(cases), member=member, holder=mask_name(name))


def _by_name(text: str, actor: Actor) -> Found:
    try:
        name = clean_name(text)
    except AnjuError:
        return Found()
    if len(name) < 2:
        return Found()
    office = Office.objects.filter(pk=actor.office).values_list("name", flat=True).first() if actor.office else None
    return Found(units=find_units(name, office=office or "").rows[:_UNITS])


def _identity(number: str) -> str | None:
    try:
        return parse_identity_number(number).value
    except AnjuError:
        return None


def _latest_first(cases: Sequence[Case]) -> list[Case]:
    return sorted(cases, key=lambda case: -case.pk)[:_CASES]
