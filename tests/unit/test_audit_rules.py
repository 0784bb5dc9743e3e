"""Each rule of the report auditor on a small report of another center: silent when all is well, loud when one thing is off."""

from dataclasses import replace
from fractions import Fraction

import pytest

from anju.evaluation.audit import AuditParameters, AuditReport, Finding, ReportFileError, Rule, Severity, audit_document
from anju.evaluation.audit.numbers import find_numbers, half_up, numeral, show, whole_number
from anju.evaluation.audit.read_text import read_text
from anju.evaluation.audit.rules.deadlines import calendar_days
from anju.evaluation.audit.targets import Direction, parse_target

#: A report in which everything agrees. Tables are written with one row a line, cells between tabs.
SOUND = """一、部门基本情况
（一）机构设置情况
本中心内设3个科室分别是：综合科、归集科（政策科）、信贷科；实行“受理、审核、复核”三大环节。
（二）人员编制情况
核定事业编制50名，劳务派遣用工20名。2025年年末从业人员60人，其中，在编45人，劳务派遣用工15人。
二、一般公共预算支出情况
经批复的2025年管理经费基本支出预算1000.00万元，全年基本支出900.00万元，其中工资福利支出700.00万元，对个人和家庭的补助50.00万元，商品和服务支出150.00万元。
经批复的2025年管理经费项目支出预算600.00万元，全年项目支出540.00万元，其中商品和服务支出500.00万元，资本性支出40.00万元。
三、部门整体支出绩效情况
1.全年归集资金40.00亿元，上年39.00亿元，同比增长2.56%。其中市直管理部归集12.00亿元。累计归集资金400亿元。
2.全年办理提取30.00亿元，提取额占当年缴存额的75.00%；发放住房公积金贷款12.00亿元，支持2500户家庭。
3.逾期率由0.05%降至0.04%；个贷率65.00%。计划明年归集资金45亿元。
4.实现增值收益2.50亿元，上缴财政廉租住房（公共租赁住房）建设补充资金1.20亿元。
5.出台租房、购房等5项措施，办结贷款审批时限由10个工作日压缩至5个工作日。
发放问卷200份，收回有效问卷190份，回收率95.00%，满意度98%。部门整体预算执行率90.00%，自评得分96.00分，评价等级为“优”。
附件：
1.部门整体支出绩效评价基础数据表
2.部门整体支出绩效自评表
3.项目支出绩效自评表
附件1
2025年度部门整体支出绩效评价基础数据表
财政供养人员情况\t编制数\t2025年实际在职人数\t控制率
\t50\t45\t90.00%
经费控制情况(万元)\t2024年决算数\t2025年预算数\t2025年决算数
三公经费\t30\t25\t20.5
1、公务用车购置和维护经费\t20\t15\t12.5
其中：公车购置\t5\t0\t0
公车运行维护\t15\t15\t12.50
2、出国经费\t0\t0\t0
3、公务接待\t10\t10\t8
项目支出：\t580\t600\t540
1、业务工作经费\t580\t600\t540
2、运行维护经费\t\t\t
公用经费：\t160\t170\t150
其中：办公经费\t60\t70\t60
水费、电费、差旅费\t50\t60\t55
政府采购金额\t100\t90\t80
填报人：甲 填报日期：2026-03-01

附件2
2025年度部门整体支出绩效自评表
预算部门名称\t衡山市住房公积金管理中心
年度预算申请(万元)\t\t年初预算数\t全年预算数\t全年执行数\t分值\t执行率\t得分
\t年度资金总额：\t1600.00\t1600.00\t1440.00\t10\t90.00%\t9.00
\t按收入性质分：\t按支出性质分：
\t一般公共预算：\t1440.00\t其中:基本支出：\t900.00
\t政府性基金拨款：\t0.00\t项目支出：\t540.00
年度总体目标\t预期目标\t实际完成情况
\t完成年度任务。\t除贷款发放外完成年度任务。
绩效指标\t一级指标\t二级指标\t三级指标\t年度指标值\t实际完成值\t评扣分标准\t分值\t得分\t偏差原因分析及改进措施
\t产出指标(55分)\t数量指标\t归集住房公积金\t≥38亿元\t40.00亿元\t按完成比例计分\t15\t15\t
\t\t\t办理住房公积金提取\t25亿元\t30.00亿元\t按完成比例计分\t10\t10\t
\t\t\t发放住房公积金贷款\t15亿元\t12.00亿元\t按完成比例计分\t15\t12.00\t市场需求不足。
\t\t质量指标\t年度个人住房贷款逾期率\t控制在0.06%以下\t0.04%\t超过不得分\t10\t10\t
\t\t时效指标\t作出准予贷款或不准予贷款的决定\t5个工作日内\t按时完成\t逾期不得分\t5\t5\t
\t效益指标\t社会效益指标\t住房公积金个贷率\t60%-85%\t65.00%\t超出不得分\t5\t5\t
\t\t生态效益指标\t不适用\t不适用\t不适用\t无\t\t\t
\t\t可持续影响指标\t发挥住房保障作用\t有效\t有效发挥\t酌情扣分\t10\t10\t
\t满意度指标\t服务对象满意度指标\t窗口服务满意度\t95%\t98%\t按比例扣分\t10\t10\t
\t成本指标\t经济成本指标\t成本控制在预算内\t1600.00万元\t1440.00万元\t超支不得分\t10\t10\t
总分\t100\t96.00
填报人：甲 填报日期：2026-03-01

附件3
2025年度项目支出绩效自评表
项目支出名称\t业务工作经费
主管部门\t衡山市住房公积金管理中心\t实施单位\t衡山市住房公积金管理中心
项目资金(万元)\t资金来源\t年初预算数\t全年预算数\t全年执行数\t分值\t执行率\t得分
\t其中:当年财政拨款\t580.00\t580.00\t520.00\t\t\t
\t上年结转金额\t20.00\t20.00\t20.00\t\t\t
\t年度资金总额\t600.00\t600.00\t540.00\t10\t90.00%\t9.00
年度总体目标\t预期目标\t实际完成情况
\t完成年度任务。\t除贷款发放外完成年度任务。
绩效指标\t一级指标\t二级指标\t三级指标\t年度指标值\t实际完成值\t分值\t得分\t偏差原因分析及改进措施
\t产出指标\t数量指标\t归集住房公积金\t≥38亿元\t40.00亿元\t40\t40\t
\t\t时效指标\t作出准予贷款或不准予贷款的决定\t5个工作日内\t按时完成\t10\t10\t
\t效益指标\t社会效益指标\t群众咨询答复次数\t≥1000次\t1200次\t20\t20\t
\t满意度指标\t服务对象满意度指标\t窗口服务满意度\t95%\t98%\t10\t10\t
\t成本指标\t经济成本指标\t成本控制在预算内\t600.00万元\t540.00万元\t10\t10\t
总分\t100\t99.00
填报人：甲 填报日期：2026-03-01
"""


def run(text: str, parameters: AuditParameters | None = None) -> AuditReport:
    return audit_document(read_text(text), parameters=parameters)


def changed(*pairs: tuple[str, str]) -> AuditReport:
    """The sound report with each first text replaced, once, by the second; the first must be there."""
    text = SOUND
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    return run(text)


def kinds(report: AuditReport) -> set[tuple[Rule, Severity]]:
    return {(finding.rule, finding.severity) for finding in report.findings}


def only(report: AuditReport, rule: Rule) -> Finding:
    found = [finding for finding in report.findings if finding.rule is rule]
    assert len(found) == 1, [str(finding) for finding in report.findings]
    return found[0]


def test_a_sound_report_of_another_center_and_year_has_no_finding() -> None:
    report = run(SOUND)
    assert report.findings == ()
    assert report.year == 2025
    assert report.checked == len(report.passed) > 100
    looked_at = {passed.rule for passed in report.passed}
    silent = {Rule.PRECISION, Rule.ONE_UNIT, Rule.ONE_NAME, Rule.WORDING} & looked_at
    assert silent == {Rule.ONE_UNIT, Rule.ONE_NAME, Rule.WORDING}
    assert {
        Rule.RATIO,
        Rule.RATE_SCORE,
        Rule.SUM,
        Rule.SAME_VALUE,
        Rule.WEIGHT,
        Rule.FILLED,
        Rule.TARGET_SCORE,
    } <= looked_at
    assert {Rule.DEVIATION, Rule.DUPLICATE, Rule.BASIS, Rule.DEADLINE, Rule.COUNT, Rule.GROWTH, Rule.LIMIT} <= looked_at


ONE_CHANGE = [
    # (a) ratios and the score of the execution rate
    ("\t50\t45\t90.00%", "\t50\t45\t91.00%", Rule.RATIO, Severity.ERROR),
    ("540.00\t10\t90.00%\t9.00", "540.00\t10\t90.10%\t9.00", Rule.RATIO, Severity.ERROR),
    ("540.00\t10\t90.00%\t9.00", "540.00\t10\t90.00%\t9.10", Rule.RATE_SCORE, Severity.ERROR),
    ("的75.00%", "的75.01%", Rule.RATIO, Severity.REMARK),  # 30.00 ÷ 40.00 of rounded numbers may be 75.01
    ("的75.00%", "的76.00%", Rule.RATIO, Severity.ERROR),
    ("回收率95.00%", "回收率96.00%", Rule.RATIO, Severity.ERROR),
    # (b) sums
    ("从业人员60人", "从业人员61人", Rule.SUM, Severity.ERROR),
    ("资本性支出40.00万元", "资本性支出41.00万元", Rule.SUM, Severity.ERROR),
    ("资本性支出40.00万元", "资本性支出40.01万元", Rule.SUM, Severity.REMARK),
    ("三公经费\t30\t25\t20.5", "三公经费\t31\t25\t20.5", Rule.SUM, Severity.ERROR),
    ("公车购置\t5\t0\t0", "公车购置\t6\t0\t0", Rule.SUM, Severity.ERROR),
    ("公用经费：\t160\t170\t150", "公用经费：\t100\t170\t150", Rule.SUM, Severity.ERROR),
    ("上年结转金额\t20.00", "上年结转金额\t21.00", Rule.SUM, Severity.ERROR),
    ("产出指标(55分)", "产出指标(50分)", Rule.SUM, Severity.ERROR),
    ("100\t99.00", "100\t98.00", Rule.SUM, Severity.ERROR),
    ("100\t99.00", "99\t99.00", Rule.SUM, Severity.ERROR),
    # (c) one value, unit, precision and name
    ("个贷率65.00%。", "个贷率66.00%。", Rule.SAME_VALUE, Severity.CONTRADICTION),
    ("个贷率65.00%。", "个贷率65.004%。", Rule.PRECISION, Severity.UNIT),
    ("个贷率65.00%。", "存贷比65.00%。", Rule.ONE_NAME, Severity.UNIT),
    ("满意度98%。", "满意度98分。", Rule.ONE_UNIT, Severity.UNIT),
    ("满意度98%。", "满意度97分。", Rule.ONE_UNIT, Severity.CONTRADICTION),
    ("1200次", "1200", Rule.ONE_UNIT, Severity.UNIT),
    (
        "三级指标\t年度指标值\t实际完成值\t分值\t得分\t偏差原因分析及改进措施\n\t产出指标\t数量指标\t归集住房公积金\t≥38亿元",
        "三级指标\t年度指标值\t实际完成值\t分值\t得分\t偏差原因分析及改进措施\n\t产出指标\t数量指标\t归集住房公积金\t≥39亿元",
        Rule.WORDING,
        Severity.CONTRADICTION,
    ),
    ("实施单位\t衡山市", "实施单位\t衡阳市", Rule.WORDING, Severity.CONTRADICTION),
    ("自评得分96.00分", "自评得分95.00分", Rule.SAME_VALUE, Severity.CONTRADICTION),
    # (d, e) the row by itself
    ("\t40.00亿元\t按完成比例计分\t", "\t40.00亿元\t20分\t", Rule.WEIGHT, Severity.ERROR),
    ("\t有效\t有效发挥\t", "\t有效\t\t", Rule.FILLED, Severity.OMISSION),
    ("\t有效\t有效发挥\t", "\t\t有效发挥\t", Rule.FILLED, Severity.OMISSION),
    ("\t1200次\t20\t20\t", "\t1200次\t20\t21\t", Rule.WEIGHT, Severity.ERROR),
    ("公用经费：\t160\t170\t150", "公用经费：\t\t\t", Rule.FILLED, Severity.OMISSION),
    ("\t50\t45\t90.00%", "\t50\t45\t", Rule.FILLED, Severity.OMISSION),
    # (f) targets, scores and reasons
    ("\t15\t12.00\t市场", "\t15\t11.00\t市场", Rule.TARGET_SCORE, Severity.ERROR),
    ("市场需求不足。", "", Rule.DEVIATION, Severity.OMISSION),
    ("\t办理住房公积金提取\t25亿元", "\t办理住房公积金提取\t20亿元", Rule.DEVIATION, Severity.OMISSION),
    ("\t60%-85%\t", "\t70%-85%\t", Rule.TARGET_SCORE, Severity.ERROR),
    ("控制在0.06%以下", "控制在0.03%以下", Rule.TARGET_SCORE, Severity.ERROR),
    # (g) duplicates
    ("发挥住房保障作用", "办理住房公积金提取", Rule.DUPLICATE, Severity.ERROR),
    # (h) bases
    ("\t600.00\t600.00\t540.00", "\t600.00\t620.00\t540.00", Rule.BASIS, Severity.BASIS),
    ("一般公共预算：\t1440.00", "一般公共预算：\t1600.00", Rule.BASIS, Severity.BASIS),
    ("项目支出预算600.00万元", "项目支出预算610.00万元", Rule.SAME_VALUE, Severity.CONTRADICTION),
    ("补充资金1.20亿元", "补充资金2.40亿元", Rule.BASIS, Severity.BASIS),
    # (i) law
    ("决定\t5个工作日内\t按时完成\t逾", "决定\t16个工作日内\t按时完成\t逾", Rule.DEADLINE, Severity.ERROR),
    ("决定\t5个工作日内\t按时完成\t逾", "决定\t12个工作日内\t按时完成\t逾", Rule.DEADLINE, Severity.REMARK),
    ("压缩至5个工作日", "压缩至二十日", Rule.DEADLINE, Severity.ERROR),
    # and the rest
    ("内设3个", "内设4个", Rule.COUNT, Severity.ERROR),
    ("三大环节", "四大环节", Rule.COUNT, Severity.ERROR),
    ("租房、购房等5项", "租房、购房、装修等2项", Rule.COUNT, Severity.REMARK),
    ("增长2.56%", "增长2.66%", Rule.GROWTH, Severity.ERROR),
    ("增长2.56%", "增长2.57%", Rule.GROWTH, Severity.REMARK),
    ("由0.05%降至", "由0.03%降至", Rule.GROWTH, Severity.ERROR),
    ("收回有效问卷190份，回收率95.00%", "收回有效问卷290份", Rule.LIMIT, Severity.ERROR),
    ("劳务派遣用工20名", "劳务派遣用工10名", Rule.LIMIT, Severity.CONTRADICTION),
    ("政府采购金额\t100\t90\t80", "政府采购金额\t100\t90\t95", Rule.LIMIT, Severity.REMARK),
    ("除贷款发放外完成年度任务", "已全面完成各项指标任务", Rule.CLAIM, Severity.CONTRADICTION),
    ("等级为“优”", "等级为“良”", Rule.CLAIM, Severity.ERROR),
    ("填报人：甲 填报日期：2026-03-01", "填报人：     填报日期：2026-03-01", Rule.FORM, Severity.REMARK),
    ("2025年度项目支出绩效自评表", "2024年度项目支出绩效自评表", Rule.FORM, Severity.CONTRADICTION),
    ("2025年实际在职人数", "2023年实际在职人数", Rule.FORM, Severity.CONTRADICTION),
    ("3.项目支出绩效自评表", "3.部门预算调整情况表", Rule.FORM, Severity.OMISSION),
]


@pytest.mark.parametrize(("old", "new", "rule", "severity"), ONE_CHANGE)
def test_one_thing_off_is_found_by_its_rule(old: str, new: str, rule: Rule, severity: Severity) -> None:
    report = changed((old, new))
    assert (rule, severity) in kinds(report), [(f.rule, f.severity, f.formula) for f in report.findings]


STILL_SOUND = [
    [("全年归集资金40.00亿元", "全年归集资金40.0亿元")],  # fewer zeros are no other precision
    [("在编45人，劳务派遣用工15人", "在编45人")],  # one part need not be all
    [("其中市直管理部归集12.00亿元", "2026年计划归集资金45亿元")],  # a plan is no outcome
    [("累计归集资金400亿元", "荆江管理部归集资金3亿元")],  # a part of the city is not the city
    [("支持2500户家庭", "发放贷款2500户")],  # another dimension is another quantity
    [("\t50\t45\t90.00%", "\t50\t45\t90.00")],  # a percentage without its sign
    [("执行率90.00%，", "执行率为90%，")],
    [("出台租房、购房等5项措施", "开展3项工作：一是归集、二是提取")],
    [("\t12.00\t市场需求不足。\n", "\t12\t市场需求不足。\n")],
    [("\t\t\t办理住房公积金提取\t25亿元\t30.00亿元\t按完成比例计分\t10\t10\t", "\t\t\t办理住房公积金提取\t20亿元\t30.00亿元\t按完成比例计分\t10\t10\t政策放宽。")],
    [("决定\t5个工作日内\t按时完成\t逾", "决定\t10个工作日内\t按时完成\t逾"),
     ("决定\t5个工作日内\t按时完成\t10", "决定\t10个工作日内\t按时完成\t10")],
    [("公用经费：\t160", "公用经费：\t200")],  # the listed parts leave something out
    [("年度资金总额：\t1600.00", "年度资金总额：\t1600")],
]  # fmt: skip


@pytest.mark.parametrize("pairs", STILL_SOUND)
def test_what_is_sound_in_another_form_is_not_reported(pairs: list[tuple[str, str]]) -> None:
    report = changed(*pairs)
    assert report.findings == (), [(f.rule, f.formula) for f in report.findings]


def test_a_finding_names_place_printed_value_recomputed_value_and_formula() -> None:
    finding = only(changed(("540.00\t10\t90.00%\t9.00", "540.00\t10\t91.00%\t9.00")), Rule.RATIO)
    assert (finding.printed, finding.recomputed) == ("91.00%", "90.00%")
    assert finding.formula == "540.00 ÷ 600.00 = 90.00%"
    assert finding.place.address == ("", "附件3《2025年度项目支出绩效自评表》", "年度资金总额", "执行率")
    line = next(n for n, text in enumerate(SOUND.splitlines(), 1) if text.startswith("\t年度资金总额\t600"))
    assert finding.place.line == line
    assert [place.column for place in finding.related] == ["全年执行数", "全年预算数"]


def test_an_unmet_target_changes_the_total_in_a_remark() -> None:
    report = changed(("\t15\t12.00\t市场", "\t15\t10\t市场"), ("100\t96.00", "100\t94.00"), ("得分96.00", "得分94.00"))
    row, total = [finding for finding in report.findings if finding.rule is Rule.TARGET_SCORE]
    assert (row.printed, row.recomputed, row.formula) == ("10", "12.00", "15 × 12.00亿元 ÷ 15亿元 = 12.00")
    assert (total.severity, total.printed, total.recomputed) == (Severity.REMARK, "94.00", "96.00")


def test_overfulfilment_is_a_parameter() -> None:
    stricter = replace(AuditParameters(), overfulfilment=Fraction(11, 10))
    found = [finding for finding in run(SOUND, stricter).findings if finding.rule is Rule.DEVIATION]
    assert {finding.recomputed for finding in found} == {"120.00%"}


def test_the_loan_decision_has_ten_days_from_the_law_of_2026() -> None:
    pairs = [("决定\t5个工作日内\t按时完成\t逾", "决定\t12日内\t按时完成\t逾")]
    assert not [f for f in changed(*pairs).findings if f.rule is Rule.DEADLINE]  # 2025: 15 days
    text = SOUND.replace("2026-03", "2027-03").replace("2025", "2026").replace("2024", "2025")
    old, new = pairs[0]
    finding = only(run(text.replace(old, new, 1)), Rule.DEADLINE)  # 2026: 15, then 10 days
    assert (finding.printed, finding.recomputed, finding.severity) == ("12日内", "10日", Severity.ERROR)


def test_several_projects_are_added_up() -> None:
    start = SOUND.index("附件3\n2025")
    second = SOUND[start:].replace("业务工作经费", "信息化经费")
    report = run(
        SOUND.replace("项目支出预算600.00万元", "项目支出预算1200.00万元").replace("\t600\t540", "\t1200\t540")
        + "\n"
        + second
    )
    formulas = [passed.formula for passed in report.passed]
    assert "1200.00万元 = 600.00 + 600.00" in formulas
    assert "1200 = 600.00 + 600.00" in formulas


def test_a_slip_in_an_indicator_name_between_the_annexes_is_found() -> None:
    text = SOUND.replace("作出准予贷款或不准予贷款的决定", "作出准许贷款或不准予贷款的决定", 1)
    found = [finding for finding in run(text).findings if finding.rule is Rule.WORDING]
    assert [finding.place.column for finding in found] == ["三级指标"]


def test_a_rate_on_the_initial_budget_is_a_matter_of_basis() -> None:
    text = SOUND.replace(
        "\t1600.00\t1600.00\t1440.00\t10\t90.00%\t9.00", "\t1600.00\t1800.00\t1440.00\t10\t90.00%\t8.00"
    )
    found = [f for f in run(text).findings if f.rule is Rule.BASIS and f.place.column == "执行率"]
    assert [(finding.severity, finding.recomputed) for finding in found] == [(Severity.BASIS, "80.00%")]


def test_opposite_trends_of_one_business_are_remarked_on() -> None:
    text = "一、问题\n贷款业务持续低迷。随着贷款业务的不断增长，风险上升。归集业务稳步增长。\n" + SOUND
    finding = only(run(text), Rule.CLAIM)
    assert finding.severity is Severity.REMARK
    assert "贷款业务" in finding.printed


def test_missing_annexes_are_omissions_and_no_table_is_an_error() -> None:
    only_whole = SOUND[: SOUND.index("附件3\n2025")]
    names = {finding.formula for finding in run(only_whole).findings if finding.rule is Rule.FORM}
    assert names == {"项目支出绩效自评表"}
    with pytest.raises(ReportFileError, match="不是绩效自评报告"):
        run("一、工作总结\n全年归集资金40亿元。")


def test_the_year_may_stand_in_a_line_of_its_own_below_the_title() -> None:
    text = SOUND.replace("2025年度项目支出绩效自评表\n项目", "项目支出绩效自评表\n（2025年度）\n项目")
    report = run(text)
    assert report.findings == ()
    assert "附件3《项目支出绩效自评表(2025年度)》" in {passed.place.table for passed in report.passed}


def test_a_report_without_a_year_is_refused() -> None:
    with pytest.raises(ReportFileError, match="哪一年度"):
        run("自评表\n一级指标\t二级指标\t三级指标\t年度指标值\t实际完成值\t分值\t得分\n产出\t数量\t甲\t1\t1\t90\t90\n")


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("归集56.85亿元", ["56.85亿元"]),
        ("１２．５％和3‰、0.6‱", ["１２．５％", "3‰", "0.6‱"]),
        ("2024年5月6日成立3个工作日", ["3个工作日"]),
        ("第3季度1,234.50元", ["1,234.50元"]),
        ("控制在50%-70%的区间", ["50%", "70%"]),
        ("版本1.2.3与28分钟", []),
        ("增速-3.5%", ["-3.5%"]),
        ("新增3000多人", ["3000多人"]),
    ],
)
def test_numbers_are_found_as_printed(text: str, printed: list[str]) -> None:
    assert [number.text for number in find_numbers(text)] == printed


def test_numbers_are_exact_and_round_half_up() -> None:
    number = whole_number("3.77亿元")
    assert number is not None
    assert number.exact == 377_000_000
    assert number.prints(Fraction(376_650_000))
    assert not number.prints(Fraction(376_499_999))
    assert half_up(Fraction(25, 1000), 2) == Fraction(3, 100)
    assert half_up(Fraction(-25, 1000), 2) == Fraction(-3, 100)
    assert show(Fraction(-1, 3), 2) == "-0.33"
    assert [numeral(text) for text in ("9", "十", "十一", "二十", "两", "三十五", "百", "十十")] == [
        9,
        10,
        11,
        20,
        2,
        35,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("text", "indicator", "level", "direction", "bounds"),
    [
        ("28亿元", "归集", "产出指标", Direction.UP, ("28亿元", "28亿元")),
        ("≥28亿元", "归集", "产出指标", Direction.UP, ("28亿元", "28亿元")),
        ("不低于95%", "满意度", "满意度指标", Direction.UP, ("95%", "95%")),
        ("控制在0.06%以下", "贷款逾期率", "产出指标", Direction.DOWN, ("0.06%", "0.06%")),
        ("0.06%", "贷款逾期率", "产出指标", Direction.DOWN, ("0.06%", "0.06%")),
        ("5487.8万元", "成本控制", "成本指标", Direction.DOWN, ("5487.8万元", "5487.8万元")),
        ("自受理之日起20个工作日内", "决定", "产出指标", Direction.DOWN, ("20个工作日", "20个工作日")),
        ("控制在50%-70%的区间", "个贷率", "产出指标", Direction.RANGE, ("50%", "70%")),
        ("50—70%", "个贷率", "产出指标", Direction.RANGE, ("50", "70%")),
    ],
)
def test_targets_are_read_with_their_direction(
    text: str, indicator: str, level: str, direction: Direction, bounds: tuple[str, str]
) -> None:
    target = parse_target(text, indicator=indicator, level=level)
    assert target is not None
    assert (target.direction, (target.low.text, target.high.text)) == (direction, bounds)


@pytest.mark.parametrize("text", ["有效", "即时办理", "2024年12月31日前", "3次、5次", ""])
def test_targets_in_words_are_not_judged(text: str) -> None:
    assert parse_target(text, indicator="甲", level="产出指标") is None


def test_points_fall_with_the_distance_to_the_target() -> None:
    up, down = parse_target("15亿元", indicator="", level=""), parse_target("≤0.06%", indicator="", level="")
    band = parse_target("50%-70%", indicator="", level="")
    assert up is not None
    assert down is not None
    assert band is not None
    assert up.fulfilment(Fraction(10_19000000)) == Fraction(1019, 1500)
    assert down.fulfilment(Fraction(12, 10000)) == Fraction(1, 2)
    assert [band.fulfilment(Fraction(n, 100)) for n in (25, 50, 70, 140)] == [Fraction(1, 2), 1, 1, Fraction(1, 2)]


def test_working_days_span_week_ends() -> None:
    assert [calendar_days(days) for days in (1, 3, 5, 6, 10)] == [3, 5, 7, 10, 14]
