"""What must not exceed something else: accounts the budget, heads the quota, answers the questions, uses the income."""

import re
from collections.abc import Iterator
from itertools import pairwise

from anju.evaluation.audit.document import Place
from anju.evaluation.audit.findings import Finding, Outcome, Passed, Rule, Severity
from anju.evaluation.audit.numbers import Number
from anju.evaluation.audit.report import Report
from anju.kernel.i18n import gettext as _

_APPROVED = re.compile(r"核定|核准")
_RETURNED = re.compile(r"收回|回收")


def check(report: Report) -> Iterator[Outcome]:
    """All limits of the report."""
    yield from _overspending(report)
    yield from _distribution(report)
    yield from _quotas(report)
    yield from _answers(report)


def _at_most(
    smaller: Number, larger: Number, *, place: Place, related: Place, advice: str, severity: Severity
) -> Outcome:
    formula = f"{smaller.text} ≤ {larger.text}"
    if smaller.exact <= larger.exact:
        return Passed(Rule.LIMIT, place, formula)
    return Finding(Rule.LIMIT, severity, place, smaller.text, "", formula, advice, (related,))


def _overspending(report: Report) -> Iterator[Outcome]:
    """Final accounts of the year stay within the budget, row by row of 附件1."""
    basic = report.basic
    if basic is None:
        return
    columns = {(column.year, column.kind): index for index, column in enumerate(basic.columns)}
    budget, actual = columns.get((report.year, "预算")), columns.get((report.year, "决算"))
    if budget is None or actual is None:
        return
    for row in basic.rows:
        planned, spent = row.amounts[budget].number, row.amounts[actual].number
        if not planned or not spent:
            continue
        yield _at_most(
            spent,
            planned,
            place=row.amounts[actual].place,
            related=row.amounts[budget].place,
            advice=_("决算数大于预算数：请说明超支原因和批准手续，或核对两个数"),
            severity=Severity.REMARK,
        )


def _distribution(report: Report) -> Iterator[Outcome]:
    """What is paid up to finance and the management fee come out of the value-added income and cannot exceed it."""
    income, supplement = report.stated("value_added"), report.stated("supplement")
    if not income or not supplement:
        return
    finest = min(income, key=lambda mention: mention.number.step)
    paid = supplement[0]
    advice = _("上缴资金与管理经费之和超过当年增值收益：请写明上缴资金属于哪一年度的增值收益分配")
    yield _at_most(
        paid.number,
        finest.number,
        place=paid.place,
        related=finest.place,
        advice=advice,
        severity=Severity.CONTRADICTION,
    )
    fee = report.stated("total_actual")
    if fee and paid.number.exact <= finest.number.exact < paid.number.exact + fee[0].number.exact:
        used = finest.number.like(paid.number.exact + fee[0].number.exact)
        formula = _("{paid} + 管理经费支出 {fee} = {used} > {income}").format(
            paid=paid.number.text, fee=fee[0].number.text, used=used, income=finest.number.text
        )
        yield Finding(Rule.BASIS, Severity.BASIS, paid.place, paid.number.text, "", formula, advice, (finest.place,))


def _quotas(report: Report) -> Iterator[Outcome]:
    """“核定甲90名 … 甲77人”: what the same words count later stays within the approved number."""
    approved: dict[tuple[str, str], tuple[Number, Place]] = {}
    for sentence in report.sentences:
        is_quota = _APPROVED.search(sentence.text)
        for figure in sentence.figures:
            key = (report.words.trim(figure.name), figure.number.dimension)
            if not key[0] or key[1] != "人":
                continue
            if is_quota:
                approved.setdefault(key, (figure.number, figure.place))
            elif key in approved and figure.is_plain:
                quota, place = approved[key]
                yield _at_most(
                    figure.number,
                    quota,
                    place=figure.place,
                    related=place,
                    advice=_("实有人数超过核定人数：请核对两个数，确属超员的请说明"),
                    severity=Severity.CONTRADICTION,
                )


def _answers(report: Report) -> Iterator[Outcome]:
    """No more questionnaires come back than went out."""
    for sentence in report.sentences:
        for sent, returned in pairwise(sentence.figures):
            is_pair = "发放" in sent.name and _RETURNED.search(returned.name) and "率" not in returned.name
            if is_pair and sent.number.dimension == returned.number.dimension:
                yield _at_most(
                    returned.number,
                    sent.number,
                    place=returned.place,
                    related=sent.place,
                    advice=_("收回的问卷多于发放的问卷：请核对两个数"),
                    severity=Severity.ERROR,
                )
