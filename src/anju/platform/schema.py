"""A center is a PostgreSQL schema: made, migrated as the owner, then opened to the application role as far as needed.

An app whose AppConfig says `writes_through_functions = True` (the ledger) keeps its tables closed: the
application may read them and call their functions, nothing else.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.migrations import RunSQL
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
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT to_regclass('django_migrations') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return False
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connections["owner"])
    return not executor.migration_plan(executor.loader.graph.leaf_nodes()) and not unknown_migrations()


def unknown_migrations() -> list[str]:
    """Migrations recorded in the schema that this version does not have: it was made by another one."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT to_regclass('django_migrations') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return []
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(connections["owner"])
    known = {app.label for app in apps.get_app_configs()}
    return sorted(
        f"{app}.{name}"
        for app, name in loader.applied_migrations
        if app in known and (app, name) not in loader.disk_migrations
    )


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
    with connections["owner"].cursor() as cursor:
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


def _closed_tables(cursor: "object") -> Iterator[str]:
    prefixes = [f"{app.label}_" for app in apps.get_app_configs() if getattr(app, "writes_through_functions", False)]
    cursor.execute(  # type: ignore[attr-defined]
        "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = %s AND relkind IN ('r', 'p', 'v', 'm') ORDER BY relname",
        [settings.ANJU_CENTER],
    )
    for (table,) in cursor.fetchall():  # type: ignore[attr-defined]
        if table.startswith(tuple(prefixes) or ("\0",)):
            yield table
