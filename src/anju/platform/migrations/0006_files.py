import uuid
from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

import anju.platform.sealed_fields
from anju.platform.schema import run_sql_file

_SQL = Path(__file__).parent.parent / "files" / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("platform", "0005_outbox"),
    ]

    operations = [
        migrations.CreateModel(
            name="StoredFile",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("sha256", models.BinaryField(db_index=True)),
                ("size", models.IntegerField(help_text="字节")),
                ("content_type", models.CharField(max_length=40)),
                ("pages", models.IntegerField(help_text="PDF 的页数", null=True)),
                ("width", models.IntegerField(help_text="图片的宽，像素", null=True)),
                ("height", models.IntegerField(help_text="图片的高，像素", null=True)),
                (
                    "name",
                    anju.platform.sealed_fields.SealedTextField(help_text="整理后的原文件名，至多 120 字", row="id"),
                ),
                ("scanned_at", models.DateTimeField(help_text="病毒扫描通过的时间；空为本中心没有扫描服务", null=True)),
                ("uploaded_at", models.DateTimeField()),
                ("uploaded_by", models.CharField(help_text="登录名", max_length=150)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("content_type", "application/pdf"),
                                ("height__isnull", True),
                                ("pages__isnull", False),
                                ("width__isnull", True),
                            ),
                            models.Q(
                                ("content_type__in", ["image/jpeg", "image/png"]),
                                ("height__isnull", False),
                                ("pages__isnull", True),
                                ("width__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="platform_storedfile_known_type",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("size__gt", 0),
                            models.Q(("uploaded_by", ""), _negated=True),
                            models.Q(("pages__isnull", True), ("pages__gt", 0), _connector="OR"),
                            models.Q(
                                ("width__isnull", True), models.Q(("height__gt", 0), ("width__gt", 0)), _connector="OR"
                            ),
                        ),
                        name="platform_storedfile_measured",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FilePart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.IntegerField()),
                ("sealed", models.BinaryField()),
                (
                    "key_id",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Func(models.F("sealed"), models.Value(0), function="get_byte"),
                        output_field=models.IntegerField(),
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parts",
                        to="platform.storedfile",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("file", "number"), name="platform_filepart_once")],
            },
        ),
        *run_sql_file(_SQL / "files.sql"),
    ]
