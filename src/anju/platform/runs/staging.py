"""Rows into a job's staging table by COPY, then every rule over all of them: each bad row is reported, not the first.

Runs inside the transaction of `operations.stage`. Memory does not grow with the number of rows.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import psycopg
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.platform.runs.declarations import Column, Job, Rule, parameters
from anju.platform.runs.models import Run

#: A file beyond this is split by whoever sends it.
MAX_ROWS = 5_000_000
#: Problems kept with row, value and rule; those beyond are only counted.
MAX_PROBLEMS = 100_000
#: NUL and lone surrogates: PostgreSQL cannot hold them.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
#: Characters of a bad value that are kept.
_SHOWN = 100
#: "COPY runs_stage, line 3, column amount: ..." - the value that follows is never read.
_PLACE = re.compile(r"line (\d+)(?:, column (\w+))?")


class StagingError(AnjuError):
    """Rows that cannot be taken at all: nothing of them was kept."""

    code: ClassVar[str] = "RUN_STAGING"


class TooManyRowsError(StagingError):
    """More rows than a run may have."""

    code = "RUN_TOO_MANY_ROWS"


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many rows were staged, and a digest of them that tells the same rows from others."""

    rows: int
    digest: bytes


def load(cursor: CursorWrapper, run: Run, job: Job, rows: Iterable[Sequence[object]], max_rows: int) -> Loaded:
    """Replace the run's staged rows; each row is (line, value of the first column, ...).

    Raises StagingError that names the row: a NUL byte, a text too long, a value that its column cannot hold, a line
    number twice.
    """
    clear(cursor, run, job)
    target = sql.SQL("COPY {} (run_id, line, {}) FROM STDIN").format(
        sql.Identifier(job.staging), sql.SQL(", ").join(sql.Identifier(column.name) for column in job.columns)
    )
    digest, count = hashlib.sha256(), 0
    try:
        with cursor.copy(target) as copy:
            for row in _checked(rows, job.columns, digest):
                count += 1
                if count > max_rows:
                    raise TooManyRowsError(_("超过 {limit} 行，请拆成几批").format(limit=max_rows), field="rows")
                copy.write_row((run.pk, *row))
    except psycopg.errors.UniqueViolation:
        raise StagingError(_("行号有重复，请检查数据来源"), field="line") from None
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        raise _unfit(error, job) from None
    return Loaded(count, digest.digest())


def clear(cursor: CursorWrapper, run: Run, job: Job) -> None:
    """Delete the run's staged rows."""
    if job.staging:
        cursor.execute(f"DELETE FROM {job.staging} WHERE run_id = %s", [run.pk])  # noqa: S608 - a checked identifier


def staged_rows(cursor: CursorWrapper, run: Run, job: Job) -> int:
    """How many rows of the run are in the staging table now."""
    cursor.execute(f"SELECT count(*) FROM {job.staging} WHERE run_id = %s", [run.pk])  # noqa: S608 - as above
    count: int = cursor.fetchone()[0]
    return count


def validate(cursor: CursorWrapper, run: Run, job: Job) -> int:
    """Run every rule over all staged rows, one pass each; return how many problems there are."""
    total = 0
    for rule in job.rules:
        cursor.execute(_reporting(job, rule), {**parameters(run), "kept": max(0, MAX_PROBLEMS - total)})
        total += cursor.fetchone()[0]
    return total


def set_aside(cursor: CursorWrapper, run: Run, job: Job) -> int:
    """Delete the bad rows from the staging table, so that no work can touch them; return how many."""
    cursor.execute(
        f"DELETE FROM {job.staging} s WHERE run_id = %(run)s"  # noqa: S608 - a checked identifier
        " AND line IN (SELECT line FROM platform_run_problem WHERE run_id = %(run)s)",
        {"run": run.pk},
    )
    count: int = cursor.rowcount
    return count


def _checked(
    rows: Iterable[Sequence[object]], columns: Sequence[Column], digest: "hashlib._Hash"
) -> Iterator[Sequence[object]]:
    """The rows as they pass: fitting the columns, and counted into the digest."""
    width = len(columns) + 1
    open_places = [0, *(place for place, column in enumerate(columns, 1) if not column.sealed)]
    for row in rows:
        if len(row) != width or type(row[0]) is not int:
            raise StagingError(
                _("每行应为行号和 {count} 个值，第 {line} 行不是").format(count=width - 1, line=row[0]), field="rows"
            )
        for column, value in zip(columns, row[1:], strict=True):
            if isinstance(value, str):
                _require_text(row[0], column, value)
        digest.update(repr([row[place] for place in open_places]).encode("utf-8", "surrogatepass"))
        yield row


def _require_text(line: int, column: Column, value: str) -> None:
    if len(value) > column.max_length:
        raise StagingError(
            _("第 {line} 行“{column}”超过 {limit} 个字").format(
                line=line, column=_(column.title), limit=column.max_length
            ),
            field=column.name,
        )
    if _UNSTORABLE.search(value):
        raise StagingError(
            _("第 {line} 行“{column}”含有不能保存的控制字符，请删除后重新导入").format(
                line=line, column=_(column.title)
            ),
            field=column.name,
        )


def _unfit(error: psycopg.Error, job: Job) -> StagingError:
    """Which record does not fit, without its value."""
    place = _PLACE.search(error.diag.context or "")
    number, name = place.groups() if place else ("?", None)
    name = name or error.diag.column_name or ""
    titles = {column.name: _(column.title) for column in job.columns}
    return StagingError(
        _("第 {number} 条记录的“{column}”格式不对或超出范围").format(number=number, column=titles.get(name, name)),
        field=name or "rows",
    )


def _reporting(job: Job, rule: Rule) -> str:
    """One statement that finds a rule's bad rows, keeps up to `kept` of them, and counts them all."""
    column = job.column(rule.column)
    found = rule.select or (
        f"SELECT s.line, s.{column.name}::text FROM {job.staging} s WHERE s.run_id = %(run)s AND ({rule.bad})"  # noqa: S608
    )
    shown = "platform_mask(value)" if column.personal else f"left(value, {_SHOWN})"
    if column.sealed:
        shown = "''"
    return f"""
        WITH found AS MATERIALIZED (
            SELECT line, min(value) AS value FROM ({found}) AS f (line, value) GROUP BY line
        ), kept AS (
            INSERT INTO platform_run_problem (run_id, line, rule, "column", value, message)
            SELECT %(run)s, line, {_quoted(rule.code)}, {_quoted(_(column.title))}, coalesce({shown}, ''),
                   {_quoted(_(rule.message))}
              FROM found ORDER BY line LIMIT %(kept)s
        )
        SELECT count(*) FROM found
    """  # noqa: S608 - declared text, quoted


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''").replace("%", "%%") + "'"
