"""Moving sealed values to the newest key, and letting go of an old one. Work goes on meanwhile.

A chunk of rows is locked, sealed anew and committed; a row that somebody else changed in between is read again after
the wait. Only what is not under the newest key is touched, so a cut-off run is finished by running again. The key of
the blind index does not rotate: every index value would change at once, and no lookup could be answered meanwhile.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Field
from psycopg import sql

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.platform.key_file import keyring, remove_key
from anju.platform.sealed_fields import SealedTextField, place, sealed_fields

#: No transaction lives this long: whoever sealed with an older key has committed by then and counts.
GRACE = timedelta(hours=1)
_CHUNK = 2000


class KeyInUseError(AnjuError):
    """A key that cannot be retired: unknown, the newest, too soon after the newest was added, or still in use."""

    code: ClassVar[str] = "KEY_IN_USE"


@dataclass(frozen=True, slots=True)
class Rotated:
    """One field: how many values were sealed anew, and how many are not under the newest key (0 when all is done)."""

    field: str
    resealed: int
    remaining: int


def rotate(*, chunk: int = _CHUNK) -> Iterator[Rotated]:
    """Seal every value anew that is not under the newest key, field by field. Raises SealError when one does not open."""
    for field in sealed_fields(apps.get_models()):
        resealed, after = 0, None
        while True:
            count, after = _reseal_chunk(field, after=after, chunk=chunk)
            if count == 0:
                break
            resealed += count
        left = sum(n for key_id, n in _counts(field, _table(field)) if key_id != keyring().newest)
        yield Rotated(field.label, resealed, left)


def probe() -> None:
    """Open one value of each field. Raises SealError or KeyFileError: these are not the keys of this database."""
    keyring()
    for field in sealed_fields(apps.get_models()):
        row = field.model._default_manager.exclude(**{f"{field.name}__isnull": True}).first()
        if row is not None:
            getattr(row, field.name)


def usage() -> dict[int, int]:
    """How many values are sealed with each key, in all centers of this database."""
    counts: dict[int, int] = {}
    for field in sealed_fields(apps.get_models()):
        for table in _tables_of_all_centers(field):
            for key_id, count in _counts(field, table):
                counts[key_id] = counts.get(key_id, 0) + count
    return counts


def retire_key(*, key_id: int, at: datetime) -> None:
    """Remove a key for good when nothing is sealed with it any more. Raises KeyInUseError."""
    keys = keyring()
    if key_id not in keys.sealing:
        raise KeyInUseError(_("没有编号为 {key_id} 的密钥").format(key_id=key_id), field="key_id")
    if key_id == keys.newest:
        raise KeyInUseError(_("这是正在使用的最新密钥；请先执行 anju keys add"), field="key_id")
    newest_at = keys.added.get(keys.newest)
    if newest_at is not None and at < newest_at + GRACE:
        message = _("最新密钥启用不足一小时，可能还有未提交的业务使用旧密钥，请于 {time} 之后重试")
        raise KeyInUseError(message.format(time=f"{(newest_at + GRACE).astimezone(at.tzinfo):%H:%M}"), field="key_id")
    count = usage().get(key_id, 0)
    if count:
        message = _("还有 {count} 项数据由密钥 {key_id} 加密，请先在每个中心执行 anju keys rotate")
        raise KeyInUseError(message.format(count=count, key_id=key_id), field="key_id")
    remove_key(key_id)


@transaction.atomic
def _reseal_chunk(field: SealedTextField, *, after: Any, chunk: int) -> tuple[int, Any]:
    """Lock the next rows under an older key, seal them anew; how many, and the last primary key."""
    keys, names = keyring(), _names(field)
    reach = sql.SQL("TRUE") if after is None else sql.SQL("{pk} > {after}").format(pk=names["pk"], after=after)
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "SELECT {pk}, {row}, {sealed} FROM {table}"
                " WHERE {reach} AND get_byte({sealed}, 0) <> {newest} ORDER BY {pk} LIMIT {chunk} FOR NO KEY UPDATE"
            ).format(**names, table=_table(field), reach=reach, newest=keys.newest, chunk=chunk)
        )
        rows = cursor.fetchall()
        if rows:
            places = [place(field.label, row) for _pk, row, _sealed in rows]
            fresh = [
                keys.seal(keys.unseal(sealed, where), where)
                for where, (_pk, _row, sealed) in zip(places, rows, strict=True)
            ]
            _write(field, [pk for pk, _row, _sealed in rows], fresh)
    return len(rows), rows[-1][0] if rows else after


def _write(field: SealedTextField, pks: Sequence[Any], fresh: Sequence[bytes]) -> None:
    statement = sql.SQL(
        "UPDATE {table} AS t SET {sealed} = v.fresh FROM unnest(%s::{type}[], %s::bytea[]) AS v (pk, fresh)"
        " WHERE t.{pk} = v.pk"
    ).format(**_names(field), table=_table(field), type=sql.SQL(field.model._meta.pk.rel_db_type(connection) or ""))
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(pks), list(fresh)])


def _counts(field: SealedTextField, table: sql.Composable) -> list[tuple[int, int]]:
    """(key id, number of values) of one table."""
    statement = "SELECT get_byte({sealed}, 0), count(*) FROM {table} WHERE {sealed} IS NOT NULL GROUP BY 1"
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(**_names(field), table=table))
        return list(cursor.fetchall())


def _tables_of_all_centers(field: SealedTextField) -> list[sql.Composable]:
    """Centers of one home share their keys, so the same table of every schema counts."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = %s"
            " WHERE c.relname = %s AND c.relkind IN ('r', 'p')",
            [field.column, field.model._meta.db_table],
        )
        return [sql.Identifier(schema, field.model._meta.db_table) for (schema,) in cursor.fetchall()]


def _table(field: SealedTextField) -> sql.Composable:
    return sql.Identifier(field.model._meta.db_table)


def _names(field: SealedTextField) -> dict[str, sql.Composable]:
    meta = field.model._meta
    row = meta.get_field(field.row)
    assert isinstance(row, Field)
    columns = {"pk": meta.pk.column, "row": row.column, "sealed": field.column}
    return {name: sql.Identifier(column) for name, column in columns.items() if column is not None}
