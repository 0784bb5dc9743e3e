"""Writes of the store: propose, approve, reject, withdraw. One person makes, another checks; nothing is half in force.

Every write takes the lock of the store first and reads afterwards, so what it judges by is the state of its moment: of
two officers who approve at once the second finds a decided proposal, or rows that have changed under his.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from anju.kernel.i18n import gettext as _
from anju.platform import audit
from anju.policy.overlay import Overlay
from anju.policy.packs import PACKS
from anju.policy_store import queries
from anju.policy_store.changes import (
    Plan,
    definition_content,
    digest_of,
    package_content,
    plan_pack,
    plan_package,
    read_pack,
    row_content,
)
from anju.policy_store.errors import (
    AlreadyProposedError,
    OtherCenterError,
    ProposalDecidedError,
    SamePersonError,
    StaleProposalError,
    translated,
)
from anju.policy_store.queries import Proposal

PACK, PACKAGE = "pack", "package"
_STATES = {"approved": "复核通过", "rejected": "驳回", "withdrawn": "撤回"}


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal that waits; `replayed` when an earlier call had made it. No number: a pack that changes nothing."""

    number: int | None
    plan: Plan
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Promoted:
    """What an approval put in force: its version; `replayed` when an earlier call of the same person had done it."""

    version: int
    replayed: bool = False


def load_pack(*, center: str, folder: Path = PACKS, reason: str, maker: str, at: datetime) -> Proposed:
    """Propose the packs of a folder (the nation's and the center's) as they are in its files.

    Idempotent by content: a pack that changes nothing makes no proposal, one that waits is returned as replayed. Values
    that an approved package has changed stay. Raises PolicyError for the files, PackConflictError, OtherCenterError,
    AlreadyProposedError.
    """
    _book, content = read_pack(center, folder)
    return _propose(
        kind=PACK, center=center, name=center, document="", reason=reason, content=content, maker=maker, at=at
    )


def propose(*, package: Overlay, reason: str, maker: str, at: datetime) -> Proposed:
    """Propose a package, read by `policy.overlay.read_overlay` against the book of `queries.snapshot`.

    Raises what `changes.plan_package` raises, OtherCenterError, AlreadyProposedError, EmptyStoreError.
    """
    book = queries.snapshot().book
    if strange := [row for row in package.rows if row.scope.center != book.center]:
        raise OtherCenterError(
            _("政策包中的值属于 {center}，不是 {book}").format(center=strange[0].scope.center, book=book.center),
            field=f"{strange[0].origin} {strange[0].path}",
        )
    return _propose(
        kind=PACKAGE,
        center=book.center,
        name=package.name,
        document=package.document,
        reason=reason,
        content=package_content(package, book),
        maker=maker,
        at=at,
    )


def approve(*, proposal: int, checker: str, at: datetime) -> Promoted:
    """Put a proposal in force as the next version, judged again by the rows of this moment: all of it or nothing.

    The same checker again gets the first result. Raises UnknownProposalError, SamePersonError, ProposalDecidedError,
    StaleProposalError, and what `changes.plan_package` or `plan_pack` raises.
    """
    with translated(), transaction.atomic():
        _lock()
        found = queries.find_proposal(proposal)
        if found.version is not None and found.checker == checker:
            return Promoted(found.version, replayed=True)
        _require_open(found)
        _require_other(found, checker)
        plan = _plan(found.kind, found.center, queries.content_of(proposal), found.base_version, proposal)
        values = [{**row_content(row, plan.book.definitions[row.path]), "source": row.source} for row in plan.added]
        (version,) = _call(
            "SELECT policy_store_approve(%s, %s, %s, %s::text[], %s::json, %s::bigint[], %s::json)",
            proposal,
            checker,
            at,
            plan.ended_definitions,
            json.dumps([definition_content(one) for one in plan.added_definitions], ensure_ascii=False),
            [row.id for row in plan.ended],
            json.dumps(values, ensure_ascii=False),
        )
        detail = {"version": version, "ended": len(plan.ended), "added": len(plan.added)}
        _record("policy.approve", found.id, checker, at, {**detail, "name": found.name, "maker": found.maker})
        return Promoted(version)


def reject(*, proposal: int, checker: str, note: str, at: datetime) -> None:
    """Refuse a proposal, with the reason as note. Raises UnknownProposalError, SamePersonError, ProposalDecidedError."""
    with translated(), transaction.atomic():
        _lock()
        found = queries.find_proposal(proposal)
        if (found.state, found.checker, found.note) == ("rejected", checker, note):
            return
        _require_open(found)
        _require_other(found, checker)
        _call("SELECT policy_store_close(%s, 'rejected', %s, %s, %s)", proposal, checker, at, note)
        _record("policy.reject", proposal, checker, at, {"name": found.name, "maker": found.maker, "note": note})


def withdraw(*, proposal: int, maker: str, note: str, at: datetime) -> None:
    """Take back one's own proposal. Raises UnknownProposalError, SamePersonError, ProposalDecidedError."""
    with translated(), transaction.atomic():
        _lock()
        found = queries.find_proposal(proposal)
        if (found.state, found.maker, found.note) == ("withdrawn", maker, note):
            return
        _require_open(found)
        if found.maker != maker:
            raise SamePersonError(
                _("只有提案人 {maker} 可以撤回，复核人请用驳回").format(maker=found.maker), field="maker"
            )
        _call("SELECT policy_store_close(%s, 'withdrawn', NULL, %s, %s)", proposal, at, note)
        _record("policy.withdraw", proposal, maker, at, {"name": found.name, "note": note})


def _propose(
    *, kind: str, center: str, name: str, document: str, reason: str, content: dict[str, Any], maker: str, at: datetime
) -> Proposed:
    digest = digest_of(kind=kind, center=center, name=name, content=content)
    with translated(), transaction.atomic():
        _lock()
        now = queries.snapshot_or_empty(version=None, center=center)
        plan = _plan(kind, center, content, now.version, 0)
        waiting = queries.open_proposal(digest)
        if waiting is not None:
            if waiting.maker != maker:
                raise AlreadyProposedError(
                    _("{maker} 已提出相同内容的提案 {number}，请直接复核").format(
                        maker=waiting.maker, number=waiting.id
                    ),
                    field="proposal",
                )
            return Proposed(waiting.id, plan, replayed=True)
        if plan.empty:
            return Proposed(None, plan)
        (number,) = _call(
            "SELECT policy_store_propose(%s, %s, %s, %s, %s, %s::json, %s, %s, %s, %s)",
            kind, center, name, document, reason, json.dumps(content, ensure_ascii=False), digest, now.version, maker, at,
        )  # fmt: skip
        detail = {"kind": kind, "name": name, "digest": digest.hex(), "reason": reason}
        _record("policy.propose", number, maker, at, detail)
        return Proposed(number, plan)


def _plan(kind: str, center: str, content: Mapping[str, Any], base_version: int, source: int) -> Plan:
    now = queries.snapshot_or_empty(version=None, center=center)
    if now.book.center != center:
        raise OtherCenterError(
            _("数据库中是 {book} 的政策，不能装入 {center} 的").format(book=now.book.center, center=center),
            field="center",
        )
    if kind == PACKAGE:
        base = queries.snapshot_or_empty(version=base_version, center=center)
        return plan_package(content, base=base, now=now, source=source)
    latest = queries.latest_pack(version=now.version)
    if latest != queries.latest_pack(version=base_version):
        raise StaleProposalError(_("提案之后参数文件已更新，请撤回后重新提交"), field="proposal")
    pack = queries.content_of(latest) if latest else None
    return plan_pack(content, latest_pack=pack, now=now, center=center, source=source)


def _require_open(found: Proposal) -> None:
    if found.state != "proposed":
        raise ProposalDecidedError(
            _("提案 {number} 已由 {actor} 于 {day:%Y-%m-%d %H:%M} {state}").format(
                number=found.id,
                actor=found.checker or found.maker,
                day=found.decided_at,
                state=_(_STATES[found.state]),
            ),
            field="proposal",
        )


def _require_other(found: Proposal, checker: str) -> None:
    if checker in {"", found.maker}:
        raise SamePersonError(
            _("复核人不得为空，也不得与提案人 {maker} 为同一人").format(maker=found.maker), field="checker"
        )


def _record(action: str, number: int, actor: str, at: datetime, detail: Mapping[str, Any]) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="policy-proposal",
        object_reference=str(number),
        detail=detail,
        at=at,
    )


def _lock() -> None:
    _call("SELECT policy_store_lock()")


def _call(query: str, *parameters: Any) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        (row,) = cursor.fetchall()
        return tuple(row)
