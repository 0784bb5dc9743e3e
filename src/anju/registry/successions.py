"""Members of a unit go to another at once: merger, split, and closing (集中封存). Set-based, one transaction.

Order of locks: both units by id, the members by id, then one call of the ledger for the suspense money. The members'
accounts are not touched: what a unit holds is the sum of its members, and `Succession` tells by how much it moved.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen, format_yuan
from anju.kernel.periods import Month
from anju.ledger.operations import JournalRequest, close_account, credit, debit, post
from anju.ledger.queries import account_balance
from anju.registry.changes import keep
from anju.registry.collective import collective_unit
from anju.registry.errors import NotEmptyUnitError, SuccessionRefusedError, UnknownUnitError
from anju.registry.models import (
    Change,
    ChangeKind,
    Member,
    MemberState,
    SpellBegan,
    SpellEnded,
    Unit,
    UnitKind,
    UnitState,
)  # fmt: skip
from anju.registry.models_successions import Succession, SuccessionKind, SuccessionMember
from anju.registry.operations import month_number
from anju.registry.unit_changes import Act, current_members

#: Journal kind of suspense money that goes to the unit that follows.
SUSPENSE_MOVED = "suspense-moved"
#: Accounts that a unit still has inside: active, sealed, frozen.
INSIDE = (MemberState.NORMAL, MemberState.SEALED, MemberState.FROZEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Who goes where: all of `source`, or those of `members` (numbers); `first_month` is the first that `target` owes."""

    kind: SuccessionKind
    source: str
    target: str
    first_month: Month
    members: Sequence[str] = ()
    suspense: Fen = 0


@transaction.atomic
def succeed(*, transfer: Transfer, act: Act) -> Succession:
    """Merge a unit into another (合并), which closes it, or split some of its members off (分立).

    A merger takes everybody and the whole suspense balance; a split takes the members listed and `suspense` fen. The
    same case again gives the first record. Raises UnknownUnitError, SuccessionRefusedError, and the ledger's
    InsufficientBalanceError.
    """
    source, target = lock_units(transfer.source, transfer.target)
    known = act.case and Succession.objects.filter(case_number=act.case, kind=transfer.kind).first()
    if known:
        return known
    if UnitState.CLOSED in (source.state, target.state):
        raise UnknownUnitError(_("单位已销户，不能合并或分立"), field="successor")
    merger = transfer.kind == SuccessionKind.MERGER
    moving = _lock_members(source, None if merger else transfer.members)
    amount = _suspense_of(source) if merger else transfer.suspense
    succession = _move(transfer.kind, source, target, moving, transfer.first_month, amount, act)
    if merger:
        _close(source, act)
    return succession


@transaction.atomic
def close_unit(*, number: str, act: Act) -> Unit:
    """Deregister a unit (单位注销): sealed members go to the office's 集中封存户, and nothing else is left inside.

    The caller has asked about bills, arrears and cases. The same case again changes nothing more. Raises
    UnknownUnitError, NotEmptyUnitError.
    """
    plain = Unit.objects.filter(number=number, kind=UnitKind.EMPLOYER).first()
    if plain is None:
        raise UnknownUnitError(_("没有此单位，请核对单位账号"), field="unit")
    custody = collective_unit(kind=UnitKind.CUSTODY, office=plain.office, opened=act.business_date)
    unit, custody = lock_units(number, custody.number)
    if unit.state == UnitState.CLOSED:
        if (
            act.case
            and Change.objects.filter(kind=ChangeKind.UNIT_CLOSED, number=number, case_number=act.case).exists()
        ):
            return unit
        raise UnknownUnitError(_("单位已销户"), field="unit")
    inside = whats_inside(unit)
    if inside:
        raise NotEmptyUnitError(_("；").join(inside), field="unit")
    moving = _lock_members(unit, None)
    if moving:
        _move(SuccessionKind.CLOSING, unit, custody, moving, Month.of(act.business_date), 0, act)
    _close(unit, act)
    return unit


def whats_inside(unit: Unit) -> list[str]:
    """What of the registry and the ledger keeps the unit from being closed, each with what to do."""
    found = []
    active = current_members(unit)
    if active:
        found.append(_("还有 {count} 名职工未封存；请先为全部职工办理封存或转移").format(count=active))
    suspense = _suspense_of(unit)
    if suspense:
        message = _("暂收款还有 {amount} 元；请先分配到职工账户或办理退款")
        found.append(message.format(amount=format_yuan(suspense)))
    return found


def _move(
    kind: SuccessionKind, source: Unit, target: Unit, moving: list[Member], first: Month, amount: Fen, act: Act
) -> Succession:
    pks = [member.pk for member in moving]
    _respell(pks, source, target, first)
    Member.objects.filter(pk__in=pks).update(unit=target)
    succession = _record(kind, source, target, pks, first, amount, act)
    facts = {
        "kind": str(kind), "source": source.number, "target": target.number, "members": str(len(moving)),
        "suspense": str(amount),
    }  # fmt: skip
    for unit in (source, target):
        if unit.kind == UnitKind.EMPLOYER:
            keep(ChangeKind.UNIT_MERGED, unit.number, {}, facts, act.business_date, act.actor, act.at, act.case)
    _keep_moves(moving, source, target, act)
    if amount:
        _move_suspense(source, target, amount, succession.pk, act)
    return succession


def lock_units(one: str, other: str) -> tuple[Unit, Unit]:
    """Both units, locked in the order of their ids. Raises UnknownUnitError, SuccessionRefusedError."""
    if one == other:
        raise SuccessionRefusedError(_("不能与本单位合并或分立，请核对对方单位账号"), field="successor")
    rows = Unit.objects.select_for_update(no_key=True).filter(number__in=(one, other)).order_by("pk")
    found = {unit.number: unit for unit in rows}
    if len(found) < 2:
        raise UnknownUnitError(_("没有此单位账号，请核对"), field="successor")
    return found[one], found[other]


def _lock_members(unit: Unit, numbers: Sequence[str] | None) -> list[Member]:
    """The members inside the unit, all or those listed, locked by id. Raises SuccessionRefusedError."""
    rows = Member.objects.select_for_update(no_key=True).filter(unit=unit, state__in=INSIDE).order_by("pk")
    if numbers is None:
        return list(rows)
    if not numbers:
        raise SuccessionRefusedError(_("分立须列出转到新单位的职工"), field="members")
    moving = list(rows.filter(number__in=numbers))
    missing = sorted(set(numbers) - {member.number for member in moving})
    if missing:
        message = _("个人账号 {numbers} 不是本单位的职工，请核对")
        raise SuccessionRefusedError(message.format(numbers=_("、").join(missing[:5])), field="members")
    return moving


def _respell(members: Sequence[int], source: Unit, target: Unit, first: Month) -> None:
    """End the spells that go on at the month before, and begin those of the other unit; nobody's months are counted twice."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE registry_employment SET last_month = %s, ended_by = %s"
            " WHERE member_id = ANY (%s) AND unit_id = %s AND last_month IS NULL RETURNING member_id, first_month",
            [month_number(first.plus(-1)), SpellEnded.TAKEN_OVER, list(members), source.pk],
        )
        ended = cursor.fetchall()
        cursor.execute(
            "INSERT INTO registry_employment (member_id, unit_id, first_month, began_by, ended_by)"
            " SELECT m, %s, greatest(f, %s), %s, '' FROM unnest(%s::bigint[], %s::int[]) AS e (m, f) ORDER BY m",
            [
                target.pk, month_number(first), SpellBegan.TAKEN_OVER, [member for member, _first in ended],
                [began for _member, began in ended],
            ],
        )  # fmt: skip


def _record(
    kind: SuccessionKind, source: Unit, target: Unit, members: Sequence[int], first: Month, amount: Fen, act: Act
) -> Succession:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.id, l.side * l.amount FROM registry_member m JOIN ledger_balance l ON l.account_id = m.account_id"
            " WHERE m.id = ANY (%s) ORDER BY m.id",
            [list(members)],
        )
        balances = cursor.fetchall()
    succession = Succession.objects.create(
        kind=kind, source=source, target=target, first_month=month_number(first), members=len(members),
        balance=sum(balance for _member, balance in balances), suspense=amount, day=act.business_date, case_number=act.case,
    )  # fmt: skip
    SuccessionMember.objects.bulk_create(
        (SuccessionMember(succession=succession, member_id=member, balance=held) for member, held in balances),
        batch_size=5000,
    )
    return succession


def _keep_moves(members: Sequence[Member], source: Unit, target: Unit, act: Act) -> None:
    """A row of change for each member, in one go; the audit log has the units' rows."""
    known = Counter(
        Change.objects.filter(number__in=[member.number for member in members]).values_list("number", flat=True)
    )
    content = json.dumps({"before": {"unit": source.number}, "after": {"unit": target.number}}, ensure_ascii=False)
    Change.objects.bulk_create(
        (
            Change(
                kind=ChangeKind.MEMBER_MOVED, number=member.number, case_number=act.case, day=act.business_date,
                key=f"{member.number}/{known[member.number] + 1}", content=content,
            )
            for member in members
        ),
        batch_size=2000,
    )  # fmt: skip


def _suspense_of(unit: Unit) -> Fen:
    return account_balance(account=unit.suspense_id) if unit.suspense_id is not None else 0


def _move_suspense(source: Unit, target: Unit, amount: Fen, succession: int, act: Act) -> None:
    """借219 原单位 贷219 承接单位."""
    if source.suspense_id is None or target.suspense_id is None:
        raise SuccessionRefusedError(_("单位没有暂收账户，不能转移暂收款"), field="suspense")
    lines = [debit(source.suspense_id, amount), credit(target.suspense_id, amount)]
    post(
        journals=[
            JournalRequest(
                key=f"{SUSPENSE_MOVED}:{succession}", kind=SUSPENSE_MOVED, reference=target.number,
                business_date=act.business_date, lines=lines, maker=act.actor,
            )
        ]
    )  # fmt: skip


def _close(unit: Unit, act: Act) -> None:
    before = {"state": str(unit.get_state_display())}
    unit.state, unit.closed_date = UnitState.CLOSED, act.business_date
    unit.save(update_fields=["state", "closed_date"])
    if unit.suspense_id is not None:
        close_account(account=unit.suspense_id, closing_date=act.business_date)
    after = {"state": str(UnitState.CLOSED.label)}
    keep(ChangeKind.UNIT_CLOSED, unit.number, before, after, act.business_date, act.actor, act.at, act.case)
