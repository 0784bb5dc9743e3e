"""(b) Parts add up to their total: budget, spending, weights and scores, in tables and in sentences."""

import re
from collections.abc import Iterator

from anju.evaluation.audit.findings import Finding, Outcome, Rule, Severity
from anju.evaluation.audit.numbers import find_numbers, total
from anju.evaluation.audit.prose import Figure, Sentence
from anju.evaluation.audit.report import Mention, Report
from anju.evaluation.audit.rules.relations import check_sum
from anju.evaluation.audit.template import Entry, Evaluation, FundRow, Indicator
from anju.kernel.i18n import gettext as _

_AMONG = re.compile(r"其中[，,：:]?")
_CHANGE = re.compile(r"同比|环比|较|比上|增长|下降|增加|减少")
_TOGETHER = re.compile(r"(?:合计|共计|总计)(?:为|达)?$")
_TERM = r"\d[\d.,]{0,20}[万亿]?[元人名户个]?"
_EQUATION = re.compile(rf"(?P<sum>{_TERM}(?:\s?[+＋]\s?{_TERM}){{1,12}})\s?[=＝]\s?(?P<whole>{_TERM})")


def check(report: Report) -> Iterator[Outcome]:
    """All sums of the report."""
    yield from _basic_rows(report)
    for table in report.evaluations:
        yield from _fund_rows(table)
        yield from _splits(table)
        yield from _points(table)
    for sentence in report.sentences:
        yield from _among(report, sentence)
        yield from _together(sentence)
    yield from _basic_plus_project(report)


def _basic_rows(report: Report) -> Iterator[Outcome]:
    """Spending rows of 附件1: every total equals its parts in each column, empty parts counting as nothing."""
    rows = report.basic.rows if report.basic else ()
    for row in rows:
        missing: list[Entry] = []
        for index, whole in enumerate(row.amounts):
            entries = [rows[part].amounts[index] for part in row.parts]
            filled = [entry for entry in entries if entry.number]
            parts = [entry.number for entry in filled if entry.number]
            if not parts:
                continue
            if whole.number:
                yield check_sum(
                    whole=whole.number,
                    parts=parts,
                    place=whole.place,
                    shortfall=Severity.ERROR if row.closed else None,
                    related=[entry.place for entry in filled],
                )
            elif whole.blank:
                missing.append(whole)
        if missing:
            yield Finding(
                rule=Rule.FILLED,
                severity=Severity.OMISSION,
                place=missing[0].place,
                printed="",
                recomputed="",
                formula="、".join(entry.place.column for entry in missing),
                advice=_("分项已填写而合计行为空：请补填合计，并说明分项之外还有什么"),
                related=tuple(entry.place for entry in missing[1:]),
            )


def _fund_rows(table: Evaluation) -> Iterator[Outcome]:
    """年度资金总额 equals the rows of its sources, in each amount column."""
    whole = table.total_funds
    if not whole or not table.part_funds:
        return
    for column in ("initial", "adjusted", "actual"):
        top: Entry = getattr(whole, column)
        entries: list[Entry] = [getattr(row, column) for row in table.part_funds]
        parts = [entry.number for entry in entries if entry.number]
        if top.number and parts:
            yield check_sum(
                whole=top.number,
                parts=parts,
                place=top.place,
                related=[entry.place for entry in entries if entry.number],
            )


def _splits(table: Evaluation) -> Iterator[Outcome]:
    """The split by source and the split by nature each reach one of the three totals."""
    funds = table.total_funds
    if not funds:
        return
    totals = [entry for entry in (funds.adjusted, funds.actual, funds.initial) if entry.number]
    for split in (table.by_source, table.by_nature):
        filled = [part.entry for part in split if part.entry.number]
        parts = [entry.number for entry in filled if entry.number]
        if not parts or not totals:
            continue
        whole = min(totals, key=lambda entry: abs(entry.number.exact - total(parts)) if entry.number else 0)
        if whole.number:
            yield check_sum(
                whole=whole.number,
                parts=parts,
                place=filled[0].place,
                names=_("各项之和应等于表内资金总额之一"),
                related=(whole.place, *(entry.place for entry in filled[1:])),
            )


def _points(table: Evaluation) -> Iterator[Outcome]:
    """Scores add up to the printed total score, weights to the printed total weight and to those of each group."""
    rows: list[FundRow | Indicator] = [table.total_funds] if table.total_funds else []
    rows += table.indicators
    scores = [row.score for row in rows if row.score.number]
    if table.total_score and table.total_score.number and scores:
        yield _exact_sum(table.total_score, scores)
    weights = [row.weight for row in rows if row.weight.number]
    if table.total_weight and table.total_weight.number and weights:
        yield _exact_sum(table.total_weight, weights)
    for group, (points, place) in table.group_points.items():
        entries = [row.weight for row in table.indicators if row.level1 == group and row.weight.number]
        numbers = [entry.number for entry in entries if entry.number]
        if numbers:
            yield check_sum(whole=points, parts=numbers, place=place, exact=True, names=group)


def _exact_sum(whole: Entry, entries: list[Entry]) -> Outcome:
    assert whole.number is not None
    parts = [entry.number for entry in entries if entry.number]
    places = [entry.place for entry in entries]
    return check_sum(whole=whole.number, parts=parts, place=whole.place, exact=True, related=places)


def _among(report: Report, sentence: Sentence) -> Iterator[Outcome]:
    """“合计，其中甲…，乙…”: the parts reach the amount before 其中, or stay below it when they are not all."""
    marks = [match.end() for match in _AMONG.finditer(sentence.text)]
    for mark, end in zip(marks, [*marks[1:], len(sentence.text)], strict=False):
        before = [figure for figure in sentence.figures if figure.number.end <= mark]
        after = [figure for figure in sentence.figures if mark <= figure.number.start < end]
        if not before:
            continue
        whole = before[-1]
        parts = [f for f in after if f.number.dimension == whole.number.dimension and not _CHANGE.search(f.name)]
        others = [f for f in after if f not in parts and f.number.dimension != "ratio" and not _CHANGE.search(f.name)]
        if parts and whole.number.dimension and not others:
            yield check_sum(
                whole=whole.number,
                parts=[part.number for part in parts],
                place=sentence.place,
                names=whole.name,
                shortfall=_shortfall(report, parts),
            )


def _shortfall(report: Report, parts: list[Figure]) -> Severity | None:
    """One part never has to reach the amount; several do when by their classification nothing else is left."""
    if len(parts) == 1:
        return None
    words = report.words.exhaustive_parts
    return Severity.ERROR if all(any(word in part.name for word in words) for part in parts) else Severity.REMARK


def _together(sentence: Sentence) -> Iterator[Outcome]:
    """“甲…，乙…，合计…”, and sums written out as an equation."""
    for index, figure in enumerate(sentence.figures):
        if not _TOGETHER.search(figure.name):
            continue
        parts = [f.number for f in sentence.figures[:index]]
        if len(parts) > 1 and all(part.dimension == figure.number.dimension != "" for part in parts):
            yield check_sum(whole=figure.number, parts=parts, place=sentence.place, names=figure.name)
    for match in _EQUATION.finditer(sentence.text):
        terms, whole = find_numbers(match["sum"]), find_numbers(match["whole"])
        if len(terms) > 1 and len(whole) == 1:
            yield check_sum(whole=whole[0], parts=terms, place=sentence.place)


def _basic_plus_project(report: Report) -> Iterator[Outcome]:
    """基本支出 + 项目支出 of the body make the total of 附件2, for the budget and for the spending."""
    funds = report.whole.total_funds if report.whole else None
    if not funds:
        return
    for kind, entries in (("budget", (funds.initial, funds.adjusted)), ("actual", (funds.actual,))):
        basic, project = report.in_body(f"basic_{kind}"), report.in_body(f"project_{kind}")
        if basic and project:
            yield from _two_parts(basic, project, [entry for entry in entries if entry.number])


def _two_parts(basic: Mention, project: Mention, totals: list[Entry]) -> Iterator[Outcome]:
    parts = [basic.number, project.number]
    whole = min(totals, key=lambda entry: abs(entry.number.exact - total(parts)) if entry.number else 0, default=None)
    if whole and whole.number:
        yield check_sum(
            whole=whole.number,
            parts=parts,
            place=basic.place,
            names=_("基本支出加项目支出应等于附件中的资金总额"),
            related=(project.place, whole.place),
        )
