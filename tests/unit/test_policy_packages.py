"""Packages (政策包) and what-if: strict reading, an overlay that ends, exact sums by office, crowd and month, populations."""

import csv
from datetime import date

import numpy as np
import pytest

from anju.kernel.errors import AnjuError
from anju.kernel.periods import Month
from anju.policy import packs
from anju.policy.codes import CROWD
from anju.policy.decision import Case, decide
from anju.policy.difference import between_days, by_package
from anju.policy.overlay import apply, read_overlay
from anju.policy.population import CsvPopulation, office_names
from anju.policy.rules import find_rule, rules
from anju.policy.simulation import affected, simulate
from anju.policy.synthetic import SyntheticPopulation

HEAD = "name: 春季\ncenter: demo\ndocument: 草案\nchanges:\n"
RENT = """  withdrawal.rent.monthly_limit:
    - {from: 2027-04-01, to: 2028-04-01, value: 1800.00元, article: 第一条}
    - {from: 2027-06-01, crowd: talent, value: 3000.00元}
"""
PATH = "withdrawal.rent.monthly_limit"


@pytest.fixture
def package(tmp_path):
    def read(text, head=HEAD):
        file = tmp_path / "spring.yaml"
        file.write_text(head + text, encoding="utf-8")
        return read_overlay(file, packs.book("demo"))

    return read


def limit(book, on, **scope):
    return book.resolve(PATH, date.fromisoformat(on), **scope).value


def test_a_package_counts_within_its_days_and_scope_and_no_longer(package):
    book = apply(packs.book("demo"), package(RENT))
    days = ("2027-03-31", "2027-04-01", "2028-03-31", "2028-04-01")
    assert [limit(book, day) for day in days] == [150_000, 180_000, 180_000, 150_000]
    assert limit(book, "2027-05-31", crowd="talent") == 180_000
    assert limit(book, "2027-06-01", crowd="talent") == 300_000
    assert limit(book, "2027-04-01", district="江北县") == 120_000  # the district's own value is not the package's
    assert limit(packs.book("demo"), "2027-04-01") == 150_000


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("  withdrawal.rent.limit:\n    - {from: 2027-04-01, value: 1.00元}\n", "POLICY_UNKNOWN_PATH", "第5行"),
        ("  loan.cap.couple:\n    - {from: 2027-04-01, value: 15倍}\n", "POLICY_UNIT", "第6行"),
        (RENT + "    - {from: 2028-03-31, value: 1.00元}\n", "POLICY_OVERLAP", "2028-03-31"),
        ("  loan.cap.couple:\n    - {from: 2027-04-01, value: 1.00元, amount: 2}\n", "POLICY", "amount"),
        ("  loan.cap.couple:\n    - {from: 2027-04-01}\n", "POLICY", "value"),
        ("  loan.balance_formula:\n    - {from: 2027-04-01, value: points}\n", "POLICY_UNIT", "multiple"),
        ("  {}\n", "POLICY", "没有任何改动"),
    ],
)  # fmt: skip
def test_a_wrong_package_is_refused_with_file_and_place(package, text, code, told):
    with pytest.raises(AnjuError) as caught:
        package(text)
    assert caught.value.code == code
    assert told in str(caught.value)
    assert "spring.yaml" in str(caught.value)
    if code in {"POLICY_UNKNOWN_PATH", "POLICY_UNIT", "POLICY_OVERLAP"}:
        path = text.split(":")[0].strip()
        assert path in str(caught.value)
        assert "2027-04-01" in str(caught.value)


def test_a_package_for_another_center_or_before_the_first_value_is_refused(package):
    with pytest.raises(AnjuError, match="yueyang"):
        package(RENT, HEAD.replace("demo", "yueyang"))
    early = package("  loan.cap.couple:\n    - {from: 2018-01-01, to: 2018-02-01, value: 1.00元}\n")
    with pytest.raises(AnjuError) as caught:
        apply(packs.book("demo"), early)
    assert caught.value.code == "POLICY_GAP"
    assert "loan.cap.couple 2018-02-01" in caught.value.field


def test_a_package_switches_a_variant_of_a_rule(package):
    book = apply(
        packs.book("demo"), package("  loan.balance_formula:\n    - {from: 2027-04-01, value: with_deposits}\n")
    )
    inputs = {
        "price": 10**10, "home": 0, "household": 1, "balance": 2_000_000, "monthly_deposit": 100_000,
        "months_to_retirement": 10, "family_income": 10**7, "term": 360, "months_paid": 24,
    }  # fmt: skip
    before, after = (
        decide(find_rule("loan-ceiling"), book, Case(on=on, inputs=inputs)).value
        for on in (date(2027, 3, 31), date(2027, 4, 1))
    )
    assert (before, after) == (30_000_000, 45_000_000)


def test_what_differs_by_day_and_by_package(package):
    changed = {one.definition.path for one in between_days(packs.book("demo"), date(2026, 9, 19), date(2026, 9, 20))}
    assert {"withdrawal.reasons", "loan.decision_days", "fraud.ban.loan"} <= changed
    assert "withdrawal.decision_days" not in changed
    assert not list(between_days(packs.book("demo"), date(2026, 9, 20), date(2026, 9, 20)))
    overlay = package(RENT)
    found = [
        (str(one.on), one.scope.crowd, one.before and one.before.value, one.after and one.after.value)
        for one in by_package(packs.book("demo"), apply(packs.book("demo"), overlay), overlay)
    ]
    assert found == [
        ("2027-04-01", "", 150_000, 180_000), ("2027-06-01", "", 150_000, 180_000), ("2027-06-01", "talent", None, 300_000),
        ("2028-04-01", "talent", None, 300_000),
    ]  # fmt: skip


COLUMNS = ["office", "crowd", "balance", "rental", "rent_paid", "rent_months", "months_paid", "family_income"]
PEOPLE = [
    ["东区", "general", "5000000", "market", "2400000", "12", "12", "800000"],
    ["江北县", "general", "5000000", "market", "24000.00元", "12个月", "12", "8000.00元"],
    ["江北县", "talent", "5000000", "market", "6000000", "12", "12", "800000"],
    ["", "general", "5000000", "public", "1000000", "12", "12", "800000"],
    ["东区", "talent", "5000000", "market", "2400000", "12", "2", "800000"],
]


@pytest.fixture
def population(tmp_path):
    def write(rows=PEOPLE, columns=COLUMNS, chunk_rows=2):
        file = tmp_path / "people.csv"
        with file.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows([columns, *rows])
        return CsvPopulation(
            file, [find_rule("withdrawal-rent")], office_names(packs.book("demo").districts), chunk_rows
        )

    return write


@pytest.mark.parametrize("chunk_rows", [1, 2, 5])
def test_a_simulation_says_who_is_touched_and_by_how_much(package, population, chunk_rows):
    base = packs.book("demo")
    (outcome,) = simulate(
        rules=[find_rule("withdrawal-rent")], baseline=base, package=apply(base, package(RENT)),
        population=population(chunk_rows=chunk_rows), start=Month(2027, 7), months=18,
    )  # fmt: skip
    # the limit counts twice a person: for 2027 (July) with the package, for 2028 (January) too
    assert (outcome.rows, outcome.touched, outcome.gaining, outcome.losing) == (5, 2, 2, 0)
    groups = {key: (group.rows, group.touched, group.change) for key, group in outcome.groups.items()}
    assert groups == {
        ("东区", "general"): (1, 1, 2 * 360_000), ("江北县", "general"): (1, 0, 0),
        ("江北县", "talent"): (1, 1, 2 * (3_600_000 - 1_440_000)), ("", "general"): (1, 0, 0), ("东区", "talent"): (1, 0, 0),
    }  # fmt: skip
    before = 1_800_000 + 1_440_000 + 1_440_000 + 1_000_000
    assert outcome.by_year() == [(year, before, before + 360_000 + 2_160_000) for year in (2027, 2028)]


def test_a_district_that_the_population_does_not_name_touches_nobody(package):
    base = packs.book("demo")
    overlay = package("  withdrawal.rent.monthly_limit:\n    - {from: 2027-01-01, district: 西区, value: 9000.00元}\n")
    (outcome,) = simulate(
        rules=[find_rule("withdrawal-rent")], baseline=base, package=apply(base, overlay),
        population=SyntheticPopulation(500, ("东区", "江北县", "")), start=Month(2027, 1), months=12,
    )  # fmt: skip
    assert (outcome.rows, outcome.touched) == (500, 0)


def test_monthly_money_is_added_up_by_month_and_follows_the_interest_year(package):
    base = packs.book("demo")
    overlay = package("  contribution.base.floor:\n    - {from: 2027-05-15, value: 3000.00元}\n")
    (outcome,) = simulate(
        rules=[find_rule("contribution-monthly")], baseline=base, package=apply(base, overlay),
        population=SyntheticPopulation(3_000, office_names(base.districts)), start=Month(2027, 5), months=4,
    )  # fmt: skip
    changes = [step.after - step.before for step in outcome.path]
    assert [str(step.month) for step in outcome.path] == ["2027-05", "2027-06", "2027-07", "2027-08"]
    assert changes[:2] == [0, 0]
    assert changes[2] == changes[3] > 0
    assert sum(group.change for group in outcome.groups.values()) == sum(changes)
    assert 0 < outcome.touched < outcome.rows


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ((0, 2, "ballance"), "balance"), ((0, 2, "rent_paid"), "重复"), ((4, 2, "-1"), "第5行"), ((4, 2, "12.5"), "第5行"),
        ((2, 0, "南县"), "南县"), ((5, 1, "many"), "第6行"), ((5, 3, "hotel"), "hotel"), ((3, 8, "1"), "第4行"),
        ((1, 4, "9" * 25), "第2行"),
    ],
)  # fmt: skip
def test_a_wrong_population_is_refused_with_file_row_and_column(package, population, change, told):
    row, column, text = change
    columns, *rows = table = [list(line) for line in (COLUMNS, *PEOPLE)]
    table[row][column : column + 1] = [text]
    base = packs.book("demo")
    with pytest.raises(AnjuError) as caught:
        simulate(
            rules=[find_rule("withdrawal-rent")], baseline=base, package=base, population=population(rows, columns),
            start=Month(2027, 1), months=1,
        )  # fmt: skip
    assert told in str(caught.value)
    assert "people.csv" in caught.value.field


def test_a_simulation_before_the_first_known_value_is_refused():
    base = packs.book("demo")
    with pytest.raises(AnjuError, match="2019-03-24"):
        simulate(
            rules=[find_rule("loan-ceiling")], baseline=base, package=base,
            population=SyntheticPopulation(10, office_names(base.districts)), start=Month(2019, 3), months=1,
        )  # fmt: skip


def test_only_the_rules_that_read_a_changed_parameter_are_affected():
    assert [rule.name for rule in affected(list(rules().values()), {"contribution.base.cap"})] == [
        "contribution-back-payment", "contribution-base", "contribution-monthly",
    ]  # fmt: skip


def test_the_synthetic_population_is_the_same_for_a_seed():
    people = SyntheticPopulation(100, ("甲", ""), chunk_rows=40)
    first, second = list(people.chunks()), list(people.chunks())
    assert [chunk.rows for chunk in first] == [40, 40, 20]
    for one, other in zip(first, second, strict=True):
        assert all(np.array_equal(one.columns[name], other.columns[name]) for name in one.columns)
    assert int(max(chunk.crowds.max() for chunk in first)) < len(CROWD)
