"""(c, g) The same indicator in 附件2 and 附件3 says the same, and no table scores an indicator twice."""

from collections.abc import Iterator

from anju.evaluation.audit.document import Place
from anju.evaluation.audit.findings import Finding, Outcome, Passed, Rule, Severity
from anju.evaluation.audit.numbers import Number
from anju.evaluation.audit.report import Report
from anju.evaluation.audit.template import Evaluation, Indicator
from anju.kernel.i18n import gettext as _
from anju.kernel.text import squeeze

#: Indicators by the hundred are no evaluation table; comparing each with each stops there.
_MOST_ROWS = 200


def check(report: Report) -> Iterator[Outcome]:
    """Pairs of rows within a table, and between 附件2 and every 附件3."""
    for table in report.evaluations:
        yield from _twice(table)
    for project in report.projects:
        if report.whole:
            yield from _compare(report, report.whole, project)
    yield from _unit_names(report)
    yield from _project_names(report)


def _twice(table: Evaluation) -> Iterator[Outcome]:
    """One name scored under two level-2 indicators counts one result twice."""
    seen: dict[str, Indicator] = {}
    for row in table.indicators:
        name = squeeze(row.name)
        if not row.applies or not row.score.number:
            continue
        first = seen.setdefault(name, row)
        if first is row:
            continue
        scores = " + ".join(entry.text for entry in (first.score, row.score))
        yield Finding(
            rule=Rule.DUPLICATE,
            severity=Severity.ERROR,
            place=row.name_place.cell(row=row.name, column=row.level2),
            printed=row.name,
            recomputed="",
            formula=_("“{name}”：{first} 与 {second}，得分 {scores}").format(
                name=name, first=first.level2, second=row.level2, scores=scores
            ),
            advice=_("同一指标在两个二级指标下重复评分：请删去一处或换成不同的指标"),
            related=(first.name_place.cell(row=first.name, column=first.level2),),
        )
    if seen and len(seen) == sum(1 for row in table.indicators if row.applies and row.score.number):
        yield Passed(Rule.DUPLICATE, table.table.place, _("{count} 个指标各评一次").format(count=len(seen)))


def _compare(report: Report, whole: Evaluation, project: Evaluation) -> Iterator[Outcome]:
    """Rows of one name (and level) in both tables: target, actual value and score agree."""
    mine = {_identity(row): row for row in whole.indicators[:_MOST_ROWS] if row.applies and not row.is_cost}
    theirs = {_identity(row): row for row in project.indicators[:_MOST_ROWS] if row.applies and not row.is_cost}
    for identity, row in mine.items():
        if identity in theirs:
            yield from _same_row(report, row, theirs[identity])
    alone = [row for identity, row in mine.items() if identity not in theirs]
    others = [row for identity, row in theirs.items() if identity not in mine]
    for row in alone:
        twin = next((other for other in others if _alike(report, row.name, other.name)), None)
        if twin:
            yield _wording(
                twin.name_place.cell(row=twin.name, column=_("三级指标")),
                row.name_place.cell(row=row.name, column=_("三级指标")),
                twin.name,
                row.name,
                _("两张表中几乎相同的指标名称有一处不同：请核对是否笔误并统一"),
            )


def _identity(row: Indicator) -> tuple[str, str]:
    return squeeze(row.level2), squeeze(row.name)


def _alike(report: Report, one: str, other: str) -> bool:
    """True when two names differ in one spot only and that spot is small."""
    shorter, longer = sorted((squeeze(one), squeeze(other)), key=len)
    start = _shared_start(shorter, longer)
    end = _shared_start(shorter[start:][::-1], longer[start:][::-1])
    return start + end >= report.parameters.similar_names * len(longer)


def _shared_start(one: str, other: str) -> int:
    """How many characters two texts begin with in common."""
    return next(
        (index for index, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
        min(len(one), len(other)),
    )


def _same_row(report: Report, mine: Indicator, theirs: Indicator) -> Iterator[Outcome]:
    for left, right in ((mine.target, theirs.target), (mine.actual, theirs.actual)):
        if left.blank or right.blank:
            continue
        if squeeze(left.text) == squeeze(right.text):
            yield Passed(Rule.WORDING, right.place, squeeze(right.text))
        elif left.number is None or right.number is None:
            advice = _("同一指标在两张表中的表述不同：请核对是否笔误并统一")
            yield _wording(right.place, left.place, squeeze(right.text), squeeze(left.text), advice)
        elif left is mine.target or report.words.quantity(mine.name) is None:
            yield _numbers(left.number, right.number, left.place, right.place)
    yield from _scores(mine, theirs)


def _wording(place: Place, related: Place, printed: str, other: str, advice: str) -> Finding:
    return Finding(
        rule=Rule.WORDING,
        severity=Severity.CONTRADICTION,
        place=place,
        printed=printed,
        recomputed="",
        formula=f"“{printed}” ≠ “{other}”",
        advice=advice,
        related=(related,),
    )


def _numbers(left: Number, right: Number, left_place: Place, right_place: Place) -> Outcome:
    """Two numbers in the same cell of both tables (quantities of the field are compared in rules/same_value.py)."""
    symbol = left.symbol or right.symbol
    mine, theirs = (number.in_unit(symbol) if symbol else number for number in (left, right))
    if mine.exact == theirs.exact and mine.dimension == theirs.dimension:
        return Passed(Rule.SAME_VALUE, right_place, f"{right.text} = {left.text}")
    return Finding(
        rule=Rule.SAME_VALUE,
        severity=Severity.CONTRADICTION,
        place=right_place,
        printed=right.text,
        recomputed="",
        formula=f"{right.text} ≠ {left.text}",
        advice=_("同一指标在两张表中的数值不同：请核实后统一"),
        related=(left_place,),
    )


def _scores(mine: Indicator, theirs: Indicator) -> Iterator[Outcome]:
    """Same target, same actual value, same weight: same score."""
    pairs = ((mine.target, theirs.target), (mine.actual, theirs.actual))
    same_text = all(squeeze(left.text) == squeeze(right.text) for left, right in pairs)
    weight, other_weight, score, other = (
        entry.number for entry in (mine.weight, theirs.weight, mine.score, theirs.score)
    )
    if not (same_text and weight and other_weight and score and other) or weight.value != other_weight.value:
        return
    formula = f"{other.text} / {score.text}"
    if score.value == other.value:
        yield Passed(Rule.SAME_VALUE, theirs.score.place, formula)
        return
    yield Finding(
        rule=Rule.SAME_VALUE,
        severity=Severity.CONTRADICTION,
        place=theirs.score.place,
        printed=other.text,
        recomputed="",
        formula=formula,
        advice=_("同一指标的目标、完成值和分值都相同，得分却不同：请核实后统一"),
        related=(mine.score.place,),
    )


def _unit_names(report: Report) -> Iterator[Outcome]:
    """The unit that spends is named alike in all tables."""
    labels = ("预算部门名称", "部门名称", "预算单位名称", "实施单位")
    named = [(table.facts[label], label) for table in report.evaluations for label in labels if label in table.facts]
    named = [(entry, label) for entry, label in named if not entry.blank]
    for entry, _label in named[1:]:
        first = named[0][0]
        if squeeze(entry.text) == squeeze(first.text):
            yield Passed(Rule.ONE_NAME, entry.place, squeeze(entry.text))
        else:
            advice = _("各表填写的单位名称不同：请核实后统一")
            yield _wording(entry.place, first.place, squeeze(entry.text), squeeze(first.text), advice)


def _project_names(report: Report) -> Iterator[Outcome]:
    """A project of 附件3 has its row, by amount and by name, under 项目支出 of 附件1."""
    basic = report.basic
    parents = [row for row in (basic.rows if basic else ()) if "项目支出" in row.name and row.parts]
    for table in report.projects if basic and parents else ():
        names = [entry for label, entry in table.facts.items() if "项目" in label and "名称" in label and entry.text]
        spent = table.total_funds.actual.number if table.total_funds else None
        if not names or not spent or not basic:
            continue
        rows = [basic.rows[part] for part in parents[0].parts]
        twin = next((r for r in rows if any(e.number and e.number.exact == spent.exact for e in r.amounts)), None)
        if twin is None:
            continue
        name = squeeze(names[0].text)
        if name in twin.name or twin.name in name:
            yield Passed(Rule.ONE_NAME, names[0].place, name)
            continue
        yield Finding(
            rule=Rule.ONE_NAME,
            severity=Severity.REMARK,
            place=names[0].place,
            printed=name,
            recomputed="",
            formula=_("支出 {amount}：“{name}” / “{other}”").format(amount=spent.text, name=name, other=twin.name),
            advice=_("金额相同的项目在两张表中名称不同：请核对是否同一项目并统一名称"),
            related=(twin.amounts[0].place,),
        )
