"""Single cases: what a rule may read, what binds, by which text, and that a stored decision comes out again."""

import copy
import json
from dataclasses import replace
from datetime import date

import pytest

from anju.kernel.money import Rounding
from anju.kernel.periods import Period, value_day
from anju.policy import packs
from anju.policy.codes import CODE_LISTS, FRAUD, RENTAL
from anju.policy.decision import Case, decide, read_inputs, replay
from anju.policy.english import translate
from anju.policy.errors import (
    InputError,
    PolicyError,
    RangeError,
    ReplayError,
    UndeclaredError,
    UnknownPathError,
    WrongUnitError,
)
from anju.policy.explanation import explain, to_lines, to_object
from anju.policy.lint import lint
from anju.policy.rules import Anchor, declare, find_rule, given, rules
from anju.policy.units import Unit
from policy_packs import own_packs

BEFORE, AFTER = date(2026, 9, 19), date(2026, 9, 20)
LOAN = {
    "price": "980000.00元", "home": "first", "household": "couple", "balance": "60900.00元", "family_income": "12000.00元",
    "other_debt": "800.00元", "term": "300个月", "months_paid": "24个月",
}  # fmt: skip
RENT = {
    "balance": "30000.00元", "rental": "market", "rent_paid": "24000.00元", "rent_months": "12个月", "months_paid": "12个月",
    "family_income": "8000.00元",
}  # fmt: skip


def judge(name, inputs, on=AFTER, center="demo", **scope):
    rule = find_rule(name)
    return decide(rule, packs.book(center), Case(on=on, inputs=read_inputs(rule, inputs), **scope))


def binding(decision):
    return [
        (reason.label, reason.text, [row.citation for row in reason.sources]) for reason in explain(decision).binding
    ]


def test_the_binding_limit_is_named_with_its_article():
    assert binding(judge("loan-ceiling", LOAN)) == [("按房屋总价和首付比例", "784,000.00 元", ["示例中心政策第九条"])]
    dear = judge("loan-ceiling", {**LOAN, "price": "2000000.00元"})
    assert binding(dear)[0] == ("政策最高额度", "800,000.00 元", ["示例中心政策第八条"])
    poor = judge("loan-ceiling", {**LOAN, "balance": "100.00元"})
    assert [reason[:2] for reason in binding(poor)] == [
        ("按缴存余额", "200,000.00 元"), ("按缴存余额计算的保底额度", "200,000.00 元"),
    ]  # fmt: skip


def test_only_what_applied_is_cited():
    cited = {definition.path for definition, _row in explain(judge("loan-ceiling", LOAN)).parameters}
    assert "loan.rate.first_home.gt5y" in cited
    assert not cited & {
        "loan.rate.second_home.gt5y",
        "loan.rate.first_home.le5y",
        "loan.down_payment.second",
        "loan.cap.single",
    }
    asked = [reason.label for reason in explain(judge("loan-ceiling", LOAN)).conditions]
    assert "贷款期限按短期利率" not in asked  # a question of the rule, no condition of the citizen's


def test_a_condition_that_fails_tells_what_it_needs_and_what_there_is():
    refused = judge("loan-ceiling", {**LOAN, "months_paid": "4个月", "homes": "2"})
    assert refused.value == 0
    assert binding(refused) == [
        ("连续足额缴存月数", "需要 6 个月，现有 4 个月", ["建金〔2014〕148号"]),
        ("家庭已有住房套数", "最多 1，现有 2", ["建金〔2010〕179号"]),
    ]
    flexible = judge("loan-ceiling", {**LOAN, "months_paid": "8个月"}, crowd="flexible")
    assert binding(flexible) == [("连续足额缴存月数", "需要 12 个月，现有 8 个月", ["示例中心政策第十四条"])]


def test_a_value_of_district_or_crowd_is_the_one_cited():
    assert judge("withdrawal-rent", RENT).value == 18_000_00
    assert judge("withdrawal-rent", RENT, district="江北县").value == 14_400_00
    assert judge("withdrawal-rent", RENT, crowd="multi_child").value == 24_000_00
    assert judge("withdrawal-rent", RENT, district="江北县", crowd="multi_child").value == 24_000_00
    with pytest.raises(InputError, match="没有管理部"):
        judge("withdrawal-rent", RENT, district="南县")


def test_a_public_rental_is_drawn_as_paid():
    assert judge("withdrawal-rent", {**RENT, "rental": "public"}).value == 24_000_00
    assert binding(judge("withdrawal-rent", {**RENT, "balance": "5000.00元"}))[0][:2] == ("账户可用余额", "4,900.00 元")


def test_the_text_of_the_day_decides():
    """Rent above a share of income until 2026-09-19, no such test after; renovation and property fees only after."""
    cheap = {**RENT, "family_income": "90000.00元"}
    assert judge("withdrawal-rent", cheap, AFTER).value == 18_000_00
    refused = judge("withdrawal-rent", cheap, BEFORE)
    assert refused.value == 0
    assert ("房租超出家庭工资收入的规定比例", "须超过 162,000.00 元，现有 24,000.00 元") in [
        r[:2] for r in binding(refused)
    ]
    assert judge("withdrawal-rent", RENT, BEFORE).value == 18_000_00  # 24 000 of 96 000 exceeds 15 %
    renovation = {"balance": "90000.00元", "renovation_invoice": "100000.00元", "area": "89.50㎡"}
    assert judge("withdrawal-renovation", renovation, AFTER).value == 50_000_00
    too_early = judge("withdrawal-renovation", renovation, BEFORE)
    assert too_early.value == 0
    assert "第二十四条" in binding(too_early)[0][2][0]
    assert "2019" in binding(too_early)[0][2][0]
    fee = {"balance": "90000.00元", "property_fee": "4000.00元"}
    assert [judge("withdrawal-property-fee", fee, on).value for on in (BEFORE, AFTER)] == [0, 3_000_00]


def test_renovation_keeps_its_three_limits_and_its_interval():
    inputs = {"balance": "900000.00元", "renovation_invoice": "900000.00元", "area": "60.55㎡"}
    assert binding(judge("withdrawal-renovation", inputs))[0][:2] == ("按建筑面积", "121,100.00 元")
    assert judge("withdrawal-renovation", {**inputs, "area": "400㎡"}).value == 250_000_00
    again = judge("withdrawal-renovation", {**inputs, "months_since_renovation": "119个月"})
    assert binding(again) == [("距同一住房上次装修提取月数", "需要 120 个月，现有 119 个月", ["示例中心政策第六条"])]
    assert judge("withdrawal-renovation", {**inputs, "months_since_renovation": "120个月"}).value == 121_100_00


@pytest.mark.parametrize(
    ("kind", "act", "decided", "until"),
    [
        ("withdrawal", "2026-09-19", "2026-12-01", "2026-12-01"), ("loan", "2026-09-19", "2026-12-01", "2026-12-01"),
        ("withdrawal", "2026-09-20", "2026-12-01", "2029-12-01"), ("loan", "2026-09-20", "2026-12-01", "2031-12-01"),
        ("loan", "2027-01-01", "2028-02-29", "2033-02-28"), ("withdrawal", "2027-01-01", "2029-02-28", "2032-02-28"),
    ],
)  # fmt: skip
def test_fraud_bars_for_three_and_five_years_only_for_acts_since_the_new_text(kind, act, decided, until):
    decision = judge("fraud-ban", {"fraud": kind, "decided": decided}, date.fromisoformat(act))
    assert decision.value == value_day(date.fromisoformat(until))
    assert len(FRAUD) == 2


def test_a_ban_bars_until_its_last_day_and_no_longer():
    barred = {**RENT, "barred_until": "2029-12-01"}
    assert judge("withdrawal-rent", barred, date(2029, 11, 30)).value == 0
    assert judge("withdrawal-rent", barred, date(2029, 12, 1)).value == 18_000_00
    assert judge("loan-ceiling", {**LOAN, "barred_until": "2029-12-01"}, date(2029, 11, 30)).value == 0


def test_a_flexible_worker_needs_months_or_points_and_the_law():
    enough = {"months_paid": "12个月"}
    assert [judge("flexible-loan-right", enough, on).value for on in (BEFORE, AFTER)] == [0, 1]
    points = {"months_paid": "1个月", "deposit_product": "7300000.00元·日"}
    assert judge("flexible-loan-right", points).value == 1
    assert judge("flexible-loan-right", points, center="yueyang").value == 0  # there by months
    refused = judge("flexible-loan-right", {"months_paid": "11个月", "deposit_product": "7299999.99元·日"})
    assert {reason[0] for reason in binding(refused)} == {"灵活就业连续缴存月数", "灵活就业存贷积分"}


def test_the_longest_term_ends_some_years_after_retirement():
    young = {"birth_month": "1995-05", "retirement_group": "male"}
    assert judge("loan-term", young).value == 360
    old = judge("loan-term", {"birth_month": "1968-05", "retirement_group": "male"}, date(2026, 10, 12))
    # 60 years and 11 months: retires 2029-04, five years after is 2034-04, 90 months from 2026-10
    assert old.value == 90
    assert binding(old)[0][0] == "至退休后允许年限"
    assert judge("loan-term", {"birth_month": "1950-05", "retirement_group": "male"}).value == 0


def test_an_amount_is_rounded_once(tmp_path):
    """9879.16 × 12 % is 1185.4992: to the yuan 1185, though to the fen and then to the yuan it would be 1186."""
    inputs = {"wage": "9879.16元", "unit_ratio": "12%", "person_ratio": "12%"}
    cent, yuan = (f"{{from: 2019-03-24, value: {unit}元, article: 第二条}}" for unit in ("0.01", "1.00"))
    rule, law = find_rule("contribution-monthly"), packs.load_book("demo", own_packs(tmp_path, (cent, yuan)))
    assert decide(rule, law, Case(on=AFTER, inputs=read_inputs(rule, inputs))).value == 2370_00
    assert judge("contribution-monthly", inputs).value == 2 * 1185_50  # to the fen


def test_a_ratio_below_the_floor_needs_its_approval():
    low = {"wage": "8000.00元", "unit_ratio": "4%", "person_ratio": "5%"}
    assert judge("contribution-monthly", low).value == 0
    assert judge("contribution-monthly", {**low, "ratio_lowered": "是"}).value == 720_00
    high = judge("contribution-monthly", {**low, "unit_ratio": "12.01%"})
    assert binding(high) == [("缴存比例不高于上限", "最多 12%，现有 12.01%", ["建金〔2016〕74号"])]


@pytest.mark.parametrize(
    ("inputs", "error", "field"),
    [
        ({"price": "100000.00"}, WrongUnitError, "price"), ({"price": "6个月"}, WrongUnitError, "price"),
        ({"home": "third"}, WrongUnitError, "home"), ({"colour": "1"}, InputError, "colour"),
        ({"balance": "-1.00元"}, InputError, "balance"), ({"term": "0个月"}, InputError, "term"),
        ({"price": "2000000000.00元"}, InputError, "price"), ({"barred_until": "2026-02-30"}, WrongUnitError, "barred_until"),
    ],
)  # fmt: skip
def test_a_wrong_input_is_named(inputs, error, field):
    with pytest.raises(error) as caught:
        judge("loan-ceiling", {**LOAN, **inputs})
    assert caught.value.field == field


def test_a_missing_input_and_a_day_before_the_rule_are_refused():
    with pytest.raises(InputError, match="房屋总价"):
        judge("loan-ceiling", {key: text for key, text in LOAN.items() if key != "price"})
    with pytest.raises(PolicyError, match="2019-03-24"):
        judge("loan-ceiling", LOAN, date(2019, 3, 23))


def stored_of(decision):
    return json.loads(json.dumps(decision.to_json(), ensure_ascii=False))


def test_a_stored_decision_comes_out_again_without_any_pack():
    for decision in (
        judge("loan-ceiling", LOAN), judge("loan-ceiling", {**LOAN, "months_paid": "4个月"}, crowd="flexible"),
        judge("withdrawal-rent", RENT, district="江北县"), judge("loan-term", {"birth_month": "1968-05", "retirement_group": "male"}),
        judge("fraud-ban", {"fraud": "loan", "decided": "2026-12-01"}), judge("withdrawal-rent", RENT, BEFORE, center="yueyang"),
    ):  # fmt: skip
        again = replay(stored_of(decision))
        assert again.to_json() == decision.to_json()
        assert to_lines(explain(again)) == to_lines(explain(decision))


@pytest.mark.parametrize("key", ["result", "version", "on", "inputs", "parameters", "tree"])
def test_a_stored_decision_that_was_altered_is_refused(key):
    stored = copy.deepcopy(stored_of(judge("loan-ceiling", LOAN)))
    altered = {
        "result": lambda: stored.update(result=1),
        "version": lambda: stored.update(version="0" * 16),
        "on": lambda: stored.update(on="2027-01-01"),
        "inputs": lambda: stored["inputs"].update(months_paid="4个月"),
        "parameters": stored["parameters"].pop,
        "tree": lambda: stored["tree"]["children"][0].update(value=5),
    }
    altered[key]()
    with pytest.raises(ReplayError):
        replay(stored)


def make(function, **changes):
    facts = {
        "title": "试", "anchor": Anchor.ACCEPTED, "unit": Unit.FEN, "inputs": {"balance": given("余额", Unit.FEN)},
        "parameters": ("withdrawal.retention",), "period": Period(date(2019, 3, 24)), **changes,
    }  # fmt: skip
    return declare(function, "trial", **facts)


def undeclared_parameter(op, given, law):
    return op.least(given["balance"], law["loan.cap.single"], law["withdrawal.retention"])


def undeclared_input(op, given, law):
    return given["income"] + law["withdrawal.retention"]


def mixes_units(op, given, law):
    return given["balance"] + law["withdrawal.rent.months_paid"]


def rounds_negative(op, given, law):
    return op.round_to(given["balance"] - law["withdrawal.retention"], law["withdrawal.retention"], Rounding.DOWN)


def overflows(op, given, law):
    ratio = op.constant(10**6, Unit.PPM)
    term = given["balance"]
    for _time in range(8):
        term = op.times(term, op.constant(1000, Unit.COUNT))
    return op.times_ppm(term, ratio, Rounding.DOWN) - law["withdrawal.retention"]


def reads_nothing(op, given, law):
    return op.constant(0, Unit.FEN)


def half_even(op, given, law):
    return op.times_ppm(given["balance"], op.constant(1, Unit.PPM), Rounding.HALF_EVEN) + law["withdrawal.retention"]


@pytest.mark.parametrize(
    ("function", "parameters", "told"),
    [
        (undeclared_parameter, (), "loan.cap.single"), (undeclared_input, (), "income"),
        (mixes_units, ("withdrawal.rent.months_paid",), "单位"), (rounds_negative, (), "positive"),
        (overflows, (), "64"), (reads_nothing, (), "从未读取"), (half_even, (), "银行家"),
        (undeclared_parameter, ("loan.cap.single", "no.such.path"), "没有这个参数"),
    ],
)  # fmt: skip
def test_lint_finds_what_is_wrong_with_a_rule(function, parameters, told):
    rule = make(function, parameters=("withdrawal.retention", *parameters))
    findings = lint([packs.book("demo")], [rule])
    assert findings
    assert any(told in f"{finding.path} {finding.message}" for finding in findings)


def test_lint_finds_a_gap_within_the_days_that_a_rule_claims():
    too_early = replace(find_rule("loan-ceiling"), period=Period(date(2019, 3, 1)))
    findings = lint([packs.book("demo")], [too_early])
    assert {finding.on for finding in findings} == {date(2019, 3, 1)}
    assert "loan.cap.couple" in {finding.path for finding in findings}
    assert "loan.rate.short_term" not in {finding.path for finding in findings}


def test_lint_of_the_shipped_rules_is_clean():
    assert lint([packs.book("demo"), packs.book("yueyang")], rules().values()) == []


def test_the_version_follows_all_that_a_rule_says():
    def one(op, given, law):
        return given["balance"]

    def other(op, given, law):
        return law["withdrawal.retention"]

    texts = [make(function).version for function in (one, other)]
    assert texts[0] != texts[1]
    assert make(one).version == make(one).version
    assert make(one, unit=Unit.MONTHS).version != texts[0]
    assert make(one, uses=(other,)).version != texts[0]


def test_an_undeclared_read_fails_for_one_case_too():
    with pytest.raises(UndeclaredError) as caught:
        decide(make(undeclared_parameter), packs.book("demo"), Case(on=AFTER, inputs={"balance": 1}))
    assert (caught.value.code, caught.value.field) == ("POLICY_UNDECLARED", "loan.cap.single")
    rule = make(mixes_units, parameters=("withdrawal.rent.months_paid",))
    with pytest.raises(WrongUnitError):
        decide(rule, packs.book("demo"), Case(on=AFTER, inputs={"balance": 1}))
    with pytest.raises(RangeError):
        decide(make(rounds_negative), packs.book("demo"), Case(on=AFTER, inputs={"balance": 1}))
    with pytest.raises(UnknownPathError):
        packs.book("demo").resolve("no.such", AFTER)


def test_explanations_are_there_in_english_and_in_json():
    decision = judge("loan-ceiling", {**LOAN, "months_paid": "4个月"})
    reason = to_object(explain(decision))["binding"][0]
    assert reason["sources"] == [{"path": "loan.months_paid", "citation": "建金〔2014〕148号", "confidence": "likely"}]
    book = packs.book("demo")
    words = {book.definition(path).title for rule in rules().values() for path in rule.parameters}
    words |= {one.title for rule in rules().values() for one in rule.inputs.values()}
    words |= {rule.title for rule in rules().values()}
    words |= {label for codes in CODE_LISTS.values() for label in codes.labels.values()}
    for name, inputs in (
        ("loan-ceiling", LOAN),
        ("withdrawal-rent", RENT),
        ("loan-term", {"birth_month": "1968-05", "retirement_group": "male"}),
    ):
        words |= labels(judge(name, inputs).tree)
    assert [word for word in sorted(words) if translate(word) == word] == []
    assert RENTAL.place("public") == 1


def labels(node):
    return {node.label, *(label for child in node.children for label in labels(child))} - {""}
