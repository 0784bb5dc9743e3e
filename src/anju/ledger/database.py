"""How this room calls its database functions: one statement, one transaction, refusals as typed errors."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from anju.ledger.errors import translated


def call(sql: str, parameters: Sequence[Any]) -> tuple[Any, ...]:
    """Run one statement that calls a writing function and return its only row."""
    (row,) = call_rows(sql, parameters)
    return row


def call_rows(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run one statement that calls a writing function and return its rows."""
    with translated(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def rows(sql: str, parameters: Any) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    with translated(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
