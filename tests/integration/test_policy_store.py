"""Policy in the database: what is in force, that it takes two persons, and that a refusal leaves nothing behind."""

from datetime import date, timedelta

import pytest
from django.db import Error, connection, transaction

from anju.policy import packs
from anju.policy.decision import Case, decide
from anju.policy.errors import GapError, NotInForceError, OverlapError, UnknownPathError, WrongUnitError
from anju.policy.lint import lint
from anju.policy.overlay import Overlay
from anju.policy.rules import find_rule, rules
from anju.policy_store import decisions, errors, operations, queries
from anju.policy_store.changes import rows_of
from policy_packs import AT, RENT, RENT_2027, load, own_packs, package, propose

pytestmark = pytest.mark.usefixtures("db")
#: A parameter for which the demo center has no value.
GAPPY = "service.loan_decision_days"
AUTUMN, SPRING = date(2027, 9, 1), date(2027, 3, 1)
CEILING = {
    "balance": 5_000_000, "months_paid": 24, "family_income": 2_000_000, "price": 98_000_000, "home": 0, "household": 1,
    "monthly_deposit": 300_000, "months_to_retirement": 300, "term": 300, "homes": 0, "loans_before": 0,
}  # fmt: skip


def rent(on: date, **scope: str) -> int:
    return queries.snapshot().book.resolve(RENT, on, **scope).value


def state() -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, since, until, valid FROM policy_store_value ORDER BY id")
        values = cursor.fetchall()
        cursor.execute("SELECT id, state, version FROM policy_store_proposal ORDER BY id")
        return [*values, *cursor.fetchall()]


def test_the_book_of_the_store_is_the_book_of_the_files():
    load()
    stored, files = queries.snapshot().book, packs.book("demo")
    assert (stored.definitions, stored.districts) == (files.definitions, files.districts)
    facts = [
        sorted((row.path, str(row.scope), row.start, row.end, str(row.value), row.citation, row.origin) for row in rows)
        for rows in (rows_of(stored), rows_of(files))
    ]
    assert facts[0] == facts[1]
    assert lint([stored], rules().values()) == []


def test_loading_again_changes_nothing_and_a_lost_answer_finds_its_proposal(tmp_path):
    first = operations.load_pack(center="demo", reason="发布", maker="王", at=AT)
    again = operations.load_pack(center="demo", reason="发布", maker="王", at=AT)
    assert (again.number, again.replayed) == (first.number, True)
    with pytest.raises(errors.AlreadyProposedError, match="王"):
        operations.load_pack(center="demo", reason="发布", maker="赵", at=AT)
    approved = operations.approve(proposal=first.number, checker="李", at=AT)
    assert operations.approve(proposal=first.number, checker="李", at=AT) == operations.Promoted(approved.version, True)
    before = state()
    assert load().number is None
    commented = own_packs(tmp_path, ("# Illustrative", "# A new first line.\n# Illustrative"))
    assert load(commented).number is None
    assert state() == before


def test_a_package_counts_on_its_days_and_scopes_and_the_version_before_stays_readable(tmp_path):
    load()
    first = queries.snapshot().version
    operations.approve(proposal=propose(tmp_path, RENT_2027), checker="李", at=AT)
    assert [rent(day) for day in (AUTUMN - timedelta(1), AUTUMN, date(2028, 8, 31), date(2028, 9, 1))] == [
        150_000, 180_000, 180_000, 150_000,
    ]  # fmt: skip
    assert rent(AUTUMN, crowd="multi_child") == 200_000
    assert queries.snapshot(version=first).book.resolve(RENT, AUTUMN).value == 150_000
    assert queries.snapshot().version == first + 1


def test_the_same_person_never_makes_and_checks(tmp_path):
    load()
    number = propose(tmp_path, RENT_2027)
    for checker in ("王", ""):
        with pytest.raises(errors.SamePersonError):
            operations.approve(proposal=number, checker=checker, at=AT)
        with pytest.raises(errors.SamePersonError):
            operations.reject(proposal=number, checker=checker, note="", at=AT)
    with pytest.raises(errors.SamePersonError, match="只有提案人"):
        operations.withdraw(proposal=number, maker="李", note="", at=AT)
    with (
        pytest.raises(Error, match="policy_store_proposal_two_persons"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT policy_store_close(%s, 'rejected', '王', now(), '')", [number])
    assert queries.find_proposal(number).state == "proposed"


@pytest.mark.parametrize("ending", ["rejected", "withdrawn", "approved"])
def test_what_is_decided_stays_decided(tmp_path, ending):
    load()
    number = propose(tmp_path, RENT_2027)

    def end() -> object:
        if ending == "rejected":
            return operations.reject(proposal=number, checker="李", note="依据不足", at=AT)
        if ending == "withdrawn":
            return operations.withdraw(proposal=number, maker="王", note="有误", at=AT)
        return operations.approve(proposal=number, checker="李", at=AT)

    end()
    before = state()
    end()  # a retry of the same person
    assert rent(AUTUMN) == (180_000 if ending == "approved" else 150_000)
    for act in (
        lambda: operations.approve(proposal=number, checker="赵", at=AT),
        lambda: operations.reject(proposal=number, checker="赵", note="", at=AT),
        lambda: operations.withdraw(proposal=number, maker="王", note="晚了", at=AT),
    ):
        with pytest.raises(errors.ProposalDecidedError, match=f"提案 {number} 已由"):
            act()
    assert state() == before


@pytest.mark.parametrize(
    ("changes", "error", "names"),
    [
        ("no.such.path:\n  - {from: 2027-09-01, value: 1.00元}", UnknownPathError, "no.such.path"),
        (f"{RENT}:\n  - {{from: 2027-09-01, value: 12%}}", WrongUnitError, RENT),
        (
            f"{RENT}:\n  - {{from: 2027-09-01, value: 1.00元}}\n  - {{from: 2028-01-01, value: 2.00元}}",
            OverlapError,
            RENT,
        ),
        (
            f"{GAPPY}:\n  - {{from: 2027-01-01, to: 2027-06-01, value: 9个工作日}}\n  - {{from: 2027-09-01, value: 8个工作日}}",
            GapError,
            f"{GAPPY} 2027-06-01",
        ),
    ],
)
def test_a_wrong_package_is_refused_whole(tmp_path, changes, error, names):
    load()
    before = state()
    with pytest.raises(error) as refused:
        propose(tmp_path, f"withdrawal.retention:\n  - {{from: 2027-09-01, value: 50.00元}}\n{changes}")
    assert names in refused.value.field
    assert state() == before


def test_a_package_that_was_right_when_proposed_is_judged_again_when_approved(tmp_path):
    load()
    number = propose(tmp_path, f"{RENT_2027}\nwithdrawal.purchase.window:\n  - {{from: 2027-09-01, value: 24个月}}")
    gone = own_packs(tmp_path, ("withdrawal.purchase.window:", "withdrawal.purchase.days:"))
    for file in gone.rglob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("withdrawal.purchase.window:", "withdrawal.purchase.days:"), encoding="utf-8")
    load(gone)
    before = state()
    with pytest.raises(UnknownPathError, match="自 2027-09-01") as refused:
        operations.approve(proposal=number, checker="李", at=AT)
    assert "package.yaml 秋季政策包 withdrawal.purchase.window 2027-09-01" in refused.value.field
    assert state() == before
    assert queries.find_proposal(number).state == "proposed"


def test_a_unit_that_changed_after_the_proposal_is_seen_at_approval(tmp_path):
    load()
    number = propose(tmp_path, "withdrawal.purchase.window:\n  - {from: 2027-09-01, value: 24个月}")
    other = own_packs(tmp_path, ("value: 36个月, article: 第五条", "value: 3, article: 第五条"))
    for file in other.rglob("*.yaml"):
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        for place, line in enumerate(lines):
            if line.strip() == "withdrawal.purchase.window:":
                lines[place : place + 5] = [
                    each.replace("unit: months", "unit: count") for each in lines[place : place + 5]
                ]
        file.write_text("".join(lines), encoding="utf-8")
    load(other)
    with pytest.raises(WrongUnitError, match="months") as refused:
        operations.approve(proposal=number, checker="李", at=AT)
    assert "withdrawal.purchase.window 2027-09-01" in refused.value.field


def test_two_packages_over_the_same_days_cannot_both_count(tmp_path):
    load()
    first, second = propose(tmp_path, RENT_2027), propose(tmp_path, RENT_2027.replace("1800", "1900"), "另一政策包")
    elsewhere = propose(tmp_path, f"{RENT}:\n  - {{from: 2028-09-01, value: 1700.00元}}", "以后的政策包")
    operations.approve(proposal=first, checker="李", at=AT)
    before = state()
    with pytest.raises(errors.StaleProposalError, match="自 2027-09-01") as refused:
        operations.approve(proposal=second, checker="李", at=AT)
    assert RENT in refused.value.field
    assert state() == before
    operations.approve(proposal=elsewhere, checker="李", at=AT)
    assert [rent(AUTUMN), rent(date(2028, 9, 1))] == [180_000, 170_000]
    with pytest.raises(errors.NothingChangedError):
        propose(tmp_path, RENT_2027)


def test_a_package_that_breaks_a_rule_is_refused(tmp_path):
    load()
    with pytest.raises(errors.RuleGapError, match="contribution"):
        propose(tmp_path, "contribution.round_unit:\n  - {from: 2027-07-01, value: 0.00元, article: 第二条}")


def test_a_pack_never_changes_what_a_package_has_changed(tmp_path):
    load()
    operations.approve(proposal=propose(tmp_path, RENT_2027), checker="李", at=AT)
    general = "{from: 2019-03-24, value: 1500.00元, article: 第四条}"
    elsewhere = own_packs(tmp_path, ("value: 100.00元, article: 第三条", "value: 200.00元, article: 第三条"))
    load(elsewhere)  # another parameter: the package stays
    assert rent(AUTUMN) == 180_000
    until = "{from: 2019-03-24, to: 2027-09-01, value: 1500.00元}\n      - {from: 2027-09-01, value: "
    before = state()
    against = own_packs(tmp_path, (general, until + "1600.00元}"))
    with pytest.raises(errors.PackConflictError, match=f"{RENT}（demo，2027-09-01）"):
        load(against)
    assert state() == before
    load(own_packs(tmp_path, (general, until + "1800.00元}")))
    assert [rent(AUTUMN), rent(date(2028, 9, 1))] == [180_000, 180_000]


def test_an_older_pack_does_not_come_back_by_a_late_approval(tmp_path):
    load()
    older = own_packs(tmp_path, ("value: 100.00元, article: 第三条", "value: 200.00元, article: 第三条"))
    newer = own_packs(tmp_path, ("value: 100.00元, article: 第三条", "value: 300.00元, article: 第三条"))
    late = operations.load_pack(center="demo", folder=older, reason="发布", maker="王", at=AT)
    load(newer)
    with pytest.raises(errors.StaleProposalError, match="参数文件已更新"):
        operations.approve(proposal=late.number, checker="李", at=AT)
    assert queries.snapshot().book.resolve("withdrawal.retention", AUTUMN).value == 30_000


@pytest.mark.parametrize(("maker", "reason", "error"), [
    ("", "x", errors.PolicyStoreError), ("王", "经办人 11010119900307002X 申请", errors.PersonalDataError),
])  # fmt: skip
def test_a_proposal_names_its_maker_and_nobodys_identity(maker, reason, error):
    before = state()
    with pytest.raises(error):
        operations.load_pack(center="demo", reason=reason, maker=maker, at=AT)
    assert state() == before


def test_a_gap_in_a_loaded_pack_is_found_by_lint(tmp_path):
    gap = (
        "{from: 2019-03-24, to: 2026-01-01, value: 100.00元, article: 第三条}\n"
        "      - {from: 2026-07-01, value: 100.00元, article: 第三条}\n"
        "    unknown:\n      - {from: 2026-01-01, to: 2026-07-01, reason: 文件未找到}"
    )
    loaded = load(own_packs(tmp_path, ("{from: 2019-03-24, value: 100.00元, article: 第三条}", gap)))
    book = queries.snapshot().book
    found = {(one.rule, one.path, one.on) for one in lint([book], rules().values())}
    assert ("withdrawal-rent", "withdrawal.retention", date(2026, 1, 1)) in found
    assert found == {(one.rule, one.path, one.on) for one in loaded.plan.findings}  # and was told when proposed
    with pytest.raises(NotInForceError, match="文件未找到"):
        book.resolve("withdrawal.retention", date(2026, 3, 1))


def test_another_centers_policy_is_not_mixed_in(tmp_path):
    load()
    with pytest.raises(errors.OtherCenterError, match="demo"):
        operations.load_pack(center="yueyang", reason="发布", maker="王", at=AT)
    foreign = Overlay(name="别处", document="x", changes={RENT: packs.book("yueyang").in_force(RENT, AUTUMN)[-1:]})
    with pytest.raises(errors.OtherCenterError):
        operations.propose(package=foreign, reason="", maker="王", at=AT)


def test_history_tells_who_when_and_why(tmp_path):
    load()
    number = propose(tmp_path, RENT_2027)
    operations.approve(proposal=number, checker="李", at=AT + timedelta(hours=3))
    told = [one for one in queries.history(path=RENT) if one.scope == "demo"]
    assert [(one.value, str(one.start), str(one.end), one.until is None) for one in told] == [
        ("1,500.00 元", "2019-03-24", "None", False),
        ("1,500.00 元", "2019-03-24", "2027-09-01", True),
        ("1,800.00 元", "2027-09-01", "2028-09-01", True),
        ("1,500.00 元", "2028-09-01", "None", True),
    ]
    assert [one.trust for one in told] == ["，示例值", "，示例值", "，待核对原文", "，示例值"]
    change = told[2].since
    assert (change.maker, change.proposed_at, change.checker, change.decided_at, change.reason) == (
        "王", AT, "李", AT + timedelta(hours=3), "会议决定",
    )  # fmt: skip
    assert told[0].until == change
    assert [one.brought_by for one in told] == [told[0].since.id, told[0].since.id, number, told[0].since.id]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT action, actor FROM platform_auditentry WHERE object_kind = 'policy-proposal'"
            " AND object_reference = %s ORDER BY id", [str(number)],
        )  # fmt: skip
        assert cursor.fetchall() == [("policy.propose", "王"), ("policy.approve", "李")]


def test_a_stored_decision_comes_out_again_after_the_parameters_have_changed(tmp_path):
    load()
    rule, snapshot = find_rule("loan-ceiling"), queries.snapshot()
    taken = decide(rule, snapshot.book, Case(on=AUTUMN, inputs=CEILING))
    first = decisions.record_decision(key="案-1", decision=taken, version=snapshot.version, actor="王", at=AT)
    operations.approve(
        proposal=propose(tmp_path, "loan.cap.couple:\n  - {from: 2020-01-01, value: 500000.00元, article: 第二条}"),
        checker="李", at=AT,
    )  # fmt: skip
    again = decisions.replay_decision(key="案-1")
    assert again.to_json() == taken.to_json()
    assert list(decisions.verify_decisions()) == []
    now = queries.snapshot()
    other = decide(rule, now.book, Case(on=AUTUMN, inputs=CEILING))
    assert other.value < taken.value
    assert decisions.record_decision(key="案-1", decision=taken, version=snapshot.version, actor="王", at=AT) == first
    with pytest.raises(errors.DecisionKeyReusedError):
        decisions.record_decision(key="案-1", decision=other, version=now.version, actor="王", at=AT)
    with pytest.raises(errors.PersonalDataError):
        decisions.record_decision(key="11010119900307002X", decision=taken, version=now.version, actor="王", at=AT)


@pytest.mark.parametrize("table", ["proposal", "definition", "series", "value", "decision"])
@pytest.mark.parametrize(
    "verb", ["UPDATE {} SET id = DEFAULT", "DELETE FROM {}", "TRUNCATE {}", "INSERT INTO {} DEFAULT VALUES"]
)
def test_the_application_role_writes_no_table(table, verb):
    with pytest.raises(Error, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(verb.format(f"policy_store_{table}"))


def test_before_anything_is_approved():
    with pytest.raises(errors.EmptyStoreError, match="anju policy load"):
        queries.snapshot()
    with pytest.raises(errors.UnknownProposalError, match="999999"):
        operations.approve(proposal=999_999, checker="李", at=AT)


def test_a_known_version_costs_one_statement(django_assert_num_queries):
    load()
    queries.snapshot()
    with django_assert_num_queries(1):
        assert rent(AUTUMN) == 150_000


def test_a_package_for_one_district_leaves_the_others(tmp_path):
    load()
    change = f"{RENT}:\n  - {{from: 2027-03-01, district: 江北县, value: 1300.00元, article: 第一条}}"
    overlay = package(tmp_path, change)
    assert [row.scope.district for row in overlay.rows] == ["江北县"]
    operations.approve(proposal=propose(tmp_path, change), checker="李", at=AT)
    assert [rent(SPRING), rent(SPRING, district="江北县")] == [150_000, 130_000]
