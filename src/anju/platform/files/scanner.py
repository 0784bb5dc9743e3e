"""The virus scanner: clamd's INSTREAM, part by part, over a socket path or host:port (ANJU_CLAMD).

Where a center has set one up, nothing is taken in unscanned: no answer is a refusal.
"""

import contextlib
import socket
from collections.abc import Iterator

from anju.platform.files.errors import ScannerUnavailableError, VirusFoundError

#: For each step: connecting, handing over a part, waiting for the verdict.
TIMEOUT_SECONDS = 30
_REPLY_BYTES, _NAME_CHARACTERS = 1000, 80


class Scan:
    """One file's scan. Raises ScannerUnavailableError whenever the scanner does not do its part."""

    def __init__(self, address: str) -> None:
        with _or_unavailable():
            self._socket = _connect(address)
            self._socket.sendall(b"zINSTREAM\0")

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def feed(self, part: bytes) -> None:
        """Hand over the next bytes (at least one: an empty part ends the stream)."""
        with _or_unavailable():
            self._socket.sendall(len(part).to_bytes(4, "big") + part)

    def conclude(self) -> None:
        """Wait for the verdict. Raises VirusFoundError with the name that the scanner gave."""
        with _or_unavailable():
            self._socket.sendall(bytes(4))
            reply = self._reply()
        if reply.endswith(" FOUND"):
            signature = reply.removeprefix("stream: ").removesuffix(" FOUND")
            raise VirusFoundError(signature=signature[:_NAME_CHARACTERS])
        if reply != "stream: OK":
            raise ScannerUnavailableError

    def _reply(self) -> str:
        reply = b""
        while not reply.endswith(b"\0") and len(reply) < _REPLY_BYTES:
            more = self._socket.recv(_REPLY_BYTES)
            if not more:
                break
            reply += more
        return reply.rstrip(b"\0\n").decode(errors="replace")


def _connect(address: str) -> socket.socket:
    if not address.startswith("/"):
        host, _colon, port = address.rpartition(":")
        return socket.create_connection((host, int(port)), timeout=TIMEOUT_SECONDS)
    connected = socket.socket(socket.AF_UNIX)
    connected.settimeout(TIMEOUT_SECONDS)
    try:
        connected.connect(address)
    except OSError:
        connected.close()
        raise
    return connected


@contextlib.contextmanager
def _or_unavailable() -> Iterator[None]:
    try:
        yield
    except (OSError, OverflowError) as error:  # also time-out; a port beyond 65535
        raise ScannerUnavailableError from error
