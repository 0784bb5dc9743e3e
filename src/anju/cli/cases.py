"""`anju cases`: what the worker does every morning and every few seconds, by hand; and drafts nobody finished."""

from datetime import date, datetime, timedelta

import click

from anju.kernel.i18n import gettext as _

_ON = click.option("--date", "on", type=click.DateTime(["%Y-%m-%d"]), help=_("业务日期，如 2026-05-11；默认为今天"))


@click.group(help=_("案件：期限预警、期限重算、消息送达、久未提交的草稿"))
def cases() -> None:
    """Group of the cases' commands."""


@cases.command(help=_("期限预警：即将到期、超期、超期三个工作日以上的案件，及逾期未补的容缺材料；已预警的不重复"))
@_ON
def escalate(on: datetime | None) -> None:
    """Raise late cases and report late papers."""
    now, day = _ready(on)
    from anju.cases import nightly, queries

    risen = queries.escalate(business_date=day, at=now)
    papers = nightly.report_late_papers(business_date=day, at=now)
    click.echo(_("{day}：{risen} 件案件升级预警，{papers} 份容缺材料逾期").format(day=day, risen=risen, papers=papers))


@cases.command(help=_("重算暂定的办理期限：放假通知公布、升级程序之后"))
@_ON
def recompute(on: datetime | None) -> None:
    """Compute provisional due dates again."""
    now, _day = _ready(on)
    from anju.cases import nightly

    click.echo(_("{changed} 件案件的办理期限有变化").format(changed=nightly.recompute_provisional(at=now)))


@cases.command(help=_("送达发件箱中等待的事件（后台任务进程每隔几秒自动进行）"))
@_ON
def outbox(on: datetime | None) -> None:
    """Deliver what waits."""
    now, _day = _ready(on)
    from anju.platform.outbox import deliver

    total = 0
    while delivered := deliver(now=now):
        total += delivered
    click.echo(_("送达 {total} 件").format(total=total))


@cases.command(help=_("列出久未修改的草稿；程序不代为撤销，由申请人或柜员决定"))
@click.option("--older-than", type=click.IntRange(min=1), default=90, show_default=True, help=_("天数"))
@_ON
def drafts(older_than: int, on: datetime | None) -> None:
    """List drafts that nobody touched for so many days."""
    now, _day = _ready(on)
    from anju.cases import queries

    for case in queries.old_drafts(untouched_since=now - timedelta(days=older_than)):
        click.echo(f"{case.number}  {case.opened_at:%Y-%m-%d}  {case.opened_by.username}")


def _ready(on: datetime | None) -> tuple[datetime, date]:
    """Django ready; the instant and the business date: now, or the morning of the day that was named."""
    from anju.cli.django_setup import ensure

    ensure()
    from django.utils import timezone

    now = timezone.now() if on is None else timezone.make_aware(on)
    return now, timezone.localdate(now)
