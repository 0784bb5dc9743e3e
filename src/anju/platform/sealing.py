"""Personal data at rest: sealed with SM4-GCM, found through a blind index (HMAC-SM3), never in clear in the database.

A sealed value is `key id (1 byte) ‖ nonce (12) ‖ tag (16) ‖ ciphertext`, bound by associated data to its field and its
row, so that a value copied elsewhere does not open. Several keys may be known; the newest seals. Where the keys come
from: `key_file`; how a model uses them: `sealed_fields`; how rows move to a new key: `rotation`.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _

_NONCE, _TAG = 12, 16
#: How much longer a sealed value is: key id, nonce, tag.
SEALED_OVERHEAD = 1 + _NONCE + _TAG


class SealError(AnjuError):
    """A sealed value does not open: its key is missing, or it was altered."""

    code: ClassVar[str] = "SEAL"


@dataclass(frozen=True, slots=True)
class Keyring:
    """Sealing keys by id (the highest seals), when each was added, and the key of the blind index."""

    sealing: dict[int, bytes] = field(repr=False)
    index: bytes = field(repr=False)
    added: dict[int, datetime] = field(default_factory=dict)

    @property
    def newest(self) -> int:
        """Id of the key that seals."""
        return max(self.sealing)

    def seal(self, text: str, place: str) -> bytes:
        """Seal `text` for its place: the field, or field and row ("registry.member.phone", a zero byte, "0001")."""
        return self.seal_bytes(text.encode(), place)

    def unseal(self, sealed: bytes, place: str) -> str:
        """Open a text sealed for `place`. Raises SealError."""
        return self.unseal_bytes(sealed, place).decode()

    def seal_bytes(self, content: bytes, place: str) -> bytes:
        """Seal `content` for its place; SEALED_OVERHEAD bytes longer."""
        key_id, nonce = self.newest, secrets.token_bytes(_NONCE)
        encryptor = Cipher(algorithms.SM4(self.sealing[key_id]), modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(place.encode())
        ciphertext = encryptor.update(content) + encryptor.finalize()
        return bytes([key_id]) + nonce + encryptor.tag + ciphertext

    def unseal_bytes(self, sealed: bytes, place: str) -> bytes:
        """Open what was sealed for `place`. Raises SealError."""
        name = place.partition("\0")[0]
        sealed = bytes(sealed)
        key = self.sealing.get(sealed[0]) if sealed else None
        if key is None:
            raise SealError(_("加密数据的密钥不在密钥文件中，请恢复 data_keys.json 的备份"), field=name)
        nonce, tag, ciphertext = sealed[1:13], sealed[13 : 13 + _TAG], sealed[13 + _TAG :]
        decryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce, tag)).decryptor()
        decryptor.authenticate_additional_data(place.encode())
        try:
            return decryptor.update(ciphertext) + decryptor.finalize()
        except InvalidTag:
            raise SealError(_("加密数据已被改动，或不属于此栏此行"), field=name) from None

    def blind_index(self, text: str, place: str) -> bytes:
        """A keyed digest by which equal values of one field are found and kept unique."""
        digest = hmac.HMAC(self.index, hashes.SM3())
        digest.update(f"{place}\0{text}".encode())
        return digest.finalize()
