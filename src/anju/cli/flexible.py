"""`anju flexible`: the yearly subsidy of flexible workers."""

import click

from anju.kernel.i18n import gettext as _


@click.group(help=_("灵活就业：发放缴存补贴"))
def flexible() -> None:
    """Group of the commands of flexible contributions."""


@flexible.command(help=_("发放一个结息年度（至当年 6 月 30 日）的缴存补贴；资金不足的分段可在到账后重试，不会重复发放"))
@click.option("--year", type=click.IntRange(1990, 2100), required=True, help=_("结息年度，例如 2026"))
def subsidies(*, year: int) -> None:
    """Pay the subsidy of an interest year; the exit code is 1 while some of it waits for money."""
    from anju.cli.django_setup import ensure

    ensure()
    from django.utils import timezone

    from anju.contributions.flexible.subsidies import subsidise
    from anju.kernel.money import format_yuan
    from anju.platform.runs.models import RunState
    from anju.platform.runs.queries import counts

    done = subsidise(year=year, business_date=timezone.localdate(), maker="cli", clock=timezone.now)
    paid = counts(run_id=done.run.pk)
    words = _("{state}：{persons} 人，{amount} 元（批次 {run}）")
    click.echo(
        words.format(
            state=done.state.label,
            persons=paid.get("persons", 0),
            amount=format_yuan(paid.get("amount", 0)),
            run=done.run.pk,
        )
    )
    raise SystemExit(0 if done.state is RunState.FINISHED else 1)
