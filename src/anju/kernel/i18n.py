"""The one door through which a sentence that a person reads passes.

Sentences are written in Chinese and are their own message ids; a catalogue (English, say) is installed
by the platform. The kernel itself needs no framework for that: until somebody installs a translator, the
Chinese text is returned as it is.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

_translate: Callable[[str], str] = str


def install(translate: Callable[[str], str]) -> None:
    """Route every later `gettext` call through `translate` (Django's, gettext's or a test's own)."""
    global _translate  # noqa: PLW0603 - one process, one translator, set once at start
    _translate = translate


@contextmanager
def speaking(translate: Callable[[str], str]) -> Iterator[None]:
    """Answer in another language within the block, for one reader's text."""
    before = _translate
    install(translate)
    try:
        yield
    finally:
        install(before)


def gettext(message: str) -> str:
    """Return `message` in the reader's language; the Chinese message is also the key."""
    return _translate(message)
