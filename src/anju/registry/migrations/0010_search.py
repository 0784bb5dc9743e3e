from pathlib import Path

from django.db import migrations

from anju.platform.schema import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("registry", "0009_people")]
    operations = [*run_sql_file(Path(__file__).parent.parent / "sql" / "search.sql")]
