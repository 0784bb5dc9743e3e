"""The ledger's refusals: stable codes, one class each, told from the SQLSTATE that its functions raise."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from django.db import Error
from psycopg import DataError
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
    """No journals, one key twice, a line without account or amount, a value date beyond the day after the business date,
    a kind that is the ledger's own, one person as maker and checker.
    """

    code = "LEDGER_INVALID_REQUEST"


class NotReversibleError(LedgerError):
    """The journal is unknown, one of the ledger's own (reversal, interest, transfer), or was reversed before."""

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


class SettledError(LedgerError):
    """An account has borne interest beyond the value date; a correction (`operations.correct`) may still go there."""

    code = "LEDGER_SETTLED"


class DayNotOpenError(LedgerError):
    """The business day is not open: it lies ahead, or nobody has opened it."""

    code = "LEDGER_DAY_NOT_OPEN"


class DayShutError(LedgerError):
    """The business day is over, or lies before one that is."""

    code = "LEDGER_DAY_SHUT"


class PeriodClosedError(LedgerError):
    """The month is closed."""

    code = "LEDGER_PERIOD_CLOSED"


class NotClosableError(LedgerError):
    """A day or month that cannot be sealed or closed yet."""

    code = "LEDGER_NOT_CLOSABLE"


class FrozenError(LedgerError):
    """The posting would take what a court has frozen."""

    code = "LEDGER_FROZEN"


class HoldNotActiveError(LedgerError):
    """The hold is unknown, or was captured, released or has expired."""

    code = "LEDGER_HOLD_NOT_ACTIVE"


class HoldTooSmallError(LedgerError):
    """The capture takes nothing, or more than the hold covers."""

    code = "LEDGER_HOLD_TOO_SMALL"


class NotTransferableError(LedgerError):
    """An account that is empty, held or frozen, or not of the same subject as the other."""

    code = "LEDGER_NOT_TRANSFERABLE"


class RateTakenError(LedgerError):
    """Another rate begins on that day, or interest for later days has been settled."""

    code = "LEDGER_RATE_TAKEN"


class RateMissingError(LedgerError):
    """No rate is known for some day of the interest period."""

    code = "LEDGER_RATE_MISSING"


class AppendOnlyError(LedgerError):
    """Somebody tried to change or delete history."""

    code = "LEDGER_APPEND_ONLY"


_BY_STATE: dict[str, tuple[type[LedgerError], str]] = {
    "AN001": (UnbalancedError, "凭证 {detail} 借贷不平，请核对各分录金额"),
    "AN002": (KeyReusedError, "业务流水号 {detail} 已用于另一笔不同的业务，请换新流水号"),
    "AN003": (AccountUnavailableError, "账户 {detail} 不存在、已销户或尚未开户"),
    "AN004": (InvalidRequestError, "没有凭证，同一批中有重复的业务流水号，或凭证缺少流水号、种类、经办人、日期"),
    "AN005": (InvalidRequestError, "分录缺少账户、凭证或金额，金额不得为零"),
    "AN006": (NotReversibleError, "凭证 {detail} 不存在，或为冲正、结息、账户转移等系统凭证，不能冲正"),
    "AN007": (UnknownSubjectError, "会计科目不存在，请核对科目编号"),
    "AN008": (AccountNumberTakenError, "账号已被其他科目的账户使用"),
    "AN009": (NotEmptyError, "账户 {detail} 仍有余额或冻结金额，不能销户"),
    "AN010": (AlreadySettledError, "账户 {detail} 的结息日或转入转出日晚于请求的日期"),
    "AN011": (SettledError, "账户 {detail} 的起息日早于最近一次结息日，请用更正办理"),
    "AN012": (DayNotOpenError, "营业日 {detail} 尚未开启，请核对日期或先开启营业日"),
    "AN013": (DayShutError, "营业日 {detail} 已日终，请记入当前营业日，必要时另定起息日"),
    "AN014": (DayShutError, "营业日 {detail} 之后已有日终，不能再开启"),
    "AN015": (FrozenError, "账户 {detail} 有司法冻结，可用余额不足"),
    "AN016": (RateTakenError, "{detail} 起已有利率，或其后已经结息，不能变更"),
    "AN017": (RateMissingError, "利率 {detail} 在计息期间内有缺口，请先登记利率"),
    "AN018": (NotClosableError, "营业日 {detail} 尚不能封存：须已日终、此前各日已封存，且封存值与账务一致"),
    "AN019": (NotClosableError, "{detail} 尚不能关账：须各日已封存，且以前各月已关账"),
    "AN020": (PeriodClosedError, "{detail} 所在月份已关账，请记入当前营业日"),
    "AN021": (HoldTooSmallError, "冻结（保留）{detail} 的可用金额不足，或未从该账户支出"),
    "AN022": (NotTransferableError, "账户 {detail} 不能转移：须有余额、无冻结保留，且两个账户科目相同"),
    "AN023": (HoldNotActiveError, "冻结（保留）{detail} 不存在或已结束"),
    "AN024": (InvalidRequestError, "凭证种类为账务系统专用，请换用业务种类"),
    "AN090": (AppendOnlyError, "账务历史只能追加，不能修改或删除"),
    "23514": (InvalidRequestError, "请求缺少必填项，或日期、取值不合规定，请核对"),
    "23502": (InvalidRequestError, "请求缺少必填项，请核对"),
    "22003": (AmountOverflowError, "金额合计超出系统范围，请核对金额"),
}
_TWO_PERSONS = "复核人不得为空，也不得与经办人为同一人"
_BY_CONSTRAINT: dict[str, tuple[type[LedgerError], str]] = {
    "ledger_balance_covered": (InsufficientBalanceError, "账户 {detail} 的可用余额不足"),
    "ledger_journal_reversed_once": (NotReversibleError, "该凭证已冲正过一次，不能再次冲正"),
    "ledger_journal_not_ahead": (InvalidRequestError, "起息日不得晚于业务日的次日"),
    "ledger_journal_two_persons": (InvalidRequestError, _TWO_PERSONS),
    "ledger_hold_two_persons": (InvalidRequestError, _TWO_PERSONS),
    "ledger_hold_event_two_persons": (InvalidRequestError, _TWO_PERSONS),
    "ledger_hold_event_key": (KeyReusedError, "业务流水号已用于另一笔冻结（保留）业务，请换新流水号"),
    "ledger_hold_form": (InvalidRequestError, "冻结（保留）金额须大于零，到期日须晚于业务日"),
    "ledger_rate_form": (InvalidRequestError, "利率须在 0 与 100% 之间，并注明文件"),
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
    if isinstance(cause, DataError) and cause.sqlstate is None:  # the driver's own refusal: a null character in a text
        return InvalidRequestError(_("须为文字，且不得含空字符"))
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
