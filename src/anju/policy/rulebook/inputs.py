"""Inputs that several rules share: one name has one meaning, so one population serves them all."""

from datetime import date

from anju.kernel.money import YUAN
from anju.kernel.periods import Period
from anju.policy.operations import Given, Operations, T
from anju.policy.rules import given
from anju.policy.units import Unit

#: The first day of the 2019 text of 条例: rules claim to be right since then.
SINCE_2019 = Period(date(2019, 3, 24))
#: Nobody's monthly income reaches this; it keeps the present value of an instalment in 64 bits.
MOST_INCOME = 10_000_000 * YUAN

BALANCE = given("缴存账户余额", Unit.FEN)
WAGE = given("上一年度月平均工资", Unit.FEN, high=MOST_INCOME)
MONTHS_PAID = given("连续足额缴存月数", Unit.MONTHS)
BARRED_UNTIL = given("骗提骗贷限制期截止日", Unit.DAY, default=0)
FROZEN = given("账户被冻结", Unit.FLAG, default=0)
FAMILY_INCOME = given("家庭月收入", Unit.FEN, high=MOST_INCOME)

#: What every withdrawal asks of the account.
OPEN_ACCOUNT = {"balance": BALANCE, "frozen": FROZEN, "barred_until": BARRED_UNTIL}


def not_barred(op: Operations[T], given: Given[T]) -> T:
    """No ban for fraud is running (条例 2026, Art. 41: either kind bars withdrawal and loan)."""
    return op.at_most("骗提骗贷限制期已届满", given["barred_until"], op.anchor)
