"""A unit is sealed, merged, split, closed: asked here is what of its contributions and cases stands against it.

All hold the unit's row first, so that no bill is issued meanwhile; two units are locked in the order of their ids.
"""

from datetime import date

from django.db import connection, transaction
from django.db.models import Max

from anju.cases.declarations import ApplicantKind
from anju.cases.models import Case
from anju.cases.states import State
from anju.contributions.bills import next_month
from anju.contributions.errors import UnitBusyError
from anju.contributions.make_up import make_up_plan
from anju.contributions.models import Bill, BillState, Relief, ReliefKind
from anju.contributions.rules import MONTHS_AHEAD, round_unit
from anju.kernel.i18n import gettext as _
from anju.kernel.money import format_yuan
from anju.kernel.periods import Month
from anju.registry.collective import collective_unit
from anju.registry.models import Employment, Unit, UnitKind, UnitState
from anju.registry.models_successions import Succession, SuccessionKind
from anju.registry.operations import month_number, month_of
from anju.registry.successions import Transfer, close_unit, lock_units, succeed, whats_inside
from anju.registry.unit_changes import Act, lock_open_unit, seal_unit


@transaction.atomic
def seal(*, unit_number: str, act: Act) -> Unit:
    """Seal a unit against which no bill is open. Raises UnitBusyError, and what `seal_unit` raises."""
    unit = lock_open_unit(unit_number)
    _require([] if unit.state == UnitState.SEALED else open_bills(unit))
    return seal_unit(number=unit_number, act=act)


@transaction.atomic
def merge_or_split(*, transfer: Transfer, act: Act) -> Succession:
    """Merge or split units when nothing of their contributions stands against it.

    Raises UnitBusyError, and what `succeed` raises.
    """
    source, target = lock_units(transfer.source, transfer.target)
    if not (act.case and Succession.objects.filter(case_number=act.case, kind=transfer.kind).exists()):
        _require(succession_obstacles(source, target, transfer, act.business_date, besides=act.case))
    return succeed(transfer=transfer, act=act)


@transaction.atomic
def close(*, unit_number: str, act: Act) -> Unit:
    """Deregister a unit in which nothing is left; sealed members go to the office's 集中封存户.

    Raises UnitBusyError, and what `close_unit` raises.
    """
    plain = Unit.objects.filter(number=unit_number, kind=UnitKind.EMPLOYER).first()
    if plain is not None and plain.state != UnitState.CLOSED:
        custody = collective_unit(kind=UnitKind.CUSTODY, office=plain.office, opened=act.business_date)
        unit, _custody = lock_units(unit_number, custody.number)
        if unit.state != UnitState.CLOSED:
            _require(obstacles(unit, act.business_date, besides=act.case))
    return close_unit(number=unit_number, act=act)


def obstacles(unit: Unit, on: date, *, besides: str = "") -> list[str]:
    """Everything that keeps a unit from being closed, each with what to do; `besides` is the case that asks."""
    final = Employment.objects.filter(unit=unit).aggregate(latest=Max("last_month"))["latest"]
    until = max(Month.of(on), month_of(final)) if final else Month.of(on)
    return [
        *whats_inside(unit), *open_bills(unit), *arrears(unit, until, on), *_deferred(unit),
        *_open_cases(unit, besides),
    ]  # fmt: skip


def succession_obstacles(source: Unit, target: Unit, transfer: Transfer, on: date, *, besides: str = "") -> list[str]:
    """What keeps a merger or a split from being done from a month on."""
    first, found = transfer.first_month, []
    if not Month.of(on).plus(-12) <= first <= Month.of(on).plus(MONTHS_AHEAD + 1):
        found.append(_("生效年月 {month} 离今天过远，请核对").format(month=first))
        return found
    if source.state == UnitState.CLOSED:
        found.append(_("本单位已销户"))
    for unit in (source, target):
        due = next_month(unit)
        if due > first:
            message = _("{unit} 已汇缴或已开具至 {month}，生效年月应为其后的月份")
            found.append(message.format(unit=unit.number, month=due.plus(-1)))
    if target.state != UnitState.NORMAL:
        found.append(_("承接单位状态是“{state}”，不能承接").format(state=target.get_state_display()))
    if target.kind != UnitKind.EMPLOYER:
        found.append(_("承接方须是缴存单位，请核对单位账号"))
    if transfer.kind == SuccessionKind.MERGER:
        found += [
            *open_bills(source), *arrears(source, first.plus(-1), on), *_deferred(source),
            *_open_cases(source, besides),
        ]  # fmt: skip
    return found


def open_bills(unit: Unit) -> list[str]:
    """A sentence when bills of the unit wait for payment."""
    numbers = list(Bill.objects.filter(unit=unit, state=BillState.OPEN).values_list("number", flat=True)[:3])
    if not numbers:
        return []
    return [_("缴款通知 {numbers} 还未缴清；请先缴款或撤销").format(numbers=_("、").join(numbers))]


def arrears(unit: Unit, until: Month, on: date) -> list[str]:
    """A sentence when months up to `until` are owed for and not remitted."""
    month, months = next_month(unit), []
    while month <= until:
        months.append(month_number(month))
        month = month.plus(1)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), min(m) FROM unnest(%s::int[]) AS w (m)"
            " WHERE EXISTS (SELECT FROM contributions_owed(%s, w.m, %s))",
            [months, [unit.pk], round_unit(on)],
        )
        count, first = cursor.fetchone()
    if not count:
        return []
    return [_("自 {month} 起有 {count} 个月应缴未缴；请先汇缴").format(month=month_of(first), count=count)]


def _deferred(unit: Unit) -> list[str]:
    found = []
    if Relief.objects.filter(unit=unit, restored_date=None, kind=ReliefKind.DEFERRAL).exists():
        found.append(_("缓缴还没有结束；请先办理提前恢复，或等到期的次日"))
    left = sum(line.open for line in make_up_plan(unit))
    if left:
        found.append(_("缓缴的月份还有 {amount} 元未补缴；请先补缴").format(amount=format_yuan(left)))
    return found


def _open_cases(unit: Unit, besides: str) -> list[str]:
    rows = Case.objects.filter(
        applicant_kind=ApplicantKind.UNIT, applicant_reference=unit.number, closed_date=None
    ).exclude(state=State.DRAFT)
    numbers = list(rows.exclude(number=besides).values_list("number", flat=True)[:3])
    if not numbers:
        return []
    return [_("业务 {numbers} 还未办结；请先办结或撤回").format(numbers=_("、").join(numbers))]


def _require(found: list[str]) -> None:
    if found:
        raise UnitBusyError(_("；").join(found), field="unit")
