"""The plan of the synthetic city: nobody real, nothing impossible, and totals near the report whatever the seed."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anju.city.calibration import calibration, inputs
from anju.city.deposits import demand_interest
from anju.city.forecast import daily_flows, forecast, loan_years, member_years
from anju.city.names import organisation_check
from anju.city.plan import CityPlan
from anju.city.sampling import Quantiles, choose, evenly, midpoints, places, share_out, stream
from anju.city.year import build
from anju.kernel.identity import parse_credit_code, parse_identity_number, parse_phone
from anju.kernel.money import Rounding, divide
from anju.kernel.periods import Month
from anju.ledger.interest import Flow, settle
from anju.loans.schedule import Method, schedule
from anju.policy.rates import loan_rate

TARGETS = calibration().targets


@cache
def plan_of(scale: int, seed: int) -> CityPlan:
    return build(year=2024, scale=scale, seed=seed)


@pytest.fixture(scope="module", params=[100, 1000], ids=["1:100", "1:1000"])
def plan(request):
    return plan_of(request.param, 2024)


@pytest.fixture(scope="module")
def members(plan):
    return {member.number: member for member in plan.members}


def within(actual: int, scale: int, target: int, percent: float) -> bool:
    return abs(actual * scale - target) <= target * percent / 100


# Totals


@pytest.mark.parametrize(
    ("scale", "seed", "percent"),
    [(100, 2024, 1), *((100, seed, 2) for seed in (2025, 7, 42, 1, 99)), (400, 2024, 5), (1000, 2024, 5)],
)
def test_the_year_comes_near_the_report(scale, seed, percent):
    year = forecast(plan_of(scale, seed))
    assert within(year.contributions, scale, TARGETS.contributions, percent)
    assert within(year.withdrawals, scale, TARGETS.withdrawals, percent)
    assert within(year.loans_granted, scale, TARGETS.loans_granted, percent)
    assert within(year.value_added_income, scale, TARGETS.value_added_income, percent)
    assert within(year.loan_to_deposit_ratio, 1, TARGETS.loan_to_deposit_ratio, percent)
    assert within(year.overdue_rate, 1, TARGETS.overdue_rate, 10)


def test_counts_are_those_of_the_report_to_scale():
    plan = plan_of(100, 2024)
    assert (len(plan.opening_units), len(plan.new_units)) == (46, 4)
    assert (len(plan.opening_members), len(plan.new_members)) == (3820, 258)
    assert (len(plan.opening_loans), len(plan.new_loans)) == (460, 23)


def test_the_same_year_scale_and_seed_give_the_same_plan():
    again = build(year=2024, scale=1000, seed=2024)
    assert again == plan_of(1000, 2024)
    assert again != plan_of(1000, 7)


def test_a_draw_more_for_one_purpose_shifts_no_other():
    alone = stream(1, "loans").random()
    other = stream(1, "names")
    other.random()
    assert stream(1, "loans").random() == alone != other.random()


@pytest.mark.parametrize("year", [2021, 2023, 2039])
def test_other_years_and_the_tiniest_city_can_be_built(year):
    plan = build(year=year, scale=10_000, seed=5)
    assert plan.members
    assert forecast(plan).value_added_income > 0


# Nobody real, nobody twice


def test_numbers_are_valid_and_unique(plan):
    for member in plan.members:
        identity = parse_identity_number(member.identity_number, today=plan.opening.day)
        assert identity.birth_date == member.born
        assert parse_phone(member.phone) == member.phone
    for unit in plan.units:
        assert parse_credit_code(unit.credit_code) == unit.credit_code
        assert organisation_check(unit.credit_code[8:16]) == unit.credit_code[16]
    for people, names in (
        (plan.members, ("number", "identity_number", "phone")),
        (plan.units, ("number", "name", "credit_code")),
    ):
        for name in names:
            assert len({getattr(entry, name) for entry in people}) == len(people)


def test_the_organisation_check_of_the_standards_example():
    assert organisation_check("D2143569") == "X"


def test_nobody_and_nothing_can_be_taken_for_real(plan):
    assert all(member.identity_number.startswith("430600") for member in plan.members)
    assert all(unit.name.startswith("示例") for unit in plan.units)
    assert all(unit.credit_code[8:10] == "XN" for unit in plan.units)
    assert all(deposit.bank.startswith("示例") for deposit in (*plan.opening_deposits, *plan.placements))


def test_every_input_says_where_it_comes_from():
    found = inputs()
    assert len(found) > 40
    assert {entry.basis for entry in found} == {"report", "law", "illustrative"}
    assert all(entry.note for entry in found)
    printed = {entry.path: str(entry.value) for entry in found if entry.basis == "report"}
    assert printed == {
        "targets.contributions": "56.85", "targets.withdrawals": "42.41", "targets.loans_granted": "10.19",
        "targets.loan_to_deposit_ratio": "52.07", "targets.overdue_rate": "0.0193",
        "targets.value_added_income": "3.7665", "members.new_members": "25800", "members.new_units": "406",
        "loans.granted": "10.19", "loans.granted_count": "2300",
    }  # fmt: skip


# Careers and rosters


def test_rosters_add_up_by_base_and_ratio(plan):
    for month in plan.months:
        seen = Counter()
        for unit, day, lines in plan.rosters(month):
            assert Month.of(day) == month
            assert 5 <= divide(unit.unit_ratio, 10_000, Rounding.DOWN) <= 12
            for line in lines:
                assert line.unit_amount == divide(line.base * unit.unit_ratio, 1_000_000, Rounding.HALF_UP)
                assert line.person_amount == divide(line.base * unit.person_ratio, 1_000_000, Rounding.HALF_UP)
                assert line.person_amount > 0
            seen.update(line.account_number for line in lines)
        assert set(seen.values()) == {1}


def test_every_unit_remits_every_month_from_its_first(plan):
    for unit in plan.units:
        for month in plan.months:
            assert bool(plan.roster_for(unit, month)) == (month >= unit.first_month)


def test_accounts_are_open_before_the_first_money_and_units_before_their_members(plan):
    for member in plan.members:
        unit = plan.units_by_number[member.unit_number]
        first = member.first_month.day(unit.pay_day)
        assert member.opened <= first
        assert member.opened <= plan.opening.day or member.opened >= unit.opened
        assert all(value_date >= plan.opening.carried_on for value_date, _amount in plan.opening_credits(member))


def test_bases_change_in_july_and_only_then(plan):
    june, july = (
        {line.account_number: line.base for _unit, _day, lines in plan.rosters(Month(2024, number)) for line in lines}
        for number in (6, 7)
    )
    changed = {number for number in june.keys() & july.keys() if june[number] != july[number]}
    adjusted = dict(plan.base_adjustments())
    assert changed == adjusted.keys() & june.keys()
    assert all(july[number] == base for number, base in adjusted.items())
    assert len(changed) > 0.8 * len(june)


def test_whoever_leaves_gets_no_more_contributions(plan, members):
    closes = {close.member_number: close.day for close in plan.close_outs}
    assert len(closes) == len(plan.close_outs)
    years = member_years(plan)
    for number, year in years.items():
        member = members[number]
        until = min(closes.get(number, date.max), member.sealed or date.max)
        assert all(day < until for day, _amount in year.contributed)
        if member.last_month is not None:
            assert number in closes or member.sealed is not None
    assert len([member for member in plan.members if member.sealed]) > len(plan.close_outs) // 4


def test_leavers_wait_half_a_year_before_closing(plan, members):
    closing = [(close, members[close.member_number]) for close in plan.close_outs if close.reason == "99"]
    assert closing
    assert all(close.day - member.sealed >= timedelta(days=184) for close, member in closing)


def test_people_retire_at_the_legal_age_and_nobody_else_has_reached_it(plan, members):
    retired = {close.member_number: close.day for close in plan.close_outs if close.reason == "03"}
    assert retired
    for number, member in members.items():
        age = 60 if parse_identity_number(member.identity_number).sex == "male" else 55
        birthday = member.born.replace(year=member.born.year + age, day=min(member.born.day, 28))
        if number in retired:
            assert birthday <= retired[number]
            assert birthday.year == plan.year
        else:
            assert birthday.year > plan.year


# Withdrawals


def test_no_balance_is_ever_overdrawn(plan, members):
    """Day by day, draws before contributions of the same day, interest of the settlement not counted."""
    draws = defaultdict(list)
    for withdrawal in plan.withdrawals:
        assert withdrawal.amount > 0
        draws[withdrawal.member_number].append((withdrawal.day, withdrawal.amount))
    for close in plan.close_outs:
        assert close.estimate > 0
        draws[close.member_number].append((close.day, close.estimate))
    assert all(len(drawn) == 1 for drawn in draws.values())
    for number, year in member_years(plan).items():
        member = members[number]
        opening = sum(amount for _day, amount in plan.opening_credits(member))
        for day, amount in draws[number]:
            assert opening + sum(paid for paid_on, paid in year.contributed if paid_on < day) >= amount


def test_no_money_is_drawn_on_settlement_day_and_cases_have_numbers_of_their_own(plan):
    cases = [*plan.withdrawals, *plan.close_outs]
    assert all(case.day != date(2024, 6, 30) and case.day.year == 2024 for case in cases)
    assert len({case.case_number for case in cases}) == len(cases)


# Loans


def test_opening_loans_stand_where_their_schedules_stand(plan):
    for entry in plan.opening_loans[:: max(1, len(plan.opening_loans) // 40)]:
        loan = entry.loan
        rows = schedule(loan.principal, loan.rate, loan.months, loan.method)
        paid = loan.months - entry.periods_left
        assert rows[paid - 1].balance == entry.balance
        assert Month.of(loan.disbursed).plus(paid) == Month(2023, 12)
        assert entry.next_due == date(2024, 1, loan.due_day)


def test_borrowers_could_borrow(plan, members):
    loans = [entry.loan for entry in plan.opening_loans] + list(plan.new_loans)
    assert len({loan.borrower_number for loan in loans}) == len({loan.contract_number for loan in loans}) == len(loans)
    for loan in loans:
        borrower = members[loan.borrower_number]
        assert borrower.last_month is None
        assert borrower.opened + timedelta(days=180) <= loan.disbursed
        assert loan.disbursed.year - borrower.born.year + loan.months // 12 <= 65
        assert loan.due_day <= 28


def test_new_loans_bear_the_rate_of_their_day():
    plan = plan_of(100, 2024)
    assert {loan.rate for loan in plan.new_loans if loan.months > 60} == {31_000, 28_500}
    assert all(loan.rate == loan_rate(on=loan.disbursed, months=loan.months) for loan in plan.new_loans)
    assert {loan.method for loan in plan.new_loans} == set(Method)


def test_prepayments_fall_on_due_dates_of_loans_that_pay(plan):
    loans = {entry.loan.contract_number: entry.loan for entry in plan.opening_loans}
    unpaid = {miss.contract_number for miss in plan.missed_payments}
    assert plan.prepayments
    assert len({prepayment.contract_number for prepayment in plan.prepayments}) == len(plan.prepayments)
    for prepayment in plan.prepayments:
        loan = loans[prepayment.contract_number]
        assert prepayment.day.day == loan.due_day
        assert loan.method is Method.EQUAL_INSTALMENT
        assert loan.contract_number not in unpaid


def test_few_loans_are_unpaid_and_hardly_any_for_three_months():
    plan = plan_of(100, 2024)
    unpaid = Counter(year.unpaid for year in loan_years(plan).values())
    assert unpaid == Counter({0: 480, 4: 1, 1: unpaid[1], 2: unpaid[2]})
    assert unpaid[1] + unpaid[2] == 2


# Money at banks


def test_assets_equal_liabilities_and_net_assets_before_and_after(plan):
    opening = plan.opening
    savings = sum(amount for member in plan.opening_members for _day, amount in plan.opening_credits(member))
    assert (
        opening.fund_demand
        + opening.value_added_demand
        + sum(deposit.amount for deposit in plan.opening_deposits)
        + sum(entry.balance for entry in plan.opening_loans)
        == savings + opening.interest_payable + opening.risk_reserve
    )
    balances = forecast(plan).balances
    assets = sum(balances[subject] for subject in ("10101", "10102", "10201", "121", "122"))
    assert assets == sum(balances[subject] for subject in ("201", "211", "21401", "21402", "301"))


def test_the_fund_can_always_pay(plan):
    flows = daily_flows(plan, member_years(plan), loan_years(plan))
    balance = plan.opening.fund_demand
    for day in sorted(flows):
        balance += flows[day]
        assert balance >= 0, day


def test_deposits_pay_once_a_year_and_what_matures_is_placed_again(plan):
    yearly = {paid.code: paid for paid in plan.bank_interest if paid.code.startswith("DQ")}
    assert yearly.keys() == {deposit.code for deposit in plan.opening_deposits}
    matured = {deposit.code for deposit in plan.opening_deposits if deposit.matures.year == 2024}
    assert matured == {code for code, paid in yearly.items() if paid.matured}
    again = Counter((placed.placed, placed.amount) for placed in plan.placements)
    for deposit in plan.opening_deposits:
        if deposit.code in matured:
            assert again[deposit.matures + timedelta(days=1), deposit.amount] == 1


def test_interest_on_a_demand_account_is_that_of_its_daily_balances():
    account = plan_of(1000, 2024).fund_account
    flows = {date(2024, 2, 1): 36_000_00}
    paid = demand_interest(account, opening=100_000_00, flows=flows, year=2024)
    # 1.35 % / 360 on 100 000.00 for 81 days (Dec 31 to Mar 20) and on 36 000.00 for 49
    assert paid[0].amount == divide((100_000_00 * 81 + 36_000_00 * 49) * 13_500, 360_000_000, Rounding.HALF_UP)
    assert [entry.day for entry in paid] == [date(2024, month, 21) for month in (3, 6, 9, 12)]
    assert paid[1].amount > paid[0].amount * 92 // 81


# The model against day-by-day products


def test_the_model_pays_the_interest_of_daily_balances(plan, members):
    """Settlement and closing interest by runs of days instead of sums over value dates."""
    years, rate = member_years(plan), plan.rules.deposit_rate
    chosen = [number for number, year in years.items() if year.closed or year.drawn][:60]
    assert any(years[number].closed and years[number].settled for number in chosen)
    for number in chosen:
        year = years[number]
        member = members[number]
        flows = [Flow(day, amount) for day, amount in (*plan.opening_credits(member), *year.contributed)]
        flows += [Flow(day, -amount) for day, amount in year.drawn]
        closes = year.closed[0] if year.closed else date(2025, 1, 1)
        start, settlement = date(2023, 7, 1), date(2024, 7, 1)
        first = settle(0, flows, start=start, until=min(settlement, closes), rate=rate)
        if closes < settlement:
            assert (closes, first.principal, first.interest) == year.closed
            continue
        assert first.interest == year.settled
        second = settle(first.total, flows, start=settlement, until=closes, rate=rate)
        if year.closed:
            assert (closes, second.principal, second.interest) == year.closed
        else:
            assert (second.product, second.principal) == (year.product, year.balance)


# Drawing


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**6), min_size=1, max_size=30).filter(any))
def test_shares_add_up_and_lie_next_to_their_exact_size(total, weights):
    parts = share_out(total, weights)
    assert sum(parts) == total
    assert all(
        abs(part * sum(weights) - total * weight) < sum(weights) for part, weight in zip(parts, weights, strict=True)
    )


@given(st.integers(0, 300), st.integers(0, 400), st.integers())
def test_chosen_are_different_and_spread(total, count, seed):
    chosen = choose(stream(seed, "test"), range(total), count)
    assert len(chosen) == len(set(chosen)) == min(total, count)
    assert chosen == sorted(chosen)
    if 0 < count <= total:
        assert all(
            number * total // count <= element < (number + 1) * total // count for number, element in enumerate(chosen)
        )


@given(st.integers(1, 500), st.integers())
def test_places_fill_every_stratum_once(count, seed):
    for drawn in (places(stream(seed, "test"), count), midpoints(count)):
        for number, place in enumerate(sorted(drawn)):
            assert number * 1_000_000 - count < place * count < (number + 1) * 1_000_000


def test_any_ten_neighbours_are_spread_over_the_distribution():
    drawn = evenly(stream(1, "test"), 500)
    for start in range(490):
        ten = sorted(drawn[start : start + 10])
        assert max(after - before for before, after in pairwise(ten)) < 200_000


def test_quantiles_pass_through_their_knots():
    table = Quantiles((0, 500_000, 1_000_000), (10, 20, 100))
    assert [table.at(place) for place in (0, 250_000, 500_000, 750_000, 1_000_000)] == [10, 15, 20, 60, 100]
    assert table.mean() == 38  # middles of 15 and 60 are 37.5
