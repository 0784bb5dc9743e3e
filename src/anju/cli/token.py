"""`anju token`: tokens by which programs use the API. The secret is shown once, when it is made."""

import getpass

import click

from anju.kernel.i18n import gettext as _


@click.group(help=_("接口令牌：签发、列出、撤销"))
def token() -> None:
    """Group of the token commands."""


@token.command(help=_("为账号签发令牌；令牌只显示这一次"))
@click.argument("username")
@click.option("--name", required=True, help=_("用途，如：某单位人事系统"))
@click.option("--write", is_flag=True, help=_("可读写；缺省只读"))
@click.option("--days", type=int, default=90, show_default=True, help=_("有效天数，至多 365"))
def add(username: str, name: str, *, write: bool, days: int) -> None:
    """Issue a token and print its secret, alone on standard output."""
    _ensure()
    from django.utils import timezone

    from anju.platform import api_tokens
    from anju.platform.api_models import Scope

    issued, secret = api_tokens.issue(
        user=api_tokens.holder(username=username), name=name, scope=Scope.WRITE if write else Scope.READ, days=days,
        by=f"cli:{getpass.getuser()}", at=timezone.now(),
    )  # fmt: skip
    until = timezone.localtime(issued.expires_at)
    click.echo(_("令牌 {number}，有效至 {until:%Y-%m-%d}：").format(number=issued.pk, until=until), err=True)
    click.echo(secret)


@token.command("list", help=_("列出令牌，不含令牌本身"))
@click.option("--user", "username", default="", help=_("只列此账号的"))
def list_tokens(username: str) -> None:
    """List tokens with what they may do, how long, and when they were used."""
    _ensure()
    from django.utils import timezone

    from anju.platform import api_tokens

    now = timezone.now()
    for each in api_tokens.tokens(username=username):
        ended = _("已撤销") if each.revoked_at else _("已过期") if each.expires_at <= now else _("有效")
        state = ended if each.user.is_active else _("账号停用")
        used = each.used_day or "-"
        until = timezone.localtime(each.expires_at)
        click.echo(
            f"{each.pk:>4}  {each.user.username:20}  {each.get_scope_display()}  {until:%Y-%m-%d}  {used}  {state}  {each.name}"
        )


@token.command(help=_("撤销令牌，立即失效"))
@click.argument("number", type=click.IntRange(1, 2**63 - 1))
def revoke(number: int) -> None:
    """End a token now."""
    _ensure()
    from django.utils import timezone

    from anju.platform import api_tokens

    api_tokens.revoke(number=number, by=f"cli:{getpass.getuser()}", at=timezone.now())
    click.echo(_("令牌 {number} 已撤销").format(number=number))


def _ensure() -> None:
    from anju.cli.django_setup import ensure

    ensure()
