"""The plan of a year of the city: who is there, what happens on which day. Facts only; nothing is booked here.

Whoever posts the plan walks through its days and calls the platform's operations. What the platform itself works out
(due instalments, interest, year end) is not planned.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from anju.kernel.money import Fen, Rounding, divide
from anju.kernel.periods import Month
from anju.kernel.rates import ONE, Ppm
from anju.loans.schedule import Method

#: Month from which a yearly adjusted base counts, and at whose start last year's interest is principal.
ADJUSTMENT_MONTH = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A contributing unit. It remits on `pay_day` of every month from `first_month` on. Ratios in ppm."""

    number: str
    name: str
    credit_code: str
    office: str
    sector: str
    unit_ratio: Ppm
    person_ratio: Ppm
    opened: date
    first_month: Month
    pay_day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member and the career in this plan. Amounts in fen.

    `carried` stood on the account after the settlement in the summer before the year; contributions of `first_month`
    to `last_month` (no end when None) come on top, with `base` before July of the year and `base_from_july` after.
    Whoever leaves and keeps the account is sealed on `sealed`.
    """

    number: str
    name: str
    identity_number: str
    phone: str
    born: date
    unit_number: str
    opened: date
    base: Fen
    base_from_july: Fen
    carried: Fen
    first_month: Month
    last_month: Month | None = None
    sealed: date | None = None

    def pays(self, month: Month) -> bool:
        """Whether the member is on the unit's roster of that month."""
        return self.first_month <= month and (self.last_month is None or month <= self.last_month)


@dataclass(frozen=True, slots=True)
class RosterLine:
    """One person's month as the employer declares it. Amounts in fen."""

    account_number: str
    name: str
    identity_number: str
    base: Fen
    unit_amount: Fen
    person_amount: Fen

    @property
    def amount(self) -> Fen:
        return self.unit_amount + self.person_amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """Part of a balance is drawn. `reason` is the code of JGJ/T 320."""

    case_number: str
    day: date
    member_number: str
    reason: str
    amount: Fen


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseOut:
    """An account is closed. The ledger says what is paid; `estimate` is the principal without any settled interest."""

    case_number: str
    day: date
    member_number: str
    reason: str
    estimate: Fen


@dataclass(frozen=True, slots=True, kw_only=True)
class Loan:
    """A loan as contracted. `fixed` is the level payment or the share of principal; due on `due_day` of each month."""

    contract_number: str
    borrower_number: str
    principal: Fen
    months: int
    rate: Ppm
    method: Method
    disbursed: date
    due_day: int
    fixed: Fen


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningLoan:
    """A loan that runs when the year begins: all that fell due was paid, `balance` fen are left."""

    loan: Loan
    balance: Fen
    periods_left: int
    next_due: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepayment:
    """A borrower prepays on a due date, after that day's instalment: `amount` with the term kept, or all when None."""

    contract_number: str
    day: date
    amount: Fen | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedPayment:
    """An instalment that is not paid on its due date, nor later in the year."""

    contract_number: str
    due: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """A time deposit of fund money, placed from the fund's demand account. Interest is paid once a year."""

    code: str
    bank: str
    rate: Ppm
    amount: Fen
    placed: date
    matures: date


@dataclass(frozen=True, slots=True, kw_only=True)
class BankInterest:
    """A bank pays interest for the account `code`; with `matured`, the deposit's principal comes back the same day."""

    code: str
    day: date
    amount: Fen
    matured: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandAccount:
    """A demand account of the center: 10101 for the fund, 10201 for value-added income."""

    code: str
    bank: str
    subject: str
    rate: Ppm


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """The balance sheet at the end of `day` beside members, loans and time deposits, which have their own lists.

    `carried_on` is the value date of the members' carried balances.
    """

    day: date
    carried_on: date
    fund_demand: Fen
    value_added_demand: Fen
    interest_payable: Fen
    risk_reserve: Fen


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the center is told from outside: fee of the entrusted banks, and how value-added income is shared out."""

    deposit_rate: Ppm
    loan_fee_rate: Ppm
    reserve_rate: Ppm
    management_fee: Fen


@dataclass(frozen=True, kw_only=True)
class CityPlan:
    """A year of a city of 1/`scale`. All sequences stand in the order in which things happen or were numbered."""

    year: int
    scale: int
    seed: int
    rules: Rules
    units: tuple[Unit, ...]
    members: tuple[Member, ...]
    opening: Opening
    opening_loans: tuple[OpeningLoan, ...]
    opening_deposits: tuple[Deposit, ...]
    fund_account: DemandAccount
    value_added_account: DemandAccount
    withdrawals: tuple[Withdrawal, ...]
    close_outs: tuple[CloseOut, ...]
    new_loans: tuple[Loan, ...]
    prepayments: tuple[Prepayment, ...]
    missed_payments: tuple[MissedPayment, ...]
    placements: tuple[Deposit, ...]
    bank_interest: tuple[BankInterest, ...]

    @property
    def months(self) -> list[Month]:
        """The twelve months of the year."""
        return [Month(self.year, number) for number in range(1, 13)]

    @property
    def opening_units(self) -> list[Unit]:
        """Units that were there when the year began."""
        return [unit for unit in self.units if unit.opened <= self.opening.day]

    @property
    def new_units(self) -> list[Unit]:
        """Units that register during the year, by day."""
        fresh = [unit for unit in self.units if unit.opened > self.opening.day]
        return sorted(fresh, key=lambda unit: (unit.opened, unit.number))

    @property
    def opening_members(self) -> list[Member]:
        """Members whose accounts were there when the year began."""
        return [member for member in self.members if member.opened <= self.opening.day]

    @property
    def new_members(self) -> list[Member]:
        """Members whose accounts are opened during the year, by day."""
        fresh = [member for member in self.members if member.opened > self.opening.day]
        return sorted(fresh, key=lambda member: (member.opened, member.number))

    @property
    def sealings(self) -> list[tuple[date, str]]:
        """(day, member number) of accounts sealed during the year, by day."""
        return sorted((member.sealed, member.number) for member in self.members if member.sealed is not None)

    @cached_property
    def units_by_number(self) -> dict[str, Unit]:
        return {unit.number: unit for unit in self.units}

    @cached_property
    def members_by_unit(self) -> dict[str, list[Member]]:
        """Members of each unit in the order of their numbers."""
        groups: dict[str, list[Member]] = {unit.number: [] for unit in self.units}
        for member in self.members:
            groups[member.unit_number].append(member)
        return groups

    def roster_for(self, unit: Unit, month: Month) -> list[RosterLine]:
        """The roster that the unit remits for a month; empty before the unit's first month."""
        return [self._line(unit, member, month) for member in self.members_by_unit[unit.number] if member.pays(month)]

    def rosters(self, month: Month) -> Iterator[tuple[Unit, date, list[RosterLine]]]:
        """Every unit with the day on which it remits the month and its roster, in the order of days."""
        for unit in sorted(self.units, key=lambda unit: (unit.pay_day, unit.number)):
            roster = self.roster_for(unit, month)
            if roster:
                yield unit, month.day(unit.pay_day), roster

    def opening_credits(self, member: Member) -> list[tuple[date, Fen]]:
        """What stood on a member's account when the year began, as (value date, fen); see `opening_credits`."""
        return opening_credits(member, self.units_by_number[member.unit_number], self.year)

    def base_adjustments(self) -> Sequence[tuple[str, Fen]]:
        """(member number, new base) for everybody whose base changes on July 1."""
        july = Month(self.year, ADJUSTMENT_MONTH)
        return [
            (member.number, member.base_from_july)
            for member in self.members
            if member.base_from_july != member.base and member.pays(july)
        ]

    def base_in(self, member: Member, month: Month) -> Fen:
        """The base that counts in a month."""
        return member.base_from_july if month >= Month(self.year, ADJUSTMENT_MONTH) else member.base

    def _line(self, unit: Unit, member: Member, month: Month) -> RosterLine:
        base = self.base_in(member, month)
        return RosterLine(
            member.number,
            member.name,
            member.identity_number,
            base,
            part_of_base(base, unit.unit_ratio),
            part_of_base(base, unit.person_ratio),
        )


def part_of_base(base: Fen, ratio: Ppm) -> Fen:
    """A monthly amount: base x ratio, half-up to the fen."""
    return divide(base * ratio, ONE, Rounding.HALF_UP)


def monthly_amount(base: Fen, unit: Unit) -> Fen:
    """Both parts of a month together."""
    return part_of_base(base, unit.unit_ratio) + part_of_base(base, unit.person_ratio)


def opening_credits(member: Member, unit: Unit, year: int) -> list[tuple[date, Fen]]:
    """What stands on an account when `year` begins, as (value date, fen): carried over, then month by month."""
    months = [Month(year - 1, number) for number in range(ADJUSTMENT_MONTH, 13)]
    amount = monthly_amount(member.base, unit)
    paid = [(month.day(unit.pay_day), amount) for month in months if member.pays(month)]
    return [(date(year - 1, ADJUSTMENT_MONTH, 1), member.carried), *paid] if member.carried else paid
