"""Why a chunk failed, in words that carry no person's data: database messages may quote a row, so none is repeated."""

import traceback
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.db import Error

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _


@dataclass(frozen=True, slots=True)
class Cause:
    """A stable code, a sentence, and the database's SQLSTATE when it was the one that refused."""

    code: str
    message: str
    sqlstate: str = ""


def cause_of(error: Exception) -> Cause:
    """The cause to record for an exception that ended a chunk's work."""
    if isinstance(error, AnjuError):
        return Cause(error.code, error.message, sqlstate_of(error))
    driver = _driver_error(error)
    if driver is not None:
        state, constraint = driver.sqlstate or "", driver.diag.constraint_name
        if constraint:
            return Cause("DATABASE", _("数据库拒绝：违反约束 {name}").format(name=constraint), state)
        return Cause("DATABASE", _("数据库拒绝：错误代码 {state}").format(state=state or "?"), state)
    frame = traceback.extract_tb(error.__traceback__)[-1]
    message = _("程序错误 {kind}，位于 {file} 第 {line} 行，请联系系统管理员")
    return Cause(
        "PROGRAM", message.format(kind=type(error).__name__, file=Path(frame.filename).name, line=frame.lineno)
    )


def sqlstate_of(error: BaseException) -> str:
    """The SQLSTATE of the database error that this is, wraps or was raised from; empty without one."""
    driver = _driver_error(error)
    return driver.sqlstate or "" if driver is not None else ""


def _driver_error(error: BaseException | None) -> psycopg.Error | None:
    while error is not None:
        if isinstance(error, psycopg.Error):
            return error
        error = error.__cause__ or (error.__context__ if isinstance(error, AnjuError | Error) else None)
    return None
