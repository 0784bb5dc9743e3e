"""`anju letters`: exchange letters with the transfer platform now; `anju partner-sandbox`: a partner for trials."""

from datetime import UTC, datetime

import click

from anju.kernel.i18n import gettext as _


@click.command(help=_("异地转移：立即与平台收发一次联系函"))
@click.option("--address", required=True, help=_("平台地址，例如 http://127.0.0.1:8700"))
def letters(*, address: str) -> None:
    """Exchange messages once and tell what could not be worked."""
    from anju.cli.django_setup import ensure

    ensure()
    from anju.contributions.letters.jobs import exchange_now

    problems = exchange_now(address=address, at=datetime.now(UTC))
    for problem in problems:
        click.echo(problem, err=True)
    click.echo(_("已收发，{count} 条未能处理").format(count=len(problems)))


@click.command(help=_("试验用的外地中心与平台：应答联系函，Ctrl-C 停止"))
@click.option("--port", type=click.IntRange(1, 65535), default=8700, show_default=True)
def partner_sandbox(*, port: int) -> None:
    """Serve the made-up partner; POST /plan tells it how to answer the next letters."""
    from anju.contributions.letters.partner import PARTNER, serve

    click.echo(_("外地中心 {code}（示例）在 http://127.0.0.1:{port}").format(code=PARTNER, port=port))
    with serve(port) as server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return
