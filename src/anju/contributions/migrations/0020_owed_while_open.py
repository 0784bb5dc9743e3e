from pathlib import Path

from django.db import migrations

from anju.platform.schema import run_sql_file

_SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    """Nothing is owed for an account that has closed."""

    dependencies = [("contributions", "0019_months_in_turn"), ("registry", "0011_accounts")]

    operations = [*run_sql_file(_SQL / "owed.sql")]
