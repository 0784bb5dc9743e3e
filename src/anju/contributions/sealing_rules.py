"""Rules of P03 封存 and P04 启封, asked of however many accounts in a few queries; the registry's and what bills say.

A fault is the sentence that says what is wrong and what to do, with the field that it is about.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection

from anju.contributions.models import BillState
from anju.contributions.opening_rules import months
from anju.contributions.rules import base_bounds
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen, format_yuan
from anju.kernel.periods import Month
from anju.registry.account_rules import (
    Standing,
    first_month_fault,
    last_month_fault,
    seal_fault,
    standings,
    unseal_fault,
)
from anju.registry.models import Member, Unit
from anju.registry.operations import month_number, month_of

#: What a fault is about.
MEMBER, MONTH, BASE = "member", "month", "base"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one account (member's id and number)."""

    member: int
    number: str
    field: str
    message: str


def sealing_faults(*, payer: Unit, wanted: Mapping[int, Month], on: date) -> list[Fault]:
    """What stands against sealing these members (id → last month that the unit pays for)."""
    latest, now, billed = months(payer, on)[1], standings(wanted), billed_faults(wanted)
    faults = []
    for member, last in wanted.items():
        state = seal_fault(now[member], payer.pk)
        month = last_month_fault(now[member], last) or billed.get(member, "") or _too_late(last, latest)
        faults += _first(member, now[member], [(MEMBER, state), (MONTH, month)])
    return faults


def unsealing_faults(*, payer: Unit, wanted: Mapping[int, tuple[Month, Fen]], on: date) -> list[Fault]:
    """What stands against unsealing these members (id → first month and new base) at the unit."""
    latest, now = months(payer, on)[1], standings(wanted)
    bounds = {first: base_bounds(first.first_day) for first in {first for first, _base in wanted.values()}}
    faults = []
    for member, (first, base) in wanted.items():
        month = first_month_fault(now[member], first) or _too_late(first, latest)
        told = [(MEMBER, unseal_fault(now[member])), (MONTH, month), (BASE, _base_fault(base, *bounds[first]))]
        faults += _first(member, now[member], told)
    return faults


def billed_faults(wanted: Mapping[int, Month]) -> dict[int, str]:
    """Why the unit's paying for these members (ids) cannot end after a month: a later one is on an employer's bill."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (w.member) w.member, c.month, b.number, b.state"
            " FROM unnest(%s::bigint[], %s::integer[]) AS w (member, month)"
            " JOIN contributions_contribution c ON c.member_id = w.member AND c.month > w.month AND NOT c.own"
            " JOIN contributions_remittance r ON r.id = c.remittance_id JOIN contributions_bill b ON b.id = r.bill_id"
            " ORDER BY w.member, c.month DESC",
            [list(wanted), [month_number(month) for month in wanted.values()]],
        )
        return {member: _billed(month, bill, state) for member, month, bill, state in cursor.fetchall()}


def billed_fault(member: Member, last_month: Month) -> str:
    """As `billed_faults`, of one member; empty: no later month is on a bill."""
    return billed_faults({member.pk: last_month}).get(member.pk, "")


def base_fault(base: Fen, month: Month) -> str:
    """Why a base is out of bounds in a month; empty: it is within."""
    return _base_fault(base, *base_bounds(month.first_day))


def _billed(month: int, bill: str, state: str) -> str:
    if state == BillState.OPEN:
        return _("已列入待缴款的缴款通知 {number}，请先撤销它").format(number=bill)
    return _("已缴至 {month}，止缴年月不能早于它").format(month=month_of(month))


def _base_fault(base: Fen, lowest: Fen | None, highest: Fen | None) -> str:
    if base <= 0 or (lowest is not None and base < lowest) or (highest is not None and base > highest):
        return _("缴存基数应在 {lowest} 至 {highest} 元之间").format(
            lowest=format_yuan(lowest or 1), highest="—" if highest is None else format_yuan(highest)
        )
    return ""


def _too_late(month: Month, latest: Month) -> str:
    """A month far ahead is a slip of the pen, or something that nobody knows yet."""
    return _("最晚可填 {latest}，请核对年月").format(latest=latest) if month > latest else ""


def _first(member: int, now: Standing, told: Sequence[tuple[str, str]]) -> list[Fault]:
    """The first of these faults: what follows from it is no second one."""
    return [Fault(member, now.number, field, message) for field, message in told if message][:1]
