"""附件2 部门整体支出绩效自评表: as published, and scored anew by the figures that the ledger gives."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from anju.evaluation.actuals import published_actuals
from anju.evaluation.model import Annexes, Indicator, Points, format_points, source_name
from anju.evaluation.scoring import ScoreLine, Scores, score
from anju.kernel.errors import AnjuError
from anju.metrics.actuals import ledger_actuals
from anju.web.center import center_of, kept
from anju.web.published import annexes


@dataclass(frozen=True, slots=True)
class Row:
    """One indicator as shown: what was published beside what comes out now. Texts are empty where nothing applies."""

    indicator: Indicator
    points: str
    printed_score: str
    actual: str
    score: str
    source: str
    from_ledger: bool
    differs: bool


def annex_2(request: HttpRequest) -> HttpResponse:
    """The annex of the published report's year."""
    center = center_of(request)
    try:
        report = annexes()
        has_books = report.year in center.years
        scores = kept(f"annex-2:{has_books}", lambda: _scores(report, has_books=has_books))
    except AnjuError as error:
        return render(request, "anju/annex_2.html", {"error": error})
    lines = {id(line.indicator): line for line in scores.lines}
    evaluation, funds = scores.evaluation, scores.evaluation.funds
    context = {
        "evaluation": evaluation,
        "has_books": has_books,
        "city": center.city,
        "rows": [_row(indicator, lines.get(id(indicator))) for indicator in evaluation.indicators],
        "execution": scores.execution,
        "execution_points": format_points(scores.execution.points, trim=True),
        "execution_score": format_points(scores.execution.score),
        "execution_printed": _points(funds.printed_score),
        "total": format_points(scores.total),
        "total_points": format_points(scores.execution.points + sum(line.points for line in scores.lines), trim=True),
        "grade": scores.grade,
        "printed_total": _points(evaluation.printed_total),
    }
    return render(request, "anju/annex_2.html", context)


def _scores(report: Annexes, *, has_books: bool) -> Scores:
    """The annex scored by the ledger's figures; what the ledger does not know is as published."""
    figures = dict(published_actuals(report))
    if has_books:
        figures |= ledger_actuals(report.year)
    return score(report.department, figures)


def _row(indicator: Indicator, line: ScoreLine | None) -> Row:
    if line is None:
        return Row(indicator, "", "", "", "", "", from_ledger=False, differs=False)
    return Row(
        indicator,
        points=format_points(line.points, trim=True),
        printed_score=_points(indicator.printed_score),
        actual=line.actual_text,
        score=format_points(line.score),
        source=source_name(line.actual.source),
        from_ledger=line.actual.source == "ledger",
        differs=indicator.printed_score is not None and indicator.printed_score != line.score,
    )


def _points(points: Points | None) -> str:
    return "" if points is None else format_points(points)
