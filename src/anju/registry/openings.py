"""个人账户设立: a unit opens personal accounts for its people, one or a whole list, in one transaction.

The unit's row is held, so two lists of one unit come one after the other; that one person has one account (条例 Art. 13)
is the database's constraint, whoever else opens one at the same moment.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction

from anju.kernel.i18n import gettext as _
from anju.kernel.identity import Document, DocumentKind, parse_document
from anju.kernel.money import Fen
from anju.kernel.periods import Month
from anju.platform import audit
from anju.platform.refusals import Refusals, told
from anju.registry.errors import MemberKnownError, OpeningRefusedError, UnknownUnitError
from anju.registry.models import Change, ChangeKind, Unit, UnitState
from anju.registry.operations import NewMember, month_number, open_member_accounts

_REFUSALS: Refusals = {
    "registry_member_one_account": (
        MemberKnownError,
        "document_number",
        "该证件号码已有个人账户，一人只能有一个账户；请核对号码，已有账户的请办理启封或同城转移",
    ),
}
#: States of a unit in which it takes on members.
OPEN_UNITS = frozenset({UnitState.NORMAL, UnitState.OPENED, UnitState.DEFERRED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A personal account to open. `base` in fen, at whose height the caller looked; codes of `code_lists.yaml`."""

    name: str
    document_number: str
    phone: str
    base: Fen
    first_month: Month
    document_type: str = str(DocumentKind.IDENTITY_CARD)
    document_country: str = "CHN"


def open_members(
    *, unit_number: str, openings: Sequence[Opening], business_date: date, actor: str, at: datetime, case: str = ""
) -> list[str]:
    """Open accounts at a unit under numbers of the center's own, in the order given; the numbers come back.

    The same case again gives the accounts that it opened. Raises UnknownUnitError, MemberKnownError,
    OpeningRefusedError, and the typed errors of kernel.identity; then none was opened.
    """
    with transaction.atomic():
        unit = Unit.objects.select_for_update().filter(number=unit_number).first()
        if case and (known := _opened_by(case)):
            return known
        if unit is None or unit.state not in OPEN_UNITS:
            raise UnknownUnitError(_("单位不存在，或已封存、销户，不能设立职工账户"), field="unit")
        documents = [_readable(opening, business_date) for opening in openings]
        _refuse(unit, openings, documents)
        numbers = _next_numbers(len(openings))
        members = [
            NewMember(
                number=number, name=opening.name, identity_number=document.value, phone=opening.phone,
                unit_number=unit.number, base=opening.base, opened=business_date, first_month=opening.first_month,
                document_type=document.kind, document_country=document.country, case_number=case,
            )
            for number, opening, document in zip(numbers, openings, documents, strict=True)
        ]  # fmt: skip
        with told(_REFUSALS), transaction.atomic():
            open_member_accounts(members=members)
        _record(unit, members, business_date, actor, at, case)
    return numbers


def _readable(opening: Opening, today: date) -> Document:
    return parse_document(opening.document_type, opening.document_number, opening.document_country, today=today)


def _refuse(unit: Unit, openings: Sequence[Opening], documents: Sequence[Document]) -> None:
    """What stands on the list itself. Raises OpeningRefusedError."""
    if not openings:
        raise OpeningRefusedError(_("没有要设立的账户，请填写职工"), field="sheet")
    if len(set(documents)) < len(documents):
        raise OpeningRefusedError(_("名单中有证件号码重复，请删除重复的行"), field="sheet")
    opened = Month.of(unit.opened_date)
    if any(opening.first_month < opened for opening in openings):
        message = _("起缴年月不能早于单位开户的 {month}，请核对").format(month=opened)
        raise OpeningRefusedError(message, field="first_month")
    if any(opening.base <= 0 for opening in openings):
        raise OpeningRefusedError(_("缴存基数应为正数，请核对"), field="base")


def _opened_by(case: str) -> list[str]:
    changes = Change.objects.filter(case_number=case, kind=ChangeKind.MEMBER_OPENED).order_by("id")
    return list(changes.values_list("number", flat=True))


def _next_numbers(count: int) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 'M' || lpad(nextval('registry_member_number')::text, 10, '0') FROM generate_series(1, %s)", [count]
        )
        return [number for (number,) in cursor.fetchall()]


def _record(unit: Unit, members: Sequence[NewMember], day: date, actor: str, at: datetime, case: str) -> None:
    """A change on file for each account; in the audit log one line for the unit, which the case and these rows explain."""
    Change.objects.bulk_create(
        (
            Change(
                kind=ChangeKind.MEMBER_OPENED, number=member.number, case_number=case, day=day, key=f"{member.number}/1",
                content=json.dumps({"before": {}, "after": _after(member)}, ensure_ascii=False),
            )
            for member in members
        ),
        batch_size=2000,
    )  # fmt: skip
    alone = members[0] if len(members) == 1 else None
    audit.record(
        actor=actor, action="registry.member-opened", object_kind="member" if alone else "unit",
        object_reference=alone.number if alone else unit.number,
        detail={"unit": unit.number, "members": len(members), "first": members[0].number, "case": case},
        at=at, business_date=day,
    )  # fmt: skip


def _after(member: NewMember) -> dict[str, str]:
    assert member.first_month is not None
    return {
        "name": member.name, "document_type": member.document_type, "document_country": member.document_country,
        "identity": member.identity_number, "phone": member.phone, "unit": member.unit_number,
        "base": str(member.base), "first_month": str(month_number(member.first_month)),
    }  # fmt: skip
