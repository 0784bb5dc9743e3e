"""The published report beside the books: its annexes as data, from the folder that the settings name."""

from django.conf import settings

from anju.evaluation.actuals import published_actuals
from anju.evaluation.load import load_annexes
from anju.evaluation.model import Annexes
from anju.kernel.errors import AnjuError
from anju.web.center import kept


def annexes() -> Annexes:
    """The three annexes. Raises EvaluationDataError when the folder is missing or its data cannot be read."""
    return kept("annexes", lambda: load_annexes(settings.ANJU_EXAMPLE))


def published_texts(year: int) -> tuple[str, dict[str, str]]:
    """Source and figures by indicator code as that year's report prints them; both empty without such a report."""
    try:
        report = annexes()
        figures = published_actuals(report)
    except AnjuError:
        return "", {}
    if report.year != year:
        return "", {}
    return report.department.source, {code: figure.text for code, figure in figures.items() if figure.text}
