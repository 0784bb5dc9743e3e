"""Build the plan of a city's year: the same year, scale and seed give the same plan for ever."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from anju.city.calibration import calibration
from anju.city.careers import depart
from anju.city.deposits import demand_interest, deposit_interest, opening_deposits, placements
from anju.city.forecast import daily_flows, loan_years, member_years
from anju.city.lending import Lending, draw_lending
from anju.city.payouts import close_outs, draw_withdrawals
from anju.city.plan import (
    ADJUSTMENT_MONTH,
    BankInterest,
    CityPlan,
    DemandAccount,
    Deposit,
    Member,
    Opening,
    Rules,
    Unit,
    monthly_amount,
    opening_credits,
)
from anju.city.population import joining_seats, new_workplaces, opening_seats, opening_workplaces, people
from anju.city.setting import Setting
from anju.kernel.money import Fen
from anju.kernel.periods import Month
from anju.kernel.rates import ONE
from anju.ledger.interest import interest
from anju.policy.rates import deposit_rate


def build(*, year: int = 2024, scale: int = 100, seed: int = 2024) -> CityPlan:
    """The plan of `year` in a city of 1/`scale`. Nothing in it is booked; amounts in fen."""
    setting = Setting(calibration(), year, scale, seed)
    work = opening_workplaces(setting)
    seats = opening_seats(setting, work)
    depart(setting, seats)
    fresh = new_workplaces(setting, after=len(work.units))
    seats += joining_seats(setting, seats, work, fresh)
    members = people(setting, seats)
    units = {unit.number: unit for unit in (*work.units, *fresh.units)}
    lending = draw_lending(setting, members)
    borrowers = {entry.loan.borrower_number for entry in lending.opening}
    before = _Balances(units, year).before
    opening, deposits = _opening(setting, units, members, lending)
    plan = CityPlan(
        year=year,
        scale=scale,
        seed=seed,
        rules=_rules(setting),
        units=tuple(units.values()),
        members=tuple(members),
        opening=opening,
        opening_loans=tuple(lending.opening),
        opening_deposits=tuple(deposits),
        fund_account=_demand_account(setting, "HQ-GJJ", "10101"),
        value_added_account=_demand_account(setting, "HQ-ZZSY", "10201"),
        withdrawals=tuple(draw_withdrawals(setting, members, borrowers=borrowers, balance_before=before)),
        close_outs=tuple(close_outs(setting, members, [seat.departure for seat in seats], balance_before=before)),
        new_loans=tuple(lending.granted),
        prepayments=tuple(lending.prepayments),
        missed_payments=tuple(lending.missed),
        placements=tuple(placements(setting, deposits)),
        bank_interest=(),
    )
    return replace(plan, bank_interest=_bank_interest(plan))


class _Balances:
    """Members' balances as they grow by contributions alone, for planning what may be drawn."""

    def __init__(self, units: Mapping[str, Unit], year: int) -> None:
        self._units = units
        self._year = year

    def before(self, member: Member, day: date) -> Fen:
        """What stands on the account when `day` begins, without interest settled in the year or earlier draws."""
        unit = self._units[member.unit_number]
        balance = sum(amount for _day, amount in opening_credits(member, unit, self._year))
        for number in range(1, day.month + 1):
            month = Month(self._year, number)
            if member.pays(month) and month.day(unit.pay_day) < day:
                base = member.base if number < ADJUSTMENT_MONTH else member.base_from_july
                balance += monthly_amount(base, unit)
        return balance


def _rules(setting: Setting) -> Rules:
    inputs = setting.inputs.rules
    return Rules(
        deposit_rate=deposit_rate(date(setting.year, 1, 1)).carried_over,
        loan_fee_rate=inputs.loan_fee_rate,
        reserve_rate=inputs.reserve_rate,
        management_fee=setting.part(inputs.management_fee),
    )


def _demand_account(setting: Setting, code: str, subject: str) -> DemandAccount:
    inputs = setting.inputs.deposits
    return DemandAccount(code=code, bank=inputs.banks[0], subject=subject, rate=inputs.demand_rate)


def _opening(
    setting: Setting, units: Mapping[str, Unit], members: Sequence[Member], lending: Lending
) -> tuple[Opening, list[Deposit]]:
    """The balance sheet when the year begins. Money at banks is what balances it: members' balances, the interest
    they have earned since the settlement and the risk reserve, less the loans.
    """
    inputs, year = setting.inputs, setting.year
    savings, product = 0, 0
    for member in members:
        if member.first_month.year < year:
            for day, amount in opening_credits(member, units[member.unit_number], year):
                savings += amount
                product += amount * (date(year, 1, 1) - day).days
    payable = interest(product, _rules(setting).deposit_rate)
    reserve = setting.part(inputs.opening.risk_reserve)
    fund = savings + payable - sum(entry.balance for entry in lending.opening)
    deposits = opening_deposits(setting, total=fund * inputs.deposits.time_share // ONE)
    opening = Opening(
        day=date(year - 1, 12, 31),
        carried_on=date(year - 1, 7, 1),
        fund_demand=fund - sum(deposit.amount for deposit in deposits),
        value_added_demand=reserve,
        interest_payable=payable,
        risk_reserve=reserve,
    )
    return opening, deposits


def _bank_interest(plan: CityPlan) -> tuple[BankInterest, ...]:
    """What the banks pay, in the order of days; on demand accounts it depends on everything else that is planned."""
    yearly = deposit_interest(plan.opening_deposits, year=plan.year)
    flows = daily_flows(plan, member_years(plan), loan_years(plan))
    for paid in yearly:
        flows[paid.day] += paid.amount
    quarterly = demand_interest(plan.fund_account, opening=plan.opening.fund_demand, flows=flows, year=plan.year)
    quarterly += demand_interest(
        plan.value_added_account, opening=plan.opening.value_added_demand, flows={}, year=plan.year
    )
    return tuple(sorted((*yearly, *quarterly), key=lambda paid: (paid.day, paid.code)))
