"""A center is a PostgreSQL schema: made, migrated as the owner, then opened to the application role as far as needed.

An AppConfig may say `writes_through_functions`: True (the ledger: all its tables) or the names of some tables. These
stay closed: the application reads them and calls their functions, nothing else.
"""

from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import ClassVar

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.management import call_command
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.migrations import RunSQL
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState
from django.utils.translation import override
from psycopg import sql

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _


class OtherVersionError(AnjuError):
    """The schema holds migrations that this version does not know."""

    code: ClassVar[str] = "SCHEMA_OF_OTHER_VERSION"


def prepare() -> None:
    """Create the center's schema when missing, apply all migrations, set the privileges. Safe to repeat.

    Raises OtherVersionError for a schema made by a version with other migrations.
    """
    unknown = unknown_migrations()
    if unknown:
        message = _(
            "中心 {center} 由另一版本建立（本版没有迁移 {names}）。请用该版本打开，或换一个 ANJU_CENTER；演示数据可运行 make demo 重新生成"
        )
        raise OtherVersionError(
            message.format(center=settings.ANJU_CENTER, names=", ".join(unknown[:3])), field="ANJU_CENTER"
        )
    with connections["owner"].cursor() as cursor:
        cursor.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(settings.ANJU_CENTER)))
    call_command("migrate", database="owner", verbosity=0, interactive=False)
    grant()


def drop() -> None:
    """Remove the center's schema with all it holds."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(settings.ANJU_CENTER)))


def is_prepared() -> bool:
    """True when the schema exists and no migration waits."""
    return not unapplied(connections["owner"])


def unapplied(connection: BaseDatabaseWrapper) -> frozenset[tuple[str, str]]:
    """(app, name) of the latest migrations of this program that the center does not have; all of them without a schema."""
    return frozenset(_migrations().graph.leaf_nodes()) - MigrationRecorder(connection).applied_migrations().keys()


def unknown_migrations() -> list[str]:
    """Migrations recorded in the schema that this version does not have: it was made by another one."""
    apps_here = {app.label for app in apps.get_app_configs()}
    applied = MigrationRecorder(connections["owner"]).applied_migrations()
    known = _migrations().disk_migrations
    return sorted(f"{app}.{name}" for app, name in applied if app in apps_here and (app, name) not in known)


def models_without_migration() -> list[str]:
    """Apps whose models differ from what this program's migrations make of them; no database is asked."""
    known = _migrations()
    with override(None):  # names as they are written, not as they are told
        here = ProjectState.from_apps(apps)
        return sorted(MigrationAutodetector(known.project_state(), here).changes(graph=known.graph))


@cache
def _migrations() -> MigrationLoader:
    """The migrations of this program, without a look at any database."""
    return MigrationLoader(None, ignore_no_migrations=True)


def grant() -> None:
    """Open the schema to the application role; tables written only through functions stay closed to writing."""
    schema = sql.Identifier(settings.ANJU_CENTER)
    app = sql.Identifier(settings.DATABASES["default"]["USER"])
    if settings.DATABASES["default"]["USER"] == settings.DATABASES["owner"]["USER"]:
        return  # a single-role database: nothing to separate
    statements = [
        "GRANT USAGE ON SCHEMA {schema} TO {app}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {app}",
        "GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {app}",
        "REVOKE INSERT, UPDATE, DELETE ON {schema}.django_migrations FROM {app}",
    ]
    # One transaction: at no moment does the application hold a right that it is not to keep.
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        for statement in statements:
            cursor.execute(sql.SQL(statement).format(schema=schema, app=app))
        for table in _closed_tables(cursor):
            cursor.execute(
                sql.SQL("REVOKE INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON {} FROM {}").format(
                    sql.Identifier(settings.ANJU_CENTER, table), app
                )
            )


def run_sql_file(path: Path) -> list[RunSQL]:
    """Migration operations for an SQL file, one per statement.

    Statements are separated by lines that hold only `-- next`: a cluster that distributes schemas refuses
    several commands in one string, and function bodies hold semicolons of their own.
    """
    statements = [part.strip() for part in path.read_text(encoding="utf-8").split("\n-- next\n")]
    # A list of (statement, None) pairs reaches the server as it is: neither split nor searched for placeholders.
    return [RunSQL([(statement, None)], RunSQL.noop) for statement in statements if statement]


def _closed_tables(cursor: CursorWrapper) -> Iterator[str]:
    cursor.execute(
        "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = %s AND relkind IN ('r', 'p', 'v', 'm') ORDER BY relname",
        [settings.ANJU_CENTER],
    )
    for (table,) in cursor.fetchall():
        if any(_closes(app, table) for app in apps.get_app_configs()):
            yield table


def _closes(app: AppConfig, table: str) -> bool:
    closed: bool | Collection[str] = getattr(app, "writes_through_functions", False)
    if isinstance(closed, bool):
        return closed and table.startswith(f"{app.label}_")
    return table in closed
