from pathlib import Path

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from anju.platform.schema import run_sql_file

_SQL = Path(__file__).parent.parent / "sql"
#: The moves as this version of the schema knows them: verb, from, to. A change of states.py needs a migration.
_MOVES = (
    "submit draft accepted", "forward accepted review", "supplement accepted supplement",
    "resupply supplement accepted", "transfer accepted accepted", "return review accepted", "approve review review",
    "approve review approved", "approve accepted approved", "reject accepted rejected", "reject review rejected",
    "settle approved booking", "settle approved payment", "complete approved completed", "complete booking completed",
    "complete payment completed", "fail booking failed", "fail payment failed", "retry failed booking",
    "retry failed payment", "withdraw draft withdrawn", "withdraw accepted withdrawn", "withdraw supplement withdrawn",
    "withdraw review withdrawn", "void accepted void", "void supplement void", "void failed void",
    "reopen completed accepted",
)  # fmt: skip


def _fill(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    allowed = apps.get_model("cases", "AllowedMove")
    for line in _MOVES:
        verb, source, target = line.split()
        allowed.objects.using(editor.connection.alias).create(verb=verb, source=source, target=target)


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial"), ("platform", "0005_outbox")]
    operations = [
        *run_sql_file(_SQL / "cases.sql"),
        migrations.RunPython(_fill, migrations.RunPython.noop),
    ]
