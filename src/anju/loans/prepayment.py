"""Prepayment: in part (shorter term or smaller payment) or in full, and monthly offset from savings accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from anju.kernel.errors import InvalidValueError
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen
from anju.kernel.rates import Ppm
from anju.loans.schedule import Instalment, LoanTermsError, Method, daily_interest, level_payment, remaining


class PrepaymentMode(StrEnum):
    """What a partial prepayment changes."""

    KEEP_TERM = "keep-term"  # 期限不变，减少月供
    SHORTEN = "shorten"  # 月供不变，缩短期限


@dataclass(frozen=True, slots=True)
class Prepayment:
    """A level-payment loan after a partial prepayment on a due date."""

    balance: Fen
    payment: Fen
    instalments: tuple[Instalment, ...]
    interest_saved: Fen


@dataclass(frozen=True, slots=True)
class Draw:
    """What an account gives towards an instalment, and what stays on it."""

    drawn: Fen
    balance: Fen


def prepay(balance: Fen, *, amount: Fen, rate: Ppm, months_left: int, payment: Fen, mode: PrepaymentMode) -> Prepayment:
    """Apply a partial prepayment of `amount` fen right after an instalment was paid.

    Raises LoanTermsError when the amount is not between nothing and the whole balance, or `payment` does not cover
    the interest.
    """
    if not 0 < amount < balance:
        raise LoanTermsError(_("提前还款金额必须大于零且小于贷款余额；还清请办理提前结清"), field="amount")
    method, rest = Method.EQUAL_INSTALMENT, balance - amount
    before = sum(row.interest for row in remaining(balance, rate, months_left, method, payment))
    if mode is PrepaymentMode.KEEP_TERM:
        payment = level_payment(rest, rate, months_left)
    rows = tuple(remaining(rest, rate, months_left, method, payment))
    return Prepayment(rest, payment, rows, before - sum(row.interest for row in rows))


def payoff_interest(balance: Fen, rate: Ppm, days: int) -> Fen:
    """Interest due with a full payoff `days` days after the latest due date, by actual days over 360."""
    return daily_interest(balance, rate, days)


def offset(instalment: Fen, accounts: Sequence[Fen], *, retain: Fen) -> tuple[list[Draw], Fen]:
    """Draw an instalment from savings accounts in order, each down to `retain` (按月对冲); the rest is for the card.

    Raises InvalidValueError for a negative instalment or retention.
    """
    if instalment < 0 or retain < 0:
        raise InvalidValueError(_("期供和保留额不能为负"))
    draws = []
    for balance in accounts:
        drawn = min(instalment, max(0, balance - retain))
        draws.append(Draw(drawn, balance - drawn))
        instalment -= drawn
    return draws, instalment
