from pathlib import Path

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from anju.ledger.chart import statutory_chart
from anju.ledger.operations import MEMBER_RATE
from anju.ledger.rates import DOCUMENT, member_rates
from anju.platform.runs.declarations import staging_table
from anju.platform.schema import run_sql_file

_SQL = Path(__file__).parent.parent / "sql"
_FILES = (
    "tables", "guards", "posting", "accounts", "days", "holds", "rates", "interest", "corrections", "verify",
)  # fmt: skip


def _lay_chart(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    with editor.connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO ledger_subject (code, name, parent_id, side, class, source) VALUES (%s, %s, %s, %s, %s, %s)",
            [
                (line.code, line.name, line.parent, line.side, line.subject_class, line.source)
                for line in statutory_chart()
            ],
        )


def _lay_rates(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    with editor.connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO ledger_rate (code, valid, ppm, document, known_from)"
            " VALUES (%s, daterange(%s, %s), %s, %s, %s)",
            [(MEMBER_RATE, rate.start, rate.end, rate.rate, DOCUMENT, rate.start) for rate in member_rates()],
        )


class Migration(migrations.Migration):
    """Tables and functions come from SQL; the unmanaged models only tell Django how to read them."""

    initial = True
    dependencies = []
    operations = [
        *(operation for name in _FILES for operation in run_sql_file(_SQL / f"{name}.sql")),
        staging_table("staged_ledger_line", "account_id bigint NOT NULL, amount bigint NOT NULL"),
        migrations.RunPython(_lay_chart, migrations.RunPython.noop),
        migrations.RunPython(_lay_rates, migrations.RunPython.noop),
    ]
