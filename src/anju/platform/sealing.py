"""Personal data at rest: sealed with SM4-GCM, found through a blind index (HMAC-SM3), never in clear in the database.

A sealed value is `key id (1 byte) ‖ nonce (12) ‖ tag (16) ‖ ciphertext`, bound to its field by associated data so
that a value copied into another column does not open. Keys live in `data_keys.json` in the home (mode 0600), made
on first use; several keys may stand there, the newest seals.
"""

import contextlib
import json
import os
import secrets
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.platform.settings import read_settings

_NONCE, _TAG = 12, 16


class SealError(AnjuError):
    """A sealed value does not open: its key is missing, or it was altered."""

    code: ClassVar[str] = "SEAL"


@dataclass(frozen=True, slots=True)
class Keyring:
    """Sealing keys by id (the highest seals) and the key of the blind index."""

    sealing: dict[int, bytes]
    index: bytes

    def seal(self, text: str, field: str) -> bytes:
        """Seal `text` for `field` ("member.identity")."""
        key_id = max(self.sealing)
        nonce = secrets.token_bytes(_NONCE)
        encryptor = Cipher(algorithms.SM4(self.sealing[key_id]), modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(field.encode())
        ciphertext = encryptor.update(text.encode()) + encryptor.finalize()
        return bytes([key_id]) + nonce + encryptor.tag + ciphertext

    def unseal(self, sealed: bytes, field: str) -> str:
        """Open a value sealed for `field`. Raises SealError."""
        sealed = bytes(sealed)
        key = self.sealing.get(sealed[0]) if sealed else None
        if key is None:
            raise SealError(_("加密数据的密钥不在密钥文件中"), field=field)
        nonce, tag, ciphertext = sealed[1:13], sealed[13 : 13 + _TAG], sealed[13 + _TAG :]
        decryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce, tag)).decryptor()
        decryptor.authenticate_additional_data(field.encode())
        try:
            return (decryptor.update(ciphertext) + decryptor.finalize()).decode()
        except InvalidTag:
            raise SealError(_("加密数据已被改动或不属于此栏"), field=field) from None

    def blind_index(self, text: str, field: str) -> bytes:
        """A keyed digest by which equal values of one field are found and kept unique."""
        digest = hmac.HMAC(self.index, hashes.SM3())
        digest.update(f"{field}\0{text}".encode())
        return digest.finalize()


@cache
def keyring() -> Keyring:
    """The keys of this process, from the home; made on first use."""
    home = read_settings().home
    path = home / "data_keys.json"
    with contextlib.suppress(FileExistsError):
        _create(path)
    stored = json.loads(path.read_text())
    sealing = {int(key_id): bytes.fromhex(key) for key_id, key in stored["sealing"].items()}
    return Keyring(sealing=sealing, index=bytes.fromhex(stored["index"]))


def _create(path: Path) -> None:
    fresh = {"sealing": {"1": secrets.token_hex(16)}, "index": secrets.token_hex(32)}
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(fresh, file)
