"""The fund's money at banks: time deposits when the year begins, those placed in it, and what the banks pay."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from anju.city.calibration import DepositInputs
from anju.city.plan import BankInterest, DemandAccount, Deposit
from anju.city.sampling import midpoints, share_out
from anju.city.setting import Setting
from anju.kernel.money import YUAN, Fen, Rounding, divide
from anju.kernel.periods import Month
from anju.kernel.rates import ONE, Ppm
from anju.ledger.interest import DAY_BASE

#: Deposits are placed in whole thousands of yuan.
_STEP: Fen = 1000 * YUAN
#: Interest on demand accounts is paid on this day of each quarter's final month, for the days before.
_DEMAND_DAY = 21
#: Rates are quoted in steps of 0.05 %.
_QUOTE: Ppm = 500
_NEW_TERM = 3


def opening_deposits(setting: Setting, *, total: Fen) -> list[Deposit]:
    """Time deposits that hold `total` fen or a little less: three and five years, placed one to five years ago, with
    anniversaries all over the year.
    """
    inputs, year = setting.inputs.deposits, setting.year
    amounts = share_out(total // _STEP, [1] * inputs.count)
    found = []
    for number, (steps, place) in enumerate(zip(amounts, midpoints(inputs.count), strict=True), 1):
        term = (_NEW_TERM, 5)[number % 2]
        placed = Month(year, 1 + (number * 5) % 12).plus(-12 * (1 + number % term)).day(10 + number % 15)
        rate = divide(inputs.rate.at(place), _QUOTE, Rounding.HALF_UP) * _QUOTE
        found.append(_deposit(inputs, f"DQ{placed.year}{number:03d}", number, rate, steps * _STEP, placed, term))
    return found


def placements(setting: Setting, opening: Sequence[Deposit]) -> list[Deposit]:
    """Deposits placed in the year: one in each quarter, and what matures placed again on the next day."""
    inputs, year = setting.inputs.deposits, setting.year
    amount = divide(inputs.placed, setting.scale * _STEP, Rounding.HALF_UP) * _STEP
    wanted = [(date(year, month, 15), amount) for month in (2, 5, 8, 11)]
    wanted += [(old.matures + timedelta(days=1), old.amount) for old in opening if old.matures.year == year]
    return [
        _deposit(inputs, f"DQ{year}{number:03d}", number, inputs.placed_rate, amount, day, _NEW_TERM)
        for number, (day, amount) in enumerate(sorted(wanted), 1)
    ]


def deposit_interest(deposits: Sequence[Deposit], *, year: int) -> list[BankInterest]:
    """A year's interest of every deposit on its anniversary; on the day of maturity the principal comes with it."""
    return [
        BankInterest(
            code=deposit.code,
            day=deposit.placed.replace(year=year),
            amount=divide(deposit.amount * deposit.rate, ONE, Rounding.HALF_UP),
            matured=deposit.matures.year == year,
        )
        for deposit in deposits
    ]


def demand_interest(
    account: DemandAccount, *, opening: Fen, flows: Mapping[date, Fen], year: int
) -> list[BankInterest]:
    """Quarterly interest on a demand account from its daily balances, interest included from the day it is paid."""
    paid: list[BankInterest] = []
    balance, product = opening, 0
    day = date(year - 1, 12, 31)
    for month in (3, 6, 9, 12):
        pay_day = date(year, month, _DEMAND_DAY)
        while day < pay_day:
            balance += flows.get(day, 0)
            product += balance
            day += timedelta(days=1)
        amount = divide(max(0, product) * account.rate, DAY_BASE * ONE, Rounding.HALF_UP)
        paid.append(BankInterest(code=account.code, day=pay_day, amount=amount))
        balance, product = balance + amount, 0
    return paid


def _deposit(inputs: DepositInputs, code: str, number: int, rate: Ppm, amount: Fen, placed: date, term: int) -> Deposit:
    return Deposit(
        code=code,
        bank=inputs.banks[number % len(inputs.banks)],
        rate=rate,
        amount=amount,
        placed=placed,
        matures=placed.replace(year=placed.year + term),
    )
