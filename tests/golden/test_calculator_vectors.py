"""The worked examples V01–V13, V20, V21 through the pure calculators: every printed figure is compared."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from anju.kernel.money import parse_yuan
from anju.kernel.rates import parse_percent
from anju.ledger import interest
from anju.ledger.interest import Flow
from anju.loans import penalty, prepayment, schedule
from anju.loans.schedule import Method


def vector(name: str) -> dict:
    return json.loads((Path(__file__).parent / "vectors" / f"{name}.json").read_text(encoding="utf-8"))


def flows(facts: dict) -> list[Flow]:
    return [Flow(date.fromisoformat(day), parse_yuan(amount)) for day, amount in facts["flows"]]


def same_rows(rows, expected) -> None:
    assert [(r.start, r.end, r.balance, r.days, r.product) for r in rows] == [
        (
            date.fromisoformat(e["from_"]), date.fromisoformat(e["to"]), parse_yuan(e["balance"]), e["days"],
            parse_yuan(e["product"]),
        )
        for e in expected
    ]  # fmt: skip


def test_v01_yearly_settlement():
    facts, expected = vector("V01")["inputs"], vector("V01")["expected"]
    start, until = (
        date.fromisoformat(facts["opening_date"]),
        date.fromisoformat(facts["settle_date"]) + timedelta(days=1),
    )
    settled = interest.settle(
        parse_yuan(facts["opening_balance"]),
        flows(facts),
        start=start,
        until=until,
        rate=parse_percent(facts["rate_pct"]),
    )
    same_rows(settled.rows, expected["rows"])
    assert settled.product == parse_yuan(expected["total_product"])
    assert settled.interest == parse_yuan(expected["interest"])
    assert settled.principal == parse_yuan(expected["closing_principal"])
    assert settled.total == parse_yuan(expected["balance_after_credit"])


def test_v02_a_year_without_flows():
    facts, expected = vector("V02")["inputs"], vector("V02")["expected"]
    balance, rate = parse_yuan(facts["opening_balance"]), parse_percent(facts["rate_pct"])
    assert interest.interest(balance * 365, rate) == parse_yuan(expected["act360_365d"])
    assert interest.interest(balance * 366, rate) == parse_yuan(expected["act360_366d"])
    assert interest.interest(balance * 360, rate) == parse_yuan(expected["thirty360"])


@pytest.mark.parametrize(
    ("name", "closing", "principal", "paid", "total"),
    [
        ("V03", "close_date", "principal", "interest", "payout"),
        ("V20", "transfer_date", "OrAcctAmt", "Yinter", "TranAmt"),
    ],
)
def test_v03_close_out_and_v20_transfer_out(name, closing, principal, paid, total):
    facts, expected = vector(name)["inputs"], vector(name)["expected"]
    settled = interest.settle(
        parse_yuan(facts["opening_balance"]),
        flows(facts),
        start=date.fromisoformat(facts["opening_date"]),
        until=date.fromisoformat(facts[closing]),
        rate=parse_percent(facts["rate_pct"]),
    )
    same_rows(settled.rows, expected["rows"])
    figures = {
        "total_product": settled.product,
        principal: settled.principal,
        paid: settled.interest,
        total: settled.total,
    }
    assert figures == {name: parse_yuan(expected[name]) for name in figures}


def test_v04_segments_are_added_exactly_and_rounded_once():
    expected = vector("V04")["expected"]
    segments = [
        interest.RateSegment(parse_yuan(row["product"]), parse_percent(row["rate_pct"])) for row in expected["segments"]
    ]
    assert interest.segmented_interest(segments) == parse_yuan(expected["interest"])


@pytest.mark.parametrize(("name", "method"), [("V05", Method.EQUAL_INSTALMENT), ("V07", Method.EQUAL_PRINCIPAL)])
def test_v05_and_v07_whole_schedules(name, method):
    facts, expected = vector(name)["inputs"], vector(name)["expected"]
    rows = schedule.schedule(parse_yuan(facts["principal"]), parse_percent(facts["rate_pct"]), facts["months"], method)
    assert [(r.number, r.payment, r.principal, r.interest, r.balance) for r in rows] == [
        (e["n"], *(parse_yuan(e[part]) for part in ("payment", "principal", "interest", "balance")))
        for e in expected["rows"]
    ]
    assert len(rows) == facts["months"]
    assert sum(r.interest for r in rows) == parse_yuan(expected["total_interest"])
    assert sum(r.payment for r in rows) == parse_yuan(expected["total_payment"])


def test_v06_payments_published_and_computed():
    expected = vector("V06")["expected"]
    for case in expected["published_and_matched"] + expected["computed"]:
        payment = schedule.level_payment(parse_yuan(case["principal"]), parse_percent(case["rate_pct"]), case["months"])
        assert payment == parse_yuan(case["payment"]), case


def test_v08_stub_interest():
    facts, expected = vector("V08")["inputs"], vector("V08")["expected"]
    disbursed, first_due = date.fromisoformat(facts["disbursed"]), date.fromisoformat(facts["first_due"])
    assert (first_due - disbursed).days == expected["days"]
    assert schedule.stub_interest(
        parse_yuan(facts["principal"]), parse_percent(facts["rate_pct"]), disbursed, first_due
    ) == parse_yuan(expected["stub_interest"])


def overdue_items(mode: str = "A") -> list[penalty.Overdue]:
    facts, expected = vector("V09")["inputs"], vector("V09")["expected"]
    base = penalty.PenaltyBase.PRINCIPAL if mode == "B" else penalty.PenaltyBase.PRINCIPAL_AND_INTEREST
    count = penalty.DayCount.THIRTY_360 if mode == "C" else penalty.DayCount.ACTUAL
    return [
        penalty.with_penalty(
            penalty.Overdue(date.fromisoformat(e["due"]), parse_yuan(e["principal"]), parse_yuan(e["interest"])),
            date.fromisoformat(facts["paid"]), parse_percent("2.60"), base=base, count=count,
        )
        for e in expected["items"]
    ]  # fmt: skip


@pytest.mark.parametrize("mode", ["A", "B", "C"])
def test_v09_penalty_in_three_modes(mode):
    expected = vector("V09")["expected"]
    items = overdue_items(mode)
    assert [item.penalty for item in items] == [parse_yuan(e[f"penalty_{mode}"]) for e in expected["items"]]
    assert sum(item.penalty for item in items) == parse_yuan(expected[f"penalty_{mode}"])
    if mode == "A":
        assert sum(item.total for item in items) == parse_yuan(expected["total_A"])


def test_v10_allocation_in_both_orders():
    facts, expected = vector("V10")["inputs"], vector("V10")["expected"]
    amount = parse_yuan(facts["amount"])
    shared = penalty.allocate(amount, overdue_items(), penalty.AllocationOrder.PER_INSTALMENT)
    for row, paid, left in zip(expected["rows"], shared.paid, shared.left, strict=True):
        for part in penalty.CATEGORIES:
            assert getattr(paid, part) == parse_yuan(row[f"{part}_paid"])
            assert getattr(left, part) == parse_yuan(row[f"{part}_left"])
    assert shared.unapplied == parse_yuan(expected["unapplied"])
    by_category = penalty.allocate(amount, overdue_items(), penalty.AllocationOrder.CATEGORY_FIRST)
    for part in penalty.CATEGORIES:
        for row, paid, left in zip(
            expected["variant_category_first"][part], by_category.paid, by_category.left, strict=True
        ):
            assert (getattr(paid, part), getattr(left, part)) == (parse_yuan(row["paid"]), parse_yuan(row["left"]))


def test_v11_rate_change_in_three_modes():
    facts, expected = vector("V11")["inputs"], vector("V11")["expected"]
    old, new = parse_percent(facts["old_rate"]), parse_percent(facts["new_rate"])
    rows = schedule.schedule(parse_yuan(facts["principal"]), old, facts["months"], Method.EQUAL_INSTALMENT)
    assert rows[0].payment == parse_yuan(expected["old_payment"])
    balance = rows[17].balance
    assert balance == parse_yuan(expected["balance_after_18"])
    for mode, name in (
        (schedule.RateChangeMode.WHOLE_PERIOD_NEW, "whole_period_new"),
        (schedule.RateChangeMode.SEGMENT_ACT_360, "segment_act360"),
        (schedule.RateChangeMode.SEGMENT_MONTH_SHARE, "segment_month_share"),
    ):
        changed = schedule.change_rate(
            balance, old_rate=old, new_rate=new, months_left=expected["remaining"], mode=mode,
            effective=date.fromisoformat(facts["effective"]), previous_due=date(2025, 12, 15),
            next_due=date.fromisoformat(facts["first_due_after_change"]),
        )  # fmt: skip
        assert changed.payment == parse_yuan(expected["new_payment"])
        assert changed.first.interest == parse_yuan(expected[name]["interest_19"])
        assert changed.first.payment == parse_yuan(expected[name]["payment_19"])
    assert rows[0].payment - changed.payment == parse_yuan(expected["monthly_saving_vs_old"])


def test_v12_prepayment_and_payoff():
    facts, expected = vector("V12")["inputs"], vector("V12")["expected"]
    rate = parse_percent("2.60")
    rows = schedule.schedule(parse_yuan("600000"), rate, 240, Method.EQUAL_INSTALMENT)
    balance = rows[facts["after_period"] - 1].balance
    assert balance == parse_yuan(expected["balance_before"])
    terms = {"amount": parse_yuan(facts["prepay"]), "rate": rate, "months_left": 216, "payment": rows[0].payment}
    kept = prepayment.prepay(balance, mode=prepayment.PrepaymentMode.KEEP_TERM, **terms)
    short = prepayment.prepay(balance, mode=prepayment.PrepaymentMode.SHORTEN, **terms)
    assert kept.balance == short.balance == parse_yuan(expected["balance_after"])
    assert (len(kept.instalments), len(short.instalments)) == (216, expected["shorten"]["new_remaining"])
    assert kept.payment == parse_yuan(expected["keep_term"]["new_payment"])
    assert short.payment == parse_yuan(expected["shorten"]["payment"])
    for result, facts_after in ((kept, expected["keep_term"]), (short, expected["shorten"])):
        assert result.instalments[-1].payment == parse_yuan(facts_after["last_payment"])
        assert sum(row.interest for row in result.instalments) == parse_yuan(facts_after["interest_to_come"])
        assert result.interest_saved == parse_yuan(facts_after["interest_saved"])
    payoff = expected["full_payoff_10_days_later"]
    assert prepayment.payoff_interest(balance, rate, 10) == parse_yuan(payoff["interest"])


def test_v13_monthly_offset():
    facts, expected = vector("V13")["inputs"], vector("V13")["expected"]
    draws, card = prepayment.offset(
        parse_yuan(facts["instalment"]), [parse_yuan(balance) for _name, balance in facts["accounts"]],
        retain=parse_yuan(facts["retain"]),
    )  # fmt: skip
    assert [(d.drawn, d.balance) for d in draws] == [
        (parse_yuan(e["drawn"]), parse_yuan(e["balance_after"])) for e in expected["draws"]
    ]
    assert card == parse_yuan(expected["to_collect_from_card"])


def test_v21_wrong_account_product_shift():
    facts, expected = vector("V21")["inputs"], vector("V21")["expected"]
    days = (date.fromisoformat(facts["corrected"]) - date.fromisoformat(facts["posted"])).days
    shift = parse_yuan(facts["amount"]) * days
    assert days == expected["days"]
    assert shift == parse_yuan(expected["product_shift"])
    assert interest.interest(shift, parse_percent(facts["rate_pct"])) == parse_yuan(
        expected["interest_effect_if_not_backdated"]
    )
