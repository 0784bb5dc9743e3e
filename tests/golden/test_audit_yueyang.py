"""The published 2024 self-evaluation report of the Yueyang center: what is wrong in it is found, what is right is not.

The auditor knows nothing about this report; the expectations stand here only.
"""

from pathlib import Path

import pytest

from anju.evaluation.audit import AuditReport, Finding, Rule, Severity, audit

REPORT = Path(__file__).parents[2] / "examples" / "yueyang-2024" / "report.txt"
BASIC = "附件1《2024年度部门整体支出绩效评价基础数据表》"
WHOLE = "附件2《2024年度部门整体支出绩效自评表》"
PROJECT = "附件3《2024年度项目支出绩效自评表》"


@pytest.fixture(scope="module")
def report() -> AuditReport:
    return audit(REPORT)


def at(report: AuditReport, rule: Rule, line: int) -> Finding:
    """The one finding of a rule at a line."""
    found = [finding for finding in report.findings if finding.rule is rule and finding.place.line == line]
    assert len(found) == 1, [str(finding) for finding in report.findings if finding.rule is rule]
    return found[0]


def test_the_execution_rate_of_the_project_is_not_its_quotient(report: AuditReport) -> None:
    finding = at(report, Rule.RATIO, 597)
    assert finding.severity is Severity.ERROR
    assert (finding.printed, finding.recomputed) == ("61.65%", "61.46%")
    assert finding.formula == "1701.93 ÷ 2769.05 = 61.46%"
    assert finding.place.address == ("", PROJECT, "年度资金总额", "执行率")
    score = next(p for p in report.passed if p.rule is Rule.RATE_SCORE and p.place.line == 598)
    assert score.formula == "10 × 1701.93 ÷ 2769.05 = 6.15"  # the printed score belongs to the right rate


def test_a_standard_of_twenty_points_stands_beside_a_weight_of_ten(report: AuditReport) -> None:
    finding = at(report, Rule.WEIGHT, 356)
    assert (finding.severity, finding.printed, finding.recomputed) == (Severity.ERROR, "20分", "10")
    assert finding.place.address == ("", WHOLE, "实现住房公积金增值收益", "评扣分标准")


@pytest.mark.parametrize(("line", "printed", "total"), [(336, "3", (527, "96.01")), (657, "3.00", (826, "94.55"))])
def test_the_missed_loan_target_earns_its_share(
    report: AuditReport, line: int, printed: str, total: tuple[int, str]
) -> None:
    finding = at(report, Rule.TARGET_SCORE, line)
    assert (finding.severity, finding.printed, finding.recomputed) == (Severity.ERROR, printed, "3.40")
    assert finding.formula == "5 × 10.19亿元 ÷ 15亿元 = 3.40"
    strict = at(report, Rule.TARGET_SCORE, total[0])
    assert (strict.severity, strict.recomputed) == (Severity.REMARK, total[1])


def test_the_cost_indicator_is_scored_without_an_actual_value(report: AuditReport) -> None:
    finding = at(report, Rule.FILLED, 498)
    assert finding.severity is Severity.OMISSION
    assert finding.place.address == ("", WHOLE, "成本控制在预算内", "实际完成值")
    assert finding.formula == "得分 10，实际完成值为空"


def test_the_project_budget_has_four_values(report: AuditReport) -> None:
    finding = at(report, Rule.SAME_VALUE, 34)
    assert finding.severity is Severity.CONTRADICTION
    assert finding.printed == "2124.50万元、2324.71、2447.06、2769.05"
    assert [place.line for place in finding.related] == [165, 593, 594]


def test_one_quantity_is_printed_in_several_precisions_units_and_names(report: AuditReport) -> None:
    overdue = at(report, Rule.PRECISION, 49)
    assert overdue.printed == "0.0193%、0.019%、0.02%"
    assert [place.line for place in overdue.related] == [65, 366, 685]
    assert at(report, Rule.PRECISION, 51).printed == "3.77亿元、3.7665亿元"
    assert at(report, Rule.ONE_NAME, 49).printed == "个贷率、存贷比"
    assert at(report, Rule.ONE_UNIT, 77).printed == "99分"
    assert at(report, Rule.ONE_UNIT, 675).recomputed == "52.07%"
    assert at(report, Rule.ONE_UNIT, 799).recomputed == "1701.93万元"


def test_the_annexes_differ_in_wording(report: AuditReport) -> None:
    slip = at(report, Rule.WORDING, 745)
    assert slip.formula == "“有效发放保障作用” ≠ “有效发挥保障作用”"
    assert at(report, Rule.WORDING, 767).printed == "有效实现增值"


@pytest.mark.parametrize(("line", "first"), [(463, 430), (763, 733)])
def test_one_indicator_is_scored_twice(report: AuditReport, line: int, first: int) -> None:
    finding = at(report, Rule.DUPLICATE, line)
    assert finding.printed == "实现公积金保值增值"
    assert [place.line for place in finding.related] == [first]


@pytest.mark.parametrize("line", [326, 638])
def test_half_as_much_again_as_the_target_has_no_reason(report: AuditReport, line: int) -> None:
    finding = at(report, Rule.DEVIATION, line)
    assert (finding.severity, finding.recomputed) == (Severity.OMISSION, "151.46%")


@pytest.mark.parametrize("line", [398, 694])
def test_twenty_working_days_are_more_than_the_law_allows(report: AuditReport, line: int) -> None:
    finding = at(report, Rule.DEADLINE, line)
    assert (finding.severity, finding.printed, finding.recomputed) == (Severity.ERROR, "20个工作日内", "3日")
    assert "第二十五条" in finding.formula


@pytest.mark.parametrize("line", [386, 723])
def test_three_working_days_are_only_remarked_on(report: AuditReport, line: int) -> None:
    assert at(report, Rule.DEADLINE, line).severity is Severity.REMARK


def test_bases_are_mixed(report: AuditReport) -> None:
    assert "5487.80" in at(report, Rule.BASIS, 497).formula
    assert "2447.06" in at(report, Rule.BASIS, 798).formula
    split = at(report, Rule.BASIS, 276)
    assert split.printed == "6298.34、4791.96"
    body = at(report, Rule.BASIS, 91)
    assert (body.printed, body.recomputed) == ("76.08%", "87.32%")
    paid = at(report, Rule.BASIS, 51)
    assert "3.8892亿元 > 3.7665亿元" in paid.formula


def test_the_rest_of_what_is_found(report: AuditReport) -> None:
    assert at(report, Rule.FILLED, 184).place.row == "公用经费"
    assert "810.54万元" in at(report, Rule.FILLED, 209).formula
    for line in (304, 606):  # “完成各项指标” beside a missed target
        assert at(report, Rule.CLAIM, line).severity is Severity.CONTRADICTION
    assert at(report, Rule.CLAIM, 86).severity is Severity.REMARK
    assert at(report, Rule.ONE_NAME, 536).printed == "运转经费"
    for line in (240, 323, 529, 831):
        assert at(report, Rule.FORM, line).severity is Severity.REMARK


def test_nothing_else_is_reported(report: AuditReport) -> None:
    counts = {severity: sum(f.severity is severity for f in report.findings) for severity in Severity}
    assert counts == {
        Severity.ERROR: 8,
        Severity.CONTRADICTION: 5,
        Severity.OMISSION: 5,
        Severity.BASIS: 5,
        Severity.UNIT: 6,
        Severity.REMARK: 10,
    }
    assert report.year == 2024
    assert report.checked == len(report.findings) + len(report.passed)
    assert report.checked > 300


SOUND = [
    (Rule.RATIO, "122 ÷ 127 = 96.06%"),
    (Rule.RATIO, "4791.96 ÷ 6298.34 = 76.08%"),
    (Rule.RATE_SCORE, "10 × 4791.96 ÷ 6298.34 = 7.61"),
    (Rule.RATIO, "42.41亿元 ÷ 56.85亿元 = 74.60%"),
    (Rule.SUM, "122人 + 77人 = 199人"),
    (Rule.SUM, "2666.53万元 + 137.97万元 + 285.53万元 = 3090.03万元"),
    (Rule.SUM, "1632.37万元 + 69.56万元 = 1701.93万元"),
    (Rule.SUM, "3363.30万元 + 2124.50万元 = 5487.80"),
    (Rule.SUM, "3090.03万元 + 1701.93万元 = 4791.96"),
    (Rule.SUM, "30.07 + 0 + 0.96 = 31.03"),
    (Rule.SUM, "26.44 + 3.63 = 30.07"),
    (Rule.SUM, "10 + 0 + 5.8 = 15.8"),
    (Rule.SUM, "4.3 + 0 + 1.13 = 5.43"),
    (Rule.SUM, "0 + 4.30 = 4.3"),
    (Rule.SUM, "2769.05 + 0 + 0 = 2769.05"),
    (Rule.COUNT, "写明 9，列举 9"),
    (Rule.COUNT, "写明 11，列举 11"),
    (Rule.COUNT, "写明 5，列举 5"),
    (Rule.GROWTH, "0.21% > 0.019%"),
    (Rule.LIMIT, "77人 ≤ 90名"),
    (Rule.DEVIATION, "10.19亿元 ÷ 15亿元 = 67.93%"),
]


@pytest.mark.parametrize(("rule", "formula"), SOUND)
def test_what_is_consistent_is_checked_and_not_reported(report: AuditReport, rule: Rule, formula: str) -> None:
    assert (rule, formula) in {(passed.rule, passed.formula) for passed in report.passed}


def test_totals_and_weights_hold(report: AuditReport) -> None:
    sums = {passed.place.line: passed.formula for passed in report.passed if passed.rule is Rule.SUM}
    assert sums[527].endswith("= 95.61")
    assert sums[826].endswith("= 94.15")
    assert sums[825].endswith("= 100")
    weights = [p for p in report.passed if p.rule is Rule.WEIGHT and p.formula.endswith("= 100")]
    assert {passed.place.table for passed in weights} == {WHOLE, PROJECT}


def test_no_finding_lies_in_the_sound_rows_of_the_basic_data(report: AuditReport) -> None:
    rows = {finding.place.row for finding in report.findings if finding.place.table == BASIC}
    assert rows == {"公用经费", "部门基本支出预算调整", "填报人等"}
