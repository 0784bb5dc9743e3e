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
from anju.platform.files.models import FilePart
from anju.platform.key_file import keyring, remove_key
from anju.platform.sealed_fields import SealedTextField, place, sealed_fields

#: No transaction lives this long: whoever sealed with an older key has committed by then and counts.
GRACE = timedelta(hours=1)
_CHUNK = 2000
#: Parts of files have up to 256 KiB each.
_CHUNK_OF_PARTS = 8


class KeyInUseError(AnjuError):
    """A key that cannot be retired: unknown, the newest, too soon after the newest was added, or still in use."""

    code: ClassVar[str] = "KEY_IN_USE"


@dataclass(frozen=True, slots=True)
class Rotated:
    """One field: how many values were sealed anew, and how many are not under the newest key (0 when all is done)."""

    field: str
    resealed: int
    remaining: int


@dataclass(frozen=True, slots=True)
class _Column:
    """Where sealed values stand: `row` and `key` are SQL for what a value is bound to and the id of its key.

    `writer` is the database function that seals anew in a table that is closed to the application.
    """

    label: str
    table: str
    column: str
    pk: str
    pk_type: str
    row: sql.Composable
    key: sql.Composable
    writer: str = ""
    most: int = _CHUNK

    @property
    def names(self) -> dict[str, sql.Composable]:
        """What the statements below are made of."""
        identifiers = {"pk": self.pk, "sealed": self.column, "writer": self.writer}
        return {"row": self.row, "key": self.key} | {k: sql.Identifier(name) for k, name in identifiers.items() if name}


def rotate(*, chunk: int = _CHUNK) -> Iterator[Rotated]:
    """Seal every value anew that is not under the newest key, field by field. Raises SealError when one does not open."""
    for column in _columns():
        resealed, after = 0, None
        while True:
            count, after = _reseal_chunk(column, after=after, chunk=min(chunk, column.most))
            if count == 0:
                break
            resealed += count
        left = sum(n for key_id, n in _counts(column, _table(column)) if key_id != keyring().newest)
        yield Rotated(column.label, resealed, left)


def probe() -> None:
    """Open one value of each field. Raises SealError or KeyFileError: these are not the keys of this database."""
    keys = keyring()
    for column in _columns():
        statement = sql.SQL("SELECT {row}, {sealed} FROM {table} WHERE {sealed} IS NOT NULL LIMIT 1")
        with connection.cursor() as cursor:
            cursor.execute(statement.format(**column.names, table=_table(column)))
            for row, sealed in cursor.fetchall():
                keys.unseal_bytes(sealed, place(column.label, row))


def usage() -> dict[int, int]:
    """How many values are sealed with each key, in all centers of this database."""
    counts: dict[int, int] = {}
    for column in _columns():
        for table in _tables_of_all_centers(column):
            for key_id, count in _counts(column, table):
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


def _columns() -> list[_Column]:
    """All sealed values of this program: the sealed fields of its models, and the parts of stored files."""
    return [*map(_of_field, sealed_fields(apps.get_models())), _parts_of_files()]


def _of_field(field: SealedTextField) -> _Column:
    meta = field.model._meta
    row = meta.get_field(field.row)
    assert isinstance(row, Field)
    column, pk, row_column = (str(each.column) for each in (field, meta.pk, row))
    return _Column(
        label=field.label,
        table=meta.db_table,
        column=column,
        pk=pk,
        pk_type=meta.pk.rel_db_type(connection) or "",
        row=sql.Identifier(row_column),
        key=sql.SQL("get_byte({}, 0)").format(sql.Identifier(column)),
        writer=getattr(field.model, "resealed_by", ""),
    )


def _parts_of_files() -> _Column:
    return _Column(
        label="platform.filepart.sealed",
        table=FilePart._meta.db_table,
        column="sealed",
        pk="id",
        pk_type="bigint",
        row=sql.SQL("file_id || '/' || number"),
        key=sql.SQL("key_id"),
        writer=FilePart.resealed_by,
        most=_CHUNK_OF_PARTS,
    )


@transaction.atomic
def _reseal_chunk(column: _Column, *, after: Any, chunk: int) -> tuple[int, Any]:
    """Lock the next rows under an older key, seal them anew; how many, and the last primary key.

    Rows of a closed table cannot be locked, and need not: their function leaves alone what changed meanwhile.
    """
    keys, names = keyring(), column.names
    reach = sql.SQL("TRUE") if after is None else sql.SQL("{pk} > {after}").format(pk=names["pk"], after=after)
    lock = sql.SQL("" if column.writer else "FOR NO KEY UPDATE")
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "SELECT {pk}, {row}, {sealed} FROM {table}"
                " WHERE {reach} AND {key} <> {newest} ORDER BY {pk} LIMIT {chunk} {lock}"
            ).format(**names, table=_table(column), reach=reach, newest=keys.newest, chunk=chunk, lock=lock)
        )
        rows = cursor.fetchall()
    if rows:
        places = [place(column.label, row) for _pk, row, _sealed in rows]
        fresh = [
            keys.seal_bytes(keys.unseal_bytes(sealed, where), where)
            for where, (_pk, _row, sealed) in zip(places, rows, strict=True)
        ]
        _write(column, [pk for pk, _row, _sealed in rows], fresh)
    return len(rows), rows[-1][0] if rows else after


def _write(column: _Column, pks: Sequence[Any], fresh: Sequence[bytes]) -> None:
    statement = (
        "SELECT {writer}(%s::{type}[], %s::bytea[])"
        if column.writer
        else "UPDATE {table} AS t SET {sealed} = v.fresh FROM unnest(%s::{type}[], %s::bytea[]) AS v (pk, fresh)"
        " WHERE t.{pk} = v.pk"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(statement).format(**column.names, table=_table(column), type=sql.SQL(column.pk_type)),
            [list(pks), list(fresh)],
        )


def _counts(column: _Column, table: sql.Composable) -> list[tuple[int, int]]:
    """(key id, number of values) of one table."""
    statement = "SELECT {key}, count(*) FROM {table} WHERE {sealed} IS NOT NULL GROUP BY 1"
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(**column.names, table=table))
        return list(cursor.fetchall())


def _tables_of_all_centers(column: _Column) -> list[sql.Composable]:
    """Centers of one home share their keys, so the same table of every schema counts."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = %s"
            " WHERE c.relname = %s AND c.relkind IN ('r', 'p')",
            [column.column, column.table],
        )
        return [sql.Identifier(schema, column.table) for (schema,) in cursor.fetchall()]


def _table(column: _Column) -> sql.Composable:
    return sql.Identifier(column.table)
