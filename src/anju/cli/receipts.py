"""`anju receipts`: import a bank's list of money received."""

from pathlib import Path

import click

from anju.kernel.i18n import gettext as _
from anju.kernel.money import format_yuan


@click.group(help=_("到账：导入银行的到账明细"))
def receipts() -> None:
    """Group of the commands of receipts."""


@receipts.command("import", help=_("导入 .xlsx 或 .csv 到账明细；以前已入账的不再入账"))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--bank", required=True, help=_("收款账户代码"))
def import_(*, file: Path, bank: str) -> None:
    """Book a bank's list; every line that was not booked is named, and the exit code is then 1."""
    from anju.cli.django_setup import ensure

    ensure()
    from django.utils import timezone

    from anju.contributions.receipt_file import import_receipts
    from anju.platform import audit
    from anju.treasury.bank import account_of

    done = import_receipts(
        content=file.read_bytes(), bank_account=account_of(bank), business_date=timezone.localdate(), maker="cli"
    )
    audit.record(
        actor="cli", action="receipts.import", object_kind="bank-account", object_reference=bank,
        detail={"booked": done.booked, "known": done.known, "problems": len(done.problems)}, at=timezone.now(),
    )  # fmt: skip
    for each in done.problems:
        click.echo(
            _("第 {row} 行 {column}：{message}").format(row=each.row, column=each.column, message=each.message),
            err=True,
        )
    words = _("已入账 {booked} 笔，{amount} 元；{known} 笔以前已入账")
    click.echo(words.format(booked=done.booked, amount=format_yuan(done.amount), known=done.known))
    if done.problems:
        raise click.exceptions.Exit(1)
