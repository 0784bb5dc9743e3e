"""`anju bank`: ask the bank for news now, list what was refused, take one again; `anju bank-sandbox`: a bank for trials."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from anju.kernel.i18n import gettext as _
from anju.kernel.money import format_yuan

_BEIJING = ZoneInfo("Asia/Shanghai")


@click.group(help=_("银行：收取到账通知、未能入账的通知"))
def bank() -> None:
    """Group of the bank's commands."""


@bank.command(help=_("立即收取一次到账通知并入账"))
@click.option("--address", help=_("银行地址；默认 ANJU_BANK_URL"))
def poll(*, address: str | None) -> None:
    """Book what is new; exit 1 when the bank cannot be asked or something was refused."""
    from anju.cli.django_setup import ensure

    ensure()
    from django.conf import settings
    from django.utils import timezone

    from anju.treasury.bank import HttpBank
    from anju.web.bank_notices import book_notices

    given = address or settings.ANJU_BANK_URL
    if not given:
        raise click.UsageError(_("请给出 --address，或设置 ANJU_BANK_URL"))
    try:
        done = book_notices(bank=HttpBank(given), business_date=timezone.localdate())
    except OSError as error:
        raise click.ClickException(_("银行没有应答，稍后再试；未入账的通知不会丢失")) from error
    click.echo(_("入账 {taken} 笔，未能入账 {refused} 笔").format(taken=done.taken, refused=done.refused))
    if done.refused:
        raise click.exceptions.Exit(1)


@bank.command(help=_("未能入账的通知"))
def refused() -> None:
    """List the bank's notices that were refused and are open still, without their payers."""
    from anju.cli.django_setup import ensure

    ensure()
    from anju.treasury.models import BankRefusal, RefusalState

    for each in BankRefusal.objects.filter(state=RefusalState.OPEN):
        click.echo(
            f"{each.number} {each.arrived_date} {each.account} {each.serial} {format_yuan(each.amount)} {each.message}"
        )


@bank.command(help=_("更正后重新入账一笔未能入账的通知"))
@click.argument("number", type=int)
def retry(*, number: int) -> None:
    """Book a refused notice; exit 1 when it is refused again."""
    from anju.cli.django_setup import ensure

    ensure()
    from django.utils import timezone

    from anju.kernel.errors import AnjuError
    from anju.treasury.models import RefusalState
    from anju.web.bank_notices import take_refused

    try:
        done = take_refused(number=number, actor="cli", at=timezone.now(), business_date=timezone.localdate())
    except AnjuError as error:
        raise click.ClickException(error.message) from error
    if done.state != RefusalState.TAKEN:
        raise click.ClickException(done.message)
    click.echo(_("已入账"))


@click.command(help=_("试验用的银行：受理转账，给出到账通知，Ctrl-C 停止"))
@click.option("--port", type=click.IntRange(1, 65535), default=8710, show_default=True)
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help=_("银行的日期；默认今天"))
def bank_sandbox(*, port: int, day: Any) -> None:
    """Serve the made-up bank; POST /transfers orders a transfer."""
    from anju.treasury.bank_sandbox import Books, serve

    click.echo(_("银行（示例）在 http://127.0.0.1:{port}").format(port=port))
    with serve(port, Books(day.date() if day else datetime.now(_BEIJING).date())) as server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return
