"""Decisions on record: taken by a rule, stored with all they rest on, and taken again to prove them.

Invariant: a record is complete, so its replay reads no pack and no table; parameters may change, a decision stays.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from anju.kernel.i18n import gettext as _
from anju.policy.decision import Decision, replay
from anju.policy.errors import PolicyError
from anju.policy_store.errors import DecisionKeyReusedError, UnknownDecisionError, translated

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Differing:
    """A stored decision that does not come out again: its key and a sentence."""

    key: str
    message: str


def record_decision(*, key: str, decision: Decision, version: int, actor: str, at: datetime) -> int:
    """Store a decision taken by the book of a version under its business key; its number comes back.

    The key is a case or account number, nobody's name. The same decision again changes nothing. Raises
    DecisionKeyReusedError for another one, PersonalDataError.
    """
    record = decision.to_json()
    parameters = (
        key, record["rule"], record["version"], version, decision.case.on, decision.value,
        json.dumps(record, ensure_ascii=False), actor, at,
    )  # fmt: skip
    with translated(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT id, same FROM policy_store_record(%s, %s, %s, %s, %s, %s, %s::json, %s, %s)", parameters)
        number, same = cursor.fetchone()
    if not same:
        raise DecisionKeyReusedError(_("编号 {key} 已记录另一项决定，请换用新编号").format(key=key), field="key")
    return int(number)


def replay_decision(*, key: str) -> Decision:
    """Take a stored decision again from its record. Raises UnknownDecisionError, ReplayError when it differs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT record::text FROM policy_store_decision WHERE key = %s", [key])
        found = cursor.fetchone()
    if found is None:
        raise UnknownDecisionError(_("没有编号为 {key} 的决定").format(key=key[:60]), field="key")
    return replay(json.loads(found[0]))


def verify_decisions(*, rule: str | None = None) -> Iterator[Differing]:
    """Take all stored decisions again, those of a rule if given, a chunk at a time; yield those that differ."""
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, key, record::text FROM policy_store_decision"
                " WHERE id > %(after)s AND (%(rule)s::text IS NULL OR rule = %(rule)s) ORDER BY id LIMIT %(chunk)s",
                {"after": after, "rule": rule, "chunk": _CHUNK},
            )
            rows = cursor.fetchall()
        for _id, key, record in rows:
            try:
                replay(json.loads(record))
            except PolicyError as error:
                yield Differing(key, error.message)
        if len(rows) < _CHUNK:
            return
        after = rows[-1][0]
