"""What can go wrong with a backup, a restore or a drill; each error says what to do next."""

from typing import ClassVar

from anju.kernel.errors import AnjuError


class BackupError(AnjuError):
    """Root of the errors of this room."""

    code: ClassVar[str] = "BACKUP"


class BackupBusyError(BackupError):
    """Another backup, restore or prune works in the same folder."""

    code: ClassVar[str] = "BACKUP_BUSY"


class NoSuchBackupError(BackupError):
    """No backup has that name, or there is none at all."""

    code: ClassVar[str] = "BACKUP_NOT_FOUND"


class BackupDamagedError(BackupError):
    """A file of the backup is missing or differs from what was written; the message names it."""

    code: ClassVar[str] = "BACKUP_DAMAGED"


class BackupKeysError(BackupError):
    """The keys that belong to the backup are not at hand: without them personal data stay sealed for ever."""

    code: ClassVar[str] = "BACKUP_KEYS"


class NoSpaceError(BackupError):
    """The disk does not hold the copy."""

    code: ClassVar[str] = "BACKUP_SPACE"


class ArchivingError(BackupError):
    """The server does not archive its WAL, or not all of it arrived."""

    code: ClassVar[str] = "BACKUP_ARCHIVING"


class RestoreTimeError(BackupError):
    """The instant lies before the backup's end or after the last commit that was archived."""

    code: ClassVar[str] = "RESTORE_TIME"


class WalGapError(BackupError):
    """Archived WAL is missing or damaged between the backup and the instant; the message names the file."""

    code: ClassVar[str] = "RESTORE_WAL_GAP"


class HomeInUseError(BackupError):
    """The home to restore into holds something already."""

    code: ClassVar[str] = "RESTORE_HOME_IN_USE"


class RestoredDataError(BackupError):
    """The server came back, but what it holds fails a check."""

    code: ClassVar[str] = "RESTORE_CHECK"


class DrillError(BackupError):
    """The drill could not be carried out."""

    code: ClassVar[str] = "BACKUP_DRILL"
