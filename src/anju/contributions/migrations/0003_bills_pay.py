from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

from anju.platform.schema import run_sql_file

_SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("contributions", "0002_bills")]

    operations = [
        migrations.RemoveField(
            model_name="remittance",
            name="business_date",
        ),
        migrations.RemoveField(
            model_name="remittance",
            name="journal_id",
        ),
        migrations.AlterField(
            model_name="remittance",
            name="bill",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="remittances", to="contributions.bill"
            ),
        ),
        *run_sql_file(_SQL / "payment.sql"),
        *run_sql_file(_SQL / "pay.sql"),
    ]
