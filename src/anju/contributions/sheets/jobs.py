"""The check of a list in the background: asked for with the upload, worked by the worker."""

from django.db import InterfaceError, OperationalError
from procrastinate import RetryStrategy

from anju.contributions.sheets.operations import check
from anju.platform.jobs import app


@app.task(
    name="contributions.check-sheet", queue="runs",
    retry=RetryStrategy(max_attempts=20, wait=5, retry_exceptions={OperationalError, InterfaceError}),
)  # fmt: skip
def check_sheet(*, sheet_id: int) -> None:
    """Judge a list; harmless when it runs twice."""
    check(sheet_id=sheet_id)


def ask_for_check(*, sheet_id: int) -> None:
    """Ask the workers to judge a list. Part of the caller's transaction."""
    check_sheet.configure(lock=f"sheet:{sheet_id}").defer(sheet_id=sheet_id)
