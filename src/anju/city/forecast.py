"""What a plan must come to, by a second way: pure sums over members and loans, without ledger or database.

It is there to be compared with the ledger to the fen, and to give the bank the daily balances for its interest; it is
never shown as a result.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from anju.city.plan import ADJUSTMENT_MONTH, CityPlan, Loan, Member, monthly_amount
from anju.kernel.money import Fen, Rounding, divide
from anju.kernel.periods import Month
from anju.kernel.rates import ONE, Ppm, ratio
from anju.ledger.interest import interest
from anju.loans.schedule import Method, level_payment, monthly_interest

#: Loans with this many instalments unpaid count as overdue.
OVERDUE_PERIODS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberYear:
    """One account's year. `settled` is credited on June 30; `closed` is (day, principal, interest) of a close-out.

    `product` in fen x days has not borne interest when the year ends.
    """

    contributed: tuple[tuple[date, Fen], ...]
    drawn: tuple[tuple[date, Fen], ...]
    settled: Fen
    closed: tuple[date, Fen, Fen] | None
    balance: Fen
    product: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanYear:
    """One loan's year: what was collected as (day, principal, interest), prepaid as (day, principal), and what is left.

    `overdue` is the part of `balance` whose instalments are unpaid; `unpaid` counts those due before the final day.
    """

    collected: tuple[tuple[date, Fen, Fen], ...]
    prepaid: tuple[tuple[date, Fen], ...]
    balance: Fen
    overdue: Fen
    unpaid: int


@dataclass(frozen=True)
class Forecast:
    """The year's totals in fen (ratios in ppm), each from the years of members and loans; see `forecast`."""

    plan: CityPlan
    members: Mapping[str, MemberYear]
    loans: Mapping[str, LoanYear]

    @cached_property
    def contributions(self) -> Fen:
        """归集额."""
        return sum(amount for year in self.members.values() for _day, amount in year.contributed)

    @cached_property
    def withdrawals(self) -> Fen:
        """提取额: principal only."""
        return sum(amount for year in self.members.values() for _day, amount in _withdrawn(year))

    @cached_property
    def settled_by_member(self) -> Mapping[str, Fen]:
        """Interest credited on June 30 by member number."""
        return {number: year.settled for number, year in self.members.items()}

    @cached_property
    def closing_interest(self) -> Fen:
        """Interest paid with close-outs."""
        return sum(year.closed[2] for year in self.members.values() if year.closed)

    @cached_property
    def contribution_balance(self) -> Fen:
        """缴存余额: 201 on December 31."""
        return sum(year.balance for year in self.members.values())

    @cached_property
    def average_contribution_balance(self) -> Fen:
        """Mean of the twelve month-end balances of 201, rounded down."""
        return _average(self.plan, self.members)

    @cached_property
    def interest_payable(self) -> Fen:
        """211 on December 31: what all accounts have earned since the settlement."""
        return interest(sum(year.product for year in self.members.values()), self.plan.rules.deposit_rate)

    @cached_property
    def interest_expense(self) -> Fen:
        """41101: interest paid out or credited, and what 211 grew by."""
        paid = sum(self.settled_by_member.values()) + self.closing_interest
        return paid + self.interest_payable - self.plan.opening.interest_payable

    @cached_property
    def loans_granted(self) -> Fen:
        """贷款发放额."""
        return sum(loan.principal for loan in self.plan.new_loans)

    @cached_property
    def loans_repaid(self) -> Fen:
        """Principal collected and prepaid."""
        return sum(amount for year in self.loans.values() for _day, amount in _repaid(year))

    @cached_property
    def loan_balance(self) -> Fen:
        """贷款余额: 121 and 122 on December 31."""
        return sum(year.balance for year in self.loans.values())

    @cached_property
    def overdue_principal(self) -> Fen:
        """122 on December 31."""
        return sum(year.overdue for year in self.loans.values())

    @cached_property
    def overdue_balance(self) -> Fen:
        """What is left on loans that count as overdue."""
        return sum(year.balance for year in self.loans.values() if year.unpaid >= OVERDUE_PERIODS)

    @cached_property
    def loan_interest(self) -> Fen:
        """40103."""
        return sum(row[2] for year in self.loans.values() for row in year.collected)

    @cached_property
    def fund_interest(self) -> Fen:
        """40101: banks on the fund's money."""
        own = self.plan.value_added_account.code
        return sum(paid.amount for paid in self.plan.bank_interest if paid.code != own)

    @cached_property
    def value_added_interest(self) -> Fen:
        """40102: banks on value-added income."""
        return sum(paid.amount for paid in self.plan.bank_interest) - self.fund_interest

    @cached_property
    def loan_fee(self) -> Fen:
        """41103: fee of the entrusted banks."""
        return divide(self.loan_interest * self.plan.rules.loan_fee_rate, ONE, Rounding.HALF_UP)

    @cached_property
    def value_added_income(self) -> Fen:
        """增值收益: 401 − 411."""
        income = self.loan_interest + self.fund_interest + self.value_added_interest
        return income - self.interest_expense - self.loan_fee

    @cached_property
    def risk_reserve(self) -> Fen:
        """What is set aside to fill the reserve up to its share of the loan balance."""
        target = divide(self.loan_balance * self.plan.rules.reserve_rate, ONE, Rounding.HALF_UP)
        return max(0, target - self.plan.opening.risk_reserve)

    @cached_property
    def housing_supplement(self) -> Fen:
        """What is left of the income after reserve and fee."""
        return self.value_added_income - self.risk_reserve - self.plan.rules.management_fee

    @cached_property
    def loan_to_deposit_ratio(self) -> Ppm:
        """个贷率."""
        return ratio(self.loan_balance, self.contribution_balance)

    @cached_property
    def overdue_rate(self) -> Ppm:
        """逾期率, numerator by loan balance."""
        return ratio(self.overdue_balance, self.loan_balance)

    @cached_property
    def balances(self) -> Mapping[str, Fen]:
        """Subjects on December 31 after the close and the distribution, on their normal sides."""
        opening, end = self.plan.opening, date(self.plan.year, 12, 31)
        flows = sum(daily_flows(self.plan, self.members, self.loans).values())
        deposits = [
            deposit for deposit in (*self.plan.opening_deposits, *self.plan.placements) if deposit.matures > end
        ]
        return {
            "10101": opening.fund_demand + flows + self.fund_interest - self.loan_fee - self.value_added_income,
            "10102": sum(deposit.amount for deposit in deposits),
            "10201": opening.value_added_demand + self.value_added_interest + self.value_added_income,
            "121": self.loan_balance - self.overdue_principal,
            "122": self.overdue_principal,
            "201": self.contribution_balance,
            "211": self.interest_payable,
            "21401": self.plan.rules.management_fee,
            "21402": self.housing_supplement,
            "301": opening.risk_reserve + self.risk_reserve,
        }


def forecast(plan: CityPlan) -> Forecast:
    """What the plan must come to."""
    return Forecast(plan, member_years(plan), loan_years(plan))


def member_years(plan: CityPlan) -> dict[str, MemberYear]:
    """The year of every member by number, interest by products of value dates, rounded once for each account."""
    drawn: dict[str, list[tuple[date, Fen]]] = defaultdict(list)
    for withdrawal in plan.withdrawals:
        drawn[withdrawal.member_number].append((withdrawal.day, withdrawal.amount))
    closes = {close.member_number: close.day for close in plan.close_outs}
    return {
        member.number: _member_year(plan, member, tuple(drawn[member.number]), closes.get(member.number))
        for member in plan.members
    }


def loan_years(plan: CityPlan) -> dict[str, LoanYear]:
    """The year of every loan by contract number."""
    missed: dict[str, set[date]] = defaultdict(set)
    for miss in plan.missed_payments:
        missed[miss.contract_number].add(miss.due)
    prepaid = {prepayment.contract_number: (prepayment.day, prepayment.amount) for prepayment in plan.prepayments}
    years = {}
    for entry in plan.opening_loans:
        number = entry.loan.contract_number
        years[number] = _loan_year(
            entry.loan,
            entry.balance,
            entry.next_due,
            entry.periods_left,
            plan.year,
            missed[number],
            prepaid.get(number),
        )
    for loan in plan.new_loans:
        first_due = Month.of(loan.disbursed).plus(1).day(loan.due_day)
        years[loan.contract_number] = _loan_year(loan, loan.principal, first_due, loan.months, plan.year, set(), None)
    return years


def daily_flows(plan: CityPlan, members: Mapping[str, MemberYear], loans: Mapping[str, LoanYear]) -> dict[date, Fen]:
    """What comes into the fund's demand account (negative: goes out) day by day, before the banks pay interest and
    before the year end.
    """
    flows: dict[date, Fen] = defaultdict(int)
    for year in members.values():
        for day, amount in year.contributed:
            flows[day] += amount
        for day, amount in _withdrawn(year):
            flows[day] -= amount
        if year.closed:
            flows[year.closed[0]] -= year.closed[2]
    for loan in loans.values():
        for day, principal, paid in loan.collected:
            flows[day] += principal + paid
        for day, principal in loan.prepaid:
            flows[day] += principal
    for granted in plan.new_loans:
        flows[granted.disbursed] -= granted.principal
    for deposit in plan.placements:
        flows[deposit.placed] -= deposit.amount
    for deposit in plan.opening_deposits:
        if deposit.matures.year == plan.year:
            flows[deposit.matures] += deposit.amount
    return flows


def _member_year(
    plan: CityPlan, member: Member, drawn: tuple[tuple[date, Fen], ...], closes: date | None
) -> MemberYear:
    unit = plan.units_by_number[member.unit_number]
    before, after = monthly_amount(member.base, unit), monthly_amount(member.base_from_july, unit)
    contributed = tuple(
        (month.day(unit.pay_day), before if month.number < ADJUSTMENT_MONTH else after)
        for month in plan.months
        if member.pays(month)
    )
    flows = [*plan.opening_credits(member), *contributed, *((day, -amount) for day, amount in drawn)]
    settlement, rate = date(plan.year, 7, 1), plan.rules.deposit_rate
    settled, borne = 0, 0
    if closes is None or closes >= settlement:
        borne = _product(flows, settlement)
        settled = interest(borne, rate)
        flows.append((settlement, settled))
    balance = sum(amount for _day, amount in flows)
    if closes is None:
        product = _product(flows, date(plan.year + 1, 1, 1)) - borne
        return MemberYear(
            contributed=contributed, drawn=drawn, settled=settled, closed=None, balance=balance, product=product
        )
    paid = interest(_product(flows, closes) - borne, rate)
    closed = (closes, balance, paid)
    return MemberYear(contributed=contributed, drawn=drawn, settled=settled, closed=closed, balance=0, product=0)


def _product(flows: list[tuple[date, Fen]], until: date) -> int:
    """Fen x days up to the day before `until`."""
    return sum(amount * (until - day).days for day, amount in flows if day < until)


def _loan_year(
    loan: Loan,
    balance: Fen,
    first_due: date,
    periods: int,
    year: int,
    missed: set[date],
    prepaid: tuple[date, Fen | None] | None,
) -> LoanYear:
    """Walk through the due dates of the year: `balance` is what is not yet due, as the ledger keeps it under 121."""
    collected: list[tuple[date, Fen, Fen]] = []
    prepayments: list[tuple[date, Fen]] = []
    fixed, overdue, unpaid = loan.fixed, 0, 0
    for left in range(periods, 0, -1):
        due = Month.of(first_due).plus(periods - left).day(loan.due_day)
        if due.year > year or balance == 0:
            break
        bears = monthly_interest(balance, loan.rate)
        share = fixed - bears if loan.method is Method.EQUAL_INSTALMENT else fixed
        principal = balance if left == 1 else min(balance, share)
        balance -= principal
        if due in missed:
            overdue += principal
            unpaid += due < date(year, 12, 31)
        else:
            collected.append((due, principal, bears))
        if prepaid and prepaid[0] == due:
            amount = balance if prepaid[1] is None else prepaid[1]
            prepayments.append((due, amount))
            balance -= amount
            if balance:
                fixed = level_payment(balance, loan.rate, left - 1)
    return LoanYear(
        collected=tuple(collected),
        prepaid=tuple(prepayments),
        balance=balance + overdue,
        overdue=overdue,
        unpaid=unpaid,
    )


def _withdrawn(year: MemberYear) -> list[tuple[date, Fen]]:
    """Principal that left the account, partial or by closing it."""
    return [*year.drawn, (year.closed[0], year.closed[1])] if year.closed else list(year.drawn)


def _repaid(year: LoanYear) -> list[tuple[date, Fen]]:
    return [*((day, principal) for day, principal, _paid in year.collected), *year.prepaid]


def _average(plan: CityPlan, members: Mapping[str, MemberYear]) -> Fen:
    """Mean of the twelve month-end balances of 201, rounded down."""
    opening = sum(amount for member in plan.opening_members for _day, amount in plan.opening_credits(member))
    changes = [0] * 13
    for year in members.values():
        for day, amount in year.contributed:
            changes[day.month] += amount
        for day, amount in _withdrawn(year):
            changes[day.month] -= amount
        changes[6] += year.settled
    total = 0
    for month in range(1, 13):
        opening += changes[month]
        total += opening
    return total // 12
