"""Writes of the registry: units and members come in, members change state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from anju.kernel.identity import parse_credit_code, parse_identity_number, parse_phone
from anju.kernel.money import Fen
from anju.kernel.periods import Month
from anju.kernel.rates import Ppm
from anju.kernel.text import clean_name
from anju.ledger.operations import NewAccount, open_accounts
from anju.registry.models import Member, MemberState, Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUnit:
    """A unit to register (单位缴存登记). Ratios in ppm; `paid_to` is the month before its first remittance."""

    number: str
    name: str
    credit_code: str
    office: str
    sector: str
    unit_ratio: Ppm
    person_ratio: Ppm
    opened: date
    paid_to: Month


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMember:
    """A personal account to open (个人账户设立). `base` in fen."""

    number: str
    name: str
    identity_number: str
    phone: str
    unit_number: str
    base: Fen
    opened: date


@transaction.atomic
def register_units(*, units: Sequence[NewUnit]) -> None:
    """Register units. Raises typed errors for a wrong credit code or name; a known number is a database error."""
    Unit.objects.bulk_create(
        Unit(
            number=unit.number,
            name=clean_name(unit.name),
            credit_code=parse_credit_code(unit.credit_code),
            office=unit.office,
            sector=unit.sector,
            unit_ratio=unit.unit_ratio,
            person_ratio=unit.person_ratio,
            opened_date=unit.opened,
            paid_to=month_number(unit.paid_to),
        )
        for unit in units
    )


@transaction.atomic
def open_member_accounts(*, members: Sequence[NewMember]) -> None:
    """Open personal accounts, each with its account under subject 201; one person has one account.

    The identity number's blind index is unique, so a second account for the same person is refused by the database.
    """
    accounts = open_accounts(accounts=[NewAccount(member.number, "201", member.opened) for member in members])
    units = dict(Unit.objects.filter(number__in={m.unit_number for m in members}).values_list("number", "id"))
    rows = []
    for member in members:
        rows.append(
            Member(
                number=member.number,
                name=clean_name(member.name),
                identity=parse_identity_number(member.identity_number).value,
                phone=parse_phone(member.phone),
                unit_id=units[member.unit_number],
                base=member.base,
                account_id=accounts[member.number],
                opened_date=member.opened,
            )
        )
    Member.objects.bulk_create(rows, batch_size=2000)


@transaction.atomic
def seal_members(*, numbers: Sequence[str], sealed: date) -> int:
    """Seal accounts (封存) whose holders left; they keep earning interest. Returns how many changed state."""
    open_members = Member.objects.filter(number__in=numbers, state=MemberState.NORMAL)
    return open_members.update(state=MemberState.SEALED, sealed_date=sealed)


@transaction.atomic
def adjust_bases(*, bases: Sequence[tuple[str, Fen]]) -> None:
    """Set new contribution bases in fen (缴存基数年度调整) by member number."""
    wanted = dict(bases)
    members = list(Member.objects.filter(number__in=wanted))
    for member in members:
        member.base = wanted[member.number]
    Member.objects.bulk_update(members, ["base"], batch_size=2000)


def month_number(month: Month) -> int:
    """A month as the integer yyyymm that tables keep."""
    return month.year * 100 + month.number
