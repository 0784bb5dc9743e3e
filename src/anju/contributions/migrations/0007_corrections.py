from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

import anju.platform.sealed_fields
from anju.platform.schema import run_sql_file

_SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("contributions", "0006_reliefs"),
        ("ledger", "0002_models_of_tables"),
        ("registry", "0006_employment"),
    ]

    operations = [
        migrations.CreateModel(
            name="Correction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("reassign", "记错职工"), ("take_back", "多缴退回"), ("month", "记错月份")],
                        max_length=10,
                        verbose_name="更正类别",
                    ),
                ),
                ("reason", models.CharField(max_length=200, verbose_name="更正原因")),
                ("business_date", models.DateField(verbose_name="记账日期")),
                ("maker", models.CharField(max_length=150)),
                ("case_number", models.CharField(max_length=20, unique=True, verbose_name="业务流水号")),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="corrections", to="registry.unit"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="CorrectionLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.IntegerField(verbose_name="原年月")),
                ("to_month", models.IntegerField(null=True, verbose_name="更正后年月")),
                ("unit_amount", models.BigIntegerField(verbose_name="单位部分")),
                ("person_amount", models.BigIntegerField(verbose_name="个人部分")),
                ("value_date", models.DateField(verbose_name="起息日")),
                ("journal_id", models.BigIntegerField(null=True)),
                (
                    "back_payment",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="contributions.backpayment",
                    ),
                ),
                (
                    "contribution",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="contributions.contribution",
                    ),
                ),
                (
                    "correction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="contributions.correction"
                    ),
                ),
                (
                    "earlier",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="contributions.correctionline",
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.member"
                    ),
                ),
                (
                    "to_member",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.member"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Refund",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("case_number", models.CharField(max_length=20, unique=True, verbose_name="业务流水号")),
                ("amount", models.BigIntegerField(verbose_name="退款金额")),
                ("payee_name", models.CharField(max_length=120, verbose_name="收款户名")),
                (
                    "payee_account",
                    anju.platform.sealed_fields.SealedTextField(row="case_number", verbose_name="收款账号"),
                ),
                ("reason", models.CharField(max_length=200, verbose_name="退款原因")),
                ("attempt", models.IntegerField(default=1)),
                ("hold_id", models.BigIntegerField(null=True)),
                ("journal_id", models.BigIntegerField(null=True, unique=True)),
                ("paid_date", models.DateField(null=True, verbose_name="退款日期")),
                ("maker", models.CharField(max_length=150)),
                (
                    "bank_account",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.account"
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="refunds", to="registry.unit"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddConstraint(
            model_name="correction",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["reassign", "take_back", "month"])),
                name="contributions_correction_kind",
            ),
        ),
        migrations.AddIndex(
            model_name="correctionline",
            index=models.Index(fields=["to_member", "to_month"], name="contributions_correction_to"),
        ),
        migrations.AddIndex(
            model_name="correctionline",
            index=models.Index(fields=["member", "month"], name="contributions_correction_from"),
        ),
        migrations.AddConstraint(
            model_name="correctionline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("back_payment", None), ("contribution__isnull", False), ("earlier", None)),
                    models.Q(("back_payment__isnull", False), ("contribution", None), ("earlier", None)),
                    models.Q(("back_payment", None), ("contribution", None), ("earlier__isnull", False)),
                    _connector="OR",
                ),
                name="contributions_correction_source",
            ),
        ),
        migrations.AddConstraint(
            model_name="correctionline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("to_member", None), ("to_month", None)),
                    models.Q(("to_member__isnull", False), ("to_month__isnull", False)),
                    _connector="OR",
                ),
                name="contributions_correction_target",
            ),
        ),
        migrations.AddConstraint(
            model_name="correctionline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("person_amount__gte", 0),
                    ("unit_amount__gte", 0),
                    models.Q(("person_amount", 0), ("unit_amount", 0), _negated=True),
                ),
                name="contributions_correction_amounts",
            ),
        ),
        migrations.AddConstraint(
            model_name="correctionline",
            constraint=models.CheckConstraint(
                condition=models.Q(("journal_id__isnull", False), ("to_member", models.F("member")), _connector="OR"),
                name="contributions_correction_booked",
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0), ("attempt__gt", 0)), name="contributions_refund_amount"
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("bank_account", None), ("journal_id", None), ("paid_date", None)),
                    models.Q(
                        ("bank_account__isnull", False), ("journal_id__isnull", False), ("paid_date__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="contributions_refund_paid",
            ),
        ),
        *run_sql_file(_SQL / "repair.sql"),
    ]
