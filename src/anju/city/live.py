"""A year of the city, lived day by day through the platform's public operations; nothing is written past them.

Rosters are real .xlsx files, made as an employer would fill them in and read back as an upload is read.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from anju.accounting.operations import (
    DistributionPolicy,
    accrue_interest,
    close_year,
    distribute,
    open_books,
    pay_loan_fee,
    settle_year,
)
from anju.city.models import Run
from anju.city.plan import BankInterest, CityPlan, CloseOut, Loan, Member, Prepayment, RosterLine, Unit, Withdrawal
from anju.city.year import build
from anju.contributions.operations import remit
from anju.contributions.roster import RosterRow
from anju.contributions.roster_file import read_roster, write_roster
from anju.kernel.i18n import gettext as _
from anju.kernel.periods import Month
from anju.ledger import days
from anju.ledger.operations import JournalRequest, Line, credit, debit, post
from anju.loans import operations as loans
from anju.loans.models import Method
from anju.loans.schedule import Method as ScheduleMethod
from anju.platform.models import CenterFact
from anju.registry import operations as registry
from anju.registry.queries import member_accounts
from anju.treasury import operations as treasury
from anju.treasury.models import BankAccount
from anju.withdrawals import operations as withdrawals
from anju.withdrawals.models import Reason

#: Journal kind of the balances with which the books begin.
OPENING = "opening"
#: Who acts in the city; maker and checker are two persons.
MAKER, CHECKER = "city-teller", "city-reviewer"
_METHODS = {
    ScheduleMethod.EQUAL_INSTALMENT: Method.EQUAL_INSTALMENT,
    ScheduleMethod.EQUAL_PRINCIPAL: Method.EQUAL_PRINCIPAL,
}
_Event = TypeVar("_Event")


class RosterRejectedError(RuntimeError):
    """The city's own roster was rejected on reading: a defect of the city or of the reader."""


@dataclass(frozen=True)
class _City:
    """The plan with what the books gave it: accounts by subject and bank accounts by code."""

    plan: CityPlan
    books: Mapping[str, int]
    banks: dict[str, BankAccount]
    folder: Path

    @property
    def fund(self) -> int:
        return self.banks[self.plan.fund_account.code].account_id

    @property
    def value_added(self) -> int:
        return self.banks[self.plan.value_added_account.code].account_id


def live_year(*, year: int, scale: int, seed: int, folder: Path, progress: Callable[[str], object]) -> None:
    """Build the plan, open the books and live the year in this center; `progress` is told month by month.

    Rosters are written below `folder`. The run is recorded first, so that a year that was cut off can be told.
    """
    plan = build(year=year, scale=scale, seed=seed)
    run = Run.objects.create(year=year, scale=scale, seed=seed)
    CenterFact.objects.update_or_create(key="city", defaults={"value": {"year": year, "scale": scale, "seed": seed}})
    progress(_("{units} 个单位，{members} 名职工，{loans} 笔存量贷款").format(
        units=len(plan.units), members=len(plan.members), loans=len(plan.opening_loans)))  # fmt: skip
    city = _open(plan, folder)
    calendar = _Calendar(plan)
    for month in plan.months:
        days.open_days(first=month.first_day, final=month.final_day, actor=MAKER)
        day = month.first_day
        while day <= month.final_day:
            _live_day(city, calendar, day)
            day += timedelta(days=1)
        _end_month(city, month)
        _close_month(month.plus(-1))
        progress(_("{month} 已记账").format(month=month))
    _end_year(city)
    run.finished = True
    run.save(update_fields=["finished"])


class _Calendar:
    """The plan's events by day."""

    def __init__(self, plan: CityPlan) -> None:
        self.units = _by_day(plan.units, lambda unit: unit.opened)
        self.members = _by_day(plan.members, lambda member: member.opened)
        self.sealed = _by_day(
            (m for m in plan.members if m.sealed is not None), lambda member: member.sealed or date.max
        )
        self.withdrawals = _by_day(plan.withdrawals, lambda event: event.day)
        self.close_outs = _by_day(plan.close_outs, lambda event: event.day)
        self.new_loans = _by_day(plan.new_loans, lambda loan: loan.disbursed)
        self.prepayments = _by_day(plan.prepayments, lambda event: event.day)
        self.missed = _by_day(plan.missed_payments, lambda event: event.due)
        self.placements = _by_day(plan.placements, lambda deposit: deposit.placed)
        self.bank_interest = _by_day(plan.bank_interest, lambda event: event.day)
        self.rosters: dict[date, list[tuple[Unit, Month, list[RosterLine]]]] = defaultdict(list)
        for month in plan.months:
            for unit, day, lines in plan.rosters(month):
                self.rosters[day].append((unit, month, lines))


def _open(plan: CityPlan, folder: Path) -> _City:
    """Registry, accounts and opening balances as they stood when the year began."""
    opening = plan.opening
    days.open_days(first=opening.day, final=opening.day, actor=MAKER)
    city = _City(plan, open_books(opened=opening.day), {}, folder)
    for demand in (plan.fund_account, plan.value_added_account):
        city.banks[demand.code] = treasury.open_bank_account(
            code=demand.code, bank=demand.bank, subject=demand.subject, rate=demand.rate, opened=opening.day
        )
    _register(city, [u for u in plan.units if u.opened <= opening.day], plan.opening_members)
    deposits: list[Line] = []
    for deposit in plan.opening_deposits:
        bank = treasury.open_bank_account(
            code=deposit.code,
            bank=deposit.bank,
            subject="10102",
            rate=deposit.rate,
            opened=opening.day,
            matures=deposit.matures,
        )
        city.banks[deposit.code] = bank
        deposits.append(debit(bank.account_id, deposit.amount))
    terms = [_terms(old.loan, periods_paid=old.loan.months - old.periods_left) for old in plan.opening_loans]
    accounts = loans.take_over(loans=terms, opened=opening.day)
    lent = [debit(accounts[old.loan.contract_number], old.balance) for old in plan.opening_loans]
    post(journals=list(_opening_journals(city, deposits + lent)))
    return city


def _opening_journals(city: _City, assets: list[Line]) -> Iterable[JournalRequest]:
    """Members' credits with the value dates that their interest needs, then the rest of the balance sheet."""
    plan, opening = city.plan, city.plan.opening
    accounts = dict(member_accounts())
    credits_by_day: dict[date, list[Line]] = defaultdict(list)
    for member in plan.opening_members:
        for value_date, amount in plan.opening_credits(member):
            credits_by_day[value_date].append(credit(accounts[member.number], amount))
    received = 0
    for value_date, lines in sorted(credits_by_day.items()):
        total = -sum(line.amount for line in lines)
        received += total
        yield _opening(f"members:{value_date}", opening.day, [debit(city.fund, total), *lines], value_date)
    rest = [
        *assets,
        Line(city.fund, opening.fund_demand - received),
        debit(city.value_added, opening.value_added_demand),
        credit(city.books["211"], opening.interest_payable),
        credit(city.books["301"], opening.risk_reserve),
    ]
    yield _opening("balance-sheet", opening.day, [line for line in rest if line.amount], opening.day)


def _opening(name: str, day: date, lines: list[Line], value_date: date) -> JournalRequest:
    return JournalRequest(
        key=f"{OPENING}:{name}", kind=OPENING, business_date=day, value_date=value_date, lines=lines, maker=MAKER,
        checker=CHECKER,
    )  # fmt: skip


def _live_day(city: _City, calendar: _Calendar, day: date) -> None:
    _register(city, calendar.units[day], calendar.members[day])
    if (day.month, day.day) == (7, 1):
        registry.adjust_bases(bases=city.plan.base_adjustments(), first_month=Month.of(day))
    for unit, month, lines in calendar.rosters[day]:
        _remit(city, unit, month, lines, day)
    registry.seal_members(numbers=[member.number for member in calendar.sealed[day]], sealed=day)
    for withdrawal in calendar.withdrawals[day]:
        _withdraw(city, withdrawal)
    for close_out in calendar.close_outs[day]:
        _close_out(city, close_out)
    for loan in calendar.new_loans[day]:
        loans.disburse(terms=_terms(loan), bank_account=city.fund, maker=MAKER, checker=CHECKER)
    _service_loans(city, calendar, day)
    for deposit in calendar.placements[day]:
        bank = treasury.open_bank_account(
            code=deposit.code,
            bank=deposit.bank,
            subject="10102",
            rate=deposit.rate,
            opened=day,
            matures=deposit.matures,
        )
        city.banks[deposit.code] = bank
        treasury.place_deposit(
            deposit=bank, from_account=city.fund, amount=deposit.amount, business_date=day, maker=MAKER
        )
    for event in calendar.bank_interest[day]:
        _receive_interest(city, event)


def _register(city: _City, units: Iterable[Unit], members: Iterable[Member]) -> None:
    registry.register_units(
        units=[
            registry.NewUnit(
                number=unit.number, name=unit.name, credit_code=unit.credit_code, office=unit.office, sector=unit.sector,
                unit_ratio=unit.unit_ratio, person_ratio=unit.person_ratio, opened=unit.opened,
                paid_to=max(unit.first_month, Month(city.plan.year, 1)).plus(-1),
            )
            for unit in units
        ]
    )  # fmt: skip
    registry.open_member_accounts(
        members=[
            registry.NewMember(
                number=member.number, name=member.name, identity_number=member.identity_number, phone=member.phone,
                unit_number=member.unit_number, base=member.base, opened=member.opened,
            )
            for member in members
        ]
    )  # fmt: skip


def _remit(city: _City, unit: Unit, month: Month, lines: list[RosterLine], day: date) -> None:
    """The employer fills in the roster; the center reads the file, and books it when the money is there."""
    path = city.folder / "rosters" / str(month) / f"{unit.number}.xlsx"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        RosterRow(
            row=0, account_number=line.account_number, name=line.name, identity_number=line.identity_number, base=line.base,
            unit_amount=line.unit_amount, person_amount=line.person_amount,
        )
        for line in lines
    ]  # fmt: skip
    write_roster(path, unit_number=unit.number, unit_name=unit.name, month=month, rows=rows)
    reading = read_roster(path)
    if reading.problems or reading.roster is None:
        raise RosterRejectedError(f"{path.name} {month}: {reading.problems[:3]}")
    remit(
        unit_number=unit.number, month=month, rows=reading.roster.rows, roster_sha256=reading.sha256,
        received=sum(line.amount for line in lines), bank_account=city.fund, business_date=day, maker=MAKER,
    )  # fmt: skip


def _withdraw(city: _City, event: Withdrawal) -> None:
    withdrawals.withdraw(
        case_number=event.case_number, member_number=event.member_number, reason=Reason(event.reason), amount=event.amount,
        bank_account=city.fund, business_date=event.day, maker=MAKER, checker=CHECKER,
    )  # fmt: skip


def _close_out(city: _City, event: CloseOut) -> None:
    withdrawals.close_out(
        case_number=event.case_number, member_number=event.member_number, reason=Reason(event.reason),
        bank_account=city.fund, business_date=event.day, maker=MAKER, checker=CHECKER,
    )  # fmt: skip


def _service_loans(city: _City, calendar: _Calendar, day: date) -> None:
    """Day-end of the loans: what was unpaid yesterday is overdue, what is due today is collected, then prepayments."""
    loans.mark_overdue(on=day, maker=MAKER)
    loans.fall_due(on=day)
    loans.collect(
        due=day, bank_account=city.fund, income_account=city.books["40103"], business_date=day, maker=MAKER,
        failed=[missed.contract_number for missed in calendar.missed[day]],
    )  # fmt: skip
    for event in calendar.prepayments[day]:
        _prepay(city, event)


def _prepay(city: _City, event: Prepayment) -> None:
    if event.amount is None:
        loans.pay_off(
            contract_number=event.contract_number, bank_account=city.fund, income_account=city.books["40103"],
            business_date=event.day, maker=MAKER, checker=CHECKER,
        )  # fmt: skip
    else:
        loans.prepay_part(
            contract_number=event.contract_number, amount=event.amount, bank_account=city.fund, business_date=event.day,
            maker=MAKER, checker=CHECKER,
        )  # fmt: skip


def _receive_interest(city: _City, event: BankInterest) -> None:
    bank = city.banks[event.code]
    if event.matured:
        amount = next(d.amount for d in (*city.plan.opening_deposits, *city.plan.placements) if d.code == event.code)
        treasury.draw_deposit(
            deposit=bank, to_account=city.fund, income_account=city.books["40101"], amount=amount, interest=event.amount,
            business_date=event.day, maker=MAKER,
        )  # fmt: skip
        return
    own = event.code == city.plan.value_added_account.code
    treasury.receive_interest(
        bank=bank, to_account=city.value_added if own else city.fund, income_account=city.books["40102" if own else "40101"],
        amount=event.amount, business_date=event.day, maker=MAKER,
    )  # fmt: skip


def _end_month(city: _City, month: Month) -> None:
    if month.number == 6:
        settle_year(year=month.year, books=city.books, clock=lambda: datetime.now(UTC))
    else:
        accrue_interest(month=month, books=city.books)


def _close_month(month: Month) -> None:
    """Seal the days of a month and close it; a month stays open while the next one is lived."""
    days.shut_days(through=month.final_day)
    days.seal_days(through=month.final_day, actor=CHECKER)
    days.close_month(month=month, actor=CHECKER)


def _end_year(city: _City) -> None:
    plan, rules = city.plan, city.plan.rules
    pay_loan_fee(year=plan.year, fee_rate=rules.loan_fee_rate, books=city.books, bank_account=city.fund)
    close_year(year=plan.year, books=city.books, fund_bank=city.fund, value_added_bank=city.value_added)
    policy = DistributionPolicy(reserve_rate=rules.reserve_rate, management_fee=rules.management_fee)
    distribute(year=plan.year, policy=policy, books=city.books)


def _terms(loan: Loan, periods_paid: int = 0) -> loans.LoanTerms:
    return loans.LoanTerms(
        contract_number=loan.contract_number, borrower_number=loan.borrower_number, principal=loan.principal,
        months=loan.months, rate=loan.rate, method=_METHODS[loan.method], disbursed=loan.disbursed, due_day=loan.due_day,
        periods_paid=periods_paid,
    )  # fmt: skip


def _by_day(events: Iterable[_Event], day: Callable[[_Event], date]) -> dict[date, list[_Event]]:
    grouped: dict[date, list[_Event]] = defaultdict(list)
    for event in events:
        grouped[day(event)].append(event)
    return grouped
