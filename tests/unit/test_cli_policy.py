"""`anju policy` as a person and as a program meet it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from anju.cli.main import main
from anju.policy.decision import replay

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "policy"
CASE, REFUSED, PACKAGE = (
    EXAMPLES / f"{name}.yaml" for name in ("loan-ceiling", "loan-ceiling-refused", "spring-package")
)


def run(*arguments):
    return CliRunner().invoke(main, ["policy", *map(str, arguments)])


def test_lint_is_clean_and_says_what_it_proved():
    ran = run("lint")
    assert ran.exit_code == 0
    assert "12 条规则" in ran.stdout
    assert json.loads(run("lint", "--json").stdout) == []


def test_a_citizen_is_told_what_binds_and_by_which_article():
    shown = run("explain", "loan-ceiling", "--case", CASE).stdout
    assert "个人住房公积金贷款可贷额度：784,000.00 元" in shown
    assert "▶ 按房屋总价和首付比例：784,000.00 元" in shown
    assert "依据：示例中心政策第九条，示例值" in shown
    assert "注意：标有“示例值”的不是本市现行规定" in shown
    refused = run("explain", "loan-ceiling", "--case", REFUSED).stdout
    assert "连续足额缴存月数：需要 6 个月，现有 4 个月\n    依据：建金〔2014〕148号" in refused


def test_in_english_and_afterwards_in_chinese_again():
    assert "needs 6 months, has 4 months" in run("explain", "loan-ceiling", "--case", REFUSED, "--lang", "en").stdout
    assert "需要 6 个月" in run("explain", "loan-ceiling", "--case", REFUSED).stdout


def test_what_is_printed_as_json_can_be_replayed():
    answer = json.loads(run("explain", "loan-ceiling", "--case", CASE, "--json").stdout)
    assert replay(answer["decision"]).value == 78_400_000
    assert answer["explanation"]["illustrative"] is True


def test_what_the_new_regulation_changed():
    shown = run("diff", "2026-09-19", "2026-09-20").stdout
    assert "loan.decision_days（贷款申请作出决定的期限，national）：15 日 → 10 日" in shown
    assert "共 16 处不同" in shown


def test_what_a_package_changes():
    found = json.loads(run("diff", "--overlay", PACKAGE, "--json").stdout)
    assert {"before": "15 倍，示例值", "after": "18 倍，待核对原文"}.items() <= next(
        one for one in found if one["path"] == "loan.balance_multiple"
    ).items()


def test_a_what_if_by_office_crowd_and_year():
    ran = run("simulate", "--overlay", PACKAGE, "--population", "synthetic:2000", "--rule", "withdrawal-rent", "--json")
    (outcome,) = json.loads(ran.stdout)
    assert (outcome["rule"], outcome["rows"]) == ("withdrawal-rent", 2000)
    path = sum(step["after"] - step["before"] for step in outcome["path"])
    assert path == sum(group["change"] for group in outcome["groups"]) > 0
    shown = run("simulate", "--overlay", PACKAGE, "--population", "synthetic:2000").stdout
    for words in (
        "2027 春季政策包",
        "租房提取额度（withdrawal-rent）",
        "共 2,000 人，受影响",
        "管理部",
        "多子女家庭",
        "2027",
    ):
        assert words in shown


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["explain", "loan-celing", "--case", CASE], "loan-ceiling"),
        (["explain", "loan-term", "--case", CASE], "loan-ceiling.yaml 第5行 inputs.price"),
        (["diff", "2026-09-19", "2026-9-20"], "YYYY-MM-DD"),
        (["diff", "2026-09-19"], "两个日期"),
        (["simulate", "--overlay", CASE, "--population", "synthetic:10"], "loan-ceiling.yaml"),
        (["simulate", "--overlay", PACKAGE, "--population", "synthetic:many"], "synthetic:1000000"),
        (["simulate", "--overlay", PACKAGE, "--population", "nobody.csv"], "nobody.csv"),
        (["simulate", "--overlay", PACKAGE, "--population", "synthetic:10", "--from", "2018-01"], "2019-03-24"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_on_stderr(arguments, told):
    ran = run(*arguments)
    assert ran.exit_code == 2
    assert told in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("on: 2026-10-12", "on: 2019-03-23", "2019-03-24"), ("980000.00元", "980000", "第5行"),
        ("center: demo", "center: nowhere", "yueyang"), ("  term: 300个月\n", "", "贷款期限"),
        ("inputs:", "input:", "inputs"), ("  home: first", "  home: third", "第6行"), ("on: 2026-10-12\n", "", "受理日"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_case_is_named(tmp_path, old, new, told):
    text = CASE.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "case.yaml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    ran = run("explain", "loan-ceiling", "--case", file)
    assert ran.exit_code == 2
    assert told in ran.stderr
