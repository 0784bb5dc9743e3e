"""What a unit's page tells of its duties: legal deadlines, reliefs in force, and what is to be made up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from anju.contributions.make_up import make_up_plan
from anju.contributions.models import Relief, ReliefKind
from anju.kernel.money import format_yuan
from anju.kernel.rates import format_percent
from anju.registry.duties import Duty, duties
from anju.registry.models import Unit
from anju.registry.operations import month_of
from anju.registry.rules import change_deadline


@dataclass(frozen=True, slots=True)
class DutyLine:
    """A deadline as read: what, until when, and how it stands; tone good, warn or bad."""

    title: str
    text: str
    state: str
    tone: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What the part `unit_duties.html` shows of a unit."""

    lines: Sequence[DutyLine]
    reliefs: Sequence[tuple[str, str, str]]
    plan: Sequence[tuple[str, str, str, str, str]]
    left: str
    change_days: int


def standing(unit: Unit, on: date, *, reliefs: bool = True) -> Standing:
    """How a unit stands on a day; without `reliefs` for a page that lists them itself."""
    plan = make_up_plan(unit)
    left = sum(line.open for line in plan)
    return Standing(
        lines=[_line(duty, on) for duty in duties(unit, on)],
        reliefs=[_relief(each, on) for each in Relief.objects.filter(unit=unit).order_by("-first_month")[:5]]
        if reliefs else [],
        plan=[
            (str(line.month), str(line.due_month), format_yuan(line.amount), format_yuan(line.paid), format_yuan(line.open))
            for line in plan
        ] if left else [],
        left=format_yuan(left), change_days=(change_deadline(on, on) - on).days,
    )  # fmt: skip


def _line(duty: Duty, on: date) -> DutyLine:
    titles = {
        "registration": _("缴存登记（设立之日起 30 日内）"),
        "accounts": _("为职工设立账户（登记之日起 20 日内）"),
    }
    if duty.done is not None:
        state, tone = (_("逾期办理"), "warn") if duty.late(on) else (_("按期办理"), "good")
        text = _("{done} 已办理，期限 {due}").format(done=duty.done, due=duty.due)
    else:
        state, tone = (_("已逾期"), "bad") if duty.late(on) else (_("待办理"), "warn")
        text = _("请于 {due} 前办理（条例第十四条）").format(due=duty.due)
    return DutyLine(titles[duty.code], text, state, tone)


def _relief(relief: Relief, on: date) -> tuple[str, str, str]:
    months = _("{first} 至 {last}").format(first=month_of(relief.first_month), last=month_of(relief.last_month))
    title = str(relief.get_kind_display())
    if relief.kind == ReliefKind.REDUCED and relief.unit_ratio is not None and relief.person_ratio is not None:
        title += _("：单位 {unit}%，个人 {person}%").format(
            unit=format_percent(relief.unit_ratio), person=format_percent(relief.person_ratio)
        )
    if relief.restored_date is not None:
        state = _("已恢复")
    else:
        state = _("生效中") if month_of(relief.first_month).first_day <= on else _("未开始")
    return title, months, state
