"""`anju db`: the embedded server, its backups and the center's schema."""

import click

from anju.cli import backup
from anju.kernel.i18n import gettext as _
from anju.platform.embedded import EmbeddedServer
from anju.platform.settings import Settings, SettingsError, read_settings


@click.group(help=_("数据库：内置服务器的启停、备份与恢复，中心的建立与迁移"))
def db() -> None:
    """Group of the database commands."""


for command in (backup.backup, backup.backups, backup.restore, backup.drill):
    db.add_command(command)


@db.command(help=_("启动内置数据库并完成迁移"))
def start() -> None:
    """Start the embedded server and migrate."""
    from anju.cli.django_setup import ensure

    ensure()
    click.echo(_("数据库已就绪"))


@db.command(help=_("停止内置数据库"))
def stop() -> None:
    """Stop the embedded server."""
    stopped = _embedded(read_settings()).stop()
    click.echo(_("数据库已停止") if stopped else _("数据库没有运行"))


@db.command(help=_("内置数据库是否在运行（未运行时退出码为 1）"))
def status() -> None:
    """Tell whether the embedded server runs."""
    settings = read_settings()
    running = _embedded(settings).is_running()
    click.echo(_("运行中：{path}").format(path=settings.home) if running else _("未运行"))
    raise SystemExit(0 if running else 1)


@db.command(help=_("连接地址，含口令，可交给 psql"))
@click.option("--role", type=click.Choice(["app", "owner"]), default="app", show_default=True)
def url(role: str) -> None:
    """Print the connection address of a role."""
    settings = read_settings()
    if settings.embedded:
        click.echo(EmbeddedServer(settings.home).url("owner" if role == "owner" else "app"))
    else:
        click.echo(settings.owner_url if role == "owner" and settings.owner_url else settings.database_url)


@db.command(help=_("建立中心的 schema，执行迁移，设置权限；可重复执行"))
def migrate() -> None:
    """Create and migrate the center's schema."""
    from anju.cli.django_setup import ensure

    settings = ensure(migrate=False)
    from anju.platform import schema

    schema.prepare()
    click.echo(_("中心 {center} 已就绪").format(center=settings.center))


@db.command("check-migrations", help=_("模型与迁移是否一致（不一致时退出码为 1）"))
def check_migrations() -> None:
    """Fail when a model has changed without a migration."""
    from anju.cli.django_setup import ensure

    ensure(migrate=False)
    from anju.platform.schema import models_without_migration

    changed = models_without_migration()
    if changed:
        click.echo(_("模型已改而没有迁移：{apps}").format(apps="、".join(changed)), err=True)
        raise SystemExit(1)
    click.echo(_("模型与迁移一致"))


def _embedded(settings: Settings) -> EmbeddedServer:
    if not settings.embedded:
        raise SettingsError(_("已指定外部数据库，没有内置服务器可管理"), field="ANJU_DATABASE_URL")
    return EmbeddedServer(settings.home)
