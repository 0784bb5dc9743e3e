from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

from anju.platform.schema import run_sql_file
from anju.platform.sealed_fields import SealedTextField

_SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("contributions", "0001_initial"),
        ("ledger", "0002_models_of_tables"),
        ("registry", "0006_employment"),
    ]

    operations = [
        migrations.CreateModel(
            name="BackPayment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.IntegerField(verbose_name="补缴年月")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("missed", "漏缴"),
                            ("base_short", "缴存基数少报"),
                            ("ratio_short", "缴存比例调整"),
                            ("deferred", "缓缴到期补缴"),
                            ("ordered", "责令限期缴存"),
                            ("other", "其他"),
                        ],
                        max_length=12,
                        verbose_name="补缴原因",
                    ),
                ),
                ("unit_amount", models.BigIntegerField(verbose_name="单位补缴额")),
                ("person_amount", models.BigIntegerField(verbose_name="个人补缴额")),
            ],
        ),
        migrations.CreateModel(
            name="Bill",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=20, unique=True, verbose_name="缴款编号")),
                (
                    "kind",
                    models.CharField(
                        choices=[("remittance", "汇缴"), ("back_payment", "补缴"), ("flexible", "灵活就业缴存")],
                        max_length=12,
                        verbose_name="类别",
                    ),
                ),
                ("amount", models.BigIntegerField(verbose_name="金额")),
                ("members", models.IntegerField(verbose_name="人数")),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "待缴款"), ("paid", "已入账"), ("cancelled", "已撤销")],
                        default="open",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                (
                    "method",
                    models.CharField(
                        choices=[("transfer", "转账"), ("debit", "委托收款")],
                        default="transfer",
                        max_length=10,
                        verbose_name="缴款方式",
                    ),
                ),
                ("issued_date", models.DateField(verbose_name="开具日期")),
                ("due_date", models.DateField(null=True, verbose_name="缴款期限")),
                ("paid_date", models.DateField(null=True, verbose_name="入账日期")),
                ("journal_id", models.BigIntegerField(null=True, unique=True)),
                ("maker", models.CharField(max_length=150, verbose_name="开具人")),
                ("case_number", models.CharField(blank=True, max_length=20, verbose_name="业务流水号")),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("serial", models.CharField(max_length=40, verbose_name="银行流水号")),
                ("arrived_date", models.DateField(verbose_name="到账日期")),
                ("payer_name", models.CharField(max_length=120, verbose_name="付款户名")),
                ("payer_account", SealedTextField(null=True, row="key", verbose_name="付款账号")),  # type: ignore[misc]
                ("amount", models.BigIntegerField(verbose_name="金额")),
                ("remark", models.CharField(blank=True, max_length=200, verbose_name="附言")),
                ("key", models.CharField(max_length=60, unique=True)),
                ("matched_by", models.CharField(blank=True, max_length=12, verbose_name="匹配方式")),
                ("business_date", models.DateField(verbose_name="记账日期")),
                ("journal_id", models.BigIntegerField(unique=True)),
                ("maker", models.CharField(max_length=150)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Relief",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("reduced", "降低缴存比例"), ("deferral", "缓缴")], max_length=10, verbose_name="类别"
                    ),
                ),
                ("first_month", models.IntegerField(verbose_name="起始年月")),
                ("last_month", models.IntegerField(verbose_name="终止年月")),
                ("unit_ratio", models.IntegerField(null=True, verbose_name="单位缴存比例")),
                ("person_ratio", models.IntegerField(null=True, verbose_name="个人缴存比例")),
                ("resolution", models.CharField(max_length=120, verbose_name="职代会或工会决议")),
                ("make_up_months", models.IntegerField(default=0, verbose_name="补缴期数")),
                ("case_number", models.CharField(max_length=20, unique=True, verbose_name="业务流水号")),
                ("approved_date", models.DateField(verbose_name="批准日期")),
                ("ended_early", models.DateField(null=True, verbose_name="提前恢复日期")),
            ],
            options={
                "ordering": ["unit", "first_month"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="contribution",
            name="contributions_amounts",
        ),
        migrations.AlterField(
            model_name="remittance",
            name="roster_sha256",
            field=models.CharField(blank=True, help_text="按文件汇缴时，清册文件的摘要", max_length=64),
        ),
        migrations.AddConstraint(
            model_name="contribution",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("person_amount__gte", 0),
                    ("unit_amount__gte", 0),
                    models.Q(("person_amount", 0), ("unit_amount", 0), _negated=True),
                ),
                name="contributions_amounts",
            ),
        ),
        migrations.AddField(
            model_name="backpayment",
            name="member",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="registry.member"),
        ),
        migrations.AddField(
            model_name="bill",
            name="member",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.member"
            ),
        ),
        migrations.AddField(
            model_name="bill",
            name="unit",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="bills", to="registry.unit"
            ),
        ),
        migrations.AddField(
            model_name="backpayment",
            name="bill",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="back_payments", to="contributions.bill"
            ),
        ),
        migrations.AddField(
            model_name="remittance",
            name="bill",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="remittances",
                to="contributions.bill",
            ),
        ),
        migrations.AddField(
            model_name="receipt",
            name="bank_account",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.account"),
        ),
        migrations.AddField(
            model_name="receipt",
            name="bill",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="receipts", to="contributions.bill"
            ),
        ),
        migrations.AddField(
            model_name="receipt",
            name="unit",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="receipts", to="registry.unit"
            ),
        ),
        migrations.AddField(
            model_name="relief",
            name="unit",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="reliefs", to="registry.unit"
            ),
        ),
        migrations.AddIndex(
            model_name="bill",
            index=models.Index(fields=["unit", "id"], name="contributions_bill_unit"),
        ),
        migrations.AddIndex(
            model_name="bill",
            index=models.Index(condition=models.Q(("state", "open")), fields=["id"], name="contributions_bill_open"),
        ),
        migrations.AddConstraint(
            model_name="bill",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0), ("members__gt", 0)), name="contributions_bill_sum"
            ),
        ),
        migrations.AddConstraint(
            model_name="bill",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("journal_id__isnull", False), ("paid_date__isnull", False), ("state", "paid")),
                    models.Q(models.Q(("state", "paid"), _negated=True), ("journal_id", None), ("paid_date", None)),
                    _connector="OR",
                ),
                name="contributions_bill_paid",
            ),
        ),
        migrations.AddConstraint(
            model_name="bill",
            constraint=models.UniqueConstraint(
                condition=models.Q(("case_number", ""), _negated=True),
                fields=("case_number",),
                name="contributions_bill_once_a_case",
            ),
        ),
        migrations.AddIndex(
            model_name="backpayment",
            index=models.Index(fields=["member", "month"], name="contributions_backpay_member"),
        ),
        migrations.AddConstraint(
            model_name="backpayment",
            constraint=models.UniqueConstraint(fields=("bill", "member", "month"), name="contributions_backpay_once"),
        ),
        migrations.AddConstraint(
            model_name="backpayment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("person_amount__gte", 0),
                    ("unit_amount__gte", 0),
                    models.Q(("person_amount", 0), ("unit_amount", 0), _negated=True),
                ),
                name="contributions_backpay_amounts",
            ),
        ),
        migrations.AddIndex(
            model_name="receipt",
            index=models.Index(fields=["unit", "id"], name="contributions_receipt_unit"),
        ),
        migrations.AddIndex(
            model_name="receipt",
            index=models.Index(condition=models.Q(("unit", None)), fields=["id"], name="contributions_receipt_unknown"),
        ),
        migrations.AddConstraint(
            model_name="receipt",
            constraint=models.UniqueConstraint(fields=("bank_account", "serial"), name="contributions_receipt_once"),
        ),
        migrations.AddConstraint(
            model_name="receipt",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0)), name="contributions_receipt_amount"
            ),
        ),
        migrations.AddConstraint(
            model_name="relief",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "deferral"), ("person_ratio", None), ("unit_ratio", None)),
                    models.Q(
                        ("kind", "reduced"), ("person_ratio__range", (1, 120000)), ("unit_ratio__range", (1, 120000))
                    ),
                    _connector="OR",
                ),
                name="contributions_relief_ratio",
            ),
        ),
        migrations.AddConstraint(
            model_name="relief",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "last_month__gte",
                        models.F("first_month"),
                    )
                ),
                name="contributions_relief_months",
            ),
        ),
        *run_sql_file(_SQL / "adopt_remittances.sql"),
    ]
