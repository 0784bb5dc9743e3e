"""Restoring a backup into a home, to an instant or to the end of the archived WAL.

The new home is made and recovered aside, below the target, checked while it runs, and moved into place last: a
restore that fails leaves the target as it was. Recovery settings are given on the command line and never written to
a file, so the restored server cannot keep them; its archiving is off until its own first backup.
"""

import json
import re
import shlex
import shutil
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from anju.kernel.i18n import gettext as _
from anju.platform.backup import wal
from anju.platform.backup.archive import OWN_SETTINGS, archive_command
from anju.platform.backup.check import Figures, read_figures
from anju.platform.backup.errors import (
    BackupDamagedError,
    BackupKeysError,
    HomeInUseError,
    RestoreTimeError,
    WalGapError,
)
from anju.platform.backup.manifest import verify
from anju.platform.backup.store import Backup, BackupStore, digest, require_space, stamp, sync_folder, write_private
from anju.platform.backup.take import KEY_FILES
from anju.platform.embedded import EmbeddedServer, EmbeddedServerError

_ASIDE = "restoring"
#: What an empty home may hold: the lock, and what an interrupted restore left.
_HARMLESS = {_ASIDE, "embedded.lock"}
_REDO_DONE = re.compile(r"redo done at ([0-9A-F]+/[0-9A-F]+)")
_LATEST_COMMIT = re.compile(r"last completed transaction was at log time (.+)")


@dataclass(frozen=True, slots=True)
class Restored:
    """The outcome: which backup, up to which commit, what is in it, and where the former data went."""

    backup: Backup
    latest_commit_at: datetime | None
    figures: tuple[Figures, ...]
    replaced: Path | None

    def to_json(self) -> str:
        """All fields as a JSON object."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1, default=str)


@dataclass(frozen=True, slots=True)
class _Plan:
    backup: Backup
    store: BackupStore
    to: datetime | None
    home: Path
    keys: Path

    @property
    def chain(self) -> Path:
        return self.store.chain(self.backup)

    def gap(self) -> str | None:
        """Name of the first segment missing between the backup and the newest archived one."""
        folders = (self.store.data(self.backup) / "pg_wal", self.chain)
        names = [path.name for folder in folders if folder.is_dir() for path in folder.iterdir()]
        start = wal.segment_number(self.backup.first_segment)
        missing = wal.first_gap(wal.segments(names, self.backup.timeline), start)
        return None if missing is None else wal.segment_name(self.backup.timeline, missing)

    def newest_segment(self) -> int:
        """Number of the newest archived segment; 0 when there is none."""
        names = [path.name for path in self.chain.iterdir()] if self.chain.is_dir() else []
        return max(wal.segments(names, self.backup.timeline), default=0)


def restore(
    *,
    store: BackupStore,
    name: str,
    to: datetime | None,
    home: Path,
    replace: bool,
    keys: Path | None,
    now: datetime,
) -> Restored:
    """Restore the backup `name` ("latest": the newest that fits) into `home`, to the instant `to` or to the end.

    A home that holds something is refused unless `replace`, which keeps the former data beside the new ones.
    `keys` is where the backup's keys lie when they are kept apart. The restored server is left stopped.
    Raises the errors of `anju.platform.backup.errors`; the target is then as it was, and runs if it ran.
    """
    with store.lock():
        backup = store.find(name, to)
        plan = _Plan(backup=backup, store=store, to=to, home=home, keys=keys or store.keys(backup))
        _require_target(home, replace=replace)
        _require_keys(plan)
        verify(store.data(backup))
        existed = home.exists()
        aside, former = EmbeddedServer(home / _ASIDE), EmbeddedServer(home)
        was_running = False
        try:
            home.mkdir(parents=True, exist_ok=True)
            require_space(home, backup.size)
            was_running = former.stop()  # a clean stop archives the rest of its WAL
            latest_commit_at, figures = _recover_aside(plan, aside=aside, former=former)
        except BaseException:
            _discard(aside)
            if not existed:
                shutil.rmtree(home, ignore_errors=True)
            if was_running:
                former.start()
            raise
        # Past the point where a failure is undone: whatever happens now, both sides stay on the disk.
        return Restored(backup, latest_commit_at, figures, _move_in(aside, former, now))


def _recover_aside(
    plan: _Plan, *, aside: EmbeddedServer, former: EmbeddedServer
) -> tuple[datetime | None, tuple[Figures, ...]]:
    """Make the home aside, recover, check and stop it: the time of its latest commit, and what it holds."""
    _discard(aside)
    _copy(plan, aside)
    gap = plan.gap()
    if plan.to is None and gap is not None:
        raise WalGapError(
            _("归档中缺少 WAL 段 {name}：之后的数据无法恢复，只能用 --to-time 恢复到此前").format(name=gap)
        )
    _recover(plan, aside, _sources(plan, former))
    figures = read_figures(aside)
    with psycopg.connect(aside.url("superuser", "postgres"), autocommit=True) as connection:
        row = connection.execute("SELECT pg_last_wal_replay_lsn()::text, pg_last_xact_replay_timestamp()").fetchone()
        assert row is not None
    if plan.to is None and wal.parse_lsn(row[0]) // wal.SEGMENT_BYTES < plan.newest_segment():
        damaged = wal.segment_at(plan.backup.timeline, wal.parse_lsn(row[0]))
        raise WalGapError(_("归档的 WAL 段 {name} 已损坏：只能用 --to-time 恢复到此前").format(name=damaged))
    aside.stop()
    return row[1], figures


def _require_target(home: Path, *, replace: bool) -> None:
    if not home.exists() or replace:
        return
    held = sorted(path.name for path in home.iterdir() if path.name not in _HARMLESS) if home.is_dir() else [home.name]
    if held:
        raise HomeInUseError(
            _(
                "{home} 不是空目录（有 {held}）。请恢复到新的目录；要取代其中的数据，加 --replace，原数据会保留在一旁"
            ).format(home=home, held="、".join(held[:5])),
            field="into",
        )


def _require_keys(plan: _Plan) -> None:
    for name, expected in plan.backup.keys.items():
        path = plan.keys / name
        if not path.is_file():
            raise BackupKeysError(
                _("找不到备份的密钥文件 {path}。密钥另存他处时，用 --keys 指明其目录").format(path=path), field="keys"
            )
        if digest(path) != expected:
            raise BackupDamagedError(_("密钥文件 {path} 已损坏或不属于此备份").format(path=path), field="keys")


def _copy(plan: _Plan, aside: EmbeddedServer) -> None:
    """The home aside: keys, data owned by the server's user and on the disk, nothing of the former server's life."""
    aside.home.mkdir()
    for name in plan.backup.keys:
        write_private(aside.home / name, (plan.keys / name).read_bytes())
    shutil.copytree(plan.store.data(plan.backup), aside.data)
    for leftover in (aside.data / "server.log", *aside.data.glob(".s.PGSQL.*")):
        leftover.unlink(missing_ok=True)
    auto = aside.data / "postgresql.auto.conf"
    lines = auto.read_text(encoding="utf-8").splitlines(keepends=True)
    auto.write_text("".join(line for line in lines if line.split(" ")[0] not in OWN_SETTINGS), encoding="utf-8")
    (aside.data / "recovery.signal").touch()
    for path in (aside.data, *aside.data.rglob("*")):
        aside.give(path)
    aside.data.chmod(0o700)
    aside.open_folders(aside.home)
    aside.run("initdb", "--sync-only", "-D", str(aside.data))


def _sources(plan: _Plan, former: EmbeddedServer) -> list[Path]:
    """Where recovery finds WAL: the chain, and what the server to be replaced had not archived yet."""
    sources = [plan.chain]
    auto = former.data / "postgresql.auto.conf"
    if auto.exists() and archive_command(plan.chain).replace("'", "''") in auto.read_text(encoding="utf-8"):
        sources.append(former.data / "pg_wal")
    for path in (plan.chain, *plan.chain.iterdir()) if plan.chain.is_dir() else ():
        former.give(path)  # a chain carried here from elsewhere may belong to anybody
    former.open_folders(plan.store.wal)
    return sources


def _recover(plan: _Plan, aside: EmbeddedServer, sources: list[Path]) -> None:
    """Start in recovery and wait until the server has promoted itself, however long the replay takes."""
    copies = [f'cp {shlex.quote(str(source)).replace("%", "%%")}/%f "%p"' for source in sources]
    settings = {
        "restore_command": f"({' || '.join(copies)}) 2>/dev/null",
        "recovery_target_action": "promote",
        # The backup's own timeline: a chain never holds another one.
        "recovery_target_timeline": "current",
        "hot_standby": "off",
        "archive_mode": "off",
        **({} if plan.to is None else {"recovery_target_time": plan.to.isoformat(" ")}),
    }
    options = [f"-k {shlex.quote(str(aside.socket_folder))}"]
    options += [f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items()]
    aside.make_socket_folder()
    started = aside.run(
        "pg_ctl", "start", "-w", "-t", "86400", "-D", str(aside.data), "-l", str(aside.log), "-o", " ".join(options),
        check=False,
    )  # fmt: skip
    while started.returncode == 0 and aside.is_running():
        if aside.run("pg_isready", "--quiet", "--host", str(aside.socket_folder), check=False).returncode == 0:
            return
        time.sleep(0.05)
    raise _recovery_error(plan, aside)


def _recovery_error(plan: _Plan, aside: EmbeddedServer) -> Exception:
    log = aside.log.read_text(encoding="utf-8", errors="replace") if aside.log.exists() else ""
    if "before configured recovery target was reached" not in log:
        reasons = [line for line in log.splitlines() if "FATAL" in line or "PANIC" in line]
        return EmbeddedServerError(_("恢复未能完成：{reason}").format(reason=" ".join(reasons[-2:]) or log[-400:]))
    latest = _LATEST_COMMIT.findall(log)
    reached = latest[-1] if latest else plan.backup.finished_at.isoformat(" ", "milliseconds")
    gap = plan.gap()
    if gap is not None:
        return WalGapError(
            _("归档中缺少 WAL 段 {name}，只能恢复到 {reached} 为止").format(name=gap, reached=reached), field="to_time"
        )
    done = _REDO_DONE.findall(log)
    if done and wal.parse_lsn(done[-1]) // wal.SEGMENT_BYTES < plan.newest_segment():
        name = wal.segment_at(plan.backup.timeline, wal.parse_lsn(done[-1]))
        return WalGapError(
            _("归档的 WAL 段 {name} 或其后一段已损坏，只能恢复到 {reached} 为止").format(name=name, reached=reached),
            field="to_time",
        )
    return RestoreTimeError(
        _("归档的 WAL 止于 {reached}，到不了所求时刻。要恢复全部归档，用 --to-end").format(reached=reached),
        field="to_time",
    )


def _move_in(aside: EmbeddedServer, former: EmbeddedServer, now: datetime) -> Path | None:
    """Former data and keys go to a folder of their own, new keys and last the new data into place."""
    home = former.home
    replaced = home / f"replaced-{stamp(now)}" if former.data.exists() else None
    if replaced is not None:
        replaced.mkdir(mode=0o711)
        for name in (former.data.name, *KEY_FILES):
            if (home / name).exists():
                (home / name).rename(replaced / name)
    for path in sorted(aside.home.iterdir(), key=lambda path: path == aside.data):
        if path.name != "embedded.lock":
            path.rename(home / path.name)
    shutil.rmtree(aside.home)
    sync_folder(home)
    return replaced


def _discard(aside: EmbeddedServer) -> None:
    """Remove a half-made home, its server stopped first."""
    if aside.home.exists():
        if aside.data.exists():
            aside.stop()
        shutil.rmtree(aside.home)
