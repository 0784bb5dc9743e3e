"""`anju audit`: seal the days of the audit log, prove that nothing was altered."""

from datetime import datetime

import click

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _


class DayNotOverError(AnjuError):
    """A day that is still going on cannot be sealed."""

    code = "DAY_NOT_OVER"


@click.group(help=_("审计日志：按日封存、验证"))
def audit() -> None:
    """Group of the audit log's commands."""


@audit.command(help=_("封存某日（默认昨日）及其前尚未封存的各日；可重复执行"))
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help=_("如 2024-12-31"))
def seal(day: datetime | None) -> None:
    """Seal through a day."""
    from anju.cli.django_setup import ensure

    ensure()
    from datetime import timedelta

    from django.utils import timezone

    from anju.platform import audit as log

    today = timezone.localdate()
    through = day.date() if day else today - timedelta(days=1)
    if through >= today:
        raise DayNotOverError(_("{day} 尚未结束，只能封存昨日及以前").format(day=through), field="--day")
    for made in log.seal_through(day=through):
        click.echo(f"{made.day}  {made.entries:>8}  {bytes(made.root).hex()}")


@audit.command(help=_("重算全部摘要与封存根值；有记录被改动时逐条列出，退出码为 1"))
def verify() -> None:
    """Recompute everything and name what does not fit."""
    from anju.cli.django_setup import ensure

    ensure()
    from anju.platform import audit as log
    from anju.platform.models import AuditSeal

    findings = log.verify()
    for finding in findings:
        click.echo(f"{finding.day}  {finding.message}")
    latest = AuditSeal.objects.order_by("day").last()
    if latest is not None:
        click.echo(_("封存至 {day}，根值 {root}").format(day=latest.day, root=bytes(latest.root).hex()))
    click.echo(_("发现 {count} 处不符").format(count=len(findings)) if findings else _("审计日志完整"))
    raise SystemExit(1 if findings else 0)
