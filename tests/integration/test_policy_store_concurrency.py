"""Two officers at once, and what the tables refuse even to their owner. These tests commit."""

import json
from datetime import date

import pytest
from click.testing import CliRunner
from django.db import Error, connections

from anju.cli.main import main
from anju.policy_store import errors, operations, queries
from policy_packs import AT, RENT, RENT_2027, load, package, propose
from threads import in_threads

pytestmark = pytest.mark.usefixtures("own_center", "center")


@pytest.fixture(autouse=True)
def loaded(own_center, center):
    load()


def test_two_officers_approve_the_same_package_at_once(tmp_path):
    number = propose(tmp_path, RENT_2027)
    before = queries.snapshot().version
    results = in_threads(lambda n: operations.approve(proposal=number, checker=f"复核{n}", at=AT), 4)
    assert sorted(type(one).__name__ for one in results) == ["Promoted", *["ProposalDecidedError"] * 3]
    assert queries.snapshot().version == before + 1
    assert [one.value for one in queries.history(path=RENT) if one.since.id == number].count("1,800.00 元") == 1


def test_one_officer_whose_request_was_sent_twice_gets_one_result(tmp_path):
    number = propose(tmp_path, RENT_2027.replace("1800", "1810"), "再次")
    results = in_threads(lambda _n: operations.approve(proposal=number, checker="李", at=AT), 3)
    assert sorted(one.replayed for one in results) == [False, True, True]
    assert len({one.version for one in results}) == 1


def test_two_packages_over_the_same_days_at_once(tmp_path):
    numbers = [propose(tmp_path, RENT_2027.replace("1800", f"19{n}0"), f"政策包{n}") for n in range(3)]
    results = in_threads(lambda n: operations.approve(proposal=numbers[n], checker="李", at=AT), 3)
    assert sorted(type(one).__name__ for one in results) == ["Promoted", *["StaleProposalError"] * 2]
    winner = next(n for n, one in enumerate(results) if isinstance(one, operations.Promoted))
    assert queries.snapshot().book.resolve(RENT, date(2027, 10, 1)).value == 190_000 + winner * 1_000


def test_the_same_content_proposed_at_once_is_one_proposal(tmp_path):
    results = in_threads(lambda n: operations.load_pack(center="yueyang", reason="x", maker=f"{n}", at=AT), 2)
    assert [type(one) for one in results] == [errors.OtherCenterError] * 2
    overlay = package(tmp_path, "withdrawal.retention:\n  - {from: 2027-09-01, value: 50.00元}", "留存")
    made = in_threads(lambda _n: operations.propose(package=overlay, reason="x", maker="王", at=AT), 3)
    assert sorted(one.replayed for one in made) == [False, True, True]
    assert len({one.number for one in made}) == 1


OVERLAPPING = """
    INSERT INTO policy_store_value
        (series_id, valid, unit, value, document, article, confidence, origin, source_id, since)
    SELECT series_id, valid, unit, value, document, article, confidence, origin, source_id, since
      FROM policy_store_value WHERE until IS NULL LIMIT 1"""
BY_HIS_OWN_MAKER = """
    UPDATE policy_store_proposal SET state = 'rejected', checker = maker, decided_at = now()
     WHERE id = (SELECT min(id) FROM policy_store_proposal WHERE state = 'proposed')"""


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        (OVERLAPPING, "policy_store_value_no_overlap"),
        (BY_HIS_OWN_MAKER, "two_persons"),
        ("UPDATE policy_store_value SET value = '\"9.00元\"' WHERE until IS NULL", "only added to"),
        ("UPDATE policy_store_value SET until = NULL WHERE until IS NOT NULL", "only added to"),
        ("DELETE FROM policy_store_value", "only added to"),
        ("TRUNCATE policy_store_decision", "only added to"),
        ("UPDATE policy_store_proposal SET reason = 'x'", "only added to"),
        ("UPDATE policy_store_proposal SET state = 'rejected' WHERE state = 'approved'", "only added to"),
        ("DELETE FROM policy_store_definition", "only added to"),
        ("UPDATE policy_store_series SET crowd = 'x'", "only added to"),
    ],
)
def test_even_the_owner_cannot_rewrite_history(tmp_path, statement, refusal):
    propose(tmp_path, RENT_2027.replace("1800.00", f"1777.{len(statement) % 100:02d}"), statement[:20].strip())
    with connections["owner"].cursor() as cursor, pytest.raises(Error, match=refusal):
        cursor.execute(statement)


def test_the_commands_from_proposal_to_history(tmp_path):
    def run(*arguments: str) -> str:
        ran = CliRunner().invoke(main, ["policy", *arguments])
        assert ran.exit_code == 0, ran.output
        return ran.stdout

    assert "没有差异" in run("load", "--maker", "王")
    file = tmp_path / "package.yaml"
    package(tmp_path, "withdrawal.purchase.window:\n  - {from: 2027-09-01, value: 30个月}", "购房")
    shown = run("propose", str(file), "--maker", "王", "--reason", "岳公积金委〔2027〕3号")
    assert "＋ withdrawal.purchase.window（demo）2027-09-01 起：30 个月" in shown
    assert "− withdrawal.purchase.window（demo）2019-03-24 起：36 个月" in shown
    number = shown.split("anju policy approve ")[1].split()[0]
    refused = CliRunner().invoke(main, ["policy", "approve", number, "--checker", "王"])
    assert (refused.exit_code, "POLICY_STORE_SAME_PERSON" in refused.stderr) == (2, True)
    assert "已生效" in run("approve", number, "--checker", "李")
    assert "王/李" in run("history", "withdrawal.purchase.window")
    told = json.loads(run("history", "withdrawal.purchase.window", "--json"))
    assert [one["value"] for one in told if one["until"] is None] == ["36 个月", "30 个月"]
    (known,) = [one for one in json.loads(run("proposals", "--json")) if str(one["id"]) == number]
    assert (known["maker"], known["checker"], known["reason"]) == ("王", "李", "岳公积金委〔2027〕3号")
    assert "购房" in run("proposals", "--state", "approved")
    assert "全部相符" in run("verify")
    again = (
        run("propose", str(file_of(tmp_path, "24个月")), "--maker", "王").split("anju policy approve ")[1].split()[0]
    )
    assert "已驳回" in run("reject", again, "--checker", "李", "--note", "依据不足")
    other = (
        run("propose", str(file_of(tmp_path, "18个月")), "--maker", "王").split("anju policy approve ")[1].split()[0]
    )
    assert "已撤回" in run("withdraw", other, "--maker", "王", "--note", "有误")


def file_of(folder, value):
    package(folder, f"withdrawal.purchase.window:\n  - {{from: 2028-09-01, value: {value}}}", "购房")
    return folder / "package.yaml"
