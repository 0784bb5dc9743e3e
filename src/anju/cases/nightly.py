"""What cases need by themselves: deadlines escalated in the morning, due dates computed again, late papers reported.

Each is safe to run again and at once with another: what was told is told no more.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.db import connection

from anju.cases import queries
from anju.cases.clock import ClockEvent, standing
from anju.cases.models import Case, ClockEventRow
from anju.cases.transition import clock_event
from anju.kernel.workday_table import CalendarKind
from anju.kernel.workdays import WorkCalendar, calendar
from anju.platform import audit
from anju.platform.jobs import app

#: Cases computed again in one statement.
CHUNK = 1000
_BEIJING = ZoneInfo("Asia/Shanghai")
log = logging.getLogger(__name__)

# One line a paper, whatever the case does meanwhile: the key is the paper's.
_LATE_PAPERS = """
INSERT INTO platform_outboxevent (topic, key, payload, created_at, attempts)
SELECT 'case.tolerance-late', c.number || '!' || t.code, jsonb_build_object('case', c.number, 'code', t.code, 'due', t.due),
       %s, 0
  FROM cases_tolerance t JOIN cases_case c ON c.id = t.case_id
 WHERE t.due < %s AND t.fulfilled_at IS NULL AND c.closed_date IS NULL
 ORDER BY t.id
    ON CONFLICT (key) DO NOTHING"""


@app.periodic(cron="0 22 * * *")  # 06:00 in Beijing
@app.task(name="cases.morning", queue="nightly", queueing_lock="cases.morning")
def morning(timestamp: int) -> None:
    """Due dates first, then what is late by them, on the day of `timestamp` (seconds, UTC)."""
    at = datetime.fromtimestamp(timestamp, UTC)
    today = at.astimezone(_BEIJING).date()
    recompute_provisional(at=at)
    risen = queries.escalate(business_date=today, at=at)
    papers = report_late_papers(business_date=today, at=at)
    log.info("escalated %s cases, reported %s late papers", risen, papers)


def report_late_papers(*, business_date: date, at: datetime) -> int:
    """An event `case.tolerance-late` for each paper that was to follow (容缺) and is past its day; how many are new."""
    with connection.cursor() as cursor:
        cursor.execute(_LATE_PAPERS, [at, business_date])
        new: int = cursor.rowcount
    return new


def recompute_provisional(*, at: datetime, days: WorkCalendar | None = None) -> int:
    """Compute the provisional due dates (暂定) of open cases again from their clocks; return how many changed.

    `days` is the service calendar unless given. A case that moves meanwhile has a due date from its move.
    """
    days = days or calendar(CalendarKind.SERVICE)
    changed = sum(_set_due(cases, days) for cases in _provisional())
    if changed:
        audit.record(
            actor="system", action="case.due-recomputed", object_kind="case", object_reference="",
            detail={"changed": changed}, at=at,
        )  # fmt: skip
    return changed


def _provisional() -> Iterator[dict[int, int]]:
    """Versions of the cases by id, chunk by chunk."""
    reached = 0
    open_cases = Case.objects.filter(due_provisional=True, due__isnull=False, closed_date=None)
    while cases := dict(open_cases.filter(id__gt=reached).order_by("id").values_list("id", "version")[:CHUNK]):
        yield cases
        reached = max(cases)


def _set_due(cases: dict[int, int], days: WorkCalendar) -> int:
    events: defaultdict[int, list[ClockEvent]] = defaultdict(list)
    for row in ClockEventRow.objects.filter(case_id__in=cases).order_by("case_id", "version"):
        events[row.case_id].append(clock_event(row))
    found = {pk: standing(events[pk], days) for pk in cases}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT cases_set_due(%s, %s, %s::date[], %s)",
            [
                list(found),
                list(cases.values()),
                [s.due for s in found.values()],
                [s.provisional for s in found.values()],
            ],
        )
        changed: int = cursor.fetchone()[0]
    return changed
