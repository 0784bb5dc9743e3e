"""Units register and members change their data: one transaction each, the record before and after kept sealed.

The audit log says who changed which fields; the values stand only in `Change`, sealed. A case changes a record once.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Count

from anju.kernel.i18n import gettext as _
from anju.kernel.identity import Document, parse_credit_code, parse_document, parse_identity_number, parse_phone
from anju.kernel.periods import Month
from anju.kernel.rates import Ppm
from anju.kernel.text import clean_name
from anju.ledger.operations import NewAccount, open_accounts
from anju.platform import audit
from anju.platform.people.models import User
from anju.platform.people.operations import change_person
from anju.platform.refusals import Refusals, told
from anju.registry.code_lists import IDENTITY_CARD
from anju.registry.errors import MemberKnownError, NothingToChangeError, UnitKnownError, UnknownMemberError
from anju.registry.models import Change, ChangeKind, Member, MemberSignIn, Unit, UnitAgent, UnitTerms
from anju.registry.operations import SUSPENSE, month_number

_REFUSALS: Refusals = {
    "registry_unit_credit_code_key": (UnitKnownError, "credit_code", "该统一社会信用代码已登记，请勿重复办理"),
    "registry_member_one_account": (
        MemberKnownError,
        "identity_number",
        "该证件号码已有个人账户，一人只能有一个账户；请核对号码，确属本人的请办理账户合并",
    ),
}


#: What is kept in step with a column, and so saved with it.
_BESIDE = {
    "identity": ("identity_index",), "phone": ("phone_index",), "name": ("name_spelling", "name_initials"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A unit's registration (单位缴存登记): fields of JGJ/T 320 table 4.0.2. Ratios in ppm, codes of `code_lists.yaml`.

    `office` is the name of an office; `first_month` the first month that the unit remits for.
    """

    name: str
    credit_code: str
    sector: str
    industry: str
    economic_type: str
    affiliation: str
    established: date
    address: str
    postcode: str
    office: str
    legal_name: str
    legal_document_type: str
    legal_number: str
    agent_name: str
    agent_number: str
    agent_phone: str
    payday: int
    bank: str
    unit_ratio: Ppm
    person_ratio: Ppm
    first_month: Month


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberChange:
    """What a member wants changed; None or empty: as it is. A document is an identity card's number, or one of a kind."""

    name: str | None = None
    identity_number: str | None = None
    document_type: str | None = None
    document_number: str | None = None
    document_country: str | None = None
    phone: str | None = None
    address: str | None = None
    email: str | None = None


def register_unit(
    *,
    registration: Registration,
    business_date: date,
    actor: str,
    at: datetime,
    case: str = "",
    agent: User | None = None,
) -> Unit:
    """Register a unit under a number of its own, with its suspense account; `agent` acts for it from now on.

    The same case again gives the unit that it registered. Raises UnitKnownError, and the typed errors of
    kernel.identity for wrong numbers.
    """
    with transaction.atomic():
        known = case and Change.objects.filter(kind=ChangeKind.UNIT_REGISTERED, case_number=case).first()
        if known:
            return Unit.objects.get(number=known.number)
        unit = _new_unit(registration, business_date)
        _save(unit)
        UnitTerms.objects.create(
            unit=unit, first_month=month_number(registration.first_month), unit_ratio=unit.unit_ratio,
            person_ratio=unit.person_ratio, case_number=case,
        )  # fmt: skip
        if agent is not None:
            UnitAgent.objects.create(user=agent, unit=unit, since=business_date)
        after = {name: str(getattr(registration, name)) for name in Registration.__slots__}
        keep(ChangeKind.UNIT_REGISTERED, unit.number, {}, after, business_date, actor, at, case)
    return unit


def change_member(
    *, number: str, change: MemberChange, business_date: date, actor: str, at: datetime, case: str = ""
) -> Member:
    """Change a member's data (个人信息变更). The same case again changes nothing more.

    The person at the member's sign-in follows. Raises UnknownMemberError, MemberKnownError when another member has the
    identity number, OtherPersonError when another person has it, NothingToChangeError, and the typed errors of
    kernel.identity.
    """
    with transaction.atomic():
        member = Member.objects.select_for_update().filter(number=number).first()
        if member is None:
            raise UnknownMemberError(_("没有此个人账号，请核对"), field="number")
        if case and Change.objects.filter(kind=ChangeKind.MEMBER_CHANGED, case_number=case).exists():
            return member
        after = differences(member, change)
        if not after:
            raise NothingToChangeError(_("没有要变更的内容：填写的与登记的相同"))
        before = {name: getattr(member, name) or "" for name in after}
        for name, value in after.items():
            setattr(member, name, value)
        _save(member, with_what_follows(after))
        _let_person_follow(member)
        keep(ChangeKind.MEMBER_CHANGED, number, before, after, business_date, actor, at, case)
    return member


def with_what_follows(columns: Iterable[str]) -> list[str]:
    """Columns of a unit or a member to save, with those that are kept in step with them."""
    return [each for column in columns for each in (column, *_BESIDE.get(column, ()))]


def differences(member: Member, change: MemberChange) -> dict[str, str]:
    """The columns of a member that the change would give another value, each with the new one in canonical form."""
    document = new_document(change)
    wanted = {
        "name": change.name and clean_name(change.name),
        "identity": document and document.value,
        # Who had another document gets an identity card with the number.
        "document_type": document and str(document.kind),
        "document_country": document and document.country,
        "phone": change.phone and parse_phone(change.phone),
        "address": change.address and clean_name(change.address),
        "email": change.email and clean_name(change.email),
    }
    return {name: value for name, value in wanted.items() if value and value != getattr(member, name)}


def new_document(change: MemberChange) -> Document | None:
    """The document that the change brings; None when it brings none. Raises the typed errors of kernel.identity."""
    if change.identity_number:
        return parse_document(IDENTITY_CARD, change.identity_number)
    if change.document_number:
        return parse_document(change.document_type or "", change.document_number, change.document_country or "")
    return None


def _let_person_follow(member: Member) -> None:
    sign_in = MemberSignIn.objects.select_related("user__person").filter(member=member).first()
    if sign_in is not None and sign_in.user.person is not None:
        change_person(
            person=sign_in.user.person, name=member.name, identity_number=member.identity_number, phone=member.phone
        )


def _new_unit(registration: Registration, opened: date) -> Unit:
    number = _next_unit_number()
    (account,) = open_accounts(accounts=[NewAccount(number, SUSPENSE, opened, _("单位暂收"))]).values()
    sealed: dict[str, Any] = {
        "legal_number": registration.legal_number,
        "agent_number": parse_identity_number(registration.agent_number).value,
        "agent_phone": parse_phone(registration.agent_phone),
    }
    return Unit(
        number=number, name=clean_name(registration.name), credit_code=parse_credit_code(registration.credit_code),
        sector=registration.sector, industry=registration.industry, economic_type=registration.economic_type,
        affiliation=registration.affiliation, established_date=registration.established,
        address=clean_name(registration.address), postcode=registration.postcode, office=registration.office,
        legal_name=clean_name(registration.legal_name), legal_document_type=registration.legal_document_type,
        agent_name=clean_name(registration.agent_name), payday=registration.payday,
        bank_name=clean_name(registration.bank), unit_ratio=registration.unit_ratio,
        person_ratio=registration.person_ratio, opened_date=opened, suspense_id=account,
        paid_to=month_number(registration.first_month.plus(-1)), **sealed,
    )  # fmt: skip


def _next_unit_number() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'D' || lpad(nextval('registry_unit_number')::text, 9, '0')")
        number: str = cursor.fetchone()[0]
    return number


def _save(row: Unit | Member, fields: list[str] | None = None) -> None:
    """Save; a number that another row took meanwhile is told as a typed error."""
    with told(_REFUSALS), transaction.atomic():
        row.save(update_fields=fields)


def keep(
    kind: ChangeKind,
    number: str,
    before: Mapping[str, str],
    after: Mapping[str, str],
    day: date,
    actor: str,
    at: datetime,
    case: str,
) -> None:
    """Put the change on file. The caller holds the record's lock, or has just made it: the count is safe."""
    count = Change.objects.filter(number=number).count() + 1
    Change.objects.create(
        kind=kind, number=number, case_number=case, day=day, key=f"{number}/{count}",
        content=json.dumps({"before": dict(before), "after": dict(after)}, ensure_ascii=False),
    )  # fmt: skip
    audit.record(
        actor=actor, action=f"registry.{kind.replace('_', '-')}", object_kind=kind.split("_")[0],
        object_reference=number, detail={"fields": sorted(after), "case": case}, at=at, business_date=day,
    )  # fmt: skip


def keep_each(
    kind: ChangeKind,
    changes: Sequence[tuple[str, Mapping[str, str], Mapping[str, str]]],
    day: date,
    actor: str,
    at: datetime,
    case: str,
) -> None:
    """As `keep`, for many records (number, before, after) in a few statements."""
    numbers = [number for number, _before, _after in changes]
    rows = Change.objects.filter(number__in=numbers).values_list("number").annotate(Count("id")).order_by()
    known = dict(rows)
    Change.objects.bulk_create(
        (
            Change(
                kind=kind, number=number, case_number=case, day=day, key=f"{number}/{known.get(number, 0) + 1}",
                content=json.dumps({"before": dict(before), "after": dict(after)}, ensure_ascii=False),
            )
            for number, before, after in changes
        ),
        batch_size=2000,
    )  # fmt: skip
    audit.record_each(
        actor=actor, action=f"registry.{kind.replace('_', '-')}", object_kind=kind.split("_")[0], at=at,
        objects=[(number, {"fields": sorted(after), "case": case}) for number, _before, after in changes],
        business_date=day,
    )  # fmt: skip
