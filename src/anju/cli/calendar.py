"""`anju calendar`: which days are worked, on whose word, and when a term of working days ends."""

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import click

from anju.cli import fields, tables
from anju.cli.fields import Field
from anju.kernel.i18n import gettext as _
from anju.kernel.workday_table import (
    Arrangement,
    CalendarKind,
    Confidence,
    Document,
    YearStatus,
    arrangement,
    festivals_within,
    firm_until,
)
from anju.kernel.workdays import calendar as working_calendar

_KINDS = {CalendarKind.SERVICE: _("服务日"), CalendarKind.SETTLEMENT: _("结算日")}
_WEEKDAYS = _("一二三四五六日")
#: What a person reads about how a year's source was checked.
_CONFIDENCE = {
    Confidence.NOTICE: _("已核对通知文字与文号，与两份公开日历一致（更正日除外）"),
    Confidence.TEXT: _("已核对通知文字，文号未查实；与两份公开日历一致"),
    Confidence.STATUTE: _("通知尚未发布：按放假办法推算，周末与重合的假日顺延补假，不含调休"),
    Confidence.FIXED_DAYS: _("通知尚未发布：只含元旦、劳动节、国庆节，不含农历节日与调休"),
}
_START = Field(fields.day, _("起算日，当日不计"))
_NUMBER = Field(fields.count, _("工作日天数"))

_settlement = click.option(
    "--settlement",
    "kind",
    flag_value=CalendarKind.SETTLEMENT,
    type=CalendarKind,
    default=CalendarKind.SERVICE,
    help=_("按银行结算日，默认按服务日"),
)
_as_json = click.option("--json", "as_json", is_flag=True, help=_("输出 JSON"))


@click.group(help=_("工作日历：服务日、结算日"))
def calendar() -> None:
    """Group of the calendar commands."""


@calendar.command(help=_("列出一年的放假与调休上班日、依据，以及是官方还是暂定"))
@click.argument("year")
@_settlement
@_as_json
def show(year: str, *, kind: CalendarKind, as_json: bool) -> None:
    """The holidays of a year and where they come from."""
    known = arrangement(fields.read_fields({"year": year}, {"year": Field(fields.count, _("年份"))})["year"])
    working = _working_days(known.year, kind)
    if as_json:
        click.echo(json.dumps(_year_object(known, working), ensure_ascii=False, indent=1, default=str))
        return
    head = [_("节日"), _("放假"), _("天数"), _("调休上班")]
    rows = [
        [item.name, _runs(item.off), str(len(item.off)), "、".join(map(_with_weekday, item.work))]
        for item in festivals_within(known.year)
    ]
    click.echo(_("{year} 年 {status}：{kind} {working} 天").format(
        year=known.year, status=_status(known), kind=_KINDS[kind], working=working))  # fmt: skip
    for document in known.documents:
        click.echo(_("依据 {document}").format(document=_cited(document)))
    click.echo(_("核对 {confidence}").format(confidence=_CONFIDENCE[known.confidence]))
    click.echo("\n" + tables.table(head, rows))


@calendar.command(help=_("从起算日起数若干个工作日（当日不计），给出届满日"))
@click.argument("start")
@click.argument("number")
@_settlement
@_as_json
def add(start: str, number: str, *, kind: CalendarKind, as_json: bool) -> None:
    """The day on which a term of working days ends."""
    given = fields.read_fields({"start": start, "number": number}, {"start": _START, "number": _NUMBER})
    due = working_calendar(kind).add_working_days(given["start"], given["number"])
    if as_json:
        click.echo(json.dumps({"calendar": kind, "day": due.day, "provisional": due.provisional}, default=str))
        return
    click.echo(_("{start} 起 {number} 个{kind}（当日不计），届满日 {day}").format(
        start=given["start"], number=given["number"], kind=_KINDS[kind], day=_with_weekday(due.day)))  # fmt: skip
    if due.provisional:
        click.echo(_("暂定：{firm} 之后的放假通知尚未发布，届时请重新计算").format(firm=firm_until()))


def _working_days(year: int, kind: CalendarKind) -> int:
    days = working_calendar(kind)
    first, final = date(year, 1, 1), date(year, 12, 31)
    return days.is_working(first) + days.working_days_between(first, final).days


def _year_object(known: Arrangement, working: int) -> dict[str, Any]:
    return {
        "year": known.year,
        "status": known.status,
        "confidence": known.confidence,
        "working_days": working,
        "documents": [
            {
                "title": document.title,
                "number": document.number or None,
                "issued": document.issued,
                "url": document.url or None,
            }
            for document in known.documents
        ],
        "festivals": [
            {"name": item.name, "off": list(map(str, item.off)), "work": list(map(str, item.work))}
            for item in festivals_within(known.year)
        ],
    }


def _status(known: Arrangement) -> str:
    if known.status is YearStatus.PROVISIONAL:
        return _("暂定")
    if known.year == firm_until().year:
        return _("官方（{firm} 之后待下一年通知）").format(firm=firm_until())
    return _("官方")


def _cited(document: Document) -> str:
    details = [str(detail) for detail in (document.number, document.issued) if detail]
    return f"《{document.title}》" + (f"（{'，'.join(details)}）" if details else "") + f" {document.url}".rstrip()


def _with_weekday(day: date) -> str:
    return f"{day}（{_('周')}{_WEEKDAYS[day.weekday()]}）"


def _runs(days: Iterable[date]) -> str:
    """Consecutive days told as their first and last."""
    runs: list[list[date]] = []
    for day in days:
        if runs and (day - runs[-1][-1]).days == 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return "、".join(map(_run, runs))


def _run(days: Sequence[date]) -> str:
    return str(days[0]) if len(days) == 1 else _("{first} 至 {final}").format(first=days[0], final=days[-1])
