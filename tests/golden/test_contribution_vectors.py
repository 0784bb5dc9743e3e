"""The worked examples V14, V21, V22 through the public operations of 归集, over the real database."""

from datetime import date

import pytest

from anju.contributions import back_payments, bills, rules
from anju.contributions.back_payments import Truth, derive, issue_back_payment
from anju.contributions.bills import issue_remittance
from anju.contributions.corrections import Act, Wish, correct
from anju.contributions.models import BackPayment, BackPaymentReason, Contribution
from anju.contributions.models_repair import CorrectionKind
from anju.kernel.money import parse_yuan
from anju.kernel.periods import Month
from anju.kernel.rates import parse_percent
from anju.ledger.queries import account_balance, product_at
from anju.registry.operations import adjust_bases
from contribution_walk import a_bank, a_paying_unit, pay, remit
from item_walk import serial

pytestmark = pytest.mark.usefixtures("business_days")


def test_v14_a_month_is_rounded_as_the_center_says(vector, monkeypatch):
    _inputs, expected = vector("V14")
    for name in expected:
        amounts = expected[name]
        *_case, unit_ratio, person_ratio, rounded = name.split("_")
        law = {"contribution.round_unit": 1 if rounded == "fen" else 100}
        monkeypatch.setattr(rules, "in_force", lambda path, _on, law=law: law[path])
        unit, _members = a_paying_unit(parse_yuan(amounts["base"]), first=Month(2025, 8))
        ratios = {"unit_ratio": parse_percent(unit_ratio), "person_ratio": parse_percent(person_ratio)}
        unit.terms.update(**ratios)
        bill = issue_remittance(unit_number=unit.number, months=1, business_date=date(2025, 8, 11), maker="甲")
        line = Contribution.objects.get(remittance__bill=bill)
        got = [line.base, line.unit_amount, line.person_amount, bill.amount]
        assert got == [parse_yuan(amounts[key]) for key in ("base", "unit", "person", "total")], name


def test_v21_a_month_of_another_person_moves_with_its_days(vector):
    inputs, expected = vector("V21")
    posted, corrected = date.fromisoformat(inputs["posted"]), date.fromisoformat(inputs["corrected"])
    amount, month = parse_yuan(inputs["amount"]), Month(2025, 8)
    unit, (wrong, right) = a_paying_unit(parse_yuan("7500.00"), parse_yuan("7500.00"), first=month)
    bank = a_bank(posted)
    # Only `wrong` stands on the bill: the month was `right`'s.
    line = next(each for each in bills.owed(unit=unit, month=month, on=posted) if each.member == wrong.pk)
    issued = issue_remittance(
        unit_number=unit.number, months=1, lines={month: [line]}, business_date=posted, maker="甲"
    )  # fmt: skip
    pay(issued, posted, bank)
    assert account_balance(account=wrong.account_id) == amount

    def products():
        return [product_at(account=one.account_id, until=corrected, known_on=corrected) for one in (wrong, right)]

    before = products()
    correct(
        wish=Wish(
            kind=CorrectionKind.REASSIGN, unit=unit.number, member=wrong.number, month=month, to_member=right.number
        ),
        act=Act(reason="记错职工", business_date=corrected, maker="甲", case_number=serial(), checker="乙"),
    )
    shift = [after - earlier for earlier, after in zip(before, products(), strict=True)]
    assert shift == [parse_yuan(expected["A_product_delta"].lstrip("-")) * -1, parse_yuan(expected["B_product_delta"])]
    assert shift[1] == parse_yuan(expected["product_shift"]) == amount * expected["days"]
    assert [account_balance(account=one.account_id) for one in (wrong, right)] == [0, amount]
    # 1.50 % of the shift: what right would have lost by a booking that is not dated back.
    lost = (shift[1] * parse_percent(inputs["rate_pct"]) + 180_000_000) // 360_000_000
    assert lost == parse_yuan(expected["interest_effect_if_not_backdated"])


def test_v22_a_base_declared_too_low_is_made_up(vector):
    inputs, expected = vector("V22")
    months = [Month.parse(text) for text in inputs["months"]]
    unit, (member,) = a_paying_unit(parse_yuan(inputs["declared_base"]), first=months[0])
    paid_on = date(2025, 7, 10)
    bank = a_bank(months[0].first_day)
    remit(unit, len(months), date(2025, 6, 10), bank)
    adjust_bases(bases=[(member.number, parse_yuan(inputs["true_base"]))], first_month=Month(2025, 7))
    truth = Truth(base=parse_yuan(inputs["true_base"]))
    lines = derive(
        member=member.number, payer=unit.number, first=months[0], last=months[-1],
        reason=BackPaymentReason.BASE_SHORT, truth=truth,
    )  # fmt: skip
    facts = {"unit_number": unit.number, "lines": lines, "business_date": paid_on, "maker": "甲"}
    bill = pay(issue_back_payment(**facts, case_number=serial()), paid_on, bank)
    rows = list(BackPayment.objects.filter(bill=bill))
    assert {row.unit_amount for row in rows} == {parse_yuan(expected["unit_short_per_month"])}
    assert {row.person_amount for row in rows} == {parse_yuan(expected["person_short_per_month"])}
    assert sum(row.unit_amount for row in rows) == parse_yuan(expected["unit_total"])
    assert sum(row.person_amount for row in rows) == parse_yuan(expected["person_total"])
    assert bill.amount == parse_yuan(expected["grand_total"])
    again = back_payments.derive(
        member=member.number, payer=unit.number, first=months[0], last=months[-1],
        reason=BackPaymentReason.BASE_SHORT, truth=truth,
    )  # fmt: skip
    assert again == []  # nothing is asked for twice
