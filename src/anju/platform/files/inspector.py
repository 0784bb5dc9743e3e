"""What a file is, told by its content: a process of its own that may crash, hang or be killed without harm.

    python -I -m anju.platform.files.inspector < file   →   {"content_type": …, …}   or   {"refused": "FILE_…"}

It binds itself to little time and memory before it reads a byte, and before it parses one to opening nothing any more:
no file, no socket. It knows neither database nor keys.

Accepted is what really opens and ends where it says: a picture with a second file behind it, a PDF that begins later
than its first byte, that is encrypted or can act, are refused.
"""

import codecs
import io
import json
import re
import resource
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from anju.platform.files import errors
from anju.platform.files.limits import MAX_OBJECTS, MAX_PAGES, MAX_PIXELS

PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"

#: Seconds of processor and bytes of address space. A clean file of 10 MiB takes 0.2 s; the limits are for the others.
_CPU_SECONDS, _MEMORY = 8, 640 * 1024 * 1024
#: Encodings of strings in a PDF, which Python loads when they are first met.
_CODECS = ("ascii", "charmap", "cp1252", "latin-1", "raw-unicode-escape", "utf-8", "utf-16", "utf-16-be", "utf-16-le")
#: Cameras write a few notes of their own behind the end (Samsung a hundred bytes to two thousand).
_TRAILING_BYTES = 4096
#: In the entropy-coded data of a JPEG, the next marker that is no restart and no stuffed 0xFF.
_JPEG_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")
_JPEG_START, _JPEG_END = b"\xff\xd8\xff", 0xD9

#: Actions (/S) that run, send, or open something else; /GoTo and /URI only lead the reader.
_ACTIONS = frozenset({
    "/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/GoToE", "/GoToR", "/Rendition", "/Movie", "/Sound",
    "/RichMediaExecute",
})  # fmt: skip
#: Kinds of objects and annotations (/Type, /Subtype) that carry files or media.
_CARRIERS = frozenset({
    "/EmbeddedFile", "/FileAttachment", "/RichMedia", "/Movie", "/Sound", "/Screen", "/3D",
})  # fmt: skip
_ACTIVE_KEYS = frozenset({"/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/XFA", "/RichMediaContent"})
#: Also searched in the bytes: an earlier revision of the file is not among its objects. Too long to occur by chance.
_ACTIVE_BYTES = re.compile(rb"/(JavaScript|Launch|EmbeddedFile|RichMedia)")


def inspect(content: bytes) -> dict[str, Any]:
    """Type of a content and its pages or size in pixels. Raises a FileError of `errors.REFUSALS`.

    Hostile content can make this hang or fill the memory: outside of tests it runs in a process of its own.
    """
    if not content:
        raise errors.EmptyFileError
    if content.startswith(b"%PDF-"):
        return {"content_type": PDF, "pages": _pdf_pages(content)}
    if content.startswith(_JPEG_START):
        trailing, kind = content[_jpeg_end(content) :], JPEG
    elif content.startswith(b"\x89PNG\r\n\x1a\n"):
        trailing, kind = content[_png_end(content) :], PNG
    else:
        raise errors.UnknownTypeError
    if len(trailing) > _TRAILING_BYTES:
        raise errors.TrailingDataError
    width, height = _picture_size(content, kind)
    return {"content_type": kind, "width": width, "height": height}


def _picture_size(content: bytes, kind: str) -> tuple[int, int]:
    """Open a picture as the one format it claims to be, after its size in pixels was found bearable."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # the limit stands here
    name = "JPEG" if kind == JPEG else "PNG"
    with Image.open(io.BytesIO(content), formats=(name,)) as picture:
        width, height = picture.size
        if width * height > MAX_PIXELS:
            raise errors.TooManyPixelsError
        if kind == JPEG:
            picture.draft("L", (1, 1))  # decoded at an eighth of its size: all data is read, little is made
            picture.load()
        else:
            picture.verify()  # every checksum
    return width, height


def _jpeg_end(content: bytes) -> int:
    """Where the last picture ends; telephones put a second one (depth, brightness) behind the first."""
    end = _jpeg_picture_end(content, 0)
    while True:
        following = len(content) - len(content[end:].lstrip(b"\0"))
        if not content.startswith(_JPEG_START, following):
            return min(following, len(content))
        end = _jpeg_picture_end(content, following)


def _jpeg_picture_end(content: bytes, start: int) -> int:
    at = start + 2
    while marker := _JPEG_MARKER.search(content, at):
        kind = marker[1][0]
        if kind == _JPEG_END:
            return marker.end()
        at = marker.end()
        if not 0xD0 <= kind <= 0xD8:
            at += int.from_bytes(content[at : at + 2], "big")
    raise errors.UnreadableError


def _png_end(content: bytes) -> int:
    at = 8
    while at + 12 <= len(content):
        kind = content[at + 4 : at + 8]
        at += 12 + int.from_bytes(content[at : at + 4], "big")
        if kind == b"IEND":
            return at
    raise errors.UnreadableError


def _pdf_pages(content: bytes) -> int:
    """Number of pages of a PDF that is not encrypted and cannot act."""
    from pypdf import PdfReader

    if _ACTIVE_BYTES.search(content):
        raise errors.ActiveContentError
    reader = PdfReader(io.BytesIO(content), strict=False)
    if reader.is_encrypted:
        raise errors.EncryptedPdfError
    for thing in _things(_objects(reader)):
        if _acts(thing):
            raise errors.ActiveContentError
    pages = 0
    for pages, _page in enumerate(reader.pages, start=1):
        if pages > MAX_PAGES:
            raise errors.TooManyPagesError
    if pages == 0:
        raise errors.NoPagesError
    return pages


def _objects(reader: Any) -> Iterator[Any]:
    """The trailer and every object of the file's tables, also those that no page leads to."""
    from pypdf.generic import IndirectObject

    yield reader.trailer
    numbers = {(number, generation) for generation, entries in reader.xref.items() for number in entries}
    numbers |= {(number, 0) for number in reader.xref_objStm}
    if len(numbers) > MAX_OBJECTS:
        raise errors.TooManyPagesError
    for number, generation in sorted(numbers):
        yield IndirectObject(number, generation, reader).get_object()


def _things(roots: Iterable[Any]) -> Iterator[Any]:
    """The dictionaries of these objects at any depth; references are not followed, what they mean is a root itself."""
    for root in roots:
        waiting = [root]
        while waiting:
            thing = waiting.pop()
            if isinstance(thing, dict):
                yield thing
                waiting.extend(dict.values(thing))
            elif isinstance(thing, list):
                waiting.extend(list.__iter__(thing))


def _acts(thing: Any) -> bool:
    return (
        not _ACTIVE_KEYS.isdisjoint(thing)
        or _name(thing, "/S") in _ACTIONS
        or _name(thing, "/Type") in _CARRIERS
        or _name(thing, "/Subtype") in _CARRIERS
    )


def _name(thing: Any, key: str) -> str:
    """The name under a key, also when it stands elsewhere in the file."""
    return str(thing[key]) if key in thing else ""


def _bind() -> None:
    """From here on little time, little memory, nothing written to a file."""
    for what, most in (
        (resource.RLIMIT_CPU, _CPU_SECONDS),
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _shut(content: bytes) -> None:
    """Load what this content needs; from here on nothing can be opened, whatever a parser is made to do."""
    if content.startswith(b"%PDF-"):
        import pypdf
        import pypdf.filters

        for codec in _CODECS:
            codecs.lookup(codec)
        sample, writer = io.BytesIO(), pypdf.PdfWriter()
        writer.add_blank_page(1, 1)
        writer.write(sample)
        _pdf_pages(sample.getvalue())  # loads whatever else the way there needs
    else:
        from PIL import Image, MpoImagePlugin  # noqa: F401 - a picture behind a picture makes Pillow load it

        Image.preinit()
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))


def verdict(content: bytes) -> dict[str, Any]:
    """What `inspect` says, or the code of its refusal."""
    try:
        return inspect(content)
    except errors.FileError as refusal:
        return {"refused": refusal.code}
    except Exception:  # noqa: BLE001 - whatever a parser stumbles over: the file does not open
        return {"refused": errors.UnreadableError.code}


def main() -> None:
    """Inspect standard input; one line of JSON on standard output."""
    _bind()
    content = sys.stdin.buffer.read()
    _shut(content)
    sys.stdout.write(json.dumps(verdict(content)))


if __name__ == "__main__":
    main()
