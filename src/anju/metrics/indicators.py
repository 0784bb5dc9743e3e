"""The center's indicators (业务指标), each defined once: name, unit, formula in words, computation.

Sums come from the ledger's entries by subject and kind of journal, never from a stored total.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from django.db import connection

from anju.accounting.models import Distribution
from anju.contributions.bills import REMITTANCE
from anju.kernel.i18n import gettext as _
from anju.kernel.money import WAN, YI, format_in
from anju.kernel.periods import Month
from anju.kernel.rates import format_percent, ratio
from anju.ledger.queries import balance, turnover
from anju.loans.models import Loan
from anju.loans.operations import DISBURSEMENT
from anju.registry.models import Member, MemberState, Unit
from anju.withdrawals.operations import CLOSE_OUT, PARTIAL

IndicatorUnit = Literal["fen", "ppm", "count"]
#: Loans with at least this many instalments unpaid count as overdue in 逾期率 (spec of the indicator: ≥ 3 periods).
OVERDUE_PERIODS = 3
_WITHDRAWAL_KINDS = (PARTIAL, CLOSE_OUT)


@dataclass(frozen=True, slots=True)
class IndicatorValue:
    """An indicator's value for a year: fen, ppm or a count, with the text that people read."""

    code: str
    name: str
    unit: IndicatorUnit
    value: int
    text: str
    definition: str


@dataclass(frozen=True, slots=True)
class Indicator:
    """One definition. `compute` takes the year and returns fen, ppm or a count; `decimals` are for ratios."""

    code: str
    name: str
    unit: IndicatorUnit
    definition: str
    compute: Callable[[int], int]
    decimals: int = 2

    def value(self, year: int) -> IndicatorValue:
        """Compute for `year`."""
        number = self.compute(year)
        return IndicatorValue(self.code, _(self.name), self.unit, number, self.text(number), _(self.definition))

    def text(self, number: int) -> str:
        """A value as people read it: 亿元 or 万元 with four or two decimals, per cent, or a plain count."""
        if self.unit == "ppm":
            return f"{format_percent(number, self.decimals)}%"
        if self.unit == "count":
            return f"{number:,}"
        if abs(number) >= YI:
            return _("{amount} 亿元").format(amount=format_in(number, YI, 4))
        return _("{amount} 万元").format(amount=format_in(number, WAN, 2))


def annual(*, year: int, codes: Iterable[str] | None = None) -> list[IndicatorValue]:
    """The year's indicators in their order, all or those asked for."""
    wanted = INDICATORS.keys() if codes is None else set(codes)
    return [indicator.value(year) for code, indicator in INDICATORS.items() if code in wanted]


def contributions(year: int) -> int:
    """归集额: money allocated to members from remittances in the year, in fen."""
    return turnover(subject="201", start=date(year, 1, 1), end=date(year, 12, 31), kinds=[REMITTANCE])[1]


def withdrawals(year: int) -> int:
    """提取额: principal paid out of members' balances in the year, in fen; closing interest is not part of it."""
    return turnover(subject="201", start=date(year, 1, 1), end=date(year, 12, 31), kinds=_WITHDRAWAL_KINDS)[0]


def loans_granted(year: int) -> int:
    """贷款发放额: principal disbursed in the year, in fen."""
    return turnover(subject="121", start=date(year, 1, 1), end=date(year, 12, 31), kinds=[DISBURSEMENT])[0]


def loan_balance(year: int) -> int:
    """个人住房贷款余额 at year end: 121 and 122, in fen."""
    end = date(year, 12, 31)
    return balance(subject="121", on=end) + balance(subject="122", on=end)


def contribution_balance(year: int) -> int:
    """缴存余额 at year end: subject 201, in fen."""
    return balance(subject="201", on=date(year, 12, 31))


def value_added_income(year: int) -> int:
    """增值收益: as carried to 311 at year end and recorded with its distribution; before that, 401 − 411 so far."""
    recorded = Distribution.objects.filter(year=year).values_list("value_added_income", flat=True).first()
    if recorded is not None:
        return recorded
    end = date(year, 12, 31)
    return balance(subject="401", on=end) - balance(subject="411", on=end)


def average_contribution_balance(year: int) -> int:
    """Mean of the twelve month-end balances of 201, in fen, whole fen rounded down."""
    ends = [Month(year, number).final_day for number in range(1, 13)]
    return sum(balance(subject="201", on=end) for end in ends) // 12


def overdue_amount(year: int) -> int:
    """Balance (121 and 122) at year end of loans with three or more instalments unpaid, in fen.

    Numerator by loan balance; whether only the overdue principal counts is a parameter still to be settled.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT coalesce(sum(e.amount), 0)::bigint
              FROM loans_loan l JOIN ledger_entry e ON e.account_id IN (l.account_id, l.overdue_account_id)
             WHERE e.business_date <= %(end)s
               AND (SELECT count(*) FROM loans_instalment i WHERE i.loan_id = l.id AND i.due_date < %(end)s
                       AND (i.paid_date IS NULL OR i.paid_date > %(end)s)) >= %(periods)s
            """,
            {"end": date(year, 12, 31), "periods": OVERDUE_PERIODS},
        )
        amount: int = cursor.fetchone()[0]
        return amount


def _ratio(numerator: Callable[[int], int], denominator: Callable[[int], int]) -> Callable[[int], int]:
    def compute(year: int) -> int:
        below = denominator(year)
        return ratio(numerator(year), below) if below else 0

    return compute


def _paying_members(year: int) -> int:
    return Member.objects.filter(state=MemberState.NORMAL, opened_date__lte=date(year, 12, 31)).count()


INDICATORS: dict[str, Indicator] = {
    indicator.code: indicator
    for indicator in (
        Indicator("contributions", "归集额", "fen", "本年汇缴、补缴分摊到职工账户的金额（201 贷方）", contributions),
        Indicator("withdrawals", "提取额", "fen", "本年职工提取的本金（201 借方），不含销户利息", withdrawals),
        Indicator("withdrawal_rate", "提取率", "ppm", "提取额 ÷ 归集额", _ratio(withdrawals, contributions)),
        Indicator("loans_granted", "贷款发放额", "fen", "本年发放的个人住房贷款本金（121 借方）", loans_granted),
        Indicator(
            "loans_granted_count",
            "贷款发放户数",
            "count",
            "本年发放贷款的家庭数",
            lambda year: Loan.objects.filter(disbursed_date__year=year).count(),
        ),
        Indicator("contribution_balance", "缴存余额", "fen", "年末 201 住房公积金余额", contribution_balance),
        Indicator("loan_balance", "贷款余额", "fen", "年末 121 委托贷款与 122 逾期贷款余额", loan_balance),
        Indicator(
            "loan_to_deposit_ratio",
            "个贷率",
            "ppm",
            "贷款余额 ÷ 缴存余额（同一日）",
            _ratio(loan_balance, contribution_balance),
        ),
        Indicator(
            "overdue_rate",
            "逾期率",
            "ppm",
            "逾期三期及以上贷款的余额 ÷ 贷款余额",
            _ratio(overdue_amount, loan_balance),
            decimals=4,
        ),
        Indicator("value_added_income", "增值收益", "fen", "本年业务收入 401 − 业务支出 411", value_added_income),
        Indicator(
            "value_added_rate",
            "增值收益率",
            "ppm",
            "增值收益 ÷ 月均缴存余额",
            _ratio(value_added_income, average_contribution_balance),
        ),
        Indicator(
            "new_units",
            "新增缴存单位",
            "count",
            "本年开户的单位数",
            lambda year: Unit.objects.filter(opened_date__year=year).count(),
        ),
        Indicator(
            "new_members",
            "新增缴存职工",
            "count",
            "本年开户的职工数",
            lambda year: Member.objects.filter(opened_date__year=year).count(),
        ),
        Indicator("paying_members", "正常缴存职工", "count", "账户状态为正常的职工数", _paying_members),
    )
}
