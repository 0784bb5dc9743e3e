"""(i) A promised time limit is not looser than the law in force in the report's year."""

import re
from collections.abc import Iterator
from datetime import date

from anju.evaluation.audit.document import Place
from anju.evaluation.audit.findings import Finding, Outcome, Passed, Rule, Severity
from anju.evaluation.audit.law import Deadline, Limit, deadlines
from anju.evaluation.audit.numbers import find_numbers, numeral
from anju.evaluation.audit.report import Report
from anju.kernel.i18n import gettext as _
from anju.kernel.periods import Period
from anju.kernel.text import squeeze

_DURATION = re.compile(r"(?P<count>\d{1,3}|[一二两三四五六七八九十]{1,3})(?P<unit>个?工作日|日|天)(?:之?内|以内)?")
_DATE = re.compile(r"月$")
_LONGEST = 400


def check(report: Report) -> Iterator[Outcome]:
    """Promises in indicators and in sentences of the body."""
    year = Period(date(report.year, 1, 1), date(report.year + 1, 1, 1))
    for table in report.evaluations:
        for row in table.indicators:
            if row.applies:
                words = squeeze(f"{row.name}，{row.target.text}")
                place = row.target.place if find_numbers(row.target.text) else row.name_place
                yield from _promise(words, place, year)
    for sentence in report.sentences:
        yield from _promise(squeeze(sentence.text), sentence.place, year)


def _promise(words: str, place: Place, year: Period) -> Iterator[Outcome]:
    if len(words) > _LONGEST:
        return
    durations = [match for match in _DURATION.finditer(words) if not _DATE.search(words[: match.start()])]
    for deadline in deadlines() if durations else ():
        if not deadline.matches.search(words):
            continue
        match = durations[-1]
        days = numeral(match["count"])
        strictest = {limit.days: limit for limit in deadline.during(year)}  # two texts with one number are one limit
        for limit in strictest.values() if days else ():
            yield _compare(deadline, limit, days or 0, match.group(), place, working="工作日" in match["unit"])


def _compare(deadline: Deadline, limit: Limit, days: int, printed: str, place: Place, *, working: bool) -> Outcome:
    """Looser by the number alone is an error; looser only because working days may take longer is a remark."""
    longest = calendar_days(days) if working else days
    law = _("{days}日").format(days=limit.days)
    formula = _("{printed}，法定 {law}（{article}）").format(printed=printed, law=law, article=limit.article)
    if longest <= limit.days:
        return Passed(Rule.DEADLINE, place, formula)
    if days > limit.days:
        return Finding(
            rule=Rule.DEADLINE,
            severity=Severity.ERROR,
            place=place,
            printed=printed,
            recomputed=law,
            formula=formula,
            advice=_("{label}的时限目标比法定时限宽：请按法定时限设定目标").format(label=deadline.label),
        )
    return Finding(
        rule=Rule.DEADLINE,
        severity=Severity.REMARK,
        place=place,
        printed=printed,
        recomputed=law,
        formula=_("{formula}；{days}个工作日最长合 {longest} 个日历日").format(
            formula=formula, days=days, longest=longest
        ),
        advice=_("法定时限写的是“日”，目标写的是“工作日”：请确认“日”的算法，按日历日计算可能超期"),
    )


def calendar_days(working_days: int) -> int:
    """The most calendar days that so many working days span when only week-ends lie between (1 → 3, 5 → 7)."""
    return working_days + 2 * -(-working_days // 5)
