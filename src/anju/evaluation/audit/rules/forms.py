"""The form of the report: all annexes there, one year in all titles, who filled the tables in."""

import re
from collections.abc import Iterator

from anju.evaluation.audit.document import Place
from anju.evaluation.audit.findings import Finding, Outcome, Passed, Rule, Severity
from anju.evaluation.audit.numbers import years_in
from anju.evaluation.audit.report import Report
from anju.kernel.i18n import gettext as _
from anju.kernel.text import squeeze

_LISTED = re.compile(r"\d{1,2}[.、．](?P<name>[^。；;]{3,40}表)")
_SIGNATURES = re.compile(r"(?:填报人|填表人|单位负责人)[^:：]{0,6}[:：]")
_EVALUATED_YEAR = re.compile(r"(?P<year>20\d\d)年度?部门整体支出绩效")
_FIELD = re.compile(r"(?P<label>[^\s:：]{2,12})[:：](?P<value>[^:：]{0,60}?)(?= ?[^\s:：]{2,12}[:：]|$)")


def check(report: Report) -> Iterator[Outcome]:
    """Everything about the form."""
    yield from _annexes(report)
    yield from _years(report)
    yield from _signatures(report)


def _annexes(report: Report) -> Iterator[Outcome]:
    """The three kinds of tables are there, and every annex that the body lists."""
    present = (
        (_("基础数据表"), report.basic is not None),
        (_("部门整体支出绩效自评表"), report.whole is not None),
        (_("项目支出绩效自评表"), bool(report.projects)),
    )
    titles = [squeeze(table.title) for table in report.document.tables]
    end = report.document.paragraphs[-1].place if report.document.paragraphs else report.document.tables[0].place
    for name, there in present:
        yield _annex(name, end, there=there)
    for paragraph in report.document.paragraphs:
        match = _LISTED.fullmatch(squeeze(paragraph.text))
        if match:
            yield _annex(match["name"], paragraph.place, there=any(match["name"] in title for title in titles))


def _annex(name: str, place: Place, *, there: bool) -> Outcome:
    if there:
        return Passed(Rule.FORM, place, name)
    return Finding(
        rule=Rule.FORM,
        severity=Severity.OMISSION,
        place=place,
        printed="",
        recomputed="",
        formula=name,
        advice=_("没有找到“{name}”：请补上这张表，或核对表名").format(name=name),
    )


def _years(report: Report) -> Iterator[Outcome]:
    """All titles name the report's year; the columns of 附件1 are last year's accounts, this year's budget and accounts."""
    for table in report.document.tables:
        for year in years_in(table.title):
            yield _year(table.place, year, report.year, table.title)
    for index, column in enumerate(report.basic.columns if report.basic else ()):
        wanted = (report.year, report.year - 1) if index == 0 and column.kind == "决算" else (report.year,)
        place = report.basic.table.place.cell(row="", column=column.title) if report.basic else None
        if place:
            yield _year(place, column.year, column.year if column.year in wanted else report.year, column.title)
    for control in report.basic.controls if report.basic else ():
        for place in (control.actual.place, control.approved.place):
            for year in years_in(place.column):
                yield _year(place, year, report.year, place.column)
    yield from _years_of_the_body(report)


def _years_of_the_body(report: Report) -> Iterator[Outcome]:
    """No outcome of a year that is still to come, and the evaluation named in the body is this year's."""
    for (quantity, year), mentions in report.mentions.items():
        if year > report.year:
            for mention in mentions:
                text = f"{report.words.label(quantity)} {mention.number.text}"
                yield _year(mention.place, year, report.year, text)
    for sentence in report.sentences:
        for match in _EVALUATED_YEAR.finditer(sentence.text):
            yield _year(sentence.place, int(match["year"]), report.year, match.group())


def _year(place: Place, printed: int, wanted: int, formula: str) -> Outcome:
    if printed == wanted:
        return Passed(Rule.FORM, place, formula)
    return Finding(
        rule=Rule.FORM,
        severity=Severity.CONTRADICTION,
        place=place,
        printed=str(printed),
        recomputed=str(wanted),
        formula=formula,
        advice=_("年度与报告年度不符：请核对表名和列名中的年份"),
    )


def _signatures(report: Report) -> Iterator[Outcome]:
    """Who filled a table in, when, and who answers for it: empty fields, never their contents."""
    for paragraph in report.document.paragraphs:
        yield from _fields(paragraph.text, paragraph.place)
    for table in report.document.tables:
        for row in table.rows:
            place = table.place.cell(row=_("填报人等"), column="", line=row[0].line)
            yield from _fields(" ".join(cell.text for cell in row), place)


def _fields(text: str, place: Place) -> Iterator[Outcome]:
    if not _SIGNATURES.search(text):
        return
    fields = list(_FIELD.finditer(" ".join(text.split())))
    empty = [match["label"] for match in fields if not match["value"].strip()]
    if empty:
        yield Finding(
            rule=Rule.FORM,
            severity=Severity.REMARK,
            place=place,
            printed="",
            recomputed="",
            formula="、".join(empty),
            advice=_("表尾栏目为空：报送稿请填写，公开稿隐去的请注明"),
        )
    elif fields:
        yield Passed(Rule.FORM, place, "、".join(match["label"] for match in fields))
