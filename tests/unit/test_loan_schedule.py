import time
from datetime import date

import pytest

from anju.kernel.errors import InvalidValueError
from anju.kernel.money import YUAN
from anju.loans import penalty, prepayment, schedule
from anju.loans.schedule import LoanTermsError, Method, RateChangeMode

LEVEL, EVEN = Method.EQUAL_INSTALMENT, Method.EQUAL_PRINCIPAL


@pytest.mark.parametrize(
    ("principal", "rate", "months", "field"),
    [
        (0, 26_000, 240, "principal"), (-1, 26_000, 240, "principal"), (10**14, 26_000, 240, "principal"),
        (100, 26_000, 0, "months"), (100, 26_000, -1, "months"), (100, 26_000, 361, "months"), (100, 26_000, 1201, "months"),
        (100, -1, 240, "rate"), (100, 2_600_000, 240, "rate"), (100, 240_001, 240, "rate"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", Method)
def test_terms_that_no_loan_has_are_refused_with_their_field(principal, rate, months, field, method):
    with pytest.raises(LoanTermsError) as caught:
        schedule.schedule(principal, rate, months, method)
    assert (caught.value.code, caught.value.field) == ("LOAN_TERMS", field)


@pytest.mark.parametrize("method", Method)
def test_a_loan_without_interest_divides_evenly_and_the_last_payment_takes_the_residue(method):
    rows = schedule.schedule(1_000_00, 0, 3, method)
    assert [row.payment for row in rows] == [333_33, 333_33, 333_34]
    assert [row.interest for row in rows] == [0, 0, 0]


@pytest.mark.parametrize("method", Method)
def test_one_month_repays_everything(method):
    assert schedule.schedule(1_200_00, 26_000, 1, method) == [schedule.Instalment(1, 1_202_60, 1_200_00, 2_60, 0)]


def test_a_level_payment_is_rounded_half_up_from_the_exact_value():
    assert schedule.level_payment(1, 0, 2) == 1
    assert schedule.level_payment(1, 0, 3) == 0
    assert schedule.level_payment(800_000 * YUAN, 35_000, 360) == 3_592_36


def test_a_payment_below_the_interest_is_refused_as_the_debt_would_grow():
    with pytest.raises(LoanTermsError) as caught:
        list(schedule.remaining(600_000 * YUAN, 26_000, 240, LEVEL, 1_299_99))
    assert caught.value.field == "payment"
    only_interest = list(schedule.remaining(600_000 * YUAN, 26_000, 3, LEVEL, 1_300_00))
    assert [row.balance for row in only_interest] == [600_000 * YUAN, 600_000 * YUAN, 0]


def test_a_higher_payment_ends_the_loan_early_at_exactly_zero():
    rows = list(schedule.remaining(10_000_00, 26_000, 240, LEVEL, 1_000_00))
    assert (len(rows), rows[-1].balance, rows[-1].number) == (11, 0, 11)
    assert rows[-1].payment < 1_000_00
    assert list(schedule.remaining(0, 26_000, 240, LEVEL, 1_000_00)) == []


def test_due_dates_come_back_to_their_day_after_a_short_month():
    assert schedule.due_dates(date(2024, 1, 31), 4) == [
        date(2024, 1, 31),
        date(2024, 2, 29),
        date(2024, 3, 31),
        date(2024, 4, 30),
    ]
    assert schedule.due_dates(date(2025, 2, 28), 2, due_day=30) == [date(2025, 2, 28), date(2025, 3, 30)]


def test_a_stub_counts_actual_days_and_none_before_disbursement():
    assert schedule.stub_interest(600_000 * YUAN, 26_000, date(2025, 9, 18), date(2025, 9, 18)) == 0
    with pytest.raises(LoanTermsError):
        schedule.stub_interest(600_000 * YUAN, 26_000, date(2025, 9, 18), date(2025, 9, 17))


@pytest.mark.parametrize("mode", RateChangeMode)
def test_a_rate_that_stays_the_same_changes_nothing_where_months_are_months(mode):
    rows = schedule.schedule(600_000 * YUAN, 26_000, 240, LEVEL)
    changed = schedule.change_rate(
        rows[17].balance, old_rate=26_000, new_rate=26_000, months_left=222, effective=date(2026, 1, 1),
        previous_due=date(2025, 12, 15), next_due=date(2026, 1, 15), mode=mode,
    )  # fmt: skip
    assert changed.payment == rows[18].payment
    assert changed.first.balance == rows[18].balance
    if mode is not RateChangeMode.SEGMENT_ACT_360:
        assert changed.first.payment == rows[18].payment


def test_the_schedule_goes_on_to_zero_after_a_rate_change():
    balance = 565_877_55
    changed = schedule.change_rate(
        balance, old_rate=28_500, new_rate=26_000, months_left=222, effective=date(2026, 1, 1),
        previous_due=date(2025, 12, 15), next_due=date(2026, 1, 15), mode=RateChangeMode.SEGMENT_ACT_360,
    )  # fmt: skip
    rest = list(schedule.remaining(changed.first.balance, 26_000, 221, LEVEL, changed.payment))
    assert (len(rest), rest[-1].balance) == (221, 0)
    assert {row.payment for row in rest[:-1]} == {changed.payment}


@pytest.mark.parametrize("effective", [date(2025, 12, 14), date(2026, 1, 16)])
def test_a_rate_change_lies_between_the_two_due_dates(effective):
    with pytest.raises(LoanTermsError) as caught:
        schedule.change_rate(
            100_00, old_rate=28_500, new_rate=26_000, months_left=2, effective=effective, previous_due=date(2025, 12, 15),
            next_due=date(2026, 1, 15), mode=RateChangeMode.WHOLE_PERIOD_NEW,
        )  # fmt: skip
    assert caught.value.field == "effective"


def test_thirty_years_are_computed_in_a_few_milliseconds():
    best = min(_seconds(lambda: schedule.schedule(800_000 * YUAN, 26_000, 360, LEVEL)) for _turn in range(5))
    assert best < 0.005


def _seconds(work):
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def test_paid_on_the_due_date_bears_no_penalty():
    item = penalty.Overdue(date(2025, 11, 20), 1_929_50, 1_279_23)
    for paid in (date(2025, 11, 20), date(2025, 11, 1)):
        assert penalty.with_penalty(item, paid, 26_000).penalty == 0


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        (date(2025, 1, 31), date(2025, 2, 28), 28), (date(2025, 1, 15), date(2025, 2, 15), 30),
        (date(2025, 1, 30), date(2025, 1, 31), 0), (date(2024, 12, 20), date(2026, 1, 20), 390),
    ],
)  # fmt: skip
def test_thirty_360_takes_every_month_as_thirty_days(start, end, days):
    assert penalty.days_between(start, end, penalty.DayCount.THIRTY_360) == days


def test_negative_debts_and_payments_are_refused():
    with pytest.raises(InvalidValueError):
        penalty.Overdue(date(2025, 1, 1), -1, 0)
    with pytest.raises(InvalidValueError):
        penalty.allocate(-1, [], penalty.AllocationOrder.PER_INSTALMENT)
    with pytest.raises(InvalidValueError):
        prepayment.offset(100, [100], retain=-1)
    with pytest.raises(InvalidValueError):
        prepayment.offset(-100, [100], retain=0)


@pytest.mark.parametrize("amount", [0, -1, 553_030_69, 600_000_00])
def test_a_partial_prepayment_is_between_nothing_and_the_balance(amount):
    with pytest.raises(LoanTermsError) as caught:
        prepayment.prepay(
            553_030_69, amount=amount, rate=26_000, months_left=216, payment=3_208_73, mode=prepayment.PrepaymentMode.SHORTEN
        )  # fmt: skip
    assert caught.value.field == "amount"


def test_an_offset_leaves_an_account_below_its_retention_alone():
    draws, card = prepayment.offset(100_00, [5_00, 50_00, 500_00], retain=10_00)
    assert [(draw.drawn, draw.balance) for draw in draws] == [(0, 5_00), (40_00, 10_00), (60_00, 440_00)]
    assert card == 0
    assert prepayment.offset(100_00, [], retain=0) == ([], 100_00)
