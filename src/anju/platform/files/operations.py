"""Taking files in and destroying them. Nothing is written of a file that was refused.

A file is examined first (size, type by content, virus scan), outside of any transaction: a scanner that takes its
time must hold no lock. It is kept afterwards, in the caller's transaction, so that it commits with its case.
"""

import contextlib
import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from django.conf import settings
from django.db import connection, transaction

from anju.kernel.errors import InvalidValueError
from anju.kernel.i18n import gettext as _
from anju.platform import audit
from anju.platform.files.errors import EmptyFileError, FileTooLargeError, UnreadableError, VirusFoundError
from anju.platform.files.inspection import Inspection, Kind
from anju.platform.files.limits import MAX_BYTES, PART_BYTES
from anju.platform.files.models import StoredFile, part_place
from anju.platform.files.names import clean_name
from anju.platform.files.scanner import Scan
from anju.platform.key_file import keyring
from anju.platform.sealed_fields import place


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A content that may be kept: digest and bytes, what it is, and whether a scanner has seen it."""

    sha256: bytes
    size: int
    kind: Kind
    scanned: bool


def store(*, content: BinaryIO, name: str, actor: str, at: datetime, limit: int = MAX_BYTES) -> StoredFile:
    """Examine a file and keep it: `examine`, then `keep`. Call it outside of a transaction; inside one, call them apart.

    `content` can be read from its beginning twice; `name` is what the applicant's machine calls it; `actor` the
    sign-in name; `limit` the most bytes. The same content stored twice is two files. Raises what the two raise.
    """
    examined = examine(content=content, actor=actor, at=at, limit=limit)
    return keep(content=content, examined=examined, name=name, actor=actor, at=at)


def examine(*, content: BinaryIO, actor: str, at: datetime, limit: int = MAX_BYTES) -> Examined:
    """Find out what a content is and that it does no harm; takes about a third of a second, and the scanner's time.

    Raises EmptyFileError, FileTooLargeError, the refusals of `inspector`, ScannerUnavailableError, and
    VirusFoundError, which the audit log then has if the caller's transaction, if any, commits.
    """
    digest, size = hashlib.sha256(), 0
    with contextlib.ExitStack() as stack:
        running = stack.enter_context(contextlib.closing(Scan(settings.ANJU_CLAMD))) if settings.ANJU_CLAMD else None
        inspection = stack.enter_context(Inspection())
        for part in _parts(content):
            size += len(part)
            if size > limit:
                raise FileTooLargeError(limit=_readable(limit))
            digest.update(part)
            inspection.feed(part)
            if running is not None:
                running.feed(part)
        if size == 0:
            raise EmptyFileError
        if running is not None:
            _conclude(running, digest.hexdigest(), size, actor, at)
        kind = inspection.kind()
    return Examined(sha256=digest.digest(), size=size, kind=kind, scanned=running is not None)


def scan(*, content: BinaryIO, actor: str, at: datetime) -> bool:
    """Have the scanner look at what is read and not kept as a file (a list); whether the center has one.

    Raises ScannerUnavailableError, and VirusFoundError as `examine` does. What is read of it is for the reader to judge.
    """
    if not settings.ANJU_CLAMD:
        return False
    digest, size = hashlib.sha256(), 0
    with contextlib.closing(Scan(settings.ANJU_CLAMD)) as running:
        for part in _parts(content):
            digest.update(part)
            size += len(part)
            running.feed(part)
        _conclude(running, digest.hexdigest(), size, actor, at)
    return True


@transaction.atomic
def keep(*, content: BinaryIO, examined: Examined, name: str, actor: str, at: datetime) -> StoredFile:
    """Keep an examined content, sealed part by part. Raises UnreadableError when it is not the one examined."""
    file, keys, kind = uuid.uuid4(), keyring(), examined.kind
    sealed_name = keys.seal(clean_name(name, kind.content_type), place("platform.storedfile.name", file))
    digest = hashlib.sha256()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT platform_file_open(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                file, examined.sha256, examined.size, kind.content_type, kind.pages, kind.width, kind.height,
                sealed_name, at if examined.scanned else None, at, actor,
            ],
        )  # fmt: skip
        for number, part in enumerate(_parts(content)):
            digest.update(part)
            sealed = keys.seal_bytes(part, part_place(file, number))
            cursor.execute("SELECT platform_file_add_part(%s, %s, %s)", [file, number, sealed])
    if digest.digest() != examined.sha256:
        raise UnreadableError
    return StoredFile.objects.get(pk=file)


@transaction.atomic
def shred(*, file: StoredFile, actor: str, at: datetime, reason: str) -> bool:
    """Destroy a file for good; the audit log keeps who, why and the digest. False when it was gone already.

    Raises InvalidValueError without a reason. A row that refers to the file makes this a database error.
    """
    if not reason.strip():
        raise InvalidValueError(_("销毁文件须写明原因"), field="reason")
    with connection.cursor() as cursor:
        cursor.execute("SELECT platform_file_shred(%s, %s, %s, %s)", [file.pk, actor, at, reason])
        gone: bool = cursor.fetchone()[0]
    return gone


def _parts(content: BinaryIO) -> Iterator[bytes]:
    """The content from its beginning in full parts; only the last may be shorter."""
    content.seek(0)
    while part := content.read(PART_BYTES):
        while len(part) < PART_BYTES and (more := content.read(PART_BYTES - len(part))):
            part += more
        yield part


def _conclude(scan: Scan, sha256: str, size: int, actor: str, at: datetime) -> None:
    try:
        scan.conclude()
    except VirusFoundError as error:
        audit.record(
            actor=actor,
            action="file.virus",
            object_kind="file",
            object_reference=sha256[:16],
            detail={"signature": error.signature, "size": size},
            at=at,
        )
        raise


def _readable(limit: int) -> str:
    return f"{limit // 1024**2} MiB" if limit >= 1024**2 else f"{limit // 1024} KiB" if limit >= 1024 else f"{limit} B"
