"""What a unit was reminded of (催缴提醒), as its clerks read it on their pages until it is put right."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from anju.contributions.models_arrears import ArrearsReminder, RadarKind
from anju.contributions.reminders import told
from anju.kernel.money import format_yuan
from anju.registry.models import Unit
from anju.registry.operations import month_of

#: Months named one by one; of more, the first and the last.
_NAMED = 6
_WORDS = {
    RadarKind.MISSING: gettext_noop("未汇缴：{months}，合计 {amount} 元，请尽快缴存"),
    RadarKind.SHRUNK: gettext_noop("缴存职工比三个月前减少 {members} 人，请核对增减变动是否完整"),
    RadarKind.LOW_BASE: gettext_noop("{members} 名职工的缴存基数低于下限，请调整基数"),
    RadarKind.STALE_BASE: gettext_noop("{months} 开始的缴存年度还没有调整缴存基数，请办理年度基数调整"),
    RadarKind.BASE_FELL: gettext_noop("人均缴存基数比上年下降较多，请核对申报的基数"),
}


@dataclass(frozen=True, slots=True)
class Reminder:
    """A reminder of one kind of fault: what, when and to whom in the heading, what to do in the sentence."""

    title: str
    text: str


def reminders(units: Collection[Unit]) -> Sequence[Reminder]:
    """What these units were reminded of and have not put right, one of a kind and unit."""
    found = groupby(told(units), key=lambda row: (row.hit.unit.name, row.hit.kind))
    return [_reminder(unit, RadarKind(kind), list(rows)) for (unit, kind), rows in found]


def _reminder(unit: str, kind: RadarKind, rows: Sequence[ArrearsReminder]) -> Reminder:
    text = _(_WORDS[kind]).format(
        months=_months([row.hit.month for row in rows]), amount=format_yuan(sum(row.amount for row in rows)),
        members=rows[-1].members,
    )  # fmt: skip
    day = max(row.sent_date for row in rows)
    return Reminder(_("催缴提醒（{kind}，{day}）：{unit}").format(kind=kind.label, day=day, unit=unit), text)


def _months(months: Sequence[int]) -> str:
    named = [str(month_of(month)) for month in months]
    if len(named) <= _NAMED:
        return _("、").join(named)
    return _("{first} 至 {last} 共 {count} 个月").format(first=named[0], last=named[-1], count=len(named))
