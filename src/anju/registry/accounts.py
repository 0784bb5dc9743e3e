"""Personal accounts change state and unit: sealing, unsealing, moves inside the city, merging of two of one person.

Every write is one transaction, all members of a call or none. Locks: units by id, members by id, then the ledger. A case
that takes effect again changes nothing. JGJ/T 320 table 5.0.2; 条例 Art. 15.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen
from anju.kernel.periods import Month
from anju.ledger.models import Balance
from anju.platform.refusals import Refusals, told
from anju.registry import account_rules as rules
from anju.registry.account_rules import Standing
from anju.registry.changes import keep_each
from anju.registry.errors import AccountsRefusedError, UnknownMemberError, UnknownUnitError
from anju.registry.models import (
    Change,
    ChangeKind,
    Member,
    MemberState,
    SpellBegan,
    SpellEnded,
    Unit,
    UnitState,
)
from anju.registry.models_accounts import FreezeState, Move
from anju.registry.operations import adjust_bases, begin_spells, end_spells

#: Accounts that one application may name.
AT_ONCE = 500
#: Faulty accounts that a refusal names.
_TOLD = 50
_OVERLAP = (AccountsRefusedError, "first_month", "起缴年月与原单位的缴存月份重叠，请改为其后的月份")
_REFUSALS: Refusals = {"registry_employment_apart": _OVERLAP, "registry_employment_one_current": _OVERLAP}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Under what something is done: the business day, who does it, the instant, the case."""

    business_date: date
    actor: str
    at: datetime
    case: str = ""


@dataclass(frozen=True, slots=True)
class Leaving:
    """A member whose account is sealed: the account number, the last month that the unit pays for, why."""

    number: str
    last_month: Month
    reason: SpellEnded


@dataclass(frozen=True, slots=True)
class Joining:
    """A member who begins at a unit: the account number and the new base in fen."""

    number: str
    base: Fen


def seal_fault(member: Member, unit: str, last_month: Month) -> str:
    """Why the unit cannot seal this account after `last_month`; empty: it can. A frozen one can be sealed."""
    now = _standing(member)
    own = member.unit_id if member.unit.number == unit else 0
    return rules.seal_fault(now, own) or rules.last_month_fault(now, last_month)


def unseal_fault(member: Member, first_month: Month) -> str:
    """Why this account cannot be unsealed from a month on; empty: it can."""
    now = _standing(member)
    return rules.unseal_fault(now) or rules.first_month_fault(now, first_month)


def move_fault(member: Member, unit: str, first_month: Month) -> str:
    """Why this account cannot move to the unit from a month on; empty: it can."""
    if member.closed_date is not None:
        return _("账户已销户")
    if member.unit.number == unit:
        return _("已是该单位的账户；封存的请办理启封")
    if member.freezes.filter(state=FreezeState.ACTIVE).exists():
        return _("账户已冻结，须先解除")
    return rules.first_month_fault(_standing(member), first_month)


def seal(*, unit: str, numbers: Sequence[str], last_month: Month, reason: SpellEnded, deed: Deed) -> int:
    """Seal accounts of a unit (封存): it owes for them up to `last_month`; money stays and bears interest. How many.

    Raises AccountsRefusedError with the reason of each account, UnknownMemberError, UnknownUnitError.
    """
    return seal_each(unit=unit, leaving=[Leaving(number, last_month, reason) for number in numbers], deed=deed)


@transaction.atomic
def seal_each(*, unit: str, leaving: Sequence[Leaving], deed: Deed, most: int = AT_ONCE) -> int:
    """As `seal`, each account after a month and for a reason of its own; a checked list may name up to `most`."""
    members = locked(units=[unit], numbers=[each.number for each in leaving], most=most)
    if _done(ChangeKind.MEMBER_SEALED, deed):
        return 0
    own, wanted = Unit.objects.get(number=unit).pk, {each.number: each for each in leaving}
    now = rules.standings([member.pk for member in members])
    refuse(
        members,
        lambda each: (
            rules.seal_fault(now[each.pk], own) or rules.last_month_fault(now[each.pk], wanted[each.number].last_month)
        ),
    )
    after = {
        member.number: {"state": MemberState.SEALED, "last_month": str(wanted[member.number].last_month)}
        for member in members
    }
    _change(ChangeKind.MEMBER_SEALED, members, after, deed)
    pks = [member.pk for member in members]
    Member.objects.filter(pk__in=pks, state=MemberState.NORMAL).update(state=MemberState.SEALED)
    Member.objects.filter(pk__in=pks).update(sealed_date=deed.business_date)
    ends: dict[tuple[Month, SpellEnded], list[int]] = defaultdict(list)
    for member in members:
        ends[wanted[member.number].last_month, wanted[member.number].reason].append(member.pk)
    for (last_month, reason), some in ends.items():
        end_spells(members=some, last_month=last_month, reason=reason)
    return len(pks)


def unseal(*, unit: str, joining: Sequence[Joining], first_month: Month, deed: Deed) -> int:
    """Unseal accounts (启封) at their unit or another: the unit owes for them from `first_month` on. How many.

    Raises as `seal`; of two units that unseal one person at once, the second is told that somebody contributes.
    """
    return unseal_each(unit=unit, joining=_from_month(joining, first_month), deed=deed)


@transaction.atomic
def unseal_each(*, unit: str, joining: Mapping[Joining, Month], deed: Deed, most: int = AT_ONCE) -> int:
    """As `unseal`, each account from a month of its own; a checked list may name up to `most`."""
    members = _locked_with_units(unit, list(joining), most)
    if _done(ChangeKind.MEMBER_UNSEALED, deed):
        return 0
    first = {each.number: month for each, month in joining.items()}
    now = rules.standings([member.pk for member in members])
    refuse(
        members,
        lambda each: rules.unseal_fault(now[each.pk]) or rules.first_month_fault(now[each.pk], first[each.number]),
    )
    _join(members, unit, joining, (ChangeKind.MEMBER_UNSEALED, SpellBegan.UNSEALED), deed)
    return len(members)


@transaction.atomic
def move(*, unit: str, joining: Sequence[Joining], first_month: Month, deed: Deed) -> int:
    """Move accounts to another unit of the city (同城转移), which owes for them from `first_month` on. How many.

    The account stays the person's: no entry is booked, the unit's sum follows from its members. Raises as `seal`.
    """
    members = _locked_with_units(unit, joining, AT_ONCE)
    if _done(ChangeKind.MEMBER_MOVED, deed):
        return 0
    refuse(members, lambda each: move_fault(each, unit, first_month))
    with told(_REFUSALS):
        end_spells(
            members=[each.pk for each in members], last_month=first_month.plus(-1), reason=SpellEnded.TRANSFERRED
        )
    moving = _from_month(joining, first_month)
    _join(members, unit, moving, (ChangeKind.MEMBER_MOVED, SpellBegan.TRANSFERRED), deed)
    return len(members)


def locked(*, units: Sequence[str], numbers: Sequence[str], most: int = AT_ONCE) -> list[Member]:
    """Lock units, then members, each by id; the members as they are now. Call inside of a transaction.

    Raises UnknownUnitError, UnknownMemberError, AccountsRefusedError for none or too many.
    """
    if not 1 <= len(set(numbers)) <= most:
        raise AccountsRefusedError(_("一次可办 1 至 {most} 个账户").format(most=most), field="members")
    found = list(Unit.objects.select_for_update().filter(number__in=set(units)).order_by("pk"))
    if len(found) != len(set(units)):
        raise UnknownUnitError(_("没有此单位账号，请核对"), field="unit")
    rows = Member.objects.select_for_update(of=("self",)).select_related("unit")
    members = list(rows.filter(number__in=set(numbers)).order_by("pk"))
    unknown = sorted(set(numbers) - {member.number for member in members})
    if unknown:
        raise UnknownMemberError(_("没有这些个人账号：{numbers}").format(numbers="、".join(unknown)), field="members")
    return members


def refuse(members: Sequence[Member], fault: Callable[[Member], str]) -> None:
    """Raise AccountsRefusedError naming each account that has a fault; of many, the first."""
    faults = [f"{member.number} {why}" for member in members if (why := fault(member))]
    if faults:
        more = _("；另有 {count} 个").format(count=len(faults) - _TOLD) if len(faults) > _TOLD else ""
        raise AccountsRefusedError("；".join(faults[:_TOLD]) + more, field="members")


def _locked_with_units(unit: str, joining: Sequence[Joining], most: int) -> list[Member]:
    """The members locked with their units of now and the one they join."""
    numbers = [each.number for each in joining]
    known = dict(Member.objects.filter(number__in=numbers).values_list("number", "unit__number"))
    members = locked(units=[unit, *known.values()], numbers=numbers, most=most)
    # Who moved between the look and the lock belongs to a unit that is not locked.
    refuse(
        members, lambda each: "" if each.unit.number == known[each.number] else _("刚刚由别的单位启封或转入，正在缴存")
    )
    target = Unit.objects.get(number=unit)
    if target.state not in {UnitState.NORMAL, UnitState.OPENED, UnitState.DEFERRED}:
        message = _("单位“{state}”，不能转入或启封职工").format(state=target.get_state_display())
        raise AccountsRefusedError(message, field="unit")
    return members


def _from_month(joining: Sequence[Joining], first_month: Month) -> dict[Joining, Month]:
    return dict.fromkeys(joining, first_month)


def _join(
    members: Sequence[Member],
    number: str,
    joining: Mapping[Joining, Month],
    how: tuple[ChangeKind, SpellBegan],
    deed: Deed,
) -> None:
    unit, known = Unit.objects.get(number=number), {member.number: member for member in members}
    after = {
        each.number: {
            "state": str(MemberState.NORMAL), "unit": number, "base": str(each.base), "first_month": str(first),
        }
        for each, first in joining.items()
    }  # fmt: skip
    _change(how[0], members, after, deed)
    _record_moves(members, unit, deed)
    Member.objects.filter(pk__in=[member.pk for member in members]).update(
        unit=unit, state=MemberState.NORMAL, sealed_date=None
    )
    by_month: dict[Month, list[Joining]] = defaultdict(list)
    for each, first in joining.items():
        by_month[first].append(each)
    for first, some in by_month.items():
        with told(_REFUSALS):
            begin_spells(
                members=[known[each.number].pk for each in some], unit=unit.pk, first_month=first, reason=how[1]
            )
        adjust_bases(bases=[(each.number, each.base) for each in some], first_month=first, case_number=deed.case)


def _record_moves(members: Sequence[Member], unit: Unit, deed: Deed) -> None:
    moving = [member for member in members if member.unit_id != unit.pk]
    balances = Balance.objects.in_bulk([member.account_id for member in moving])
    Move.objects.bulk_create(
        Move(
            member=member, from_unit=member.unit, to_unit=unit, day=deed.business_date, case_number=deed.case,
            balance=-balances[member.account_id].amount, moment=balances[member.account_id].moment,
        )
        for member in moving
    )  # fmt: skip


def _standing(member: Member) -> Standing:
    return rules.standings([member.pk])[member.pk]


def _done(kind: ChangeKind, deed: Deed) -> bool:
    return bool(deed.case) and Change.objects.filter(kind=kind, case_number=deed.case).exists()


def _change(kind: ChangeKind, members: Sequence[Member], after: Mapping[str, Mapping[str, str]], deed: Deed) -> None:
    """Put the change of each member on file, before it is made; `after` by account number."""
    changes = []
    for member in members:
        was = {"state": member.state, "unit": member.unit.number, "base": str(member.base)}
        new = after[member.number]
        changes.append((member.number, {name: value for name, value in was.items() if name in new}, new))
    keep_each(kind, changes, deed.business_date, deed.actor, deed.at, deed.case)
