"""The worked examples V14, V15, V19 and V22 through the rules of the demo center."""

from datetime import date
from pathlib import Path

import pytest

from anju.kernel.money import parse_yuan
from anju.kernel.rates import parse_percent
from anju.policy import packs
from anju.policy.codes import HOME, HOUSEHOLD, RETIREMENT_GROUP
from anju.policy.decision import Case, decide
from anju.policy.family import family_purchase
from anju.policy.overlay import apply, read_overlay
from anju.policy.rules import find_rule

ON = date(2026, 10, 12)


def walk(node):
    yield node
    for child in node.children:
        yield from walk(child)


def named(decision, label):
    return next(node.value for node in walk(decision.tree) if node.step == "named" and node.label == label)


@pytest.fixture
def book_with(tmp_path: Path):
    """The demo book with some values of a path changed from the first day on."""

    def make(**values):
        lines = [
            f"  {path.replace('__', '.')}:\n    - {{from: 2019-03-24, value: {text}}}" for path, text in values.items()
        ]
        file = tmp_path / "package.yaml"
        file.write_text("name: 试\ncenter: demo\ndocument: 试\nchanges:\n" + "\n".join(lines) + "\n", encoding="utf-8")
        book = packs.book("demo")
        return apply(book, read_overlay(file, book))

    return make


def test_v14_monthly_amount_is_clamped_and_rounded(vector, book_with):
    _inputs, expected = vector("V14")
    for name in expected:
        *_case, unit, person, rounded = name.split("_")
        wage = parse_yuan(".".join(name.split("_")[1:-3]))
        book = book_with(contribution__round_unit="0.01元" if rounded == "fen" else "1.00元")
        inputs = {"wage": wage, "unit_ratio": parse_percent(unit), "person_ratio": parse_percent(person)}
        decision = decide(find_rule("contribution-monthly"), book, Case(on=ON, inputs=inputs))
        got = [named(decision, label) for label in ("缴存基数", "单位月缴存额", "个人月缴存额")]
        assert [*got, decision.value] == [
            parse_yuan(expected[name][key]) for key in ("base", "unit", "person", "total")
        ]


def test_v15_loan_ceiling_and_each_of_its_limits(vector, book_with):
    inputs, expected = vector("V15")
    book = book_with(
        loan__income_ratio=f"{inputs['income_ratio'].removeprefix('0.')}%",
        loan__balance_multiple=f"{inputs['multiple']}倍",
        loan__cap__couple=f"{inputs['policy_cap_couple']}元",
        loan__down_payment__first=f"{inputs['down_payment_pct']}%",
        loan__rate__first_home__gt5y=f"{inputs['rate_pct']}%",
    )
    case = {
        "price": parse_yuan(inputs["price"]), "home": HOME.place("first"), "household": HOUSEHOLD.place("couple"),
        "balance": parse_yuan(inputs["balance_borrower"]) + parse_yuan(inputs["balance_spouse"]),
        "family_income": parse_yuan(inputs["monthly_income"]), "other_debt": parse_yuan(inputs["other_debt_payment"]),
        "term": inputs["months"], "months_paid": 24,
    }  # fmt: skip
    decision = decide(find_rule("loan-ceiling"), book, Case(on=ON, inputs=case))
    limits = {
        "by_income": "按收入和还款能力",
        "by_price": "按房屋总价和首付比例",
        "by_balance": "按缴存余额",
        "by_cap": "政策最高额度",
    }
    for key, label in limits.items():
        assert named(decision, label) == parse_yuan(expected[key]), key
    assert decision.value == parse_yuan(expected["result"])

    rich = {**case, "price": parse_yuan("9000000.00"), "balance": parse_yuan("9000000.00")}
    unbound = book_with(loan__cap__couple="90000000.00元")
    by_income = decide(find_rule("loan-ceiling"), unbound, Case(on=ON, inputs=rich))
    assert by_income.value == parse_yuan(expected["by_income_floor_1000"])


def test_v19_a_family_draws_in_turn_up_to_what_the_house_leaves(vector, book_with):
    inputs, expected = vector("V19")
    people = [{"balance": parse_yuan(balance)} for _name, balance in inputs["people"]]
    shared = {
        "price": parse_yuan(inputs["house_price"]), "housing_loan": parse_yuan(inputs["hpf_loan"]),
        "house_withdrawn": parse_yuan(inputs["already_withdrawn"]), "months_since_purchase": 3,
    }  # fmt: skip
    book = book_with(withdrawal__retention=f"{inputs['retain_per_account']}元")
    drawn = [one.value for one in family_purchase(book, Case(on=ON, inputs=shared), people)]
    assert [name for name, _balance in inputs["people"]] == [row["person"] for row in expected["rows"]]
    assert drawn == [parse_yuan(row["withdrawn"]) for row in expected["rows"]]
    left = [person["balance"] - amount for person, amount in zip(people, drawn, strict=True)]
    assert left == [parse_yuan(row["balance_after"]) for row in expected["rows"]]
    assert sum(drawn) == parse_yuan(expected["total_withdrawn"])
    room = shared["price"] - shared["housing_loan"] - shared["house_withdrawn"] - sum(drawn)
    assert room == parse_yuan(expected["room_left"])


def test_v22_back_payment_of_a_base_declared_too_low(vector, book_with):
    inputs, expected = vector("V22")
    case = {
        "wage": parse_yuan(inputs["true_base"]), "declared_base": parse_yuan(inputs["declared_base"]),
        "unit_ratio": parse_percent(inputs["unit_ratio"]), "person_ratio": parse_percent(inputs["person_ratio"]),
        "short_months": len(inputs["months"]),
    }  # fmt: skip
    on = date.fromisoformat(f"{inputs['months'][0]}-01")
    decision = decide(find_rule("contribution-back-payment"), packs.book("demo"), Case(on=on, inputs=case))
    for side, label in (("unit", "单位每月少缴"), ("person", "个人每月少缴")):
        each = named(decision, label)
        assert each == parse_yuan(expected[f"{side}_short_per_month"])
        assert each * case["short_months"] == parse_yuan(expected[f"{side}_total"])
    assert decision.value == parse_yuan(expected["grand_total"])


@pytest.mark.parametrize(
    ("group", "born", "years", "months"),
    [
        # the steps at which the statutory tables begin and end
        ("male", "1964-12", 60, 0), ("male", "1965-01", 60, 1), ("male", "1965-04", 60, 1), ("male", "1965-05", 60, 2),
        ("male", "1970-06", 61, 5), ("male", "1976-08", 62, 11), ("male", "1976-09", 63, 0), ("male", "1999-01", 63, 0),
        ("female_55", "1969-12", 55, 0), ("female_55", "1970-01", 55, 1), ("female_55", "1981-08", 57, 11),
        ("female_55", "1981-09", 58, 0), ("female_50", "1974-12", 50, 0), ("female_50", "1975-01", 50, 1),
        ("female_50", "1975-03", 50, 2), ("female_50", "1984-10", 54, 11), ("female_50", "1984-11", 55, 0),
    ],
)  # fmt: skip
def test_retirement_age_by_the_statutory_tables(group, born, years, months):
    year, month = map(int, born.split("-"))
    inputs = {"birth_month": year * 12 + month - 1, "retirement_group": RETIREMENT_GROUP.place(group)}
    book, rule = packs.book("yueyang"), find_rule("retirement-age")
    assert decide(rule, book, Case(on=date(2025, 1, 1), inputs=inputs)).value == years * 12 + months
    before = {"male": 60, "female_55": 55, "female_50": 50}[group]
    assert decide(rule, book, Case(on=date(2024, 12, 31), inputs=inputs)).value == before * 12
