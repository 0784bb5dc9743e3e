"""The check of a list in the background: asked for with the upload, worked by the worker.

A job is only an invitation: what is done is known from the list. One that a killed worker left is asked for again.
"""

from datetime import UTC, datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction
from procrastinate import RetryStrategy
from procrastinate.exceptions import AlreadyEnqueued

from anju.contributions.models_sheets import Sheet, SheetState
from anju.contributions.sheets.operations import check
from anju.platform.jobs import app

#: A list that waits longer is asked for again; the largest take some ten seconds.
_PATIENCE = timedelta(minutes=2)


@app.task(
    name="contributions.check-sheet", queue="runs",
    retry=RetryStrategy(max_attempts=20, wait=5, retry_exceptions={OperationalError, InterfaceError}),
)  # fmt: skip
def check_sheet(*, sheet_id: int) -> None:
    """Judge a list; harmless when it runs twice."""
    check(sheet_id=sheet_id)


@app.periodic(cron="*/2 * * * *")
@app.task(name="contributions.check-sheets", queue="nightly", queueing_lock="contributions.check-sheets")
def ask_again(timestamp: int) -> None:
    """Ask again for the lists that nobody has finished as of `timestamp` (seconds, UTC)."""
    since = datetime.fromtimestamp(timestamp, UTC) - _PATIENCE
    waiting = Sheet.objects.filter(state=SheetState.CHECKING, uploaded_at__lt=since)
    for sheet_id in waiting.order_by("id").values_list("pk", flat=True):
        ask_for_check(sheet_id=sheet_id)


def ask_for_check(*, sheet_id: int) -> bool:
    """Ask the workers to judge a list; False when that waits already. Part of the caller's transaction.

    No lock is held by the job: one that died with its worker would hold it for ever, and two checks at once agree.
    """
    try:
        with transaction.atomic():  # a savepoint: the refusal of a twin must not undo the caller's work
            check_sheet.configure(queueing_lock=f"sheet:{sheet_id}").defer(sheet_id=sheet_id)
    except AlreadyEnqueued:
        return False
    return True
