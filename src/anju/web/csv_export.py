"""Tables as CSV that a spreadsheet opens with Chinese intact and runs nothing of."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

from django.http import HttpResponse

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
#: A cell that begins with one of these is taken for a formula by spreadsheets.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(cell: str) -> str:
    """The cell, with an apostrophe before anything that a spreadsheet would run; plain numbers stay numbers."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(cell) else cell


def csv_response(*, filename: str, rows: Iterable[Sequence[str]]) -> HttpResponse:
    """A download in UTF-8 with the mark by which spreadsheets know it."""
    text = io.StringIO()
    csv.writer(text).writerows([harmless(cell) for cell in row] for row in rows)
    response = HttpResponse(text.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response
