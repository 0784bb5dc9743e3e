"""Reads of the store: the book of a version, proposals, and the history of a parameter.

A version never changes, so its book is read once and remembered: a decision costs one look at which version is the latest.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.db import connection

from anju.kernel.i18n import gettext as _
from anju.policy.explanation import trust_of
from anju.policy.parameters import Book, Definition, build_book
from anju.policy_store.changes import Snapshot, definition_of, stored_row
from anju.policy_store.errors import EmptyStoreError, UnknownProposalError

_COUNTS = " WHERE x.since <= %(version)s AND (x.until IS NULL OR x.until > %(version)s)"
_DEFINITIONS = "SELECT x.content::text FROM policy_store_definition x"
_PROPOSAL = (
    "SELECT id, kind, center, name, document, reason, digest, base_version, state, version, maker, proposed_at, checker,"
    " decided_at, note FROM policy_store_proposal"
)

_VALUES = """
SELECT x.id, x.source_id, p.kind = 'package', x.since, x.until, json_build_object(
           'path', s.path, 'center', s.center, 'district', s.district, 'crowd', s.crowd, 'value', x.value, 'unit', x.unit,
           'start', lower(x.valid), 'end', upper(x.valid), 'document', x.document, 'article', x.article,
           'announced', x.announced, 'confidence', x.confidence, 'origin', x.origin)::text
  FROM policy_store_value x JOIN policy_store_series s ON s.id = x.series_id
  JOIN policy_store_proposal p ON p.id = x.source_id"""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed change of policy and what became of it. `version` is the one that its approval made."""

    id: int
    kind: str
    center: str
    name: str
    document: str
    reason: str
    digest: bytes
    base_version: int
    state: str
    version: int | None
    maker: str
    proposed_at: datetime
    checker: str | None
    decided_at: datetime | None
    note: str


@dataclass(frozen=True, slots=True)
class PastValue:
    """A value that counts or counted: its days and words, by which proposal it came and by which it ended.

    `trust`: what must be said of a value that is made up or unconfirmed, wherever it is shown.
    """

    scope: str
    start: date
    end: date | None
    value: str
    trust: str
    citation: str
    origin: str
    brought_by: int
    since: Proposal
    until: Proposal | None


def snapshot(*, version: int | None = None) -> Snapshot:
    """The book of a version, of the latest by default. Raises EmptyStoreError when there is none."""
    found = _rows(
        "SELECT version, center, stamp::text FROM policy_store_proposal WHERE version ="
        " coalesce(%(version)s, (SELECT max(version) FROM policy_store_proposal))",
        {"version": version},
    )
    if not found:
        raise EmptyStoreError(_("数据库中没有已生效的政策，请先运行 anju policy load 并由他人复核"), field="version")
    number, center, stamp = found[0]
    return Snapshot(number, _book(number, center, stamp))


def snapshot_or_empty(*, version: int | None, center: str) -> Snapshot:
    """As `snapshot`, an empty book as long as nothing has been approved."""
    try:
        return snapshot(version=version)
    except EmptyStoreError:
        return Snapshot(0, Book(center, {}, {}))


def find_proposal(number: int) -> Proposal:
    """Raises UnknownProposalError."""
    found = _proposals("id = %(number)s", {"number": number})
    if not found:
        raise UnknownProposalError(_("没有提案 {number}，可用 anju policy proposals 查看").format(number=number),
                                   field="proposal")  # fmt: skip
    return found[0]


def open_proposal(digest: bytes) -> Proposal | None:
    """The waiting proposal of a content."""
    return next(iter(_proposals("digest = %(digest)s AND state = 'proposed'", {"digest": digest})), None)


def proposals(*, state: str | None = None) -> list[Proposal]:
    """All proposals, or those of a state, the first first."""
    return _proposals("%(state)s::text IS NULL OR state = %(state)s", {"state": state})


def content_of(number: int) -> dict[str, Any]:
    """What a proposal holds."""
    ((content,),) = _rows("SELECT content::text FROM policy_store_proposal WHERE id = %(number)s", {"number": number})
    return dict(json.loads(content))


def latest_pack(*, version: int) -> int | None:
    """The proposal of the pack that counts in a version."""
    ((number,),) = _rows(
        "SELECT max(id) FROM policy_store_proposal p WHERE version ="
        " (SELECT max(version) FROM policy_store_proposal WHERE kind = 'pack' AND version <= %(version)s)",
        {"version": version},
    )
    return number if number is None else int(number)


def history(*, path: str) -> list[PastValue]:
    """Every value that a parameter has ever had in the store, by scope, first version and day.

    Raises EmptyStoreError, UnknownPathError.
    """
    definition = snapshot().book.definition(path)
    known = {proposal.version: proposal for proposal in proposals(state="approved")}
    rows = _rows(
        _VALUES + " WHERE s.path = %(path)s ORDER BY s.center, s.district, s.crowd, x.since, lower(x.valid)",
        {"path": path},
    )
    return [_past_value(row, definition, known) for row in rows]


@lru_cache(maxsize=16)
def _book(version: int, center: str, stamp: str) -> Book:  # the stamp is what makes the key unique for ever
    parameters = {"version": version}
    definitions = {}
    for (content,) in _rows(_DEFINITIONS + _COUNTS, parameters):
        definition = definition_of(json.loads(content))
        definitions[definition.path] = definition
    rows = [
        stored_row(item, definitions[item["path"]], source=source, promoted=promoted, pk=pk)
        for pk, source, promoted, _since, _until, text in _rows(_VALUES + _COUNTS, parameters)
        for item in [json.loads(text)]
    ]
    pack = latest_pack(version=version)
    districts = tuple(content_of(pack)["districts"]) if pack else ()
    return build_book(center=center, definitions=definitions, rows=rows, districts=districts)


def _past_value(row: Sequence[Any], definition: Definition, known: dict[int | None, Proposal]) -> PastValue:
    pk, source, promoted, since, until, text = row
    item = json.loads(text)
    value = stored_row(item, definition, source=source, promoted=promoted, pk=pk)
    return PastValue(
        scope=str(value.scope),
        start=value.start,
        end=value.end,
        value=definition.show(value.value),
        trust=trust_of(value),
        citation=value.citation,
        origin=value.origin,
        brought_by=source,
        since=known[since],
        until=known[until] if until else None,
    )


def _proposals(condition: str, parameters: dict[str, Any]) -> list[Proposal]:
    return [Proposal(*row) for row in _rows(_PROPOSAL + " WHERE " + condition + " ORDER BY id", parameters)]


def _rows(query: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
