"""降低缴存比例 and 缓缴 (条例 Art. 20): approved, in force for some months, over by itself; what was deferred is made up.

A relief that is approved changes what `contributions_owed` returns for its months and nothing else. `morning` lets a
deferral begin and end in the unit's state, and writes the plan by which the deferred months are made up.
"""

import logging
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import QuerySet

from anju.contributions.bills import REMITTING, next_month
from anju.contributions.errors import ReliefRefusedError
from anju.contributions.make_up import span, write_plan
from anju.contributions.models import Relief, ReliefKind, Remittance
from anju.contributions.rules import relief_floor, relief_months, reminder_days
from anju.kernel.i18n import gettext as _
from anju.kernel.periods import Month
from anju.kernel.rates import Ppm, format_percent
from anju.platform import outbox
from anju.platform.refusals import Refusals, told
from anju.registry.changes import keep
from anju.registry.models import ChangeKind, Unit, UnitState
from anju.registry.operations import month_number, month_of
from anju.registry.unit_changes import Act, done, lock_open_unit

#: Outbox topic of a relief that ends soon: `reliefs_messages` tells the unit.
ENDING = "relief.ending"
log = logging.getLogger(__name__)
_REFUSALS: Refusals = {
    "contributions_relief_apart": (
        ReliefRefusedError, "first_month", "这些月份已批准降低比例或缓缴，不能重复申请；请另选期间，或先办理提前恢复",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a unit asks for: the kind, the months, and for a lower ratio both ratios in ppm.

    `resolution` is the number of the 职代会 or union resolution; `make_up_months` in how many monthly parts the months
    deferred are made up after the end.
    """

    kind: ReliefKind
    first_month: Month
    last_month: Month
    resolution: str
    reason: str = ""
    unit_ratio: Ppm | None = None
    person_ratio: Ppm | None = None
    make_up_months: int = 0

    @property
    def months(self) -> int:
        """How many months it lasts, both ends in."""
        return span(self.first_month, self.last_month)


@transaction.atomic
def grant(*, unit_number: str, terms: Terms, act: Act) -> Relief:
    """Put an approved relief in force for its months. The same case again gives the first one.

    Raises UnknownUnitError, ReliefRefusedError.
    """
    unit = lock_open_unit(unit_number)
    known = Relief.objects.filter(case_number=act.case).first()
    if known is not None:
        return known
    for field, message in problems(unit, terms, act.business_date):
        raise ReliefRefusedError(message, field=field)
    with told(_REFUSALS), transaction.atomic():
        relief = Relief.objects.create(
            unit=unit, kind=terms.kind, first_month=month_number(terms.first_month),
            last_month=month_number(terms.last_month), unit_ratio=terms.unit_ratio, person_ratio=terms.person_ratio,
            resolution=terms.resolution, reason=terms.reason[:200], make_up_months=terms.make_up_months,
            case_number=act.case, approved_date=act.business_date,
        )  # fmt: skip
    keep(
        ChangeKind.UNIT_RELIEF, unit.number, {}, _facts(relief), act.business_date, act.actor, act.at, act.case
    )  # fmt: skip
    _follow(unit, relief, act.business_date)
    return relief


def problems(unit: Unit, terms: Terms, on: date) -> list[tuple[str, str]]:
    """(field, sentence) of everything that is wrong with what a unit asks for on a day."""
    found: list[tuple[str, str]] = []
    if unit.state not in REMITTING:
        found.append(("first_month", _("单位状态是“{state}”，不能申请").format(state=unit.get_state_display())))
    due, most = next_month(unit), relief_months(on)
    if terms.first_month < due:
        message = _("起始年月不能早于下一汇缴年月 {month}；已汇缴的月份不能再降低或缓缴").format(month=due)
        found.append(("first_month", message))
    elif terms.first_month > Month.of(on).plus(most):
        found.append(("first_month", _("起始年月过晚，请在临近时再申请")))
    if not 1 <= terms.months <= most:
        found.append(
            ("last_month", _("期限应为 1 至 {most} 个月，现为 {months} 个月").format(most=most, months=terms.months))
        )
    if overlapping(unit, terms.first_month, terms.last_month).exists():
        found.append(("first_month", _(_REFUSALS["contributions_relief_apart"][2])))
    if terms.kind == ReliefKind.REDUCED:
        found += _ratio_problems(unit, terms, on)
    elif not 1 <= terms.make_up_months <= terms.months:
        message = _("补缴期数应为 1 至 {months}（每期至少补一个缓缴的月份）").format(months=terms.months)
        found.append(("make_up_months", message))
    return found


def overlapping(unit: Unit, first: Month, last: Month) -> QuerySet[Relief]:
    """Reliefs of the unit that hold one of these months."""
    return Relief.objects.filter(
        unit=unit, first_month__lte=month_number(last), last_month__gte=month_number(first)
    )  # fmt: skip


def _ratio_problems(unit: Unit, terms: Terms, on: date) -> list[tuple[str, str]]:
    floor, found = relief_floor(on), []
    asked = (("unit_ratio", terms.unit_ratio, unit.unit_ratio), ("person_ratio", terms.person_ratio, unit.person_ratio))
    for field, ratio, now in asked:
        if ratio is None or not floor <= ratio <= now:
            message = _("比例应在 {floor}% 与现行 {now}% 之间").format(
                floor=format_percent(floor), now=format_percent(now)
            )
            found.append((field, message))
    if not found and all(ratio == now for _field, ratio, now in asked):
        found.append(("unit_ratio", _("与现行比例相同，没有降低")))
    return found


@transaction.atomic
def end_early(*, unit_number: str, kind: ReliefKind, resume: Month, act: Act) -> Relief:
    """End a relief that is in force (提前恢复): from `resume` on the unit owes as before. The same case again: no change.

    Raises UnknownUnitError, ReliefRefusedError.
    """
    unit = lock_open_unit(unit_number)
    if done(ChangeKind.UNIT_RELIEF, unit.number, act.case):
        return Relief.objects.filter(unit=unit, kind=kind, ended_early__isnull=False).latest("ended_early")
    relief = in_force(unit, kind, act.business_date)
    message = end_problem(unit, relief, resume, act.business_date)
    if message or relief is None:
        raise ReliefRefusedError(message, field="resume_month")
    before = _facts(relief)
    relief.last_month, relief.ended_early = month_number(resume.plus(-1)), act.business_date
    relief.save(update_fields=["last_month", "ended_early"])
    keep(
        ChangeKind.UNIT_RELIEF, unit.number, before, _facts(relief), act.business_date, act.actor, act.at, act.case
    )  # fmt: skip
    if relief.last_month < month_number(Month.of(act.business_date)):
        _restore(unit, relief, act)
    return relief


def end_problem(unit: Unit, relief: Relief | None, resume: Month, on: date) -> str:
    """Why a relief cannot end before `resume`; empty when it can."""
    if relief is None:
        return _("单位现在没有生效中的此项批准，不需要恢复")
    issued = Remittance.objects.filter(unit=unit, month__gte=month_number(resume)).exists()
    first = month_of(relief.first_month).plus(1)
    earliest = max(first, Month.of(on))
    if not earliest <= resume <= month_of(relief.last_month):
        return _("恢复年月应在 {first} 至 {last} 之间").format(first=earliest, last=month_of(relief.last_month))
    if issued:
        return _("{month} 已开具缴款通知，请先撤销，或从其后的月份恢复").format(month=resume)
    return ""


def in_force(unit: Unit, kind: ReliefKind, on: date) -> Relief | None:
    """The unit's relief of a kind that holds the month of a day."""
    month = Month.of(on)
    return overlapping(unit, month, month).filter(kind=kind).first()


def morning(*, act: Act) -> tuple[int, int]:
    """What the day brings: deferrals begin, reliefs end, and who must be told is told. (begun or ended, reminders).

    Safe to run again and at once with another: each unit's row is locked, and what is done is not done again.
    """
    month = month_number(Month.of(act.business_date))
    waiting = Relief.objects.filter(restored_date=None, first_month__lte=month).order_by("unit_id", "first_month")
    changed = 0
    for pk in list(waiting.values_list("pk", flat=True)):
        try:
            changed += _turn(pk, act)
        except Exception:
            log.exception("relief %s did not begin or end", pk)
    return changed, remind(act=act)


def remind(*, act: Act) -> int:
    """An event for each relief that ends within the reminder's days; each is told once. How many end soon."""
    until = act.business_date + timedelta(days=reminder_days(act.business_date))
    soon = [
        relief
        for relief in Relief.objects.filter(restored_date=None, last_month__lte=month_number(Month.of(until)))
        if act.business_date <= month_of(relief.last_month).final_day <= until
    ]
    for relief in soon:
        payload = {"case": relief.case_number, "last_month": str(month_of(relief.last_month))}
        outbox.publish(topic=ENDING, key=f"{ENDING}:{relief.case_number}", payload=payload, at=act.at)
    return len(soon)


def _turn(pk: int, act: Act) -> int:
    with transaction.atomic():
        found = Relief.objects.select_related("unit").get(pk=pk)
        unit = Unit.objects.select_for_update(no_key=True).get(pk=found.unit_id)
        relief = Relief.objects.get(pk=pk)
        if relief.restored_date is not None:
            return 0
        if relief.last_month < month_number(Month.of(act.business_date)):
            _restore(unit, relief, act)
            return 1
        return _follow(unit, relief, act.business_date)


def _follow(unit: Unit, relief: Relief, on: date) -> int:
    """A deferral that holds the month shows in the unit's state; 1 when that is new."""
    month = month_number(Month.of(on))
    begun = relief.kind == ReliefKind.DEFERRAL and relief.first_month <= month <= relief.last_month
    if not begun or unit.state != UnitState.NORMAL:
        return 0
    unit.state = UnitState.DEFERRED
    unit.save(update_fields=["state"])
    return 1


def _restore(unit: Unit, relief: Relief, act: Act) -> None:
    relief.restored_date = act.business_date
    relief.save(update_fields=["restored_date"])
    if relief.kind == ReliefKind.DEFERRAL:
        write_plan(unit=unit, relief=relief, on=act.business_date)
        if unit.state == UnitState.DEFERRED:
            unit.state = UnitState.NORMAL
            unit.save(update_fields=["state"])
    after = {**_facts(relief), "restored": str(act.business_date)}
    keep(ChangeKind.UNIT_RELIEF, unit.number, {}, after, act.business_date, act.actor, act.at, "")


def _facts(relief: Relief) -> dict[str, str]:
    facts = {
        "kind": str(relief.kind), "first_month": str(relief.first_month), "last_month": str(relief.last_month),
        "resolution": relief.resolution, "case": relief.case_number, "make_up_months": str(relief.make_up_months),
    }  # fmt: skip
    if relief.unit_ratio is not None and relief.person_ratio is not None:
        facts |= {
            "unit_ratio": format_percent(relief.unit_ratio), "person_ratio": format_percent(relief.person_ratio),
        }  # fmt: skip
    return facts
