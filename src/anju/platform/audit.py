"""The audit log: who did what to which account or case. Rows are only added, each with a leaf hash that the database
computes; at day end one SM3 root a day is chained to the day before (`day_seal`), so an altered row is told by name.

A row belongs to the day it happened in Asia/Shanghai; when that day is sealed already, to the first day that is not
(sql/audit.sql says why). No names and no identity numbers: the database refuses the latter.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any, ClassVar

from django.db import connection, transaction
from django.db.models import Max

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.platform.day_seal import GENESIS, day_root
from anju.platform.metrics import Figure
from anju.platform.models import AuditEntry, AuditSeal

_CHUNK = 5000


class AuditSealOrderError(AnjuError):
    """Days are sealed in their order; `field` is the day that stands in the way."""

    code: ClassVar[str] = "AUDIT_SEAL_ORDER"


@dataclass(frozen=True, slots=True)
class Finding:
    """What does not fit: the day of the log, the row where one row can be named, and a sentence."""

    day: date
    entry: int | None
    message: str


def record(
    *,
    actor: str,
    action: str,
    object_kind: str,
    object_reference: str,
    detail: Mapping[str, Any],
    at: datetime,
    business_date: date | None = None,
) -> int:
    """Add a row in the caller's transaction; its number comes back.

    `actor` is a sign-in name or the name of a program, `action` a code ("member.view"), `object_reference` an account
    or case number, `detail` facts without personal data, `at` the instant the edge read from its clock. A detail or
    reference that holds an identity number is a database error.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT platform_audit_record(%s, %s, %s, %s, %s, %s, %s::jsonb)",
            [at, business_date, actor, action, object_kind, object_reference, json.dumps(dict(detail))],
        )
        number: int = cursor.fetchone()[0]
    return number


def record_each(
    *,
    actor: str,
    action: str,
    object_kind: str,
    objects: Sequence[tuple[str, Mapping[str, Any]]],
    at: datetime,
    business_date: date | None = None,
) -> None:
    """As `record`, a row for each of many (object_reference, detail), in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(platform_audit_record(%s, %s, %s, %s, %s, w.reference, w.detail::jsonb))"
            " FROM unnest(%s::text[], %s::text[]) AS w (reference, detail)",
            [
                at, business_date, actor, action, object_kind,
                [reference for reference, _detail in objects], [json.dumps(dict(detail)) for _reference, detail in objects],
            ],
        )  # fmt: skip


@transaction.atomic
def seal_day(*, day: date) -> AuditSeal:
    """Seal one day; the caller says only days that are over. Sealing again gives the same seal.

    Raises AuditSealOrderError: a later day is sealed already, or an earlier day has rows and no seal.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT platform_audit_close_day(%s)", [day])
    sealed = AuditSeal.objects.filter(day=day).first()
    if sealed is not None:
        return sealed
    latest = AuditSeal.objects.order_by("day").last()
    if latest is not None and latest.day > day:
        raise AuditSealOrderError(
            _("{latest} 已封存，不能再封存更早的 {day}").format(latest=latest.day, day=day), field=str(latest.day)
        )
    waiting = _unsealed_days(before=day)
    if waiting:
        raise AuditSealOrderError(
            _("{first} 的审计记录尚未封存，请先封存该日").format(first=waiting[0]), field=str(waiting[0])
        )
    previous = GENESIS if latest is None else bytes(latest.root)
    leaves = AuditEntry.objects.filter(day=day).order_by("id").values_list("leaf", flat=True)
    root, count = day_root(previous=previous, day=day, leaves=map(bytes, leaves.iterator(chunk_size=_CHUNK)))
    with connection.cursor() as cursor:
        cursor.execute("SELECT platform_audit_seal(%s, %s, %s, %s)", [day, previous, root, count])
    return AuditSeal.objects.get(day=day)


def seal_through(*, day: date) -> list[AuditSeal]:
    """Seal, each in its own transaction, the earlier days that have rows and no seal, then `day`. Safe to repeat."""
    return [seal_day(day=each) for each in (*_unsealed_days(before=day), day)]


@transaction.atomic
def verify() -> list[Finding]:
    """Recompute every leaf and every root. No finding: nothing was altered since the seals were made.

    Whoever can rewrite all rows and all seals can rewrite the chain: keep the latest root outside the database too.
    """
    return list(_findings())


def figures() -> Iterator[Figure]:
    """For /metrics: how far the log is sealed, how much waits."""
    latest = AuditSeal.objects.aggregate(latest=Max("day"))["latest"]
    waiting = AuditEntry.objects.all() if latest is None else AuditEntry.objects.filter(day__gt=latest)
    yield Figure("anju_audit_unsealed_entries", _("尚未封存的审计记录数"), waiting.count())
    if latest is not None:
        yield Figure(
            "anju_audit_sealed_day", _("审计日志封存到的日期，自 1970-01-01 起的天数"), (latest - date(1970, 1, 1)).days
        )


def _unsealed_days(*, before: date) -> list[date]:
    latest = AuditSeal.objects.aggregate(latest=Max("day"))["latest"]
    rows = AuditEntry.objects.filter(day__lt=before, **({} if latest is None else {"day__gt": latest}))
    return list(rows.order_by("day").values_list("day", flat=True).distinct())


def _findings() -> Iterator[Finding]:
    seals = {seal.day: seal for seal in AuditSeal.objects.all()}
    roots = _previous_roots(seals)
    unseen = set(seals)
    sealed_to = max(seals, default=date.min)
    for day, rows in groupby(_leaves(), key=lambda row: row[0]):
        unseen.discard(day)
        altered: list[int] = []
        leaves = _note_altered(rows, altered)
        root, count = day_root(previous=roots.get(day, GENESIS), day=day, leaves=leaves)
        for entry in altered:
            yield Finding(day, entry, _("第 {entry} 号审计记录的内容与其摘要不符").format(entry=entry))
        if day in seals:
            yield from _compare(seals[day], root, count)
        elif day <= sealed_to:
            yield Finding(day, None, _("该日有审计记录却没有封存，而其后的日期已封存"))
    for day in sorted(unseen):
        yield from _compare(seals[day], day_root(previous=roots[day], day=day, leaves=())[0], 0)
    for day, seal in seals.items():
        if bytes(seal.previous) != roots[day]:
            yield Finding(day, None, _("该日的封存没有接在前一封存日之后"))


def _leaves() -> Iterator[tuple[date, int, bytes, bool]]:
    """Day, number, leaf and whether the leaf still fits its row, in the order of the seals, a chunk at a time."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            "SELECT day, id, leaf, leaf = platform_audit_leaf(e) FROM platform_auditentry e ORDER BY day, id"
        )
        while rows := cursor.fetchmany(_CHUNK):
            yield from rows


def _note_altered(rows: Iterator[tuple[date, int, bytes, bool]], altered: list[int]) -> Iterator[bytes]:
    for _day, entry, leaf, fits in rows:
        if not fits:
            altered.append(entry)
        yield bytes(leaf) if len(leaf) == len(GENESIS) else GENESIS


def _previous_roots(seals: Mapping[date, AuditSeal]) -> dict[date, bytes]:
    roots, previous = {}, GENESIS
    for day, seal in seals.items():
        roots[day], previous = previous, bytes(seal.root)
    return roots


def _compare(seal: AuditSeal, root: bytes, count: int) -> Iterator[Finding]:
    if count != seal.entries:
        yield Finding(
            seal.day,
            None,
            _("该日封存了 {sealed} 条审计记录，现有 {count} 条").format(sealed=seal.entries, count=count),
        )
    elif root != bytes(seal.root):
        yield Finding(seal.day, None, _("该日审计记录的摘要与封存的根值不符"))
