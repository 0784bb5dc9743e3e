"""Lists come in, are checked, dropped, used. A check can be stopped and run again."""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any, ClassVar

from django.db import connection, transaction

from anju.contributions.models_sheets import Sheet, SheetPart, SheetProblem, SheetState
from anju.contributions.roster import RowProblem
from anju.contributions.sheets.declarations import Context, Judged, SheetKind, kind_of, read_row
from anju.contributions.sheets.reading import Table, read_table
from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.kernel.periods import Month
from anju.platform import audit
from anju.platform.files.operations import scan
from anju.registry.models import Unit
from anju.registry.operations import month_number, month_of

#: Rows of a part: judged and kept together.
PART = 5_000
#: COPY's text format: what a row is kept as, how bytes begin, what stands for itself no longer.
_KEPT = (
    "COPY contributions_sheetrow (sheet_id, line, member_id, person, month, base, unit_amount, person_amount, code, note)"
    " FROM STDIN"
)
_BYTES = "\\\\x"
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_PLAIN = frozenset({str, int, float, bool, type(None)})
#: Problems that are kept; a list with more is wrong as a whole, the count is told.
MAX_PROBLEMS = 10_000


class SheetError(AnjuError):
    """A list that cannot be taken, used or dropped; nothing was changed."""

    code: ClassVar[str] = "SHEET"


@dataclass(frozen=True, slots=True, kw_only=True)
class _By:
    """Who uploads, when, on which business day."""

    actor: str
    at: datetime
    business_date: date


def upload(
    *, unit_number: str, kind: str, month: Month | None, content: bytes, actor: str, at: datetime, business_date: date
) -> Sheet:
    """Take a file in; its rows are kept sealed as typed and wait for the check.

    The same file again is the same list, as long as it was not used or dropped; one that was wrong is checked anew, for
    what it was measured by may have changed. A new file takes the place of the wrong ones that the same person uploaded
    for that unit, kind and month: they are dropped. Call it outside of a transaction: a scanner that takes its time must
    hold no lock. Raises RosterFileError, VirusFoundError, ScannerUnavailableError, UnknownSheetKindError, SheetError when
    the kind needs a month; then nothing is kept.
    """
    declared, by = kind_of(kind), _By(actor=actor, at=at, business_date=business_date)
    if declared.needs_month and month is None:
        raise SheetError(_("请选择年月"), field="month")
    scan(content=io.BytesIO(content), actor=actor, at=at)
    table, digest = read_table(content, declared), sha256(content).hexdigest()
    return _take_in(unit_number, kind, None if month is None else month_number(month), digest, table, by)


@transaction.atomic
def _take_in(unit_number: str, kind: str, month: int | None, digest: str, table: Table, by: _By) -> Sheet:
    unit = Unit.objects.select_for_update().get(number=unit_number)
    living = Sheet.objects.select_for_update().filter(unit=unit, kind=kind, month=month)
    known = living.filter(sha256=digest, state__in=[SheetState.CHECKING, SheetState.BAD, SheetState.READY]).first()
    if known is not None:
        return known if known.state != SheetState.BAD else _anew(known, table, by)
    sheet = _new(Sheet(unit=unit, kind=kind, month=month, sha256=digest), table, by)
    for wrong in living.filter(state=SheetState.BAD, uploaded_by=by.actor).exclude(pk=sheet.pk):
        _drop(wrong, by.actor, by.at, {"replaced_by": sheet.number})
    return sheet


def _new(sheet: Sheet, table: Table, by: _By) -> Sheet:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'Q' || lpad(nextval('contributions_sheet_number')::text, 10, '0')")
        sheet.number = cursor.fetchone()[0]
    sheet.rows, sheet.uploaded_by, sheet.uploaded_at = len(table.rows), by.actor, by.at
    sheet.business_date = by.business_date
    sheet.save()
    for place, start in enumerate(range(0, len(table.rows), PART)):
        rows = [[line, [_plain(cell) for cell in cells]] for line, cells in table.rows[start : start + PART]]
        SheetPart.objects.create(
            sheet=sheet, place=place, key=f"{sheet.number}/{place}", content=json.dumps(rows, ensure_ascii=False)
        )
    _tell(sheet, table.problems)
    _record("sheet.upload", sheet, by, {"unit": sheet.unit.number, "kind": sheet.kind, "rows": sheet.rows})
    return sheet


def _anew(sheet: Sheet, table: Table, by: _By) -> Sheet:
    """The list as on the day of its first upload, to be checked on this one; what was typed is the same."""
    sheet.lines.all().delete()
    sheet.found.all().delete()
    sheet.state, sheet.checked, sheet.problems = SheetState.CHECKING, 0, 0
    sheet.uploaded_by, sheet.uploaded_at, sheet.business_date = by.actor, by.at, by.business_date
    sheet.save(update_fields=["state", "checked", "problems", "uploaded_by", "uploaded_at", "business_date"])
    _tell(sheet, table.problems)
    _record("sheet.again", sheet, by, {})
    return sheet


def _record(action: str, sheet: Sheet, by: _By, detail: dict[str, Any]) -> None:
    audit.record(
        actor=by.actor, action=action, object_kind="sheet", object_reference=sheet.number, detail=detail, at=by.at,
        business_date=by.business_date,
    )  # fmt: skip


def check(*, sheet_id: int) -> Sheet:
    """Judge a list part by part; ready when nothing is wrong with any row. Each part is told as it is done.

    Stopped and run again it goes on where it was; two at once do each part once.
    """
    sheet = Sheet.objects.select_related("unit").get(pk=sheet_id)
    kind, context = kind_of(sheet.kind), context_of(sheet)
    for pk, place in list(sheet.parts.order_by("place").values_list("pk", "place")):
        with transaction.atomic():
            locked = Sheet.objects.select_for_update().get(pk=sheet_id)
            if locked.state == SheetState.CHECKING and locked.checked == place * PART:
                _check_part(locked, kind, context, SheetPart.objects.get(pk=pk))
    return _conclude(sheet_id, kind, context)


def context_of(sheet: Sheet) -> Context:
    """For whom, for which month and on which day the list is judged."""
    return Context(sheet.unit, month_of(sheet.month) if sheet.month else None, sheet.business_date)


@transaction.atomic
def drop(*, number: str, actor: str, at: datetime) -> None:
    """Give a list up: rows and what was typed are destroyed, the trace stays. Raises SheetError when it was used."""
    sheet = Sheet.objects.select_for_update().filter(number=number).first()
    if sheet is None or sheet.state == SheetState.USED:
        raise SheetError(_("没有此清单，或已用于业务，不能作废"), field="sheet")
    _drop(sheet, actor, at, {})


def _drop(sheet: Sheet, actor: str, at: datetime, detail: dict[str, Any]) -> None:
    sheet.parts.all().delete()
    sheet.lines.all().delete()
    sheet.found.all().delete()
    sheet.state = SheetState.DROPPED
    sheet.save(update_fields=["state"])
    audit.record(
        actor=actor, action="sheet.drop", object_kind="sheet", object_reference=sheet.number, detail=detail, at=at
    )


def ready(*, number: str, unit: str, kind: str) -> Sheet:
    """The list of this number, ready for this unit and kind. Raises SheetError that says what to do."""
    sheet = (
        Sheet.objects.select_related("unit").filter(number=number.strip().upper(), unit__number=unit, kind=kind).first()
    )
    if sheet is None:
        raise SheetError(_("没有此清单编号，或不是本单位的这类清单，请核对"), field="sheet")
    if sheet.state != SheetState.READY:
        words = _("清单“{state}”，须校验通过后才能使用").format(state=sheet.get_state_display())
        raise SheetError(words, field="sheet")
    return sheet


@transaction.atomic
def use(*, number: str, unit: str, kind: str, case: str) -> Sheet:
    """Take a ready list for a case, once; the same case again gets the same list. Raises SheetError."""
    wanted = Sheet.objects.select_for_update(of=("self",)).select_related("unit")
    sheet = wanted.filter(number=number.strip().upper()).first()
    if sheet is not None and sheet.state == SheetState.USED and sheet.case_number == case:
        return sheet
    ready(number=number, unit=unit, kind=kind)
    assert sheet is not None
    sheet.state, sheet.case_number = SheetState.USED, case
    sheet.save(update_fields=["state", "case_number"])
    return sheet


def _check_part(sheet: Sheet, kind: SheetKind, context: Context, part: SheetPart) -> None:
    given, problems = [], []
    typed = json.loads(part.content)
    for line, cells in typed:
        row, wrong = read_row(kind, line, cells)
        problems += wrong
        if row is not None:
            given.append(row)
    judged, found = kind.judge(given, context)
    _keep(sheet, judged)
    _tell(sheet, [*problems, *found])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE contributions_sheet SET checked = checked + %s WHERE id = %s", [len(typed), sheet.pk])


def _keep(sheet: Sheet, rows: Sequence[Judged]) -> None:
    """Keep rows by COPY of one text: arrays of every column cost more than the look-up of the members."""
    text = "".join(
        f"{sheet.pk}\t{row.line}\t{_or_null(row.member)}\t{_or_null(None if row.person is None else _BYTES + row.person.hex())}\t"
        f"{_or_null(row.month)}\t{_or_null(row.base)}\t{_or_null(row.unit_amount)}\t{_or_null(row.person_amount)}\t"
        f"{row.code.translate(_ESCAPED)}\t{row.note.translate(_ESCAPED)}\n"
        for row in rows
    )
    with connection.cursor() as cursor, cursor.copy(_KEPT) as copy:
        copy.write(text)


def _or_null(value: int | str | None) -> int | str:
    return "\\N" if value is None else value


def _tell(sheet: Sheet, problems: Sequence[RowProblem]) -> None:
    if not problems:
        return
    room = max(0, MAX_PROBLEMS - SheetProblem.objects.filter(sheet=sheet).count())
    SheetProblem.objects.bulk_create(
        (
            SheetProblem(
                sheet=sheet, line=each.row, column=each.column[:40], value=each.value[:60], rule=each.rule[:40],
                message=each.message[:300],
            )
            for each in problems[:room]
        ),
        batch_size=2000,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE contributions_sheet SET problems = problems + %s WHERE id = %s", [len(problems), sheet.pk]
        )


@transaction.atomic
def _conclude(sheet_id: int, kind: SheetKind, context: Context) -> Sheet:
    sheet = Sheet.objects.select_for_update().get(pk=sheet_id)
    if sheet.state != SheetState.CHECKING or sheet.checked < sheet.rows:
        return sheet
    _tell(sheet, [*_twice(sheet, kind), *kind.judge_whole(sheet, context)])
    sheet.refresh_from_db()
    sheet.state = SheetState.BAD if sheet.problems else SheetState.READY
    sheet.save(update_fields=["state"])
    return sheet


def _twice(sheet: Sheet, kind: SheetKind) -> list[RowProblem]:
    """Rows that say the same person again (of a monthly kind: and month); the later is reported and names the earlier."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT line, first FROM (SELECT line, min(line) OVER same AS first FROM contributions_sheetrow WHERE sheet_id = %s"
            " WINDOW same AS (PARTITION BY member_id, person, CASE WHEN %s THEN month END)) AS r"
            " WHERE line > first ORDER BY line",
            [sheet.pk, kind.monthly],
        )
        rows = cursor.fetchall()
    column = next(each.heading for each in kind.columns if each.name == kind.once)
    return [RowProblem(line, column, "", "DUPLICATE", _("与第 {row} 行重复").format(row=first)) for line, first in rows]


def _plain(cell: Any) -> Any:
    """A cell as JSON carries it: numbers stay what they are, days become text."""
    return cell if type(cell) in _PLAIN else str(cell)
