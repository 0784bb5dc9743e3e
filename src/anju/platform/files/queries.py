"""Giving files out: part by part, each opened for its place, the whole compared with what came in."""

import hashlib
from collections.abc import Iterator

from anju.platform.files.errors import FileDamagedError
from anju.platform.files.limits import PART_BYTES
from anju.platform.files.models import FilePart, StoredFile, part_place
from anju.platform.key_file import keyring
from anju.platform.sealing import SealError


def read(file: StoredFile) -> Iterator[bytes]:
    """The content in clear, part by part. Raises FileDamagedError, which the caller records in the audit log.

    The last part is given out only when the whole has the digest it came in with: whoever reads a damaged file to its
    end gets the error and never all of its bytes.
    """
    digest, waiting = hashlib.sha256(), b""
    for number in range(-(-file.size // PART_BYTES)):
        if waiting:
            yield waiting
        waiting = _open(file, number)
        digest.update(waiting)
    if digest.digest() != bytes(file.sha256):
        raise FileDamagedError(file=file.pk)
    yield waiting


def _open(file: StoredFile, number: int) -> bytes:
    """One part: a query each, so that no more than one is in memory and no cursor stays open while a client dawdles."""
    part = FilePart.objects.filter(file=file, number=number).values_list("sealed", flat=True).first()
    if part is None:
        raise FileDamagedError(file=file.pk)
    try:
        return keyring().unseal_bytes(bytes(part), part_place(file.pk, number))
    except SealError as error:
        raise FileDamagedError(file=file.pk) from error
