"""Writes of the registry: units and members come in, members change state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction

from anju.kernel.identity import parse_credit_code, parse_document, parse_phone
from anju.kernel.money import Fen
from anju.kernel.periods import Month
from anju.kernel.rates import Ppm
from anju.kernel.text import clean_name
from anju.ledger.operations import NewAccount, open_accounts
from anju.registry.code_lists import IDENTITY_CARD
from anju.registry.models import (
    Employment,
    Member,
    MemberBase,
    MemberState,
    SpellBegan,
    SpellEnded,
    Unit,
    UnitTerms,
)  # fmt: skip

#: Subject of what is received and not yet allocated (暂收): a unit's own account under it.
SUSPENSE = "219"
_FIRST_DAY = date(1990, 1, 1)


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
    """A personal account to open (个人账户设立). `base` in fen; `first_month` the first that is paid for, else the opening's.

    `identity_number` is the number of the document, whose kind and country are codes of `code_lists.yaml`.
    """

    number: str
    name: str
    identity_number: str
    phone: str
    unit_number: str
    base: Fen
    opened: date
    first_month: Month | None = None
    document_type: str = IDENTITY_CARD
    document_country: str = "CHN"
    case_number: str = ""


@transaction.atomic
def register_units(*, units: Sequence[NewUnit]) -> None:
    """Register units, each with its suspense account and its first terms.

    Raises typed errors for a wrong credit code or name; a known number is a database error.
    """
    accounts = open_accounts(accounts=[NewAccount(unit.number, SUSPENSE, unit.opened) for unit in units])
    made = Unit.objects.bulk_create(
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
            suspense_id=accounts[unit.number],
        )
        for unit in units
    )
    UnitTerms.objects.bulk_create(
        UnitTerms(
            unit=unit, first_month=month_number(_month_of_opening(unit.opened_date)), unit_ratio=unit.unit_ratio,
            person_ratio=unit.person_ratio,
        )
        for unit in made
    )  # fmt: skip


@transaction.atomic
def open_member_accounts(*, members: Sequence[NewMember]) -> None:
    """Open personal accounts, each with its account under subject 201, its first base and its first spell.

    One person has one account: the identity number's blind index is unique, so the database refuses a second.
    """
    accounts = open_accounts(accounts=[NewAccount(member.number, "201", member.opened) for member in members])
    units = dict(Unit.objects.filter(number__in={m.unit_number for m in members}).values_list("number", "id"))
    rows = [
        Member(
            number=member.number,
            name=clean_name(member.name),
            **_document(member),
            phone=parse_phone(member.phone),
            unit_id=units[member.unit_number],
            base=member.base,
            account_id=accounts[member.number],
            opened_date=member.opened,
        )
        for member in members
    ]
    Member.objects.bulk_create(rows, batch_size=2000)
    first = {member.number: month_number(member.first_month or _month_of_opening(member.opened)) for member in members}
    MemberBase.objects.bulk_create(
        (
            MemberBase(member=row, first_month=first[row.number], amount=row.base, case_number=member.case_number)
            for row, member in zip(rows, members, strict=True)
        ),
        batch_size=5000,
    )
    Employment.objects.bulk_create(
        (
            Employment(
                member=row, unit_id=row.unit_id, first_month=first[row.number], began_by=SpellBegan.OPENED
            )
            for row in rows
        ),
        batch_size=5000,
    )  # fmt: skip


def _document(member: NewMember) -> dict[str, Any]:
    read = parse_document(member.document_type, member.identity_number, member.document_country)
    return {"identity": read.value, "document_type": read.kind.value, "document_country": read.country}


@transaction.atomic
def seal_members(
    *, numbers: Sequence[str], sealed: date, last_month: Month | None = None, reason: SpellEnded = SpellEnded.OTHER
) -> int:
    """Seal accounts (封存) whose holders left; they keep earning interest. Returns how many changed state.

    `last_month` is the last that the unit pays for, else the month before the day of sealing.
    """
    members = Member.objects.filter(number__in=numbers, state=MemberState.NORMAL).select_for_update()
    pks = list(members.order_by("pk").values_list("pk", flat=True))
    Member.objects.filter(pk__in=pks).update(state=MemberState.SEALED, sealed_date=sealed)
    end_spells(members=pks, last_month=last_month or Month.of(sealed).plus(-1), reason=reason)
    return len(pks)


def end_spells(*, members: Sequence[int], last_month: Month, reason: SpellEnded) -> None:
    """End the current spells of members (ids). One that began later than `last_month` holds no month."""
    Employment.objects.filter(member__in=members, last_month=None).update(
        last_month=month_number(last_month), ended_by=reason
    )


def begin_spells(*, members: Sequence[int], unit: int, first_month: Month, reason: SpellBegan) -> None:
    """Begin a spell of each member (ids) at a unit; the database refuses one that overlaps another."""
    Employment.objects.bulk_create(
        (
            Employment(member_id=member, unit_id=unit, first_month=month_number(first_month), began_by=reason)
            for member in members
        ),
        batch_size=5000,
    )


@transaction.atomic
def adjust_bases(*, bases: Sequence[tuple[str, Fen]], first_month: Month, case_number: str = "") -> int:
    """Set new contribution bases in fen (缴存基数年度调整) by member number, from a month on; how many.

    A second adjustment for the same month replaces the first one of it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH wanted AS (
                SELECT m.id, w.amount FROM unnest(%s::text[], %s::bigint[]) AS w (number, amount)
                  JOIN registry_member m ON m.number = w.number
            ), kept AS (
                INSERT INTO registry_memberbase (member_id, first_month, amount, case_number)
                SELECT id, %s, amount, %s FROM wanted ORDER BY id
                ON CONFLICT (member_id, first_month) DO UPDATE SET amount = EXCLUDED.amount, case_number = EXCLUDED.case_number
            ), changed AS (
                UPDATE registry_member m SET base = w.amount FROM wanted w WHERE m.id = w.id RETURNING 1
            )
            SELECT count(*) FROM changed
            """,
            [
                [number for number, _base in bases],
                [base for _number, base in bases],
                month_number(first_month),
                case_number,
            ],
        )
        changed: int = cursor.fetchone()[0]
    return changed


def _month_of_opening(opened: date) -> Month:
    """The month of a day; records say earlier ones for what existed before there were months to contribute for."""
    return Month.of(max(opened, _FIRST_DAY))


def month_number(month: Month) -> int:
    """A month as the integer yyyymm that tables keep."""
    return month.year * 100 + month.number


def month_of(number: int) -> Month:
    """The month of an integer yyyymm."""
    return Month(number // 100, number % 100)
