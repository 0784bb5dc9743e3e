"""核算: accrual and yearly settlement of account interest, period end, value-added income and its distribution.

Entries follow 财会字〔1999〕33号. The income and expense accounts are one for each subject, opened by `open_books`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar

from django.db import transaction

from anju.accounting.models import Distribution
from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen, Rounding, divide
from anju.kernel.periods import Month
from anju.kernel.rates import ONE, Ppm
from anju.ledger.batch import INTEREST_SETTLEMENT
from anju.ledger.operations import MEMBER_RATE, JournalRequest, Line, NewAccount, credit, debit, open_accounts, post
from anju.ledger.queries import balance, posted_amount, turnover
from anju.ledger.settlement import accrued_interest
from anju.platform.runs import operations as runs
from anju.platform.runs.models import RunState
from anju.platform.runs.queries import counts

#: Subjects that have exactly one account here; its number is the subject's code.
SINGLE_SUBJECTS = (
    "111", "119", "211", "21401", "21402", "219", "301", "311", "32101", "32102", "32103", "32104",
    "40101", "40102", "40103", "40104", "40105", "41101", "41102", "41103",
)  # fmt: skip
INCOME = ("40101", "40102", "40103", "40104", "40105")
EXPENSE = ("41101", "41102", "41103")
#: Journal kinds of this room.
ACCRUAL, SETTLEMENT_DIFFERENCE, FEE, PERIOD_END, DISTRIBUTION, PAYMENT = (
    "interest-accrual", "interest-rounding", "handling-fee", "period-end", "distribution", "payment-to-finance",
)  # fmt: skip
#: Name under which the platform itself books what no person starts.
SYSTEM = "system"


class DistributionRefusedError(AnjuError):
    """The year's income does not cover what is to be taken from it first."""

    code: ClassVar[str] = "DISTRIBUTION_REFUSED"


class SettlementIncompleteError(AnjuError):
    """Some chunk of the yearly settlement failed; what is settled stays settled."""

    code: ClassVar[str] = "SETTLEMENT_INCOMPLETE"


@dataclass(frozen=True, slots=True)
class DistributionPolicy:
    """How value-added income is shared out: the reserve is filled up to `reserve_rate` ppm of the year-end loan
    balance (财综字〔1999〕149号, by difference), then the approved management fee in fen, then all the rest.
    """

    reserve_rate: Ppm
    management_fee: Fen


def open_books(*, opened: date) -> Mapping[str, int]:
    """Open the account of every subject that has just one; return subject → account. Safe to repeat."""
    wanted = [NewAccount(code, code, opened) for code in SINGLE_SUBJECTS]
    return open_accounts(accounts=wanted, hot=True, overdraft_allowed=True)


@transaction.atomic
def accrue_interest(*, month: Month, books: Mapping[str, int]) -> Fen:
    """Month-end accrual (计提): raise 211 to the interest that all members' unsettled products bear; return the rise.

    Computed to the final day of the month, that day included; half-up once on the total. Run again, it returns what
    was booked: the settlement may have begun since.
    """
    key = f"{ACCRUAL}:{month}"
    earlier = posted_amount(key=key, account=books["211"])
    if earlier is not None:
        return -earlier
    end = month.final_day
    owed = accrued_interest(subject="201", until=end + timedelta(days=1))
    rise = owed - balance(subject="211", on=end)
    _post_pair(key, ACCRUAL, end, books["41101"], books["211"], rise)
    return rise


def settle_year(*, year: int, books: Mapping[str, int], clock: Callable[[], datetime]) -> Fen:
    """June 30: accrue the last month, credit every member's interest (借211 贷201), book the rounding to 41101.

    The settlement is a run of the batch engine, in chunks; `clock` tells the engine when it began and ended. Returns
    the interest credited. Safe to run again after a crash: every step is booked once. Raises
    SettlementIncompleteError when some accounts could not be settled: the run's page says which and why.
    """
    day = date(year, 6, 30)
    accrue_interest(month=Month(year, 6), books=books)
    key = f"interest-settlement:{year}"
    params = {"subject": "201", "rate_code": MEMBER_RATE, "payable": books["211"], "expense": books["41101"]}
    run_id = runs.open_run(
        job=INTEREST_SETTLEMENT.name, key=key, params=params, business_date=day, maker=SYSTEM, at=clock()
    ).run.pk
    if runs.work(run_id=run_id, clock=clock).state is not RunState.FINISHED:
        raise SettlementIncompleteError(_("结息批次 {run} 未全部完成，请处理后重试").format(run=run_id), field="year")
    rest = -balance(subject="211", on=day)
    _post_pair(f"{SETTLEMENT_DIFFERENCE}:{year}", SETTLEMENT_DIFFERENCE, day, books["41101"], books["211"], rest)
    return counts(run_id=run_id).get("paid", 0)


def pay_loan_fee(*, year: int, fee_rate: Ppm, books: Mapping[str, int], bank_account: int) -> Fen:
    """Handling fee of the entrusted banks (委托贷款手续费) on the year's loan interest: 借41103 贷101."""
    _debits, earned = turnover(subject="40103", start=date(year, 1, 1), end=date(year, 12, 31))
    fee = divide(earned * fee_rate, ONE, Rounding.HALF_UP)
    _post_pair(f"{FEE}:{year}", FEE, date(year, 12, 31), books["41103"], bank_account, fee)
    return fee


@transaction.atomic
def close_year(*, year: int, books: Mapping[str, int], fund_bank: int, value_added_bank: int) -> Fen:
    """Dec 31: carry income and expense to 311 and move the money from the fund's bank to the value-added one.

    Returns the value-added income (Σ401 − Σ411), which may be negative; money moves only when it is positive. Run
    again, it returns what was carried.
    """
    day = date(year, 12, 31)
    earlier = posted_amount(key=f"{PERIOD_END}:{year}", account=books["311"])
    if earlier is not None:
        return -earlier
    lines: list[Line] = []
    for code in INCOME:
        lines.append(debit(books[code], balance(subject=code, on=day)))
    for code in EXPENSE:
        lines.append(credit(books[code], balance(subject=code, on=day)))
    income = sum(line.amount for line in lines)
    lines.append(credit(books["311"], income))
    _post_lines(f"{PERIOD_END}:{year}", PERIOD_END, day, lines)
    if income > 0:
        _post_pair(f"{PERIOD_END}:{year}:money", PERIOD_END, day, value_added_bank, fund_bank, income)
    return income


@transaction.atomic
def distribute(*, year: int, policy: DistributionPolicy, books: Mapping[str, int]) -> Distribution:
    """Share out the year's value-added income (增值收益分配): risk reserve, management fee, housing supplement.

    Raises DistributionRefusedError when income does not cover reserve and fee.
    """
    earlier = Distribution.objects.filter(year=year).first()
    if earlier is not None:
        return earlier
    day = date(year, 12, 31)
    income = balance(subject="311", on=day)
    loans = balance(subject="121", on=day) + balance(subject="122", on=day)
    target = divide(loans * policy.reserve_rate, ONE, Rounding.HALF_UP)
    reserve = max(0, target - balance(subject="301", on=day))
    supplement = income - reserve - policy.management_fee
    if supplement < 0:
        raise DistributionRefusedError(_("增值收益不足以提取风险准备金和管理费用，请核对分配方案"), field="policy")
    parts = (("32101", "301", reserve), ("32102", "21401", policy.management_fee), ("32103", "21402", supplement))
    lines = [debit(books["311"], income), credit(books["32104"], income)]
    for from_subject, to_subject, amount in parts:
        lines += [debit(books["32104"], amount), credit(books[from_subject], amount)]
        lines += [debit(books[from_subject], amount), credit(books[to_subject], amount)]
    journal_id = _post_lines(f"{DISTRIBUTION}:{year}", DISTRIBUTION, day, lines)
    return Distribution.objects.create(
        year=year,
        value_added_income=income,
        risk_reserve=reserve,
        management_fee=policy.management_fee,
        housing_supplement=supplement,
        journal_id=journal_id,
    )


def _post_pair(key: str, kind: str, day: date, debited: int, credited: int, amount: Fen) -> None:
    """One debit, one credit; a negative amount goes the other way round, nothing is booked for zero."""
    if amount:
        _post_lines(key, kind, day, [debit(debited, amount), credit(credited, amount)])


def _post_lines(key: str, kind: str, day: date, lines: list[Line]) -> int:
    lines = [line for line in lines if line.amount]
    journal = JournalRequest(key=key, kind=kind, business_date=day, lines=lines, maker=SYSTEM)
    return post(journals=[journal])[0].journal_id
