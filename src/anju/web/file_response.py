"""A stored file on its way to the browser: shown as what it is, never run, never part of a page of ours."""

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from anju.platform.files.models import StoredFile
from anju.platform.files.queries import read

#: As a document of its own it may do nothing, and counts as from nowhere: no cookie, no storage, no script.
_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'self'; base-uri 'none'"
)


def file_response(stored: StoredFile, *, download: bool = False) -> StreamingHttpResponse:
    """Stream a file with its own type; shown in the browser, or saved when `download`. Call it after access was checked.

    Damage (FileDamagedError) ends the stream short of its declared length, so that no browser takes it for whole.
    """
    response = StreamingHttpResponse(read(stored), content_type=stored.content_type)
    response["Content-Length"] = str(stored.size)
    response["Content-Disposition"] = content_disposition_header(as_attachment=download, filename=stored.name) or ""
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = _POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response
