from pathlib import Path

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from anju.ledger.chart import statutory_chart
from anju.platform.schema import run_sql_file

_SQL = Path(__file__).parent.parent / "sql"


def _lay_chart(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    with editor.connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO ledger_subject (code, name, parent_id, side, class, source) VALUES (%s, %s, %s, %s, %s, %s)",
            [
                (line.code, line.name, line.parent, line.side, line.subject_class, line.source)
                for line in statutory_chart()
            ],
        )


class Migration(migrations.Migration):
    """Tables and functions come from SQL; the unmanaged models only tell Django how to read them."""

    initial = True
    dependencies = []
    operations = [
        *run_sql_file(_SQL / "tables.sql"),
        *run_sql_file(_SQL / "guards.sql"),
        *run_sql_file(_SQL / "posting.sql"),
        *run_sql_file(_SQL / "accounts.sql"),
        *run_sql_file(_SQL / "interest.sql"),
        migrations.RunPython(_lay_chart, migrations.RunPython.noop),
        migrations.CreateModel(
            name="Account",
            fields=[("id", models.BigAutoField(primary_key=True)), ("number", models.TextField(unique=True))],
            options={"managed": False},
        ),
    ]
