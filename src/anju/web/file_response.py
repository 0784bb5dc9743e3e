"""A stored file on its way to the browser: shown as what it is, never run, never part of a page of ours."""

from collections.abc import Iterator

from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

from anju.platform import audit
from anju.platform.files.errors import FileDamagedError
from anju.platform.files.models import StoredFile
from anju.platform.files.queries import read

#: As a document of its own it may do nothing and comes from nowhere: no cookie, no storage, no script. The one style is
#: the browser's own, by which it centers a picture. Chromium shows PDF and pictures under this policy.
_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'"


def file_response(stored: StoredFile, *, actor: str, download: bool = False) -> StreamingHttpResponse:
    """Stream a file with its own type; shown in the browser, or saved when `download`. Call it after access was checked.

    `actor` is the sign-in name of who asked. Damage is recorded under it and ends the stream short of the declared
    length, so that no browser takes the file for whole.
    """
    response = StreamingHttpResponse(_content(stored, actor), content_type=stored.content_type)
    response["Content-Length"] = str(stored.size)
    response["Content-Disposition"] = content_disposition_header(as_attachment=download, filename=stored.name) or ""
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = _POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response


def made_file(content: bytes, name: str, kind: str, *, download: bool = False) -> HttpResponse:
    """A file that was made just now, of content type `kind`: shown where the browser can, or saved when `download`."""
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = content_disposition_header(as_attachment=download, filename=name) or ""
    return response


def _content(stored: StoredFile, actor: str) -> Iterator[bytes]:
    """The parts. The view has long returned when damage shows, so it is recorded here."""
    try:
        yield from read(stored)
    except FileDamagedError:
        audit.record(
            actor=actor,
            action="file.damaged",
            object_kind="file",
            object_reference=str(stored.pk),
            detail={"size": stored.size},
            at=timezone.now(),
        )
        raise
