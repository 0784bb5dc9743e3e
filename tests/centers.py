"""Centers that modules have for themselves: the worker's database is replaced by a copy of how it was made at the start."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from asgiref.sync import SyncToAsync
from django.core.cache import cache
from django.db import connections
from psycopg import sql

from anju.platform.embedded import EmbeddedServer

_COPY = "CREATE DATABASE {} OWNER anju_owner TEMPLATE {}"


def keep_clean() -> None:
    """Keep the worker's database as it is now, for those that come after."""
    _run("DROP DATABASE IF EXISTS {} WITH (FORCE)", _clean())
    _run(_COPY, _clean(), _name())


@contextmanager
def own_center() -> Iterator[None]:
    """A center in which nothing has happened yet, and again afterwards: what is shut, sealed or committed stays."""
    _renew()
    yield
    _renew()


def _renew() -> None:
    _run("DROP DATABASE {} WITH (FORCE)", _name())
    _run(_COPY, _name(), _clean())
    cache.clear()


def _name() -> str:
    return str(connections["default"].settings_dict["NAME"])


def _clean() -> str:
    return f"{_name()}_clean"


def _run(command: str, *databases: str) -> None:
    connections.close_all()
    # Background jobs ask the database in a thread that asgiref keeps: its connections go with the database as well.
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()
    server = EmbeddedServer(Path(os.environ["ANJU_HOME"]))
    with psycopg.connect(server.url("superuser", "postgres"), autocommit=True) as admin:
        admin.execute(sql.SQL(command).format(*map(sql.Identifier, databases)))
