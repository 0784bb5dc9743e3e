"""The three annexes as grids, laid out as the official forms are.

The words of a form (一级指标, 全年执行数 …) are part of the form and stay Chinese in every language.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby

from anju.evaluation.model import BasicData, Indicator, SelfEvaluation, format_points, source_name
from anju.evaluation.scoring import Difference, ScoreLine, Scores, differences, percent
from anju.kernel.i18n import gettext as _
from anju.platform.documents.grid import Box, Grid, flow

_BASIC_WIDTHS = (280, 120, 120, 120, 120, 120, 120)
#: 绩效指标, 一级, 二级, 三级, 年度指标值, 实际完成值, 评扣分标准 (annex 2 only), 分值, 得分, 偏差原因.
_DEPARTMENT_WIDTHS = (57, 57, 86, 250, 156, 108, 64, 54, 54, 114)
_PROJECT_WIDTHS = (57, 60, 93, 258, 156, 114, 62, 74, 126)


def basic_grid(data: BasicData) -> Grid:
    """附件1 部门整体支出绩效评价基础数据表."""
    year, staff = data.year, data.staff
    rows = [
        [
            Box("财政供养人员情况", down=2),
            *(Box(text, across=2) for text in ("编制数", f"{year}年实际在职人数", "控制率")),
        ],
        [Box(text, across=2) for text in (str(staff.posts), str(staff.employed), staff_rate(data))],
        [
            Box("经费控制情况(万元)"),
            *(Box(text, across=2) for text in (f"{year - 1}年决算数", f"{year}年预算数", f"{year}年决算数")),
        ],
    ]
    rows += [
        [Box(row.label, align="left"), *(Box(text, across=2) for text in (row.previous, row.budget, row.spent))]
        for row in data.expenses
    ]
    rows += _building_rows(data)
    rows += [
        [Box("厉行节约保障措施"), Box(data.thrift, across=6, align="left")],
        *_closing_rows(len(_BASIC_WIDTHS), data.remark, data.signature),
    ]
    difference = staff_difference(data)
    notes = (_difference_note([difference]),) if difference else ()
    return Grid(data.title, _BASIC_WIDTHS, flow(rows), caption=data.caption, notes=notes, point_size=11)


def staff_rate(data: BasicData) -> str:
    """控制率: people in post over posts approved."""
    return percent(Fraction(data.staff.employed, data.staff.posts))


def staff_difference(data: BasicData) -> Difference | None:
    """The printed 控制率 where it is not the one that comes out."""
    printed, ours = data.staff.printed_rate, staff_rate(data)
    return Difference(_("控制率"), printed, ours) if printed and printed != ours else None


def evaluation_grid(scores: Scores) -> Grid:
    """附件2 部门整体支出绩效自评表 or 附件3 项目支出绩效自评表."""
    evaluation = scores.evaluation
    department = evaluation.scope == "department"
    widths = _DEPARTMENT_WIDTHS if department else _PROJECT_WIDTHS
    heading, funds, total = (
        (_department_heading, _department_funds, _department_total)
        if department
        else (_project_heading, _project_funds, _project_total)
    )
    rows = [
        *heading(evaluation),
        *funds(scores),
        *_goal_rows(evaluation, len(widths)),
        *_indicator_rows(scores),
        total(scores),
        *_closing_rows(len(widths), evaluation.remark, evaluation.signature),
    ]
    notes = tuple(_notes(scores))
    return Grid(evaluation.title, widths, flow(rows), caption=evaluation.caption, notes=notes, point_size=9)


def _building_rows(data: BasicData) -> list[list[Box]]:
    building = data.buildings
    heads = (
        "批复规模\n（㎡）",
        "实际规模\n（㎡）",
        "规模控制率",
        "预算投资\n（万元）",
        "实际投资\n（万元）",
        "投资概算控制率",
    )
    values = (
        building.approved_area,
        building.actual_area,
        building.area_rate,
        building.budgeted,
        building.invested,
        building.investment_rate,
    )
    return [[Box(building.label, down=2), *map(Box, heads)], [Box(value) for value in values]]


def _department_heading(evaluation: SelfEvaluation) -> list[list[Box]]:
    return [[Box("预算部门名称", across=2), Box(evaluation.department, across=8)]]


def _project_heading(evaluation: SelfEvaluation) -> list[list[Box]]:
    return [
        [Box("项目支出名称", across=2), Box(evaluation.project, across=7)],
        [
            Box("主管部门", across=2),
            Box(evaluation.department, across=2),
            Box("实施单位"),
            Box(evaluation.unit, across=4),
        ],
    ]


def _department_funds(scores: Scores) -> Iterator[list[Box]]:
    evaluation = scores.evaluation
    heads = ("年初预算数\n(万元)", "全年预算数\n（万元）", "全年执行数\n（万元）", "分值", "执行率", "得分")
    spans = (1, 1, 1, 1, 2, 1)  # the rate stands below 分值 and 得分 of the indicators, each too narrow for it
    yield [Box("年度预算申请\n(万元)", down=3 + len(evaluation.splits)), Box("", across=2), *map(Box, heads, spans)]
    yield [Box(evaluation.funds.total.label, across=2, align="left"), *map(Box, _funds_total(scores), spans)]
    yield [Box("按收入性质分：", across=4, align="left"), Box("按支出性质分：", across=5, align="left")]
    for split in evaluation.splits:
        yield [
            Box(split.income, across=3, align="left"),
            Box(split.income_amount.text),
            Box(split.spending, across=2, align="left"),
            Box(split.spending_amount.text, across=3),
        ]


def _project_funds(scores: Scores) -> Iterator[list[Box]]:
    funds = scores.evaluation.funds
    heads = ("年初预算数", "全年预算数", "全年执行数", "分值", "执行率", "得分")
    yield [Box("项目资金\n(万元)", down=2 + len(funds.parts)), Box("资金来源", across=2), *map(Box, heads)]
    for part in funds.parts:
        amounts = (part.initial.text, part.adjusted.text, part.spent.text, "", "", "")
        yield [Box(part.label, across=2, align="left"), *map(Box, amounts)]
    yield [Box(funds.total.label, across=2, align="left"), *map(Box, _funds_total(scores))]


def _funds_total(scores: Scores) -> tuple[str, ...]:
    total, execution = scores.evaluation.funds.total, scores.execution
    amounts = (total.initial.text, total.adjusted.text, total.spent.text)
    return (*amounts, format_points(execution.points, trim=True), execution.rate_text, format_points(execution.score))


def _goal_rows(evaluation: SelfEvaluation, columns: int) -> list[list[Box]]:
    left = 4
    right = columns - 1 - left
    return [
        [Box("年度总体目标", down=2), Box("预期目标", across=left), Box("实际完成情况", across=right)],
        [
            Box(evaluation.goal, across=left, align="left"),
            Box(evaluation.accomplishment, across=right, align="left"),
        ],
    ]


def _indicator_rows(scores: Scores) -> Iterator[list[Box]]:
    """The header and the indicators. Levels hang down over their rows, 绩效指标 over all (annex 3: the header too)."""
    evaluation = scores.evaluation
    department = evaluation.scope == "department"
    standard = ("评扣分标准",) if department else ()
    heads = ("一级指标", "二级指标", "三级指标", "年度指标值", "实际完成值", *standard, "分值", "得分")
    indicators = evaluation.indicators
    yield [
        Box("绩效指标", down=1 if department else 1 + len(indicators)),
        *map(Box, heads),
        Box("偏差原因分析及改进措施"),
    ]
    lines = {id(line.indicator): line for line in scores.lines}
    first = [Box("绩效指标", down=len(indicators))] if department else []
    for _level1, group in groupby(indicators, key=lambda row: row.level1):
        rows = list(group)
        level1 = [Box(rows[0].level1, down=len(rows))]
        for _level2, subgroup in groupby(rows, key=lambda row: row.level2):
            members = list(subgroup)
            level2 = [Box(members[0].level2, down=len(members))]
            for row in members:
                yield [*first, *level1, *level2, *_indicator_cells(row, lines.get(id(row)), department=department)]
                first, level1, level2 = [], [], []


def _indicator_cells(row: Indicator, line: ScoreLine | None, *, department: bool) -> list[Box]:
    actual = line.actual_text if line else row.actual_text
    points = format_points(line.points, trim=True) if line else ""
    score = format_points(line.score, trim=department) if line else ""
    standard = [Box(row.standard)] if department else []
    name = Box(row.name, align="left")
    return [
        name,
        Box(row.target.text),
        Box(actual),
        *standard,
        Box(points),
        Box(score),
        Box(row.deviation, align="left"),
    ]


def _department_total(scores: Scores) -> list[Box]:
    return [Box("总分", across=8), Box(format_points(scores.total), across=2)]


def _project_total(scores: Scores) -> list[Box]:
    points = scores.execution.points + sum(line.points for line in scores.lines)
    return [Box("总分", across=6), Box(format_points(points, trim=True)), Box(format_points(scores.total)), Box("")]


def _closing_rows(columns: int, *texts: str) -> list[list[Box]]:
    return [[Box(text, across=columns, align="left")] for text in texts if text]


def _notes(scores: Scores) -> Iterator[str]:
    """What stands below the table: overridden scores beside the rule's, other values than published, sources."""
    for line in scores.overridden:
        yield _("注：“{name}”按评分规则得{rule}分，自评{own}分，理由：{reason}").format(
            name=line.indicator.name, rule=format_points(line.rule_score), own=format_points(line.score),
            reason=line.self_assessed.reason if line.self_assessed else "",
        )  # fmt: skip
    if scores.overridden:
        yield _("注：各项全部按评分规则计分，总分为{total}分。").format(total=format_points(scores.rule_total))
    different = differences(scores)
    if different:
        yield _difference_note(different)
    yield _("注：实际完成值的来源：{sources}。").format(sources=_sources(scores.lines))


def _difference_note(different: Sequence[Difference]) -> str:
    items = (
        _("{what}公布为{printed}，本表计算为{computed}").format(
            what=each.what, printed=each.printed, computed=each.computed
        )
        for each in different
    )
    return _("注：与公布的自评表不同：{items}。").format(items="；".join(items))


def _sources(lines: Sequence[ScoreLine]) -> str:
    """The one source of all rows, or each source with its rows: 账簿——归集…；公布值——其余各项."""
    names: dict[str, list[str]] = {}
    for line in lines:
        names.setdefault(source_name(line.actual.source), []).append(line.indicator.name)
    if len(names) == 1:
        return next(iter(names))
    main = max(names, key=lambda source: len(names[source]))
    rows = [f"{source}——{'、'.join(each)}" for source, each in names.items() if source != main]
    return "；".join([*rows, _("{source}——其余各项").format(source=main)])
