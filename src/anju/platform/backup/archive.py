"""Continuous archiving: every finished WAL segment is copied into a chain folder before the server may reuse it.

The server's own archiver does it (archive_command), not a second process that would have to be kept alive: while a
copy fails, the server keeps the segment and tries again. The command is safe to repeat after a crash: it copies
aside, syncs, renames, syncs the folder; a name that exists must hold the same bytes, and is never overwritten.
"""

import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from anju.kernel.i18n import gettext as _
from anju.platform.backup.errors import ArchivingError
from anju.platform.backup.store import BackupStore, stamp
from anju.platform.embedded import EmbeddedServer

#: At most this much work is lost with the whole machine, in seconds: a segment is closed after it, if anything happened.
ARCHIVE_TIMEOUT = 300
_WAIT = 60.0
#: Settings that belong to one life of one server; a restored one starts without them.
OWN_SETTINGS = ("archive_mode", "archive_command", "archive_timeout")

Connection = psycopg.Connection[Any]


def archive_command(folder: Path) -> str:
    """The shell command by which the server archives one segment (%p its path, %f its name)."""
    quoted = shlex.quote(str(folder)).replace("%", "%%")
    return (
        f"folder={quoted}; "
        'if test -e "$folder/%f"; then cmp -s "%p" "$folder/%f"; '
        'else cp "%p" "$folder/%f.part" && sync "$folder/%f.part" && mv "$folder/%f.part" "$folder/%f"'
        ' && sync "$folder"; fi'
    )


def switch_on(connection: Connection, *, server: EmbeddedServer, store: BackupStore, now: datetime) -> Path:
    """Archive into a chain below the store; the running chain when there is one, else a new one named after `now`.

    Raises ArchivingError when the server was started without archive_mode.
    """
    folder = running_chain(connection, store)
    if folder is not None:
        return folder
    folder = store.wal / stamp(now)
    folder.mkdir(mode=0o700)
    server.open_folders(store.wal)
    server.give(folder)
    _set(connection, "archive_timeout", str(ARCHIVE_TIMEOUT))
    _set(connection, "archive_command", archive_command(folder))
    if _show(connection, "archive_mode") != "on":  # a home made before Anju could archive
        _set(connection, "archive_mode", "on")
        raise ArchivingError(_("WAL 归档已设置，但要重启数据库才生效：请 anju db stop，再重新备份"))
    connection.execute("SELECT pg_reload_conf()")
    _wait_until(lambda: _show(connection, "archive_command") == archive_command(folder), _("数据库没有重新读取设置"))
    return folder


def running_chain(connection: Connection, store: BackupStore) -> Path | None:
    """The chain folder that the server archives into now; None when it is none of this store's."""
    if _show(connection, "archive_mode") != "on":
        return None
    if not store.wal.is_dir():
        return None
    command = _show(connection, "archive_command")
    return next((folder for folder in store.wal.iterdir() if archive_command(folder) == command), None)


def archive_everything(connection: Connection, folder: Path) -> str:
    """Close the current segment and wait until it is in the chain; its name. Raises ArchivingError.

    A commit is written first: a segment without one would be kept open, and recovery to an instant ends only at a
    commit after it.
    """
    connection.execute("SELECT pg_logical_emit_message(true, 'anju', 'archive')")
    row = connection.execute("SELECT pg_walfile_name(pg_current_wal_insert_lsn())").fetchone()
    assert row is not None
    segment: str = row[0]
    connection.execute("SELECT pg_switch_wal()")
    _wait_until(
        (folder / segment).exists,
        _("WAL 段 {segment} 未能归档到 {folder}：请检查磁盘空间和目录权限").format(segment=segment, folder=folder),
    )
    return segment


def flush(*, server: EmbeddedServer, store: BackupStore) -> None:
    """Archive what a running server has not archived yet, so that a restore can reach this moment."""
    if server.is_running():
        with psycopg.connect(server.url("superuser", "postgres"), autocommit=True) as connection:
            folder = running_chain(connection, store)
            if folder is not None:
                archive_everything(connection, folder)


@dataclass(frozen=True, slots=True)
class ArchivingState:
    """What the archiver did last; `failing` while its latest attempt did not succeed."""

    on: bool
    latest_segment: str | None
    latest_at: datetime | None
    failing: bool


def archiving_state(*, server: EmbeddedServer, store: BackupStore) -> ArchivingState | None:
    """How archiving goes on a running server; None when it does not run."""
    if not server.is_running():
        return None
    with psycopg.connect(server.url("superuser", "postgres"), autocommit=True) as connection:
        row = connection.execute(
            "SELECT last_archived_wal, last_archived_time,"
            " coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) FROM pg_stat_archiver"
        ).fetchone()
        assert row is not None
        return ArchivingState(running_chain(connection, store) is not None, *row)


def _wait_until(condition: Callable[[], bool], message: str) -> None:
    deadline = time.monotonic() + _WAIT
    while not condition():
        if time.monotonic() > deadline:
            raise ArchivingError(message)
        time.sleep(0.02)


def _show(connection: Connection, name: str) -> str:
    row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    assert row is not None
    return str(row[0])


def _set(connection: Connection, name: str, value: str) -> None:
    connection.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value)))
