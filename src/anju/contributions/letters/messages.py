"""The messages of the national transfer platform, typed: what each says, read strictly and written the same way.

Field names are the platform's (BDC901, 903, 904, 905 of the settlement interface); values are text, amounts in yuan.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, ClassVar, Self

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen, format_yuan, parse_yuan
from anju.kernel.periods import Month
from anju.kernel.text import clean_name


class BadMessageError(AnjuError):
    """A message that does not say what its kind must say; nothing was done with it."""

    code: ClassVar[str] = "LETTER_MESSAGE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Who sends what to whom; the serial is the sender's and unique with it."""

    code: str
    sender: str
    receiver: str
    serial: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterSent:
    """BDC901 TxFunc 0: the receiving center asks for the account; TxFunc 1 confirms that the letter came."""

    code: ClassVar[str] = "BDC901"
    ConNum: str
    TxFunc: str
    EmpName: str = ""
    DocNum: str = ""
    OrEmpNum: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterCancelled:
    """BDC903: taken back before it was received."""

    code: ClassVar[str] = "BDC903"
    ConNum: str
    Reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StateAsked:
    """BDC904: how does the letter stand?"""

    code: ClassVar[str] = "BDC904"
    ConNum: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTold:
    """BDC905 TxFunc 0: money is under way and this is the account; 2: the letter is done; 1: it is refused."""

    code: ClassVar[str] = "BDC905"
    ConNum: str
    TxFunc: str
    OrAcctAmt: str = "0.00"
    Yinter: str = "0.00"
    TranAmt: str = "0.00"
    OpenDate: str = ""
    PaidMonth: str = ""
    SixFlag: str = ""
    LoanNum: str = ""
    LoanFlag: str = ""
    FraudFlag: str = ""
    Reason: str = ""


Message = LetterSent | LetterCancelled | StateAsked | AccountTold
_KINDS: Mapping[str, type[Any]] = {kind.code: kind for kind in (LetterSent, LetterCancelled, StateAsked, AccountTold)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What BDC905 tells about the account at the paying center; amounts in fen."""

    principal: Fen
    interest: Fen
    opened: date | None
    paid_to: Month | None
    six_months: bool
    loans: int
    loan_open: bool
    fraud: bool

    @classmethod
    def of(cls, told: AccountTold) -> Self:
        """Read it. Raises BadMessageError when the parts do not add up or a value cannot be read."""
        try:
            account = cls(
                principal=parse_yuan(told.OrAcctAmt), interest=parse_yuan(told.Yinter),
                opened=date.fromisoformat(told.OpenDate) if told.OpenDate else None,
                paid_to=Month.parse(told.PaidMonth) if told.PaidMonth else None, six_months=told.SixFlag == "1",
                loans=int(told.LoanNum or "0"), loan_open=told.LoanFlag == "1", fraud=told.FraudFlag == "1",
            )  # fmt: skip
            total = parse_yuan(told.TranAmt)
        except (AnjuError, ValueError) as error:
            raise BadMessageError(_("BDC905 的金额、日期或标志无法识别"), field="message") from error
        if account.principal < 0 or account.interest < 0 or account.principal + account.interest != total:
            raise BadMessageError(_("BDC905 的本金与利息之和不等于转移金额"), field="TranAmt")
        return account

    def told(self, number: str) -> AccountTold:
        """As BDC905 tells it."""
        return AccountTold(
            ConNum=number, TxFunc="0", OrAcctAmt=_yuan(self.principal), Yinter=_yuan(self.interest),
            TranAmt=_yuan(self.principal + self.interest), OpenDate=self.opened.isoformat() if self.opened else "",
            PaidMonth=str(self.paid_to) if self.paid_to else "", SixFlag=_flag(self.six_months), LoanNum=str(self.loans),
            LoanFlag=_flag(self.loan_open), FraudFlag=_flag(self.fraud),
        )  # fmt: skip


def read(code: str, body: Mapping[str, Any]) -> Message:
    """The message of a code. Raises BadMessageError: unknown code, a field missing, unknown or too long, no text."""
    kind = _KINDS.get(code)
    if kind is None:
        raise BadMessageError(_("不支持的交易代码 {code}").format(code=code[:10]), field="TxCode")
    known = {field.name for field in fields(kind)}
    if not isinstance(body, Mapping) or body.keys() - known:
        raise BadMessageError(_("{code} 含有未知的栏目").format(code=code), field="message")
    if any(not isinstance(value, str) or len(value) > 200 or "\0" in value for value in body.values()):
        raise BadMessageError(_("{code} 的栏目应为不超过 200 字的文字").format(code=code), field="message")
    try:
        message: Message = kind(**{name: clean_name(value) for name, value in body.items()})
    except TypeError as error:
        raise BadMessageError(_("{code} 缺少必填栏目").format(code=code), field="message") from error
    return message


def _yuan(fen: Fen) -> str:
    return format_yuan(fen, grouping=False)


def _flag(value: bool) -> str:  # noqa: FBT001 - a field of a message
    return "1" if value else "0"
