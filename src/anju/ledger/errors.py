"""The ledger's refusals: stable codes, one class each, told from the SQLSTATE that its functions raise."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from django.db import Error
from psycopg import Error as DriverError

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _


class LedgerError(AnjuError):
    """A request that the ledger refuses; nothing of it was written."""

    code: ClassVar[str] = "LEDGER"


class UnbalancedError(LedgerError):
    """Debits and credits of a journal differ, or it has fewer than two lines."""

    code = "LEDGER_UNBALANCED"


class KeyReusedError(LedgerError):
    """The idempotency key was used for a different request."""

    code = "LEDGER_KEY_REUSED"


class AccountUnavailableError(LedgerError):
    """An account does not exist, is closed or not yet open."""

    code = "LEDGER_ACCOUNT_UNAVAILABLE"


class InvalidRequestError(LedgerError):
    """No journals, one key twice, a line without account or amount, a value date beyond the business date."""

    code = "LEDGER_INVALID_REQUEST"


class NotReversibleError(LedgerError):
    """The journal is unknown, is itself a reversal, or was reversed before."""

    code = "LEDGER_NOT_REVERSIBLE"


class InsufficientBalanceError(LedgerError):
    """The posting would take an account below zero or below what is held on it."""

    code = "LEDGER_INSUFFICIENT_BALANCE"


class AmountOverflowError(LedgerError):
    """A sum left the range of 64-bit integers."""

    code = "LEDGER_OVERFLOW"


class AccountNumberTakenError(LedgerError):
    """The number belongs to an account of another subject or kind."""

    code = "LEDGER_NUMBER_TAKEN"


class UnknownSubjectError(LedgerError):
    """No such subject in the chart of accounts."""

    code = "LEDGER_UNKNOWN_SUBJECT"


class NotEmptyError(LedgerError):
    """Only an account without balance and holds can be closed."""

    code = "LEDGER_NOT_EMPTY"


class AlreadySettledError(LedgerError):
    """Interest of the account is settled beyond the day asked for."""

    code = "LEDGER_ALREADY_SETTLED"


class AppendOnlyError(LedgerError):
    """Somebody tried to change or delete history."""

    code = "LEDGER_APPEND_ONLY"


_BY_STATE: dict[str, tuple[type[LedgerError], str]] = {
    "AN001": (UnbalancedError, "凭证 {detail} 借贷不平，请核对各分录金额"),
    "AN002": (KeyReusedError, "业务流水号 {detail} 已用于另一笔不同的业务，请换新流水号"),
    "AN003": (AccountUnavailableError, "账户 {detail} 不存在、已销户或尚未开户"),
    "AN004": (InvalidRequestError, "没有凭证，或同一批中有重复的业务流水号"),
    "AN005": (InvalidRequestError, "分录缺少账户、凭证或金额，金额不得为零"),
    "AN006": (NotReversibleError, "凭证 {detail} 不存在，或其本身就是冲正，不能冲正"),
    "AN007": (UnknownSubjectError, "会计科目不存在，请核对科目编号"),
    "AN008": (AccountNumberTakenError, "账号已被其他科目的账户使用"),
    "AN009": (NotEmptyError, "账户 {detail} 仍有余额或冻结金额，不能销户"),
    "AN010": (AlreadySettledError, "账户 {detail} 的结息日晚于请求的日期"),
    "AN090": (AppendOnlyError, "账务历史只能追加，不能修改或删除"),
    "22003": (AmountOverflowError, "金额合计超出系统范围，请核对金额"),
}
_BY_CONSTRAINT: dict[str, tuple[type[LedgerError], str]] = {
    "ledger_balance_covered": (InsufficientBalanceError, "账户 {detail} 的可用余额不足"),
    "ledger_journal_reversed_once": (NotReversibleError, "该凭证已冲正过一次，不能再次冲正"),
    "ledger_journal_not_ahead": (InvalidRequestError, "起息日不得晚于业务日的次日"),
    "ledger_journal_two_persons": (InvalidRequestError, "经办人与复核人不得为同一人"),
}
#: "Failing row contains (17, ...": the account is the first column of the balance row.
_FIRST_COLUMN = re.compile(r"\((\d+),")


@contextmanager
def translated() -> Iterator[None]:
    """Turn the database's refusals inside the block into the typed errors above; others pass unchanged."""
    try:
        yield
    except Error as error:
        found = _classify(error.__cause__)
        if found is None:
            raise
        raise found from None


def _classify(cause: BaseException | None) -> LedgerError | None:
    if not isinstance(cause, DriverError):
        return None
    state, diagnosis = cause.sqlstate or "", cause.diag
    known = _BY_CONSTRAINT.get(diagnosis.constraint_name or "") or _BY_STATE.get(state)
    if known is None:
        return None
    kind, message = known
    detail = diagnosis.message_detail or ""
    if diagnosis.constraint_name:
        match = _FIRST_COLUMN.search(detail)
        detail = match[1] if match else ""
    return kind(_(message).format(detail=detail))
