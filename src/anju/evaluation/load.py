"""Reads a folder with annex1.yaml, annex2.yaml and annex3.yaml. Form is checked here; truth is the auditor's."""

import re
from pathlib import Path

from anju.evaluation.model import (
    INDICATOR_UNITS,
    Amount,
    Annexes,
    BasicData,
    Buildings,
    ExpenseRow,
    FundRow,
    Funds,
    Indicator,
    Points,
    Rule,
    Scope,
    SelfAssessment,
    SelfEvaluation,
    Split,
    Staff,
    Target,
)
from anju.evaluation.quantities import Unit, Value, parse_value
from anju.evaluation.yaml_node import EvaluationDataError, read_mapping
from anju.kernel.errors import InvalidValueError
from anju.kernel.i18n import gettext as _
from anju.kernel.rates import ONE
from anju.kernel.yaml_node import MappingNode
from anju.platform.documents.grid import printable

_POINTS = re.compile(r"(\d{1,3})(?:\.(\d{1,2}))?", re.ASCII)
#: `actual: {from: total_spent}` takes the year's spending from the funds above instead of a figure of its own.
_FROM_FUNDS = "total_spent"


def load_annexes(folder: Path) -> Annexes:
    """Read the three annexes of a folder.

    Raises EvaluationDataError naming file, line, path and rule; also when the three are not about one year.
    """
    if not folder.is_dir():
        raise EvaluationDataError(_("没有这个文件夹：{path}").format(path=folder), field="FOLDER")
    annexes = Annexes(
        basic=load_basic(folder / "annex1.yaml"),
        department=load_evaluation(folder / "annex2.yaml", "department"),
        project=load_evaluation(folder / "annex3.yaml", "project"),
    )
    years = {annexes.basic.year, annexes.department.year, annexes.project.year}
    if len(years) > 1:
        raise EvaluationDataError(
            _("三个附表的年度不一致：{years}").format(years="、".join(map(str, sorted(years)))), field="year"
        )
    return annexes


def load_basic(path: Path) -> BasicData:
    """Read annex 1."""
    root = read_mapping(path)
    staff = root.mapping("staff")
    buildings = root.mapping("buildings")
    data = BasicData(
        source=_line(root, "source"),
        caption=_line(root, "caption"),
        title=_line(root, "title"),
        year=root.parsed("year", _year),
        staff=Staff(staff.parsed("posts", _count), staff.parsed("employed", _count), _line(staff, "printed_rate", "")),
        expenses=tuple(_expense(row) for row in root.mappings("expenses")),
        buildings=Buildings(
            _line(buildings, "label"),
            *(
                _line(buildings, key, "")
                for key in ("approved_area", "actual_area", "area_rate", "budgeted", "invested", "investment_rate")
            ),
        ),
        thrift=_line(root, "thrift", ""),
        remark=_line(root, "remark", ""),
        signature=_line(root, "signature", ""),
    )
    if not data.staff.posts:
        staff.refuse("posts", _("编制数必须大于 0"))
    for node in (staff, buildings, root):
        node.close()
    return data


def load_evaluation(path: Path, scope: Scope) -> SelfEvaluation:
    """Read annex 2 (scope department) or annex 3 (scope project)."""
    root = read_mapping(path)
    funds = _funds(root.mapping("funds"))
    is_project = scope == "project"
    data = SelfEvaluation(
        source=_line(root, "source"),
        scope=scope,
        caption=_line(root, "caption"),
        title=_line(root, "title"),
        year=root.parsed("year", _year),
        department=_line(root, "department"),
        project=_line(root, "project") if is_project else "",
        unit=_line(root, "unit") if is_project else "",
        funds=funds,
        splits=() if is_project else tuple(_split(row) for row in root.mappings("splits")),
        goal=_line(root, "goal"),
        accomplishment=_line(root, "accomplishment"),
        indicators=tuple(_indicator(row, funds) for row in root.mappings("indicators")),
        remark=_line(root, "remark", ""),
        signature=_line(root, "signature", ""),
        printed_total=root.optional("printed_total", _points),
    )
    if not data.indicators:
        root.refuse("indicators", _("至少要有一个指标"))
    root.close()
    return data


def _expense(row: MappingNode) -> ExpenseRow:
    expense = ExpenseRow(_line(row, "label"), *(_line(row, key, "") for key in ("previous", "budget", "spent")))
    row.close()
    return expense


def _funds(node: MappingNode) -> Funds:
    total_node = node.mapping("total")
    total = _fund_row(total_node)
    for key, amount in (("adjusted", total.adjusted), ("spent", total.spent)):
        if amount.fen is None:
            total_node.refuse(key, _("合计行必须填写，否则算不出执行率"))
    if total.adjusted.fen == 0:
        total_node.refuse("adjusted", _("全年预算数为 0，算不出执行率"))
    printed = node.mapping("printed") if node.has("printed") else None
    funds = Funds(
        parts=tuple(_fund_row(row) for row in node.mappings("parts")) if node.has("parts") else (),
        total=total,
        points=node.parsed("points", _points),
        printed_rate=_line(printed, "rate", "") if printed else "",
        printed_score=printed.optional("score", _points) if printed else None,
    )
    if printed:
        printed.close()
    node.close()
    return funds


def _fund_row(row: MappingNode) -> FundRow:
    fund = FundRow(_line(row, "label"), *(_amount(row, key) for key in ("initial", "adjusted", "spent")))
    row.close()
    return fund


def _split(row: MappingNode) -> Split:
    split = Split(
        _line(row, "income", ""), _amount(row, "income_amount"),
        _line(row, "spending", ""), _amount(row, "spending_amount"),
    )  # fmt: skip
    row.close()
    return split


def _indicator(row: MappingNode, funds: Funds) -> Indicator:
    level1, level2, name = (_line(row, key) for key in ("level1", "level2", "name"))
    standard, deviation = (_line(row, key, "") for key in ("standard", "deviation"))
    rule = row.parsed("rule", _rule)
    if rule is Rule.NOT_APPLICABLE:
        target = Target(_line(row, "target", ""))
        cell = _line(row, "actual", "")
        row.close()
        return Indicator(level1, level2, name, rule, target, cell, None, standard=standard, deviation=deviation)
    code = row.parsed("code", _code)
    unit = INDICATOR_UNITS[code]
    if (unit == "degree") != (rule is Rule.QUALITATIVE):
        row.refuse("rule", _("指标 {code} 不能用规则 {rule} 计分").format(code=code, rule=rule))
    points = row.parsed("points", _points)
    actual_text, actual = _actual(row.mapping("actual"), unit, funds) if row.has("actual") else ("", None)
    indicator = Indicator(
        level1=level1, level2=level2, name=name, rule=rule, code=code, points=points, standard=standard,
        deviation=deviation, target=_target(row, rule, unit), actual_text=actual_text, actual=actual,
        self_assessed=_self_assessed(row.mapping("self_assessed"), points) if row.has("self_assessed") else None,
        printed_score=row.optional("printed_score", _points),
    )  # fmt: skip
    row.close()
    return indicator


def _target(row: MappingNode, rule: Rule, unit: Unit) -> Target:
    node = row.mapping("target")
    bounds = {key: _value(node, key, unit) for key in ("at_least", "at_most") if node.has(key)}
    wanted = {Rule.UP: {"at_least"}, Rule.DOWN: {"at_most"}, Rule.RANGE: {"at_least", "at_most"}}.get(rule, set())
    if bounds.keys() != wanted:
        row.refuse(
            "target",
            _("规则 {rule} 需要的界限是：{wanted}").format(rule=rule, wanted="、".join(sorted(wanted)) or _("无")),
        )
    target = Target(_line(node, "text"), bounds.get("at_least"), bounds.get("at_most"))
    if target.at_least is not None and target.at_most is not None and target.at_least > target.at_most:
        row.refuse("target", _("at_least 不能大于 at_most"))
    node.close()
    return target


def _actual(node: MappingNode, unit: Unit, funds: Funds) -> tuple[str, Value | None]:
    """The cell's text and its value: given as `value` (or `degree`), taken from the funds, or read from the text."""
    text = _line(node, "text", "")
    value: Value | None = None
    if node.has("from"):
        if node.text("from") != _FROM_FUNDS or unit != "fen":
            node.refuse("from", _("只能是 total_spent（全年执行数），且只用于金额指标"))
        value = funds.total.spent.fen
    elif unit == "degree":
        value = _value(node, "degree", "ppm")
        if not 0 <= value <= ONE:
            node.refuse("degree", _("达成程度应在 0% 到 100% 之间"))
    elif node.has("value"):
        value = _value(node, "value", unit)
    elif text:
        value = _value(node, "text", unit)
    node.close()
    return text, value


def _self_assessed(node: MappingNode, points: Points) -> SelfAssessment:
    assessed = SelfAssessment(node.parsed("score", _points), _line(node, "reason"))
    if assessed.score > points:
        node.refuse("score", _("自评得分不能超过分值"))
    node.close()
    return assessed


def _value(node: MappingNode, key: str, unit: Unit) -> Value:
    value, given = node.parsed(key, parse_value)
    if given != unit:
        names = {"fen": _("金额（元、万元、亿元）"), "ppm": _("百分数"), "count": _("个数")}
        node.refuse(key, _("单位不符：此指标应为{unit}").format(unit=names.get(unit, unit)))
    return value


def _line(node: MappingNode, key: str, default: str | None = None) -> str:
    """A text that goes into a document; with a default the key may be absent or empty."""
    text = node.text(key, optional=default is not None)
    try:
        return printable(text)
    except InvalidValueError as error:
        node.refuse(key, error.message)


def _amount(node: MappingNode, key: str) -> Amount:
    """An amount in 万元 as annexes 2 and 3 print it, whole fen and not negative; empty stays empty."""
    text = node.text(key, optional=True)
    return Amount(text, node.parsed(key, _wan) if text else None)


def _wan(text: str) -> int:
    value, unit = parse_value(f"{text}万元")
    if unit != "fen" or value < 0 or not isinstance(value, int):
        raise InvalidValueError(_("应为不小于 0 的万元数，最多六位小数"))
    return value


def _points(text: str) -> Points:
    match = _POINTS.fullmatch(text)
    points = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0")) if match else -1
    if not 0 <= points <= 100_00:
        raise InvalidValueError(_("应为 0 到 100 之间的分数，最多两位小数"))
    return points


def _count(text: str) -> int:
    value, unit = parse_value(text)
    if unit != "count" or value < 0 or not isinstance(value, int):
        raise InvalidValueError(_("应为不小于 0 的整数"))
    return value


def _year(text: str) -> int:
    if re.fullmatch(r"(19|20)\d{2}", text, re.ASCII) is None:
        raise InvalidValueError(_("应为四位年份，例如 2024"))
    return int(text)


def _rule(text: str) -> Rule:
    if text not in set(Rule):
        raise InvalidValueError(_("应为下列之一：{choices}").format(choices="、".join(Rule)))
    return Rule(text)


def _code(text: str) -> str:
    if text not in INDICATOR_UNITS:
        raise InvalidValueError(_("没有这个指标代码，可用的有：{codes}").format(codes="、".join(INDICATOR_UNITS)))
    return text
