"""`anju db backup|backups|restore|drill`: backups of the embedded server, and bringing one back."""

import contextlib
import json
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import click
import psycopg

from anju.cli import tables
from anju.kernel.i18n import gettext as _
from anju.kernel.money import format_yuan
from anju.platform.embedded import EmbeddedServer
from anju.platform.settings import Settings, SettingsError, read_settings

if TYPE_CHECKING:
    from anju.platform.backup.archive import ArchivingState

#: China has one time and no summer time: an instant given without an offset is China's.
_CHINA = timezone(timedelta(hours=8))
_JSON = click.option("--json", "as_json", is_flag=True, help=_("输出 JSON"))
_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command(help=_("备份：基础备份与密钥，校验后就位；首次运行时开启 WAL 连续归档"))
@click.option("--label", default="", help=_("备注"))
@click.option("--keep", type=click.IntRange(min=1), help=_("只留最近 N 个备份，删除更早的备份和不再需要的 WAL"))
@_JSON
def backup(label: str, keep: int | None, *, as_json: bool) -> None:
    """Take a backup, then prune when asked."""
    settings = _embedded()
    from anju.platform.backup.store import BackupStore
    from anju.platform.backup.take import prune, take_backup

    store = BackupStore(settings.backup_dir)
    with _running(settings) as server:
        made = take_backup(server=server, store=store, label=label, now=_now())
        gone = prune(server=server, store=store, keep=keep) if keep else []
    if as_json:
        click.echo(json.dumps({**json.loads(made.to_json()), "deleted": gone}, ensure_ascii=False, indent=1))
        return
    click.echo(_("备份 {name} 已完成并校验，{size} MB：{path}").format(
        name=made.name, size=made.size >> 20, path=store.base / made.name))  # fmt: skip
    click.echo(_("最早可恢复到 {at}").format(at=_shown(made.finished_at)))
    if gone:
        click.echo(_("已删除：{names}").format(names="、".join(gone)))
    click.echo(
        _("密钥 {names} 在 {path}：请另存他处，与数据分开保管。没有密钥，备份中的个人数据无法解开").format(
            names="、".join(made.keys), path=store.keys(made)
        ),
        err=True,
    )
    if "secret_key" not in made.keys or "data_keys.json" not in made.keys:
        click.echo(_("有的密钥不在主目录中（由环境变量给出，或尚未产生），不在备份之内"), err=True)


@click.command(help=_("已有的备份、WAL 归档的情况、最近一次演练"))
@_JSON
def backups(*, as_json: bool) -> None:
    """List the backups, tell how archiving goes, and the latest drill."""
    settings = _embedded()
    from anju.platform.backup.archive import archiving_state
    from anju.platform.backup.drill import latest_drill
    from anju.platform.backup.store import BackupStore

    store = BackupStore(settings.backup_dir)
    known, drilled = store.backups(), latest_drill(store)
    state = archiving_state(server=EmbeddedServer(settings.home), store=store)
    if as_json:
        rows = [json.loads(one.to_json()) for one in known]
        found = {"backups": rows, "archiving": None if state is None else asdict(state), "latest_drill": drilled}
        click.echo(json.dumps(found, ensure_ascii=False, indent=1, default=datetime.isoformat))
        return
    if known:
        head = (_("备份"), _("最早可恢复到"), "MB", _("备注"))
        click.echo(
            tables.table(head, [(one.name, _shown(one.finished_at), str(one.size >> 20), one.label) for one in known])
        )
    else:
        click.echo(_("{folder} 中没有备份").format(folder=settings.backup_dir))
    _echo_archiving(state)
    if drilled is None:
        click.echo(_("还没有演练过，请运行 anju db drill"))
    else:
        outcome = _("通过") if drilled["ok"] else "；".join(drilled["problems"])
        at = _shown(datetime.fromisoformat(drilled["at"]))
        click.echo(_("最近一次演练 {at}：{outcome}").format(at=at, outcome=outcome))


@click.command(help=_("恢复：由备份和归档的 WAL 恢复到某一时刻或最后，放入新的主目录"))
@click.option("--backup", "name", default="latest", show_default=True, help=_("备份名称；latest 为适用的最近一个"))
@click.option("--to-time", help=_("恢复到的时刻，如 2026-11-24 10:00:00+08:00；不写时差即北京时间"))
@click.option("--to-end", is_flag=True, help=_("恢复全部归档"))
@click.option("--into", type=_FOLDER, required=True, help=_("放入的主目录，应为空或不存在"))
@click.option("--replace", is_flag=True, help=_("取代主目录中的数据；原数据移到一旁，不删除"))
@click.option("--keys", type=_FOLDER, help=_("密钥另存他处时，其目录"))
@_JSON
def restore(
    name: str, to_time: str | None, into: Path, keys: Path | None, *, to_end: bool, replace: bool, as_json: bool
) -> None:
    """Restore a backup and say what came back."""
    settings = _embedded()
    if (to_time is None) == (not to_end):
        raise click.UsageError(_("请给出 --to-time 或 --to-end 其中之一"))
    from anju.platform.backup.archive import flush
    from anju.platform.backup.errors import ArchivingError
    from anju.platform.backup.restore import restore as restore_backup
    from anju.platform.backup.store import BackupStore

    store = BackupStore(settings.backup_dir)
    try:
        flush(server=EmbeddedServer(settings.home), store=store)
    except (ArchivingError, psycopg.Error) as error:  # the very trouble for which somebody restores
        click.echo(_("数据库最后的 WAL 未能归档，继续恢复已归档的部分：{reason}").format(reason=error), err=True)
    done = restore_backup(
        store=store, name=name, to=_instant(to_time) if to_time else None,
        home=into.expanduser().resolve(), replace=replace, keys=keys, now=_now(),
    )  # fmt: skip
    if as_json:
        click.echo(done.to_json())
        return
    latest = _shown(done.latest_commit_at) if done.latest_commit_at else _("备份完成时")
    click.echo(_("已由备份 {name} 恢复，最后一笔事务：{at}").format(name=done.backup.name, at=latest))
    for row in done.figures:
        click.echo(
            _("中心 {center}：迁移 {migrations}，凭证 {journals}，分录 {entries}，借方合计 {debits} 元，借贷平衡").format(
                center=row.center, migrations=row.migrations, journals=row.journals, entries=row.entries,
                debits=format_yuan(row.debits),
            )
        )  # fmt: skip
    if done.replaced is not None:
        click.echo(_("原数据在 {path}，确认无误后可删除").format(path=done.replaced))
    click.echo(
        _("启动：ANJU_HOME={home} anju db start；随后请立即备份，归档自该次备份重新开始").format(
            home=shlex.quote(str(into.expanduser().resolve()))
        )
    )


@click.command(help=_("演练：备份、恢复到某一时刻、比对，并留下结果；不符时退出码为 1"))
@_JSON
def drill(*, as_json: bool) -> None:
    """Prove that a restore to an instant works here."""
    settings = _embedded()
    from anju.platform.backup.drill import drill as carry_out
    from anju.platform.backup.store import BackupStore

    with _running(settings) as server:
        report = carry_out(server=server, store=BackupStore(settings.backup_dir), now=_now())
    if as_json:
        click.echo(report.to_json())
        raise SystemExit(0 if report.ok else 1)
    _echo_pairs(
        (_("备份"), f"{report.backup}（{report.backup_seconds:.1f} s）"),
        (_("恢复到"), f"{_shown(report.target)}（{report.restore_seconds:.1f} s）"),
        (_("之前的标记"), str(report.markers["before"])),
        (_("之后的标记"), str(report.markers["after"])),
        *((_("中心 {name}").format(name=row.center), _("分录 {entries}，借方合计 {debits} 元").format(
            entries=row.entries, debits=format_yuan(row.debits))) for row in report.restored),
    )  # fmt: skip
    for problem in report.problems:
        click.echo(problem, err=True)
    click.echo(_("演练通过") if report.ok else _("演练未通过"))
    raise SystemExit(0 if report.ok else 1)


def _echo_archiving(state: "ArchivingState | None") -> None:
    if state is None:
        click.echo(_("数据库未运行，归档情况不详"))
    elif not state.on:
        click.echo(_("WAL 归档未开启，第一次备份时开启"))
    elif state.failing:
        click.echo(_("WAL 归档正在失败：请检查备份目录的空间与权限"), err=True)
    elif state.latest_at is not None:
        click.echo(_("WAL 归档正常，最近一段 {at}").format(at=_shown(state.latest_at)))


def _echo_pairs(*pairs: Sequence[str]) -> None:
    columns = max(tables.width(label) for label, _value in pairs)
    for label, value in pairs:
        click.echo(f"{tables.left(label, columns)}  {value}")


def _embedded() -> Settings:
    settings = read_settings()
    if not settings.embedded:
        raise SettingsError(
            _(
                "已指定外部数据库，其备份由数据库的运维负责：pg_basebackup 加 WAL 归档（archive_command 或 pg_receivewal），"
                "pg_verifybackup 校验，定期演练恢复；另请备份主目录 {home} 中的 data_keys.json 与 secret_key"
            ).format(home=settings.home),
            field="ANJU_DATABASE_URL",
        )
    return settings


@contextlib.contextmanager
def _running(settings: Settings) -> Iterator[EmbeddedServer]:
    """The server for as long as the block runs; one that ran before is left running."""
    server = EmbeddedServer(settings.home)
    if not server.data.exists():  # a start would make an empty one, and its backup would look like a good one
        raise SettingsError(_("{home} 中没有数据库可备份").format(home=settings.home), field="ANJU_HOME")
    started_here = server.start()
    try:
        yield server
    finally:
        if started_here:
            server.stop()


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or not re.search(r"\d:\d", text):  # a date alone would silently mean midnight
        raise click.BadParameter(_("应形如 2026-11-24 10:00:00+08:00"), param_hint="--to-time")
    return instant if instant.tzinfo else instant.replace(tzinfo=_CHINA)


def _shown(instant: datetime) -> str:
    return instant.astimezone(_CHINA).isoformat(" ", "milliseconds")


def _now() -> datetime:
    return datetime.now(UTC)
