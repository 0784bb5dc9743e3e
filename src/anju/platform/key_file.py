"""The keys of personal data: `data_keys.json` in the home, mode 0600, made on first use.

    {"sealing": {"1": "<32 hex>", …}, "added": {"2": "<instant>"}, "index": "<64 hex>"}

A running process looks at the file's stamp on every use, so a key added by another process seals from then on. The
file is written as a whole and put in place by rename. Without it nothing sealed can be read: it belongs in the backup,
apart from the database's.
"""

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from django.conf import settings

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.platform.private_file import create_private, replace_private
from anju.platform.sealing import Keyring

_SEALING_BYTES, _INDEX_BYTES, _MAX_ID = 16, 32, 255
#: What was read last, and the stamp of the file it was read from.
_known: tuple[tuple[Path, int, int, int], Keyring] | None = None


class KeyFileError(AnjuError):
    """The key file cannot be used; the message says what to do, `field` is its path."""

    code: ClassVar[str] = "KEY_FILE"


def keyring() -> Keyring:
    """The keys of this center's home as the file has them now. Raises KeyFileError."""
    global _known  # noqa: PLW0603 - a cache for this process
    path = _path()
    try:
        status = _stat(path)
    except OSError as error:
        raise KeyFileError(_("密钥文件读不到：{reason}").format(reason=error.strerror), field=str(path)) from error
    stamp = (path, status.st_ino, status.st_mtime_ns, status.st_mode)
    if _known is None or _known[0] != stamp:
        _known = (stamp, read(path))
    return _known[1]


def _stat(path: Path) -> os.stat_result:
    try:
        return os.stat(path)  # noqa: PTH116 - asked for each value, Path.stat is slower
    except FileNotFoundError:
        with contextlib.suppress(FileExistsError):
            create_private(path, _text(_fresh()))
        return path.stat()


def read(path: Path) -> Keyring:
    """Read and check a key file. Raises KeyFileError: readable by others, not JSON, keys of a wrong form."""
    try:
        if path.stat().st_mode & 0o077:
            raise KeyFileError(_("密钥文件可被他人读写，请执行 chmod 600"), field=str(path))
        stored = json.loads(path.read_text(encoding="utf-8"))
        keys = Keyring(
            sealing={int(key_id): bytes.fromhex(key) for key_id, key in stored["sealing"].items()},
            index=bytes.fromhex(stored["index"]),
            added={int(key_id): datetime.fromisoformat(at) for key_id, at in stored.get("added", {}).items()},
        )
    except OSError as error:
        raise KeyFileError(_("密钥文件读不到：{reason}").format(reason=error.strerror), field=str(path)) from error
    except (ValueError, KeyError, TypeError, AttributeError):
        # Nothing of the cause is shown: it may quote a key.
        raise KeyFileError(_("密钥文件已损坏，请从备份恢复，切勿另建"), field=str(path)) from None
    well_formed = all(0 < key_id <= _MAX_ID and len(key) == _SEALING_BYTES for key_id, key in keys.sealing.items())
    if not keys.sealing or not well_formed or len(keys.index) != _INDEX_BYTES:
        raise KeyFileError(_("密钥文件中的密钥长度或编号不对，请从备份恢复，切勿另建"), field=str(path))
    return keys


def add_key(*, at: datetime) -> int:
    """Make a new sealing key, which seals from now on in every process; its id. Raises KeyFileError after 255 keys."""
    with _alone():
        keys = keyring()
        key_id = keys.newest + 1
        if key_id > _MAX_ID:
            raise KeyFileError(_("密钥编号已用完（最多 255 个）"), field=str(_path()))
        fresh = secrets.token_bytes(_SEALING_BYTES)
        replace_private(
            _path(),
            _text(replace(keys, sealing={**keys.sealing, key_id: fresh}, added={**keys.added, key_id: at})),
        )
    return key_id


def remove_key(key_id: int) -> None:
    """Forget a sealing key for good: `rotation.retire_key` makes sure first that nothing is sealed with it."""
    with _alone():
        keys = keyring()
        sealing = {each: key for each, key in keys.sealing.items() if each != key_id}
        added = {each: at for each, at in keys.added.items() if each != key_id}
        replace_private(_path(), _text(replace(keys, sealing=sealing, added=added)))


def _path() -> Path:
    home: Path = settings.ANJU_HOME
    return home / "data_keys.json"


def _fresh() -> Keyring:
    return Keyring(sealing={1: secrets.token_bytes(_SEALING_BYTES)}, index=secrets.token_bytes(_INDEX_BYTES))


def _text(keys: Keyring) -> str:
    return json.dumps({
        "sealing": {str(key_id): key.hex() for key_id, key in keys.sealing.items()},
        "added": {str(key_id): at.isoformat() for key_id, at in keys.added.items()},
        "index": keys.index.hex(),
    })  # fmt: skip


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One process at a time changes the file."""
    with _path().with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
