from pathlib import Path

from django.db import migrations, models

from anju.platform.schema import run_sql_file

_SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    """Looks at accounts (SensitiveView) become entries of the audit log, in their order."""

    dependencies = [("platform", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="AuditSeal",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                ("previous", models.BinaryField()),
                ("root", models.BinaryField()),
                ("entries", models.BigIntegerField()),
                ("sealed_at", models.DateTimeField()),
            ],
            options={"ordering": ["day"]},
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("happened_at", models.DateTimeField()),
                ("day", models.DateField()),
                ("business_date", models.DateField(null=True)),
                ("actor", models.CharField(help_text="登录名，或程序的名称", max_length=150)),
                ("action", models.CharField(max_length=60)),
                ("object_kind", models.CharField(max_length=60)),
                ("object_reference", models.CharField(max_length=60)),
                ("detail", models.JSONField()),
                ("leaf", models.BinaryField()),
            ],
            options={
                "ordering": ["id"],
                "indexes": [
                    models.Index(fields=["day", "id"], name="platform_audit_day"),
                    models.Index(fields=["object_kind", "object_reference", "id"], name="platform_audit_object"),
                    models.Index(fields=["actor", "id"], name="platform_audit_actor"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=~models.Q(actor="") & ~models.Q(action="") & ~models.Q(object_kind=""),
                        name="platform_audit_says_who_and_what",
                    ),
                ],
            },
        ),
        *run_sql_file(_SQL / "audit.sql"),
        *run_sql_file(_SQL / "audit_carry_over.sql"),
        migrations.DeleteModel(name="SensitiveView"),
    ]
