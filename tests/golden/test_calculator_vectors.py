"""The worked examples V01–V13, V20, V21 through the pure calculators."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from anju.kernel.money import Rounding, divide, parse_yuan
from anju.kernel.periods import Period
from anju.kernel.rates import ONE, parse_percent
from anju.ledger import interest
from anju.ledger.interest import Flow
from anju.loans import penalty, prepayment, schedule
from anju.loans.penalty import AllocationOrder, DayCount, PenaltyBase
from anju.loans.schedule import Method, RateChangeMode
from anju.policy.rates import deposit_rates, loan_rate

VECTORS = Path(__file__).parent / "vectors"


def day(text: str) -> date:
    return date.fromisoformat(text)


def flows(facts: dict) -> list[Flow]:
    return [Flow(day(on), parse_yuan(amount)) for on, amount in facts["flows"]]


def row_facts(expected: dict) -> list[tuple]:
    return [
        (day(row["from_"]), day(row["to"]), parse_yuan(row["balance"]), row["days"], parse_yuan(row["product"]))
        for row in expected["rows"]
    ]


def rows_of(settled: interest.Settlement) -> list[tuple]:
    return [(row.start, row.end, row.balance, row.days, row.product) for row in settled.rows]


def test_v01_yearly_settlement(vector):
    facts, expected = vector("V01")
    settled = interest.settle(
        parse_yuan(facts["opening_balance"]),
        flows(facts),
        start=day(facts["opening_date"]),
        until=day(facts["settle_date"]) + timedelta(days=1),
        rate=parse_percent(facts["rate_pct"]),
    )
    assert rows_of(settled) == row_facts(expected)
    assert sum(row.days for row in settled.rows) == expected["days"]
    assert settled.product == parse_yuan(expected["total_product"])
    assert settled.interest == parse_yuan(expected["interest"])
    assert settled.principal == parse_yuan(expected["closing_principal"])
    assert settled.total == parse_yuan(expected["balance_after_credit"])


def test_v02_a_year_without_flows(vector):
    facts, expected = vector("V02")
    balance, rate = parse_yuan(facts["opening_balance"]), parse_percent(facts["rate_pct"])
    for start, key in ((date(2022, 7, 1), "act360_365d"), (date(2023, 7, 1), "act360_366d")):
        settled = interest.settle(balance, [], start=start, until=start.replace(year=start.year + 1), rate=rate)
        assert settled.interest == parse_yuan(expected[key])
    assert interest.interest(balance * 360, rate) == parse_yuan(expected["thirty360"])


@pytest.mark.parametrize(
    ("name", "closing", "principal", "paid", "total"),
    [
        ("V03", "close_date", "principal", "interest", "payout"),
        ("V20", "transfer_date", "OrAcctAmt", "Yinter", "TranAmt"),
    ],
)
def test_v03_close_out_and_v20_transfer_out(vector, name, closing, principal, paid, total):
    facts, expected = vector(name)
    settled = interest.settle(
        parse_yuan(facts["opening_balance"]),
        flows(facts),
        start=day(facts["opening_date"]),
        until=day(facts[closing]),
        rate=parse_percent(facts["rate_pct"]),
    )
    assert rows_of(settled) == row_facts(expected)
    assert settled.product == parse_yuan(expected["total_product"])
    assert settled.principal == parse_yuan(expected[principal])
    assert settled.interest == parse_yuan(expected[paid])
    assert settled.total == parse_yuan(expected[total])


def test_v04_two_tiers_cut_at_every_rate_change_and_rounded_once(vector):
    """From the balance, the flows and the dated rates alone; the example adds both tiers up once they bear one rate."""
    facts, expected = vector("V04")
    prior, deposits = parse_yuan(facts["prior_balance"]), flows(facts)
    rates = deposit_rates(Period(date(2015, 7, 1), date(2016, 7, 1)))
    carried = interest.rate_segments(prior, [], [(period, rate.carried_over) for period, rate in rates])
    current = interest.rate_segments(0, deposits, [(period, rate.current_year) for period, rate in rates])

    segments = expected["segments"]
    unified = rates[-1][0].start
    for (period, rate), segment, row in zip(rates[:-1], carried[:-1], segments[:3], strict=True):
        assert (period.start, period.end - timedelta(days=1)) == (day(row["from_"]), day(row["to"]))
        assert (period.days, rate.carried_over) == (row["days"], parse_percent(row["rate_pct"]))
        assert segment.product == parse_yuan(row["product"])
    for row, product, rate, first, until in (
        (segments[3], sum(s.product for s in current[:-1]), rates[0][1].current_year, rates[0][0].start, unified),
        (segments[4], carried[-1].product + current[-1].product, rates[-1][1].carried_over, unified, rates[-1][0].end),
    ):
        assert (first, until - timedelta(days=1)) == (day(row["from_"]), day(row["to"]))
        assert (product, rate) == (parse_yuan(row["product"]), parse_percent(row["rate_pct"]))
    for row in segments:
        millionths = divide(
            parse_yuan(row["product"]) * parse_percent(row["rate_pct"]) * 10**4, 360 * ONE, Rounding.HALF_UP
        )
        assert f"{millionths // 10**6}.{millionths % 10**6:06d}" == row["interest_exact"]

    total = interest.segmented_interest([*carried, *current])
    principal = prior + sum(flow.amount for flow in deposits)
    assert total == parse_yuan(expected["interest"])
    assert principal == parse_yuan(expected["closing_principal"])
    assert principal + total == parse_yuan(expected["balance_after_credit"])


@pytest.mark.parametrize(("name", "method"), [("V05", Method.EQUAL_INSTALMENT), ("V07", Method.EQUAL_PRINCIPAL)])
def test_v05_and_v07_whole_schedules(vector, name, method):
    facts, expected = vector(name)
    rows = schedule.schedule(parse_yuan(facts["principal"]), parse_percent(facts["rate_pct"]), facts["months"], method)
    assert [(row.number, row.payment, row.principal, row.interest, row.balance) for row in rows] == [
        (row["n"], *(parse_yuan(row[part]) for part in ("payment", "principal", "interest", "balance")))
        for row in expected["rows"]
    ]
    assert len(rows) == facts["months"]
    assert sum(row.interest for row in rows) == parse_yuan(expected["total_interest"])
    assert sum(row.principal for row in rows) == parse_yuan(expected["total_principal"])
    assert sum(row.payment for row in rows) == parse_yuan(expected["total_payment"])
    if method is Method.EQUAL_INSTALMENT:
        assert rows[0].payment == parse_yuan(expected["payment"])
        assert parse_percent(facts["rate_pct"]) == loan_rate(on=day(facts["disbursed"]), months=facts["months"])


def test_v06_payments_published_and_computed(vector):
    _facts, expected = vector("V06")
    for case in expected["published_and_matched"] + expected["computed"]:
        payment = schedule.level_payment(parse_yuan(case["principal"]), parse_percent(case["rate_pct"]), case["months"])
        assert payment == parse_yuan(case["payment"]), case


def test_v08_stub_interest(vector):
    facts, expected = vector("V08")
    disbursed, first_due = day(facts["disbursed"]), day(facts["first_due"])
    stub = schedule.stub_interest(
        parse_yuan(facts["principal"]), parse_percent(facts["rate_pct"]), disbursed, first_due
    )
    assert (first_due - disbursed).days == expected["days"]
    assert stub == parse_yuan(expected["stub_interest"])


def v05_loan():
    """Rows, due dates and rate of V05, whose figures a test above compares."""
    facts = json.loads((VECTORS / "V05.json").read_text(encoding="utf-8"))["inputs"]
    rate = parse_percent(facts["rate_pct"])
    rows = schedule.schedule(parse_yuan(facts["principal"]), rate, facts["months"], Method.EQUAL_INSTALMENT)
    return rows, schedule.due_dates(day(facts["first_due"]), facts["months"]), rate


def overdue_v09(base=PenaltyBase.PRINCIPAL_AND_INTEREST, count=DayCount.ACTUAL):
    facts = json.loads((VECTORS / "V09.json").read_text(encoding="utf-8"))["inputs"]
    rows, dues, rate = v05_loan()
    missed = [
        penalty.Overdue(dues[number - 1], rows[number - 1].principal, rows[number - 1].interest)
        for number in facts["periods"]
    ]
    uplift = parse_percent(facts["uplift"])
    return [
        penalty.with_penalty(item, day(facts["paid"]), rate, uplift=uplift, base=base, count=count) for item in missed
    ]


def test_v09_penalty_in_three_modes(vector):
    facts, expected = vector("V09")
    paid = day(facts["paid"])
    modes = {
        "penalty_A": overdue_v09(),
        "penalty_B": overdue_v09(base=PenaltyBase.PRINCIPAL),
        "penalty_C": overdue_v09(count=DayCount.THIRTY_360),
    }
    for mode, items in modes.items():
        assert [item.penalty for item in items] == [parse_yuan(row[mode]) for row in expected["items"]]
        assert sum(item.penalty for item in items) == parse_yuan(expected[mode])
    items = modes["penalty_A"]
    for number, item, row in zip(facts["periods"], items, expected["items"], strict=True):
        assert (number, item.due) == (row["period"], day(row["due"]))
        assert (item.principal, item.interest) == (parse_yuan(row["principal"]), parse_yuan(row["interest"]))
        assert penalty.days_between(item.due, paid, DayCount.ACTUAL) == row["days_act"]
        assert penalty.days_between(item.due, paid, DayCount.THIRTY_360) == row["days_30_360"]
    assert sum(item.principal for item in items) == parse_yuan(expected["overdue_principal"])
    assert sum(item.interest for item in items) == parse_yuan(expected["overdue_interest"])
    assert sum(item.total for item in items) == parse_yuan(expected["total_A"])


def test_v10_allocation_in_both_orders(vector):
    facts, expected = vector("V10")
    amount, items, periods = parse_yuan(facts["amount"]), overdue_v09(), [6, 7, 8]
    shared = penalty.allocate(amount, items, AllocationOrder.PER_INSTALMENT)
    assert [row["period"] for row in expected["rows"]] == periods
    for row, paid, left in zip(expected["rows"], shared.paid, shared.left, strict=True):
        for part in penalty.CATEGORIES:
            assert getattr(paid, part) == parse_yuan(row[f"{part}_paid"])
            assert getattr(left, part) == parse_yuan(row[f"{part}_left"])
    assert shared.unapplied == parse_yuan(expected["unapplied"])
    shared = penalty.allocate(amount, items, AllocationOrder.CATEGORY_FIRST)
    for part in penalty.CATEGORIES:
        rows = expected["variant_category_first"][part]
        assert [row["period"] for row in rows] == periods
        assert [getattr(item, part) for item in shared.paid] == [parse_yuan(row["paid"]) for row in rows]
        assert [getattr(item, part) for item in shared.left] == [parse_yuan(row["left"]) for row in rows]


def test_v11_rate_change_in_three_modes(vector):
    facts, expected = vector("V11")
    old, new = parse_percent(facts["old_rate"]), parse_percent(facts["new_rate"])
    rows = schedule.schedule(parse_yuan(facts["principal"]), old, facts["months"], Method.EQUAL_INSTALMENT)
    number = facts["instalment_no"]
    balance, months_left = rows[number - 2].balance, facts["months"] - (number - 1)
    assert rows[0].payment == parse_yuan(expected["old_payment"])
    assert balance == parse_yuan(expected["balance_after_18"])
    assert months_left == expected["remaining"]
    effective, next_due = day(facts["effective"]), day(facts["first_due_after_change"])
    previous_due = schedule.due_dates(day("2024-07-15"), facts["months"])[number - 2]
    changes = {
        mode: schedule.change_rate(
            balance,
            old_rate=old,
            new_rate=new,
            months_left=months_left,
            effective=effective,
            previous_due=previous_due,
            next_due=next_due,
            mode=mode,
        )
        for mode in RateChangeMode
    }
    for mode, key in (
        (RateChangeMode.WHOLE_PERIOD_NEW, "whole_period_new"),
        (RateChangeMode.SEGMENT_ACT_360, "segment_act360"),
        (RateChangeMode.SEGMENT_MONTH_SHARE, "segment_month_share"),
    ):
        assert changes[mode].payment == parse_yuan(expected["new_payment"])
        assert changes[mode].first.interest == parse_yuan(expected[key]["interest_19"])
        assert changes[mode].first.payment == parse_yuan(expected[key]["payment_19"])
        assert changes[mode].first.principal == parse_yuan(expected["whole_period_new"]["principal_19"])
        assert changes[mode].first.balance == parse_yuan(expected["whole_period_new"]["balance_19"])
    assert (effective - previous_due).days == expected["segment_act360"]["days_old"]
    assert (next_due - effective).days == expected["segment_act360"]["days_new"]
    saving = rows[0].payment - changes[RateChangeMode.WHOLE_PERIOD_NEW].payment
    assert saving == parse_yuan(expected["monthly_saving_vs_old"])


def test_v12_prepayment_and_payoff(vector):
    facts, expected = vector("V12")
    rows, _dues, rate = v05_loan()
    balance, months_left = rows[facts["after_period"] - 1].balance, len(rows) - facts["after_period"]
    assert balance == parse_yuan(expected["balance_before"])
    terms = {"amount": parse_yuan(facts["prepay"]), "rate": rate, "payment": rows[0].payment}
    kept, short = (
        prepayment.prepay(balance, months_left=months_left, mode=mode, **terms)
        for mode in (prepayment.PrepaymentMode.KEEP_TERM, prepayment.PrepaymentMode.SHORTEN)
    )
    assert kept.balance == short.balance == parse_yuan(expected["balance_after"])
    assert len(kept.instalments) == months_left == expected["keep_term"]["remaining"]
    assert kept.payment == parse_yuan(expected["keep_term"]["new_payment"])
    assert len(short.instalments) == expected["shorten"]["new_remaining"]
    assert months_left - len(short.instalments) == expected["shorten"]["months_saved"]
    assert short.payment == parse_yuan(expected["shorten"]["payment"])
    for result, key in ((kept, "keep_term"), (short, "shorten")):
        assert result.instalments[-1].payment == parse_yuan(expected[key]["last_payment"])
        assert sum(row.interest for row in result.instalments) == parse_yuan(expected[key]["interest_to_come"])
        assert result.interest_saved == parse_yuan(expected[key]["interest_saved"])
    payoff = expected["full_payoff_10_days_later"]
    due = prepayment.payoff_interest(balance, rate, 10)
    assert balance == parse_yuan(payoff["principal"])
    assert due == parse_yuan(payoff["interest"])
    assert balance + due == parse_yuan(payoff["total"])


def test_v13_monthly_offset(vector):
    facts, expected = vector("V13")
    accounts = [parse_yuan(balance) for _name, balance in facts["accounts"]]
    draws, card = prepayment.offset(parse_yuan(facts["instalment"]), accounts, retain=parse_yuan(facts["retain"]))
    assert [(draw.drawn, draw.balance) for draw in draws] == [
        (parse_yuan(row["drawn"]), parse_yuan(row["balance_after"])) for row in expected["draws"]
    ]
    assert card == parse_yuan(expected["to_collect_from_card"])


def test_v21_a_deposit_on_the_wrong_account_shifts_the_product(vector):
    """A had the money from the posting to the correction; with the original value date B gets that product back."""
    facts, expected = vector("V21")
    amount, posted, corrected = parse_yuan(facts["amount"]), day(facts["posted"]), day(facts["corrected"])
    until = date(2026, 7, 1)

    def product(*moves: Flow) -> int:
        return sum(row.product for row in interest.product_rows(0, moves, posted, until))

    late = product(Flow(corrected, amount))
    with_value_date = product(Flow(posted, amount))
    shift = with_value_date - late
    assert (corrected - posted).days == expected["days"]
    assert shift == parse_yuan(expected["product_shift"]) == parse_yuan(expected["B_product_delta"])
    assert product(Flow(posted, amount), Flow(posted, -amount)) - product(
        Flow(posted, amount), Flow(corrected, -amount)
    ) == parse_yuan(expected["A_product_delta"])
    assert interest.interest(shift, parse_percent(facts["rate_pct"])) == parse_yuan(
        expected["interest_effect_if_not_backdated"]
    )
