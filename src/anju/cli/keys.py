"""`anju keys`: the keys of personal data. A change of keys is add, then rotate in each center, an hour later retire."""

import click

from anju.kernel.i18n import gettext as _


@click.group(help=_("个人信息加密密钥：查看、新增、换钥、停用"))
def keys() -> None:
    """Group of the key commands."""


@keys.command("list", help=_("列出密钥及各自加密的数据量（本数据库的所有中心）"))
def list_keys() -> None:
    """List the keys, never their values."""
    _ensure()
    from django.utils import timezone

    from anju.platform.key_file import keyring
    from anju.platform.rotation import usage

    ring, counts = keyring(), usage()
    for key_id in sorted(ring.sealing.keys() | counts.keys()):
        added = ring.added.get(key_id)
        since = f"{timezone.localtime(added):%Y-%m-%d %H:%M}" if added else "-"
        state = _("使用中") if key_id == ring.newest else _("旧钥") if key_id in ring.sealing else _("缺失")
        click.echo(f"{key_id:>3}  {since:16}  {counts.get(key_id, 0):>10}  {state}")


@keys.command(help=_("新增密钥：此后写入的数据用它加密，旧数据仍可读"))
def add() -> None:
    """Add a key."""
    _ensure()
    from django.utils import timezone

    from anju.platform.key_file import add_key

    click.echo(
        _("已新增密钥 {key_id}。请备份密钥文件，再执行 anju keys rotate").format(key_id=add_key(at=timezone.now()))
    )


@keys.command(help=_("用最新密钥重新加密本中心的旧数据；不停业务，中断后可再执行；有剩余时退出码为 1"))
def rotate() -> None:
    """Seal old values anew."""
    _ensure()
    from anju.platform import rotation

    remaining = 0
    for field in rotation.rotate():
        remaining += field.remaining
        line = _("{field}：重新加密 {resealed} 项，剩余 {remaining} 项")
        click.echo(line.format(field=field.field, resealed=field.resealed, remaining=field.remaining))
    raise SystemExit(1 if remaining else 0)


@keys.command(help=_("停用并销毁旧密钥；仍有数据由它加密时拒绝"))
@click.argument("key_id", type=click.IntRange(1, 255))
def retire(key_id: int) -> None:
    """Destroy a key that nothing is sealed with."""
    _ensure()
    from django.utils import timezone

    from anju.platform.rotation import retire_key

    retire_key(key_id=key_id, at=timezone.localtime())
    click.echo(_("密钥 {key_id} 已停用").format(key_id=key_id))


def _ensure() -> None:
    from anju.cli.django_setup import ensure

    ensure()
