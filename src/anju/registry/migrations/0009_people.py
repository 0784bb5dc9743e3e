import django.contrib.postgres.fields
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from anju.platform.key_file import keyring
from anju.platform.sealed_fields import place
from anju.registry.models import every_power
from anju.registry.spelling import SpellingField, initials, spelling

_CHUNK = 2000


def _spell_and_index(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Rows that were there before: names get their spelling, telephone numbers their blind index."""
    after, keys = 0, keyring()
    with editor.connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT id, number, name, phone FROM registry_member WHERE id > %s ORDER BY id LIMIT %s",
                [after, _CHUNK],
            )
            rows = cursor.fetchall()
            if not rows:
                break
            after = rows[-1][0]
            filled = [
                (
                    pk, spelling(name)[:300], initials(name)[:60],
                    keys.blind_index(
                        keys.unseal(phone, place("registry.member.phone", number)), "registry.member.phone"
                    ),
                )
                for pk, number, name, phone in rows
            ]  # fmt: skip
            cursor.execute(
                "UPDATE registry_member m SET name_spelling = v.full_name, name_initials = v.short, phone_index = v.digest"
                " FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bytea[]) AS v (id, full_name, short, digest)"
                " WHERE m.id = v.id",
                [list(column) for column in zip(*filled, strict=True)],
            )
        cursor.execute("SELECT id, name FROM registry_unit ORDER BY id")
        units = [
            (pk, spelling(name, person=False)[:600], initials(name, person=False)[:120])
            for pk, name in cursor.fetchall()
        ]
        cursor.execute(
            "UPDATE registry_unit u SET name_spelling = v.full_name, name_initials = v.short"
            " FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS v (id, full_name, short) WHERE u.id = v.id",
            [list(column) for column in zip(*units, strict=True)] or [[], [], []],
        )


class Migration(migrations.Migration):
    dependencies = [("registry", "0008_unit_changes")]
    operations = [
        migrations.AddField(
            "unit",
            "name_initials",
            SpellingField(
                "name",
                default="",
                editable=False,
                max_length=120,
                short=True,
                person=False,
                verbose_name="单位名称首字母",
            ),
        ),
        migrations.AddField(
            "unit",
            "name_spelling",
            SpellingField(
                "name",
                default="",
                editable=False,
                max_length=600,
                short=False,
                person=False,
                verbose_name="单位名称全拼",
            ),
        ),
        migrations.AlterField(
            "member",
            "name_initials",
            SpellingField(
                "name", default="", editable=False, max_length=60, short=True, person=True, verbose_name="姓名首字母"
            ),
        ),
        migrations.AlterField(
            "member",
            "name_spelling",
            SpellingField(
                "name", default="", editable=False, max_length=300, short=False, person=True, verbose_name="姓名全拼"
            ),
        ),
        migrations.AddField(
            "unitagent",
            "powers",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=10), default=every_power, size=None, verbose_name="经办权限"
            ),
        ),
        migrations.AddConstraint(
            "unitagent",
            models.CheckConstraint(
                condition=models.Q(("powers__contained_by", ["remit", "members", "registry"])),
                name="registry_unitagent_powers",
            ),
        ),
        migrations.RunPython(_spell_and_index, migrations.RunPython.noop),
    ]
