"""PostgreSQL's backup manifest: a checksum of every file of a base backup, and one of the manifest itself.

The format is PostgreSQL's own, so pg_verifybackup reads it too; the one in the wheel of the embedded server does not
run (its program headers are damaged), and the check is a few lines.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from anju.kernel.i18n import gettext as _
from anju.platform.backup.errors import BackupDamagedError

_NAME = "backup_manifest"
_CHECKSUM = b'"Manifest-Checksum"'
#: Files that a base backup may hold beyond its manifest: WAL, checked by its own checksums, and the manifest.
_UNLISTED = (_NAME, "pg_wal/")
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Manifest:
    """Size and SHA-256 of each file by its path, and the WAL that the backup needs to be consistent."""

    files: dict[str, tuple[int, str]]
    timeline: int
    start_lsn: str
    stop_lsn: str


def read_manifest(data: Path) -> Manifest:
    """Read the manifest of a base backup. Raises BackupDamagedError when it is missing or was altered."""
    try:
        content = (data / _NAME).read_bytes()
        stored = json.loads(content)
        body = content[: content.rindex(_CHECKSUM)]
        if not hmac.compare_digest(hashlib.sha256(body).hexdigest(), stored["Manifest-Checksum"]):
            raise _damaged([_NAME])
        (used,) = stored["WAL-Ranges"]
        files = {_path(file): (file["Size"], file["Checksum"]) for file in stored["Files"]}
        return Manifest(files, used["Timeline"], used["Start-LSN"], used["End-LSN"])
    except (OSError, ValueError, KeyError) as error:
        raise _damaged([_NAME]) from error


def verify(data: Path) -> Manifest:
    """Compare every file of a base backup with the manifest. Raises BackupDamagedError that names the files."""
    manifest = read_manifest(data)
    wrong = [name for name, (size, checksum) in manifest.files.items() if not _is_whole(data / name, size, checksum)]
    wrong += [name for name in _names(data) if name not in manifest.files and not name.startswith(_UNLISTED)]
    if wrong:
        raise _damaged(wrong)
    return manifest


def _is_whole(path: Path, size: int, checksum: str) -> bool:
    try:
        with path.open("rb") as file:
            return path.stat().st_size == size and hashlib.file_digest(file, "sha256").hexdigest() == checksum
    except OSError:
        return False


def _names(data: Path) -> Iterator[str]:
    return (str(path.relative_to(data)) for path in data.rglob("*") if path.is_file())


def _path(file: dict[str, str]) -> str:
    return file["Path"] if "Path" in file else bytes.fromhex(file["Encoded-Path"]).decode(errors="surrogateescape")


def _damaged(names: list[str]) -> BackupDamagedError:
    return BackupDamagedError(
        _("备份已损坏，不能使用，共 {count} 个文件：{names}。请换另一个备份").format(
            count=len(names), names="、".join(sorted(names)[:_SHOWN])
        ),
        field="backup",
    )
