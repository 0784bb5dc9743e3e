"""What holds for every loan and account; test_pure_rules.py has closing at zero, allocation and offset."""

from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from anju.kernel.periods import Month, Period
from anju.ledger.interest import Flow, product_rows, rate_segments, segmented_interest, settle
from anju.loans import penalty, schedule
from anju.loans.prepayment import PrepaymentMode, prepay
from anju.loans.schedule import Method, RateChangeMode

principals = st.integers(1_000_00, 5_000_000_00)
loan_rates = st.integers(0, 100_000)
terms = st.integers(2, 360)


@given(principals, loan_rates, terms)
def test_a_level_payment_is_the_exact_annuity_to_half_a_fen(principal, rate, months):
    monthly = Fraction(rate, 12 * 10**6)
    discount = (1 - (1 + monthly) ** -months) / monthly if rate else Fraction(months)
    assert abs(schedule.level_payment(principal, rate, months) - principal / discount) <= Fraction(1, 2)


@given(principals, loan_rates, terms)
def test_the_principal_share_is_the_same_every_month_but_the_last(principal, rate, months):
    rows = schedule.schedule(principal, rate, months, Method.EQUAL_PRINCIPAL)
    assert len({row.principal for row in rows[:-1]}) <= 1
    assert [row.interest for row in rows] == sorted((row.interest for row in rows), reverse=True)


@given(principals, loan_rates, terms, st.sampled_from(Method), st.data())
def test_a_schedule_can_be_taken_up_again_from_any_balance(principal, rate, months, method, data):
    rows = schedule.schedule(principal, rate, months, method)
    after = data.draw(st.integers(1, len(rows)))
    fixed = schedule.fixed_amount(principal, rate, months, method)
    rest = list(schedule.remaining(rows[after - 1].balance, rate, months - after, method, fixed))
    assert [(row.payment, row.principal, row.interest, row.balance) for row in rest] == [
        (row.payment, row.principal, row.interest, row.balance) for row in rows[after:]
    ]


@given(st.integers(100_000_00, 5_000_000_00), st.integers(10_000, 100_000), st.integers(3, 360), st.data())
def test_a_prepayment_saves_interest_and_more_by_shortening(principal, rate, months, data):
    payment = schedule.level_payment(principal, rate, months)
    amount = data.draw(st.integers(principal // 100, principal - 1))
    kept, short = (
        prepay(principal, amount=amount, rate=rate, months_left=months, payment=payment, mode=mode)
        for mode in (PrepaymentMode.KEEP_TERM, PrepaymentMode.SHORTEN)
    )
    for result in (kept, short):
        assert result.balance == principal - amount == sum(row.principal for row in result.instalments)
        assert result.instalments[-1].balance == 0
        assert len(result.instalments) <= months
    assert kept.payment <= short.payment == payment
    rounding = 4 * months  # half a fen a month, compounded over at most thirty years at 10 %
    assert short.interest_saved >= kept.interest_saved - rounding
    assert kept.interest_saved > 0


@given(
    principals, loan_rates, loan_rates, st.integers(1, 360), st.dates(date(2000, 1, 1), date(2050, 1, 1)), st.data()
)  # fmt: skip
def test_a_segmented_month_lies_between_the_two_whole_ones(balance, old, new, months_left, previous_due, data):
    next_due = Month.of(previous_due).plus(1).day(previous_due.day)
    effective = data.draw(st.dates(previous_due, next_due))
    facts = {
        "old_rate": old, "new_rate": new, "months_left": months_left, "effective": effective,
        "previous_due": previous_due, "next_due": next_due,
    }  # fmt: skip
    whole = schedule.change_rate(balance, mode=RateChangeMode.WHOLE_PERIOD_NEW, **facts)
    shared = schedule.change_rate(balance, mode=RateChangeMode.SEGMENT_MONTH_SHARE, **facts)
    before = schedule.monthly_interest(balance, old)
    assert min(before, whole.first.interest) <= shared.first.interest <= max(before, whole.first.interest)
    assert shared.first.balance == whole.first.balance
    rest = list(
        schedule.remaining(whole.first.balance, new, months_left - 1, Method.EQUAL_INSTALMENT, whole.payment)
    )  # fmt: skip
    assert (rest[-1].balance if rest else whole.first.balance) == 0


@given(st.dates(date(1995, 1, 1), date(2100, 1, 1)), st.integers(1, 360))
def test_due_dates_are_one_in_each_month_on_the_day_or_the_last_before(first_due, months):
    dues = schedule.due_dates(first_due, months)
    assert [Month.of(due) for due in dues] == [Month.of(first_due).plus(number) for number in range(months)]
    assert all(due.day == first_due.day or due == Month.of(due).final_day for due in dues)


@given(st.integers(0, 10**8), st.integers(0, 10**7), st.dates(date(2024, 1, 1), date(2025, 1, 1)), st.integers(0, 500))
def test_penalty_grows_with_every_day_and_never_below_zero(principal, interest, due, days):
    item = penalty.Overdue(due, principal, interest)
    today, tomorrow = (penalty.with_penalty(item, due + timedelta(days=d), 26_000).penalty for d in (days, days + 1))
    assert 0 <= today <= tomorrow
    assert penalty.with_penalty(item, due, 26_000).penalty == 0


year = Period(date(2024, 7, 1), date(2025, 7, 1))
flow_lists = st.lists(
    st.builds(Flow, st.dates(year.start, date(2025, 6, 30)), st.integers(-(10**8), 10**8)), max_size=10
)


@given(
    st.integers(0, 10**10),
    flow_lists,
    st.sets(st.dates(date(2024, 7, 2), date(2025, 6, 30)), max_size=5),
    st.integers(0, 50_000),
)
def test_cutting_a_year_where_the_rate_does_not_change_changes_nothing(opening, flows, cuts, rate):
    days = [year.start, *sorted(cuts), year.end]
    rates = [(Period(start, end), rate) for start, end in pairwise(days)]
    settled = settle(opening, flows, start=year.start, until=year.end, rate=rate)
    segments = rate_segments(opening, flows, rates)
    assert sum(segment.product for segment in segments) == settled.product
    assert segmented_interest(segments) == settled.interest


@given(st.integers(0, 10**10), flow_lists)
def test_a_product_row_is_its_balance_on_each_of_its_days(opening, flows):
    by_day = [
        opening + sum(flow.amount for flow in flows if flow.day <= year.start + timedelta(days=number))
        for number in range(365)
    ]
    rows = product_rows(opening, flows, year.start, year.end)
    assert [row.balance for row in rows for _day in range(row.days)] == by_day
    assert all(row.product == row.balance * row.days for row in rows)
