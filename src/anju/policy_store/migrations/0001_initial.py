from pathlib import Path

from django.db import migrations

from anju.platform.schema import run_sql_file

_SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    """Tables and functions come from SQL; nothing is in force until a pack is proposed and approved."""

    initial = True
    dependencies = []
    operations = [operation for name in ("tables", "functions") for operation in run_sql_file(_SQL / f"{name}.sql")]
