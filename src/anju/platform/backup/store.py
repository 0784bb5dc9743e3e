"""The folder of backups, and the rule that only a complete backup is one.

    base/20261124-100000/   one base backup: data/ (with PostgreSQL's manifest), keys/ (0600), backup.json
    wal/20261124-095958/    one chain of archived WAL, without a gap, of one life of the server
    drill.json              the result of the latest drill

A backup is made as `.part` and renamed when it is verified; whatever bears another name does not count. A chain
is begun whenever archiving is switched on: two lives of a restored server would otherwise archive different
segments under one name.
"""

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path

from anju.kernel.i18n import gettext as _
from anju.platform.backup import wal
from anju.platform.backup.errors import (
    BackupBusyError,
    BackupDamagedError,
    BackupError,
    NoSpaceError,
    NoSuchBackupError,
    RestoreTimeError,
)
from anju.platform.embedded import MIN_FREE_BYTES

PART = ".part"
#: Name that stands for the newest backup.
LATEST = "latest"
_CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Backup:
    """What `backup.json` says. `finished_at` is the earliest instant that the backup can be restored to."""

    name: str
    label: str
    chain: str
    started_at: datetime
    finished_at: datetime
    size: int
    timeline: int
    start_lsn: str
    stop_lsn: str
    keys: dict[str, str]

    @property
    def first_segment(self) -> str:
        """The oldest WAL file that a restore of this backup reads."""
        return wal.segment_at(self.timeline, wal.parse_lsn(self.start_lsn))

    def to_json(self) -> str:
        """All fields as a JSON object."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1, default=datetime.isoformat)


@dataclass(frozen=True, slots=True)
class BackupStore:
    """The backups below `folder`."""

    folder: Path

    @property
    def base(self) -> Path:
        return self.folder / "base"

    @property
    def wal(self) -> Path:
        return self.folder / "wal"

    def data(self, backup: Backup) -> Path:
        """The data folder as pg_basebackup wrote it."""
        return self.base / backup.name / "data"

    def keys(self, backup: Backup) -> Path:
        """The keys that were in the home; may have been carried elsewhere."""
        return self.base / backup.name / "keys"

    def chain(self, backup: Backup) -> Path:
        """The archived WAL that follows the backup."""
        return self.wal / backup.chain

    def backups(self) -> list[Backup]:
        """Complete backups, oldest first. Raises BackupDamagedError for one whose description cannot be read."""
        paths = sorted(path for path in self.base.glob("*/backup.json") if path.parent.suffix != PART)
        return sorted((_read(path) for path in paths), key=lambda backup: backup.finished_at)

    def find(self, name: str, at: datetime | None = None) -> Backup:
        """The backup of that name, or for "latest" the newest that ended before `at`.

        Raises NoSuchBackupError, RestoreTimeError (naming the earliest instant possible).
        """
        known = self.backups()
        named = known if name == LATEST else [backup for backup in known if backup.name == name]
        if not named:
            raise NoSuchBackupError(
                _("{folder} 中没有备份 {name}。用 anju db backups 查看已有的备份").format(
                    folder=self.folder, name=name
                ),
                field="backup",
            )
        fitting = [backup for backup in named if at is None or backup.finished_at <= at]
        if not fitting:
            raise RestoreTimeError(
                _("所求时刻早于备份完成的时刻，最早可恢复到 {earliest}").format(
                    earliest=named[0].finished_at.isoformat(" ", "milliseconds")
                ),
                field="to_time",
            )
        return fitting[-1]

    def prune(self, keep: int, current_chain: str) -> list[str]:
        """Delete all backups but the newest `keep`, and chains that no backup needs; the names of what went.

        Segments of a chain that is still needed are cut by the caller, with PostgreSQL's own program.
        """
        assert keep >= 1
        gone = []
        for backup in self.backups()[:-keep]:
            # Renamed first: a deletion that is cut off must not leave half a backup that counts.
            condemned = (self.base / backup.name).rename(self.base / (backup.name + PART))
            shutil.rmtree(condemned)
            gone.append(backup.name)
        needed = {backup.chain for backup in self.backups()} | {current_chain}
        for chain in self.wal.iterdir():
            if chain.name not in needed:
                shutil.rmtree(chain)
        return gone

    def clear_unfinished(self) -> None:
        """Remove what an interrupted backup or deletion left."""
        for path in self.base.glob("*" + PART):
            shutil.rmtree(path)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """One backup, restore or prune at a time. Raises BackupBusyError."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for folder in (self.base, self.wal):
                folder.mkdir(mode=0o700, exist_ok=True)
            file = (self.folder / "backup.lock").open("w")
        except OSError as error:
            message = _("无法写入备份目录 {path}：{reason}").format(path=self.folder, reason=error.strerror)
            raise BackupError(message, field="ANJU_BACKUP_DIR") from error
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                message = _("另一个备份或恢复正在使用 {folder}，请等它结束").format(folder=self.folder)
                raise BackupBusyError(message) from error
            yield


def stamp(instant: datetime) -> str:
    """The instant as a name, in China's time whatever the machine's zone."""
    return f"{instant.astimezone(_CHINA):%Y%m%d-%H%M%S}"


def require_space(folder: Path, size: int) -> None:
    """Raise NoSpaceError unless `size` bytes fit and leave the server room to work."""
    free = shutil.disk_usage(folder).free
    if free < size + MIN_FREE_BYTES:
        raise NoSpaceError(
            _("磁盘空间不足：{folder} 只剩 {free} MB，需要 {need} MB。请清理或换一个磁盘").format(
                folder=folder, free=free >> 20, need=(size + MIN_FREE_BYTES) >> 20
            )
        )


def digest(path: Path) -> str:
    """SHA-256 of a small file, in hexadecimal."""
    return sha256(path.read_bytes()).hexdigest()


def write_private(path: Path, content: bytes) -> None:
    """Write a new file that only its owner reads, and see it on the disk."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """See the names in a folder on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> Backup:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        for name in ("started_at", "finished_at"):
            stored[name] = datetime.fromisoformat(stored[name])
        return Backup(**stored)
    except (ValueError, TypeError, KeyError) as error:
        raise BackupDamagedError(_("备份说明文件 {path} 已损坏").format(path=path), field="backup") from error
