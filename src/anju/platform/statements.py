"""Migrations of a library that send several SQL commands in one string, sent one by one instead.

A cluster with sharded schemas refuses several commands in one string. procrastinate's files are written that way;
Django's `pre_migrate` hands over the very migrations that will run, so they can be cut before they do.
"""

import re
from typing import Any

from procrastinate.contrib.django.migrations_utils import RunProcrastinateSQL

#: What may hold a semicolon that ends nothing, and the semicolon that does.
_TOKEN = re.compile(r"'(?:[^']|'')*' | --[^\n]* | /\*.*?\*/ | \$(\w*)\$.*?\$\1\$ | (?P<end>;)", re.DOTALL | re.VERBOSE)


def split(sql: str) -> list[str]:
    """The statements of a script, without their semicolons; quotes, comments and function bodies are kept whole."""
    ends = [match.start() for match in _TOKEN.finditer(sql) if match["end"]]
    parts = [sql[start:end].lstrip(";").strip() for start, end in zip([0, *ends], [*ends, len(sql)], strict=True)]
    return [part for part in parts if _says_something(part)]


def cut_before_migrating(*, plan: Any, **_facts: Any) -> None:
    """Receiver of `pre_migrate`: give procrastinate's migrations their statements one by one."""
    for migration, _backwards in plan:
        for operation in migration.operations:
            if isinstance(operation, RunProcrastinateSQL) and isinstance(operation.sql, str):
                operation.sql = [(statement, None) for statement in split(operation.sql)]


def _says_something(part: str) -> bool:
    return bool(re.sub(r"--[^\n]*|/\*.*?\*/", "", part, flags=re.DOTALL).strip())
