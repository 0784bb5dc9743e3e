"""Whose rows they are: members of the unit found by document, all of a part at once."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import connection

from anju.contributions.roster import RowProblem
from anju.contributions.sheets.declarations import Context, Given
from anju.kernel.i18n import gettext as _
from anju.kernel.identity import mask_identity_number
from anju.kernel.money import Fen
from anju.platform.key_file import keyring
from anju.platform.sealed_fields import BlindIndexField
from anju.registry.models import Member, MemberState

#: Headings of the columns that say who somebody is.
_NUMBER, _NAME, IDENTITY = "个人账号", "姓名", "证件号码"


@dataclass(frozen=True, slots=True)
class Known:
    """What lists ask about a member: a model instance with its twenty fields is too much for each of 100 000 rows."""

    pk: int
    number: str
    name: str
    state: str
    unit_id: int
    base: Fen


def digest(identity: str) -> bytes:
    """The blind index of an identity number."""
    field = Member._meta.get_field("identity_index")
    assert isinstance(field, BlindIndexField)
    return field.digest(identity)


def digests(identities: Collection[str]) -> dict[bytes, str]:
    """The identity numbers by their blind indexes; the key file is looked at once."""
    field = Member._meta.get_field("identity_index")
    assert isinstance(field, BlindIndexField)
    index, place = keyring().blind_index, field.index_place
    return {index(identity, place): identity for identity in identities}


def members_by_identity(identities: Collection[str]) -> dict[str, list[Known]]:
    """The members who have these document numbers, which several countries may give; no sealed value is opened."""
    found: dict[str, list[Known]] = defaultdict(list)
    by_digest = digests(identities)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT identity_index, id, number, name, state, unit_id, base FROM registry_member"
            " WHERE identity_index = ANY (%s) AND state <> %s ORDER BY closed_date IS NOT NULL, id",
            [list(by_digest), str(MemberState.MERGED)],
        )
        for index, *rest in cursor.fetchall():
            found[by_digest[bytes(index)]].append(Known(*rest))
    return found


#: Every state that an account found by its document can be in: what of it is wrong is then for the kind to say.
ANY_STATE = tuple(MemberState)


def matched(
    rows: Sequence[Given],
    context: Context,
    *,
    states: Collection[str] = (MemberState.NORMAL,),
    anywhere: bool = False,
) -> tuple[list[tuple[Given, Known]], list[RowProblem]]:
    """Rows with their members, who must be of that name and number, in one of these states, and of the unit.

    `anywhere`: other units' people too. Then a wrong name is told as no account is: nobody learns of one by trying.
    """
    known = members_by_identity({row.values["identity_number"] for row in rows})
    good: list[tuple[Given, Known]] = []
    problems: list[RowProblem] = []
    for row in rows:
        member = _meant(row, known.get(row.values["identity_number"], []))
        wrong = _stranger(row, member, context, anywhere=anywhere) or _wrong(row, member, states)
        if wrong is not None:
            problems.append(wrong)
        elif member is not None:
            good.append((row, member))
    return good, problems


def _meant(row: Given, holders: Sequence[Known]) -> Known | None:
    """The holder whom the row means: the one of its name, else the first; an open account before one that has closed."""
    named = (each for each in holders if each.name == row.values["name"])
    return next(named, holders[0] if holders else None)


def _stranger(row: Given, member: Known | None, context: Context, *, anywhere: bool) -> RowProblem | None:
    if anywhere and (member is None or member.name != row.values["name"]):
        words = _("没有此人的个人账户，或姓名与证件号码不符，请核对；没有账户的请先设立")
        return RowProblem(row.line, IDENTITY, _masked(row), "NOT_KNOWN", words)
    if not anywhere and (member is None or member.unit_id != context.unit.pk):
        words = _("不是本单位职工，请核对证件号码；新职工请先设立账户或转入")
        return RowProblem(row.line, IDENTITY, _masked(row), "NOT_OF_UNIT", words)
    return None


def _wrong(row: Given, member: Known | None, states: Collection[str]) -> RowProblem | None:
    assert member is not None
    number = row.values.get("account_number")
    if number and number != member.number:
        return RowProblem(row.line, _NUMBER, number, "NUMBER_DIFFERS", _("与该证件号码的个人账号不符，请核对或留空"))
    if row.values["name"] != member.name:
        return RowProblem(
            row.line, _NAME, row.values["name"], "NAME_DIFFERS", _("与登记的姓名不符，请核对；改名请办理个人信息变更")
        )
    if member.state not in states:
        words = _("个人账户状态为“{state}”，不能列入；请先办理启封或解冻").format(state=MemberState(member.state).label)
        return RowProblem(row.line, IDENTITY, _masked(row), "STATE", words)
    return None


def _masked(row: Given) -> str:
    return mask_identity_number(row.values["identity_number"])
