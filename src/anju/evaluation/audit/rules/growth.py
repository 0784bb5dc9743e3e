"""Growth and change: where both years are printed, the rate, the difference and the direction are recomputed."""

import re
from collections.abc import Iterator

from anju.evaluation.audit.findings import Finding, Outcome, Passed, Rule, Severity
from anju.evaluation.audit.numbers import Number
from anju.evaluation.audit.prose import Figure, Sentence
from anju.evaluation.audit.report import Report
from anju.kernel.i18n import gettext as _

_UP = re.compile(r"(?:增长|增加|上升|提高|提升|升高|多)(?:了|幅度)?(?:为|达|约)?$")
_DOWN = re.compile(r"(?:下降|减少|降低|下滑|回落|少)(?:了|幅度)?(?:为|达|约)?$")
_COMPARED = re.compile(r"同比|较|比上|比去|上年|去年")
_FELL = re.compile(r"(?:降|减|下降|降低|压降)(?:低|少)?(?:至|到|为)$")
_ROSE = re.compile(r"(?:升|增|提高|提升|上升|增长)(?:高|加)?(?:至|到|为)$")


def check(report: Report) -> Iterator[Outcome]:
    """All changes that the body states."""
    for sentence in report.sentences:
        for index, figure in enumerate(sentence.figures):
            yield from _change(report, sentence, index, figure)
            yield from _from_to(sentence, index, figure)


def _change(report: Report, sentence: Sentence, index: int, figure: Figure) -> Iterator[Outcome]:
    """“甲x，上年y，同比增长z%” or “…增加z”: z = x ÷ y − 1 or x − y."""
    rising, falling = _UP.search(figure.name), _DOWN.search(figure.name)
    if not (rising or falling) or not _COMPARED.search(figure.lead[-40:]):
        return
    earlier = [f for f in sentence.figures[:index] if f.number.unit and f.number.dimension not in {"ratio", "points"}]
    current = next((f for f in reversed(earlier) if f.year == report.year and not _is_change(f)), None)
    before = _former(report, sentence, current) if current else None
    if current is None or before is None or before.exact == 0:
        return
    sign = 1 if rising else -1
    difference = sign * (current.number.exact - before.exact)
    if figure.number.dimension == "ratio":
        change, formula = difference / before.exact, f"({current.number.text} - {before.text}) ÷ {before.text}"
    elif figure.number.dimension == current.number.dimension:
        change, formula = difference, f"{current.number.text} - {before.text}"
    else:
        return
    formula = f"{formula} = {figure.number.like(sign * change)}"
    if figure.number.prints(change):
        yield Passed(Rule.GROWTH, figure.place, formula)
        return
    wiggle = (
        (current.number.half_step + before.half_step)
        * (1 + abs(change))
        / (before.exact if figure.number.dimension == "ratio" else 1)
    )
    explained = abs(change - figure.number.exact) <= wiggle + figure.number.half_step
    yield Finding(
        rule=Rule.GROWTH,
        severity=Severity.REMARK if explained else Severity.ERROR,
        place=figure.place,
        printed=figure.number.text,
        recomputed=figure.number.like(change),
        formula=formula,
        advice=_("按印出的两年数复算不等，差异在四舍五入范围内：请核对是否由未取整的数据算得")
        if explained
        else _("增减幅度与印出的两年数不符：请核对两年数和幅度"),
    )


def _is_change(figure: Figure) -> bool:
    return bool(_UP.search(figure.name) or _DOWN.search(figure.name))


def _former(report: Report, sentence: Sentence, current: Figure) -> Number | None:
    """Last year's value: in the same sentence, or stated elsewhere for the same quantity."""
    for figure in sentence.figures:
        if figure.year == report.year - 1 and figure.number.dimension == current.number.dimension:
            return figure.number
    quantity = report.words.quantity(current.name)
    stated = report.stated(quantity.key, report.year - 1) if quantity else ()
    return stated[0].number if stated else None


def _from_to(sentence: Sentence, index: int, figure: Figure) -> Iterator[Outcome]:
    """“从x降至y”: y is below x, and above it for 升至."""
    before = sentence.figures[index - 1] if index else None
    if before is None or not before.former or before.number.dimension != figure.number.dimension:
        return
    fell, rose = _FELL.search(figure.lead), _ROSE.search(figure.lead)
    if not fell and not rose:
        return
    formula = f"{before.number.text} {'>' if fell else '<'} {figure.number.text}"
    holds = before.number.exact > figure.number.exact if fell else before.number.exact < figure.number.exact
    if holds:
        yield Passed(Rule.GROWTH, figure.place, formula)
        return
    yield Finding(
        rule=Rule.GROWTH,
        severity=Severity.ERROR,
        place=figure.place,
        printed=figure.number.text,
        recomputed="",
        formula=formula,
        advice=_("升降方向与前后两个数不符：请核对"),
    )
