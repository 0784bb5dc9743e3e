"""`anju debit`: make the day's list of collections, hand it to the bank, read the bank's answers."""

import os
from pathlib import Path

import click

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _


@click.group(help=_("委托收款：编制清单、送出、读入回盘"))
def debit() -> None:
    """Group of the commands of direct debit."""


@debit.command(help=_("编制今日清单：已签约单位的待缴通知"))
@click.option("--bank", required=True, help=_("收款账户代码"))
def collect(*, bank: str) -> None:
    """Make the list and tell its number."""
    from anju.cli.django_setup import ensure

    ensure()
    from django.utils import timezone

    from anju.contributions import debit as operations
    from anju.treasury.bank import account_of

    batch = operations.collect(bank_account=account_of(bank), business_date=timezone.localdate(), maker="cli")
    if batch is None:
        click.echo(_("今天没有可委托收款的缴款通知"))
        return
    click.echo(_("{number}：{count} 笔").format(number=batch.number, count=batch.lines.count()))


@debit.command(help=_("写出清单文件并记为已送出；文件含付款账号，请妥善保管"))
@click.argument("number")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def send(*, number: str, file: Path) -> None:
    """Write the list for the bank, readable by its owner only; an existing file is left alone."""
    from anju.cli.django_setup import ensure

    ensure()
    from django.utils import timezone

    from anju.contributions import debit as operations

    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise click.UsageError(_("文件已存在，请换一个文件名")) from error
    with os.fdopen(descriptor, "wb") as out:
        try:
            out.write(operations.send(number=number, maker="cli", at=timezone.now()))
        except AnjuError:
            file.unlink()
            raise
    click.echo(str(file))


@debit.command(help=_("读入银行的回盘文件（.xlsx 或 .csv）"))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def results(*, file: Path) -> None:
    """Work the bank's answers; every line that does not fit is named, and the exit code is then 1."""
    from anju.cli.django_setup import ensure

    ensure()
    from django.utils import timezone

    from anju.contributions.debit_results import read_results

    done = read_results(content=file.read_bytes(), business_date=timezone.localdate(), maker="cli")
    for each in done.problems:
        click.echo(
            _("第 {row} 行 {column}：{message}").format(row=each.row, column=each.column, message=each.message),
            err=True,
        )
    words = _("扣款成功 {paid} 笔，失败 {failed} 笔；{known} 笔以前已回盘")
    click.echo(words.format(paid=done.paid, failed=done.failed, known=done.known))
    if done.problems:
        raise click.exceptions.Exit(1)
