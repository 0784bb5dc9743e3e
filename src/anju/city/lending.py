"""Loans: the book that runs when the year begins, the new ones, and what goes other than by schedule."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from random import Random

from anju.city.calibration import LoanInputs
from anju.city.plan import Loan, Member, MissedPayment, OpeningLoan, Prepayment
from anju.city.sampling import choose, midpoints, places, share_out
from anju.city.setting import Setting
from anju.kernel.money import YUAN, Fen, Rounding, divide
from anju.kernel.periods import Month
from anju.kernel.rates import ONE
from anju.loans.schedule import Instalment, Method, fixed_amount, remaining
from anju.policy.rates import loan_rate

#: Contracts are written in whole thousands of yuan.
_STEP: Fen = 1000 * YUAN
#: The principal by which the course of a loan is measured before its own is known.
_NOMINAL: Fen = 1_000_000 * YUAN
#: Loans end before the borrower is this old, and need an account of some months.
_END_AGE = 65
_BORROWERS_AGE, _YOUNG_AGE = (28, 50), (24, 42)
#: Loans that stop paying: nearly repaid contracts of ten years, unpaid for the final four months of the year.
_DEFAULT_TERM, _DEFAULT_ELAPSED, _DEFAULT_MISSES = 120, 102, 4
#: A partial prepayment is at least this much.
_LEAST_PREPAID: Fen = 10_000 * YUAN


@dataclass(slots=True)
class _Draft:
    """A running loan before its principal is known; `defaults` when it is one of those that stop paying."""

    elapsed: int
    months: int
    weight: int
    method: Method
    due_day: int
    defaults: bool = False


@dataclass(frozen=True, slots=True)
class Lending:
    """All loans of the year and what is out of the ordinary."""

    opening: list[OpeningLoan]
    granted: list[Loan]
    prepayments: list[Prepayment]
    missed: list[MissedPayment]


def draw_lending(setting: Setting, members: Sequence[Member]) -> Lending:
    """Draw the year's loans; borrowers are opening members who stay, with one loan each."""
    inputs, rng, year = setting.inputs.loans, setting.stream("loans"), setting.year
    stayers = [member for member in members if member.opened.year < year and member.last_month is None]
    count = setting.part(setting.inputs.opening.loan_count)
    borrowers = _borrowers(rng, stayers, _BORROWERS_AGE, count, year)
    drafts = _drafts(inputs, len(borrowers), max(1, setting.part(inputs.defaulted_count)), rng)
    for draft, borrower in zip(drafts, borrowers, strict=True):
        disbursed_year = Month(year, 1).plus(-1 - draft.elapsed).year
        draft.months = min(draft.months, _most_months(borrower, disbursed_year))
    total = setting.part(setting.inputs.opening.loan_balance)
    opening = _contracts(drafts, _principals(drafts, total, inputs, year), borrowers, year)
    taken = {borrower.number for borrower in borrowers}
    free = [member for member in stayers if member.number not in taken]
    granted = _granted(setting, free)
    stopped = [entry for entry, draft in zip(opening, drafts, strict=True) if draft.defaults]
    paying = [entry for entry, draft in zip(opening, drafts, strict=True) if not draft.defaults]
    missed = _missed(setting, stopped, paying)
    unpaid = {miss.contract_number for miss in missed}
    calm = [entry for entry in paying if entry.loan.contract_number not in unpaid]
    return Lending(opening, granted, _prepayments(setting, calm), missed)


def course(entry: OpeningLoan) -> Iterator[Instalment]:
    """The instalments of a running loan from the opening on, as scheduled."""
    return remaining(entry.balance, entry.loan.rate, entry.periods_left, entry.loan.method, entry.loan.fixed)


def _borrowers(rng: Random, members: Sequence[Member], ages: tuple[int, int], count: int, year: int) -> list[Member]:
    """Members of these ages, chosen along their balances; those with the oldest accounts first."""
    aged = [member for member in members if ages[0] <= year - member.born.year <= ages[1]]
    chosen = choose(rng, sorted(aged, key=lambda member: (member.carried, member.number)), count)
    return sorted(chosen, key=lambda member: (member.opened, member.number))


def _most_months(borrower: Member, disbursed_year: int) -> int:
    return 12 * (_END_AGE - (disbursed_year - borrower.born.year))


def _drafts(inputs: LoanInputs, count: int, defaulting: int, rng: Random) -> list[_Draft]:
    """Running loans, the oldest first: as borrowers are, so that nobody borrowed before having an account."""
    normal = count - defaulting
    elapsed, weights = places(rng, normal), places(rng, normal)
    drafts = [
        _Draft(
            min(inputs.elapsed.at(age), months - 6), months, inputs.principal.at(weight), method, rng.randrange(1, 29)
        )
        for age, months, weight, method in zip(
            elapsed, _terms(inputs, normal, rng), weights, _methods(inputs, normal, rng), strict=True
        )
    ]
    drafts += [
        _Draft(_DEFAULT_ELAPSED, _DEFAULT_TERM, 0, Method.EQUAL_INSTALMENT, rng.randrange(1, 29), defaults=True)
        for _ in range(defaulting)
    ]
    return sorted(drafts, key=lambda draft: -draft.elapsed)


def _terms(inputs: LoanInputs, count: int, rng: Random) -> list[int]:
    shares = share_out(count, [share for _months, share in inputs.terms])
    terms = [months for (months, _share), loans in zip(inputs.terms, shares, strict=True) for _ in range(loans)]
    rng.shuffle(terms)
    return terms


def _methods(inputs: LoanInputs, count: int, rng: Random) -> list[Method]:
    return [
        Method.EQUAL_PRINCIPAL if place < inputs.equal_principal else Method.EQUAL_INSTALMENT
        for place in places(rng, count)
    ]


def _balance_after(principal: Fen, draft: _Draft, periods: int, year: int) -> Fen:
    """What is owed after that many instalments."""
    rate = loan_rate(on=date(year - 1, 12, 31), months=draft.months)
    fixed = fixed_amount(principal, rate, draft.months, draft.method)
    left = principal
    for row in islice(remaining(principal, rate, draft.months, draft.method, fixed), periods):
        left = row.balance
    return left


def _principals(drafts: Sequence[_Draft], total: Fen, inputs: LoanInputs, year: int) -> list[Fen]:
    """Principals in whole thousands of yuan, such that the opening balances add up to about `total`."""
    bad = [draft for draft in drafts if draft.defaults]
    default = _default_principal(bad, total, inputs, year)
    rest = total - sum(_balance_after(default, draft, draft.elapsed, year) for draft in bad)
    left = [_balance_after(_NOMINAL, draft, draft.elapsed, year) for draft in drafts]
    whole = sum(draft.weight * part for draft, part in zip(drafts, left, strict=True))
    return [
        default
        if draft.defaults
        else max(1, divide(draft.weight * rest * _NOMINAL, whole * _STEP, Rounding.HALF_UP)) * _STEP
        for draft in drafts
    ]


def _default_principal(bad: Sequence[_Draft], total: Fen, inputs: LoanInputs, year: int) -> Fen:
    """In whole hundreds of yuan, such that the wanted share of the book is left on these loans when the year ends."""
    in_the_end = sum(_balance_after(_NOMINAL, draft, draft.elapsed + 12 - _DEFAULT_MISSES, year) for draft in bad)
    wanted = divide(total * inputs.defaulted_share, ONE, Rounding.HALF_UP)
    return divide(wanted * _NOMINAL, in_the_end * _STEP // 10, Rounding.HALF_UP) * (_STEP // 10)


def _contracts(
    drafts: Sequence[_Draft], principals: Sequence[Fen], borrowers: Sequence[Member], year: int
) -> list[OpeningLoan]:
    """Contracts of the running loans, one borrower each; rates are those in force when the year begins."""
    loans = []
    for number, (draft, principal, borrower) in enumerate(zip(drafts, principals, borrowers, strict=True), 1):
        disbursed = Month(year - 1, 12).plus(-draft.elapsed).day(draft.due_day)
        rate = loan_rate(on=date(year - 1, 12, 31), months=draft.months)
        loan = Loan(
            contract_number=f"DK{disbursed.year}{number:06d}",
            borrower_number=borrower.number,
            principal=principal,
            months=draft.months,
            rate=rate,
            method=draft.method,
            disbursed=disbursed,
            due_day=draft.due_day,
            fixed=fixed_amount(principal, rate, draft.months, draft.method),
        )
        entry = OpeningLoan(
            loan=loan,
            balance=_balance_after(principal, draft, draft.elapsed, year),
            periods_left=draft.months - draft.elapsed,
            next_due=Month(year, 1).day(draft.due_day),
        )
        loans.append(entry)
    return loans


def _granted(setting: Setting, members: Sequence[Member]) -> list[Loan]:
    """The loans granted in the year, in the order of their days, at the rate in force on the day."""
    inputs, rng, year = setting.inputs.loans, setting.stream("new loans"), setting.year
    count = max(1, setting.part(inputs.granted_count))
    steps = share_out(
        divide(inputs.granted, setting.scale * _STEP, Rounding.HALF_UP),
        [inputs.principal.at(place) for place in midpoints(count)],
    )
    rng.shuffle(steps)
    borrowers = _borrowers(rng, members, _YOUNG_AGE, count, year)
    rng.shuffle(borrowers)
    drawn = zip(
        midpoints(count), steps, borrowers, _terms(inputs, count, rng), _methods(inputs, count, rng), strict=True
    )
    loans = []
    for number, (place, thousands, borrower, term, method) in enumerate(drawn, 1):
        day = date(year, 1, 3) + timedelta(days=place * 355 // ONE)
        disbursed = day.replace(day=min(day.day, 28))
        months = min(term, _most_months(borrower, year))
        rate = loan_rate(on=disbursed, months=months)
        loan = Loan(
            contract_number=f"DK{year}{number:06d}",
            borrower_number=borrower.number,
            principal=thousands * _STEP,
            months=months,
            rate=rate,
            method=method,
            disbursed=disbursed,
            due_day=disbursed.day,
            fixed=fixed_amount(thousands * _STEP, rate, months, method),
        )
        loans.append(loan)
    return loans


def _missed(setting: Setting, bad: Sequence[OpeningLoan], good: Sequence[OpeningLoan]) -> list[MissedPayment]:
    """The instalments that stay unpaid, in the order of their days."""
    rng, year = setting.stream("late loans"), setting.year
    late = [(entry, rng.choice((1, 2))) for entry in choose(rng, good, setting.part(setting.inputs.loans.late_count))]
    unpaid = [(entry, _DEFAULT_MISSES) for entry in bad] + late
    missed = [
        MissedPayment(
            contract_number=entry.loan.contract_number, due=Month(year, 12).plus(-back).day(entry.loan.due_day)
        )
        for entry, misses in unpaid
        for back in range(misses)
    ]
    return sorted(missed, key=lambda miss: (miss.due, miss.contract_number))


def _prepayments(setting: Setting, loans: Sequence[OpeningLoan]) -> list[Prepayment]:
    """Prepayments in full and in part, chosen along the balances, in the order of their days."""
    inputs, rng, year = setting.inputs.loans, setting.stream("prepayments"), setting.year
    in_full, in_part = setting.part(inputs.full_prepayments), setting.part(inputs.partial_prepayments)
    able = sorted(
        (entry for entry in loans if entry.periods_left > 12 and entry.loan.method is Method.EQUAL_INSTALMENT),
        key=lambda entry: (entry.balance, entry.loan.contract_number),
    )
    full = choose(rng, able, in_full)
    gone = {entry.loan.contract_number for entry in full}
    rest = [entry for entry in able if entry.loan.contract_number not in gone and entry.balance > 10 * _LEAST_PREPAID]
    prepaid = [_prepayment(entry, place, None, year) for entry, place in zip(full, places(rng, len(full)), strict=True)]
    part = choose(rng, rest, in_part)
    for entry, place, share in zip(part, places(rng, len(part)), places(rng, len(part)), strict=True):
        month = 2 + place * 11 // ONE
        balance = next(islice(course(entry), month - 1, None)).balance
        amount = balance * inputs.prepaid_share.at(share) // (ONE * _STEP) * _STEP
        prepaid.append(_prepayment(entry, place, max(amount, _LEAST_PREPAID), year))
    return sorted(prepaid, key=lambda prepayment: (prepayment.day, prepayment.contract_number))


def _prepayment(entry: OpeningLoan, place: int, amount: Fen | None, year: int) -> Prepayment:
    day = Month(year, 2 + place * 11 // ONE).day(entry.loan.due_day)
    return Prepayment(contract_number=entry.loan.contract_number, day=day, amount=amount)
