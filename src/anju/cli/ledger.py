"""`anju ledger`: what the books say."""

from datetime import datetime

import click

from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen, format_yuan


@click.group(help=_("总账：试算平衡"))
def ledger() -> None:
    """Group of the ledger commands."""


@ledger.command("trial-balance", help=_("某日的试算平衡表（自年初起）；不平时退出码为 1"))
@click.option("--date", "on", type=click.DateTime(["%Y-%m-%d"]), required=True, help=_("截止日期，如 2024-12-31"))
@click.option("--from", "start", type=click.DateTime(["%Y-%m-%d"]), help=_("起始日期，默认当年 1 月 1 日"))
def trial_balance(on: datetime, start: datetime | None) -> None:
    """Print the trial balance and fail when it does not balance."""
    from anju.cli.django_setup import ensure

    ensure()
    from anju.ledger import queries

    end = on.date()
    first = start.date() if start else end.replace(month=1, day=1)
    if first > end:
        raise click.BadParameter(_("起始日期晚于截止日期"), param_hint="--from")
    rows = queries.trial_balance(start=first, end=end)
    width = max((_width(row.name) for row in rows), default=8)
    heads = (_("期初借方"), _("期初贷方"), _("本期借方"), _("本期贷方"), _("期末借方"), _("期末贷方"))
    click.echo(f"{'':8}{'':{width}}" + "".join(_right(head, 21) for head in heads))
    totals = [0] * 6
    for row in rows:
        columns = (*_sides(row.opening), row.debit, row.credit, *_sides(row.closing))
        if row.level == 1:
            totals = [total + column for total, column in zip(totals, columns, strict=True)]
        name = row.name + " " * (width - _width(row.name))
        click.echo(f"{row.code:8}{name}" + "".join(_right(format_yuan(c) if c else "", 21) for c in columns))
    title = _("合计")
    click.echo(f"{title:8}"[: 8 - len(title)] + " " * width + "".join(_right(format_yuan(c), 21) for c in totals))
    balanced = totals[0] == totals[1] and totals[2] == totals[3] and totals[4] == totals[5]
    click.echo(_("借贷平衡") if balanced else _("借贷不平"))
    raise SystemExit(0 if balanced else 1)


def _sides(amount: Fen) -> tuple[Fen, Fen]:
    return max(amount, 0), max(-amount, 0)


def _width(text: str) -> int:
    """Columns on a terminal: Chinese characters take two."""
    return sum(2 if ord(char) > 0x2E7F else 1 for char in text)


def _right(text: str, width: int) -> str:
    return " " * max(1, width - _width(text)) + text
