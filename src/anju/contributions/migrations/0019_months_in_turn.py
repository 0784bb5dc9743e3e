from pathlib import Path

from django.db import migrations

from anju.platform.schema import run_sql_file

_SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    """A later month waits for an earlier one; what a flexible worker carries over never makes a month by itself."""

    dependencies = [("contributions", "0018_third_parties")]

    operations = [*run_sql_file(_SQL / "pay.sql"), *run_sql_file(_SQL / "flexible_dues.sql")]
