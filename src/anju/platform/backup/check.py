"""What a restored server holds, read by table names: the data may be of an older Anju than the models of this one."""

from dataclasses import dataclass

import psycopg
from psycopg import sql

from anju.kernel.i18n import gettext as _
from anju.platform.backup.errors import RestoredDataError
from anju.platform.embedded import DATABASE, ROLE_NAMES, EmbeddedServer, Role

_CENTERS = """
SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relname = 'ledger_entry' ORDER BY n.nspname
"""
_FIGURES = """
SELECT (SELECT count(*) FROM {0}.django_migrations),
       (SELECT count(*) FROM {0}.ledger_journal),
       count(*), coalesce(sum(amount), 0)::bigint, coalesce(sum(amount) FILTER (WHERE amount > 0), 0)::bigint
  FROM {0}.ledger_entry
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """One center's counts, and its ledger's totals in fen: `difference` must be zero, `debits` is one side."""

    center: str
    migrations: int
    journals: int
    entries: int
    difference: int
    debits: int


def centers(connection: "psycopg.Connection[tuple[str]]") -> list[str]:
    """Names of the schemas that hold a center."""
    return [name for (name,) in connection.execute(_CENTERS).fetchall()]


def figures_of(connection: "psycopg.Connection[tuple[str]]") -> tuple[Figures, ...]:
    """The figures of every center, in one snapshot when the caller's transaction has one."""
    found = []
    for center in centers(connection):
        row = connection.execute(sql.SQL(_FIGURES).format(sql.Identifier(center))).fetchone()
        assert row is not None
        found.append(Figures(center, *map(int, row)))
    return tuple(found)


def read_figures(server: EmbeddedServer) -> tuple[Figures, ...]:
    """Let every role enter a restored server and read what is there.

    Raises RestoredDataError: a role does not enter, a center cannot be read, a ledger does not balance.
    """
    try:
        for role in ROLE_NAMES:
            _enter(server, role)
        with psycopg.connect(server.url("superuser")) as connection:
            figures = figures_of(connection)
    except psycopg.Error as error:
        raise RestoredDataError(_("恢复出的数据库不可用：{reason}").format(reason=error)) from error
    for center in figures:
        if center.difference != 0:
            raise RestoredDataError(_("中心 {center} 的账借贷不平，不可使用").format(center=center.center))
    return figures


def _enter(server: EmbeddedServer, role: Role) -> None:
    with psycopg.connect(server.url(role, DATABASE)) as connection:
        connection.execute("SELECT 1")
