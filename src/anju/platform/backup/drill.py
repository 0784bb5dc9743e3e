"""The drill: a backup, an instant, work before and after it, a restore to it elsewhere, and a comparison.

Markers are committed in a schema of their own before and after the instant; exactly the earlier ones must come back.
The ledger's totals at the instant are read in a snapshot that is taken while no posting can commit, so they are
comparable to the fen on a center at work.
"""

import json
import shutil
import time
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from anju.kernel.i18n import gettext as _
from anju.platform.backup import archive
from anju.platform.backup.check import Figures, centers, figures_of
from anju.platform.backup.errors import DrillError
from anju.platform.backup.restore import restore
from anju.platform.backup.store import BackupStore, write_private
from anju.platform.backup.take import take_backup
from anju.platform.embedded import EmbeddedServer

_MARKERS = 3
_BEFORE, _AFTER = "before", "after"
#: Names that a restored server may not have kept in its files.
_RECOVERY_SETTINGS = ("restore_command", "recovery_target_time", "recovery_target_timeline")

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class DrillReport:
    """The outcome; `problems` is empty when the drill succeeded. Durations are in seconds."""

    at: datetime
    backup: str
    target: datetime
    markers: dict[str, int]
    figures: tuple[Figures, ...]
    restored: tuple[Figures, ...]
    backup_seconds: float
    restore_seconds: float
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.problems

    def to_json(self) -> str:
        """All fields and `ok` as a JSON object."""
        return json.dumps({"ok": self.ok, **asdict(self)}, ensure_ascii=False, indent=1, default=datetime.isoformat)


def drill(*, server: EmbeddedServer, store: BackupStore, now: datetime) -> DrillReport:
    """Carry the whole exercise out on the running server and keep the report in the store.

    The backup it takes stays, proven; the markers and the restored home are removed. Raises the errors of backup
    and restore, and DrillError when the ledger was too busy to take its totals.
    """
    scratch = EmbeddedServer(store.folder / "drill-home")
    _remove(scratch)
    started = time.monotonic()
    backup = take_backup(server=server, store=store, label="drill", now=now)
    backed_up = time.monotonic()
    target, figures = _work_around_an_instant(server, store.chain(backup))
    restoring = time.monotonic()
    try:
        restored = restore(
            store=store, name=backup.name, to=target, home=scratch.home, replace=False, keys=None, now=now
        )
        restored_at = time.monotonic()
        scratch.start()
        markers, problems = _inspect(scratch)
    finally:
        _remove(scratch)
    if restored.figures != figures:
        problems.append(_("恢复出的账与该时刻的账不一致"))
    report = DrillReport(
        at=now,
        backup=backup.name,
        target=target,
        markers=markers,
        figures=figures,
        restored=restored.figures,
        backup_seconds=round(backed_up - started, 2),
        restore_seconds=round(restored_at - restoring, 2),
        problems=problems,
    )
    _keep(store, report)
    return report


def latest_drill(store: BackupStore) -> dict[str, Any] | None:
    """The report of the latest drill, as it was written; None when there was none."""
    path = _report_path(store)
    report: dict[str, Any] | None = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
    return report


def _work_around_an_instant(server: EmbeddedServer, chain: Path) -> tuple[datetime, tuple[Figures, ...]]:
    """Markers, the instant with the ledger's totals, more markers, all of it archived."""
    with psycopg.connect(server.url("superuser"), autocommit=True) as connection:
        try:
            _mark(connection, _BEFORE)
            target, figures = _totals_at_an_instant(server)
            _mark(connection, _AFTER)
            archive.archive_everything(connection, chain)
        finally:
            connection.execute("DROP SCHEMA IF EXISTS anju_drill CASCADE")
    return target, figures


def _mark(connection: Connection, phase: str) -> None:
    """Commit markers one by one."""
    connection.execute("CREATE SCHEMA IF NOT EXISTS anju_drill")
    connection.execute("CREATE TABLE IF NOT EXISTS anju_drill.marker (number int, phase text NOT NULL)")
    for number in range(_MARKERS):
        connection.execute("INSERT INTO anju_drill.marker VALUES (%s, %s)", [number, phase])


def _totals_at_an_instant(server: EmbeddedServer) -> tuple[datetime, tuple[Figures, ...]]:
    """An instant, and the totals of every commit before it and of none after it.

    The share lock waits for postings under way and holds new ones back while the snapshot and the instant are
    taken, for a moment only; the totals are then read from the snapshot with nobody waiting.
    """
    with psycopg.connect(server.url("superuser")) as reader, psycopg.connect(server.url("superuser")) as gate:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        gate.execute("SET LOCAL lock_timeout = '5s'")
        try:
            for center in centers(gate):
                gate.execute(sql.SQL("LOCK TABLE {}.ledger_entry IN SHARE MODE").format(sql.Identifier(center)))
        except psycopg.errors.LockNotAvailable as error:
            raise DrillError(_("账务正忙，5 秒内未能取得某一时刻的总账。请在批量处理之外再演练")) from error
        row = reader.execute("SELECT clock_timestamp()").fetchone()
        assert row is not None
        gate.rollback()
        return row[0], figures_of(reader)


def _inspect(scratch: EmbeddedServer) -> tuple[dict[str, int], list[str]]:
    """Markers in the restored database by phase, and what is wrong with them or with its settings."""
    problems = []
    with psycopg.connect(scratch.url("superuser")) as connection:
        rows = connection.execute("SELECT phase, count(*) FROM anju_drill.marker GROUP BY phase").fetchall()
        kept = connection.execute(
            "SELECT name FROM pg_file_settings WHERE name = ANY(%s)", [list(_RECOVERY_SETTINGS)]
        ).fetchall()
    markers = {_BEFORE: 0, _AFTER: 0, **dict(rows)}
    if markers[_BEFORE] != _MARKERS:
        problems.append(
            _("该时刻之前的标记应有 {want} 条，恢复出 {got} 条").format(want=_MARKERS, got=markers[_BEFORE])
        )
    if markers[_AFTER] != 0:
        problems.append(_("该时刻之后的标记不应出现，恢复出 {got} 条").format(got=markers[_AFTER]))
    if kept:
        problems.append(_("恢复出的服务器留有恢复设置：{names}").format(names="、".join(name for (name,) in kept)))
    return markers, problems


def _remove(scratch: EmbeddedServer) -> None:
    if scratch.home.exists():
        scratch.stop()
        shutil.rmtree(scratch.home)


def _keep(store: BackupStore, report: DrillReport) -> None:
    path = _report_path(store)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    write_private(fresh, report.to_json().encode())
    fresh.replace(path)


def _report_path(store: BackupStore) -> Path:
    return store.folder / "drill.json"
