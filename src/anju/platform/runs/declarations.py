"""What a job is: its staged columns, the rules its rows must meet, how it is cut into chunks, and the work itself.

A room declares its jobs in its `batch.py` and registers them by name; the engine imports those modules when it first
looks for a job. All SQL here takes named parameters: `%(run)s`, `%(params)s` (jsonb), `%(business_date)s`, `%(maker)s`,
and the work also `%(low)s` and `%(high)s`; a literal per cent sign is written twice.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Literal

from django.db.backends.utils import CursorWrapper
from django.db.migrations import RunSQL
from django.utils.module_loading import autodiscover_modules
from psycopg.types.json import Jsonb

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.platform.runs.models import Run

#: `(cursor, run, low, high) -> counts`: the work on one chunk, inside the engine's transaction. Both ends are included.
Work = Callable[[CursorWrapper, Run, int, int], Mapping[str, int]]
#: What happens to a run with bad rows: the whole is refused, or the good rows are worked and the run is PARTIAL.
BadRows = Literal["reject_all", "set_aside"]

_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,60}")


class UnknownJobError(AnjuError):
    """No room declares a job of this name."""

    code: ClassVar[str] = "RUN_UNKNOWN_JOB"


@dataclass(frozen=True, slots=True)
class Column:
    """A staged column. A `personal` value is shown masked; a `sealed` one is ciphertext, never the same twice."""

    name: str
    title: str
    personal: bool = False
    sealed: bool = False
    max_length: int = 200


@dataclass(frozen=True, slots=True)
class Rule:
    """What a row must not be. `bad` is an SQL predicate over the staging table, in which the row is called `s`.

    Or `select` names the bad rows by a whole SELECT of (line, value as text), for what one row alone cannot tell.
    """

    code: str
    column: str
    message: str
    bad: str = ""
    select: str = ""

    def __post_init__(self) -> None:
        assert bool(self.bad) != bool(self.select), self.code


@dataclass(frozen=True, slots=True)
class Count:
    """A number that the work returns for each chunk; the run shows the sum. `money` is in fen."""

    name: str
    title: str
    money: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A declared job. Without a `staging` table it needs `keys`: what it works on is in the database already.

    `keys` is a SELECT of one bigint column `key` (account ids, say); chunks are ranges of `chunk` distinct keys. For
    a staged job it may be left out: then chunks are ranges of `line`.
    """

    name: str
    title: str
    work: Work
    staging: str = ""
    columns: tuple[Column, ...] = ()
    rules: tuple[Rule, ...] = ()
    bad_rows: BadRows = "reject_all"
    keys: str = ""
    chunk: int = 20_000
    counts: tuple[Count, ...] = ()

    def __post_init__(self) -> None:
        names = {column.name for column in self.columns}
        assert self.chunk > 0, self.name
        assert bool(self.staging) == bool(self.columns), self.name
        assert self.staging or self.keys, self.name
        assert self.staging or not self.rules, self.name
        assert all(_IDENTIFIER.fullmatch(name) for name in (*names, self.staging or "none")), self.name
        assert all(rule.column in names for rule in self.rules), self.name

    def column(self, name: str) -> Column:
        """The staged column of that name."""
        return next(column for column in self.columns if column.name == name)


def statement(sql: str) -> Work:
    """The work that one SQL statement does; it returns one row of integers, the columns' names are the counts' names."""

    def work(cursor: CursorWrapper, run: Run, low: int, high: int) -> Mapping[str, int]:
        cursor.execute(sql, {**parameters(run), "low": low, "high": high})
        names = [column[0] for column in cursor.description]
        return {name: _whole(value) for name, value in zip(names, cursor.fetchone(), strict=True)}

    return work


def _whole(value: int | Decimal) -> int:
    """Sums of bigints come as numeric."""
    assert value == int(value), value
    return int(value)


def parameters(run: Run) -> dict[str, Any]:
    """The named parameters that every SQL of a job may use."""
    return {"run": run.pk, "params": Jsonb(run.params), "business_date": run.business_date, "maker": run.maker}


def staging_table(name: str, columns: str) -> RunSQL:
    """The migration operation that makes a staging table: `columns` as in CREATE TABLE, in the order of the job.

    Unlogged: staged rows are a copy of something and need no write-ahead log. A crashed server empties them; the
    engine notices and asks for the rows again.
    """
    assert _IDENTIFIER.fullmatch(name)
    create = (
        f"CREATE UNLOGGED TABLE {name} (run_id bigint NOT NULL, line bigint NOT NULL, {columns},"
        " PRIMARY KEY (run_id, line))"
    )
    return RunSQL([(create, None)], [(f"DROP TABLE {name}", None)])


_registered: dict[str, Job] = {}


def register(job: Job) -> Job:
    """Make the job known by its name; two different jobs of one name are a mistake of the programmer."""
    assert _registered.setdefault(job.name, job) == job, job.name
    return job


def find(name: str) -> Job:
    """The declared job of that name. Raises UnknownJobError."""
    if name not in _registered:
        autodiscover_modules("batch")
    if name not in _registered:
        raise UnknownJobError(_("没有名为 {name} 的批量业务，请核对名称或程序版本").format(name=name), field="job")
    return _registered[name]


def title_of(name: str) -> str:
    """The job's title for a page; the name itself when the program no longer has the job."""
    try:
        return find(name).title
    except UnknownJobError:
        return name
