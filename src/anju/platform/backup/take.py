"""Taking a backup: pg_basebackup, verified against its checksums, with the keys, in place all at once or not at all."""

import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from anju.kernel.i18n import gettext as _
from anju.platform.backup import archive, wal
from anju.platform.backup.errors import ArchivingError, BackupError
from anju.platform.backup.manifest import Manifest, verify
from anju.platform.backup.store import (
    PART,
    Backup,
    BackupStore,
    digest,
    require_space,
    stamp,
    sync_folder,
    write_private,
)
from anju.platform.embedded import EmbeddedServer

#: Files of the home without which a restored database is of no use: data keys, signing key, roles' passwords.
KEY_FILES = ("data_keys.json", "secret_key", "embedded.json")


def take_backup(*, server: EmbeddedServer, store: BackupStore, label: str, now: datetime) -> Backup:
    """Back up the running server at `now` and switch archiving on when it was off.

    The backup counts only when it is complete: verified by its checksums, its keys beside it, and its WAL archived.
    Raises ArchivingError, NoSpaceError, BackupBusyError, EmbeddedServerError.
    """
    with store.lock():
        store.clear_unfinished()
        name = stamp(now)
        part = store.base / (name + PART)
        if (store.base / name).exists():
            raise BackupError(_("备份 {name} 已存在").format(name=name))
        part.mkdir(mode=0o711)
        try:
            backup = _make(server=server, store=store, part=part, name=name, label=label, now=now)
            sync_folder(part)
            part.rename(store.base / name)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        sync_folder(store.base)
        return backup


def prune(*, server: EmbeddedServer, store: BackupStore, keep: int) -> list[str]:
    """Keep the newest `keep` backups and the WAL they need; the names of the backups that were deleted."""
    with store.lock(), psycopg.connect(server.url("superuser", "postgres"), autocommit=True) as connection:
        running = archive.running_chain(connection, store)
        gone = store.prune(keep, "" if running is None else running.name)
        first: dict[Path, str] = {}
        for backup in store.backups():  # oldest first
            first.setdefault(store.chain(backup), backup.first_segment)
        for chain, segment in first.items():
            if chain.is_dir():
                server.run("pg_archivecleanup", "-b", str(chain), segment)
        return gone


def _make(*, server: EmbeddedServer, store: BackupStore, part: Path, name: str, label: str, now: datetime) -> Backup:
    data = part / "data"
    with psycopg.connect(server.url("superuser", "postgres"), autocommit=True) as connection:
        size = _one(connection, "SELECT sum(pg_database_size(oid))::bigint FROM pg_database")
        require_space(store.folder, size)
        chain = archive.switch_on(connection, server=server, store=store, now=now)
        _base_backup(server, data, label or name)
        # The server's clock, as for commits: any instant from here on can be restored to.
        finished_at = _one(connection, "SELECT clock_timestamp()")
        archive.archive_everything(connection, chain)
    manifest = verify(data)
    _require_wal(server, data, chain, manifest)
    backup = Backup(
        name=name,
        label=label,
        chain=chain.name,
        started_at=now,
        finished_at=finished_at,
        size=sum(path.stat().st_size for path in data.rglob("*") if path.is_file()),
        timeline=manifest.timeline,
        start_lsn=manifest.start_lsn,
        stop_lsn=manifest.stop_lsn,
        keys=_copy_keys(server.home, part / "keys"),
    )
    write_private(part / "backup.json", backup.to_json().encode())
    return backup


def _base_backup(server: EmbeddedServer, data: Path, label: str) -> None:
    server.open_folders(data.parent)
    data.mkdir(mode=0o700)
    server.give(data)
    server.run(
        "pg_basebackup", "--pgdata", str(data), "--format", "plain", "--wal-method", "stream",
        "--checkpoint", "fast", "--manifest-checksums", "SHA256", "--label", label, "--no-password",
        "--host", str(server.socket_folder), "--username", "postgres",
        environment={"PGPASSWORD": server.password("superuser")},
    )  # fmt: skip


def _require_wal(server: EmbeddedServer, data: Path, chain: Path, manifest: Manifest) -> None:
    """The WAL in the backup reads from its start to its end, and the chain goes on without a hole.

    Raises EmbeddedServerError, ArchivingError.
    """
    server.run(
        "pg_waldump", "--quiet", "--path", str(data / "pg_wal"), "--timeline", str(manifest.timeline),
        "--start", manifest.start_lsn, "--end", manifest.stop_lsn,
    )  # fmt: skip
    names = [path.name for folder in (data / "pg_wal", chain) for path in folder.iterdir()]
    start = wal.segment_number(wal.segment_at(manifest.timeline, wal.parse_lsn(manifest.start_lsn)))
    gap = wal.first_gap(wal.segments(names, manifest.timeline), start)
    if gap is not None:
        raise ArchivingError(
            _("归档中缺少 WAL 段 {name}，请重新备份").format(name=wal.segment_name(manifest.timeline, gap))
        )


def _copy_keys(home: Path, folder: Path) -> dict[str, str]:
    """Copy the keys that the home holds; their digests. A key given by an environment variable is not among them."""
    folder.mkdir(mode=0o700)
    names = [name for name in KEY_FILES if (home / name).exists()]
    for name in names:
        write_private(folder / name, (home / name).read_bytes())
    sync_folder(folder)
    return {name: digest(folder / name) for name in names}


def _one(connection: "psycopg.Connection[Any]", query: str) -> Any:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]
