from pathlib import Path

from django.db import migrations

from anju.platform.schema import run_sql_file

_SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    """Interest is not taken for days before a transfer; a center that has the functions gets them anew."""

    dependencies = [("ledger", "0002_models_of_tables")]
    operations = [*run_sql_file(_SQL / "interest.sql")]
