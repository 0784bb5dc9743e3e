from pathlib import Path

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from anju.platform.key_file import keyring
from anju.platform.schema import run_sql_file
from anju.platform.sealed_fields import BlindIndexField, SealedTextField, place

_SQL = Path(__file__).parent.parent / "sql"
_CHUNK = 2000


def _bind_to_rows(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Until now values were bound to "member.identity" and "member.phone"; from now on to field and row."""
    after = 0
    with editor.connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT id, number, identity, phone FROM registry_member WHERE id > %s ORDER BY id LIMIT %s",
                [after, _CHUNK],
            )
            rows = cursor.fetchall()
            if not rows:
                return
            after = rows[-1][0]
            cursor.execute(
                "UPDATE registry_member m SET identity = v.identity, identity_index = v.digest, phone = v.phone"
                " FROM unnest(%s::bigint[], %s::bytea[], %s::bytea[], %s::bytea[]) AS v (id, identity, digest, phone)"
                " WHERE m.id = v.id",
                [list(column) for column in zip(*map(_bound, rows), strict=True)],
            )


def _bound(row: tuple[int, str, bytes, bytes]) -> tuple[int, bytes, bytes, bytes]:
    pk, number, identity_sealed, phone_sealed = row
    keys = keyring()
    identity = keys.unseal(identity_sealed, "member.identity")
    phone = keys.unseal(phone_sealed, "member.phone")
    return (
        pk,
        keys.seal(identity, place("registry.member.identity", number)),
        keys.blind_index(identity, "registry.member.identity"),
        keys.seal(phone, place("registry.member.phone", number)),
    )


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial")]
    operations = [
        migrations.RenameField("member", "identity_sealed", "identity"),
        migrations.RenameField("member", "phone_sealed", "phone"),
        migrations.AlterField("member", "identity", SealedTextField(row="number", verbose_name="证件号码")),
        migrations.AlterField("member", "phone", SealedTextField(row="number", verbose_name="手机号码")),
        migrations.AlterField("member", "identity_index", BlindIndexField("identity", unique=True)),
        migrations.RunPython(_bind_to_rows, migrations.RunPython.noop),
        *run_sql_file(_SQL / "sealed_values.sql"),
    ]
