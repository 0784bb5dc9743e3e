"""Asking the inspector: a child process that is fed part by part and answers with what the file is.

Whatever the file does to the child (crash, endless loop, too much memory), here it is "cannot be read".
"""

import contextlib
import json
import logging
import subprocess
import sys
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from anju.platform.files.errors import REFUSALS, UnreadableError

_log = logging.getLogger(__name__)
#: The child's own limit of processor time ends it first, unless it sleeps or the machine is very busy.
_SECONDS = 20
_ANSWER_BYTES = 1000
#: -I: neither the folder nor the environment of this process says what the child imports.
_COMMAND = [sys.executable, "-I", "-B", "-m", "anju.platform.files.inspector"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a file is: a PDF with pages, or a picture with width and height in pixels."""

    content_type: str
    pages: int | None = None
    width: int | None = None
    height: int | None = None


class Inspection:
    """One file's inspection: `with Inspection() as i: i.feed(part) …; i.kind()`."""

    def __init__(self) -> None:
        self._child = subprocess.Popen(  # noqa: S603 - no word of it comes from outside
            _COMMAND,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, cwd="/",
        )  # fmt: skip
        self._watch = threading.Timer(_SECONDS, self._child.kill)
        self._watch.daemon = True

    def __enter__(self) -> Self:
        self._watch.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._watch.cancel()
        self._child.kill()
        self._hang_up()
        assert self._child.stdout is not None
        self._child.stdout.close()
        self._child.wait()

    def feed(self, part: bytes) -> None:
        """Hand over the next bytes; a child that is gone already has its say in `kind`."""
        assert self._child.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._child.stdin.write(part)

    def kind(self) -> Kind:
        """What the file is. Raises one of `errors.REFUSALS`."""
        self._hang_up()
        assert self._child.stdout is not None
        answer = self._child.stdout.read(_ANSWER_BYTES)
        try:
            verdict = json.loads(answer)
            refusal = REFUSALS[verdict["refused"]] if "refused" in verdict else None
            if refusal is None:
                return Kind(**verdict)
        except (ValueError, TypeError, KeyError):  # it died before it answered
            _log.warning("inspector ended with %s", self._child.wait())
            refusal = UnreadableError
        raise refusal

    def _hang_up(self) -> None:
        assert self._child.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._child.stdin.close()
