"""What the report claims in words agrees with its own numbers."""

import re
from collections.abc import Iterator

from anju.evaluation.audit.document import Place
from anju.evaluation.audit.findings import Finding, Outcome, Passed, Rule, Severity
from anju.evaluation.audit.report import Report
from anju.evaluation.audit.rules.scores import judge
from anju.evaluation.audit.template import Evaluation
from anju.kernel.i18n import gettext as _

_ALL_DONE = re.compile(
    r"(?:全面|全部|圆满|如期|均已?|已).{0,16}(?:完成|达到|达标).{0,12}(?:各项|全部|所有|全年).{0,8}(?:任务|指标|目标)"
    r"|(?:各项|全部|所有).{0,12}(?:任务|指标|目标).{0,8}(?:全面|全部|圆满|均已?|已)(?:完成|达到|达标|实现)"
)
_GRADE = re.compile(
    r"(?:等级|等次|评价结果|自评结果|评定)(?:为|是|：|:)[“\"]?(?P<grade>优秀?|良好?|中等?|差)(?![\u4e00-\u9fff])"
)
_GRADES = ((90, "优"), (80, "良"), (60, "中"), (0, "差"))
_BUSINESS = r"(?P<subject>贷款|归集|提取|缴存)(?:发放)?业务(?:数量|总量|量|规模)?的?.{0,2}?"
_GROWING = re.compile(_BUSINESS + r"(?:不断|持续|稳步|快速|大幅)(?:增长|上升|扩大|增加)")
_SHRINKING = re.compile(_BUSINESS + r"(?:(?:不断|持续|急剧|大幅|明显)(?:下降|下滑|减少|低迷|萎缩)|低迷)")


def check(report: Report) -> Iterator[Outcome]:
    """Claims of completion, of grade, and of opposite trends."""
    for table in report.evaluations:
        yield from _completion(table)
    yield from _grade(report)
    yield from _trend(report)


def _completion(table: Evaluation) -> Iterator[Outcome]:
    """“完成各项指标” while an indicator of the same table misses its target."""
    missed = []
    for row in table.indicators:
        judged = judge(row)
        if judged and not judged[0].is_met(judged[2].exact):
            missed.append((row, judged))
    for goal in table.goals:
        claim = _ALL_DONE.search("".join(goal.text.split())) if "实际" in goal.place.column else None
        if claim and not missed:
            yield Passed(Rule.CLAIM, goal.place, claim.group())
        elif claim:
            row, (target, _printed, actual) = missed[0]
            yield Finding(
                rule=Rule.CLAIM,
                severity=Severity.CONTRADICTION,
                place=goal.place,
                printed=claim.group(),
                recomputed="",
                formula=_("{name}：目标 {target}，实际 {actual}").format(
                    name=row.name, target=target.low.text, actual=actual.text
                ),
                advice=_("总体目标写已完成各项指标，而表内有指标未达到目标：请如实写明未完成的指标"),
                related=tuple(row.actual.place for row, _judged in missed),
            )


def _grade(report: Report) -> Iterator[Outcome]:
    """The grade in words belongs to the total score of 附件2."""
    entry = report.whole.total_score if report.whole else None
    if not entry or not entry.number:
        return
    score = entry.number
    expected = next(grade for bound, grade in _GRADES if score.value >= bound) if score.value >= 0 else "差"
    for sentence in report.sentences:
        match = _GRADE.search(sentence.text)
        if not match:
            continue
        formula = _("总分 {score} 属于“{grade}”").format(score=score.text, grade=expected)
        if match["grade"].startswith(expected):
            yield Passed(Rule.CLAIM, sentence.place, formula)
        else:
            yield Finding(
                rule=Rule.CLAIM,
                severity=Severity.ERROR,
                place=sentence.place,
                printed=match["grade"],
                recomputed=expected,
                formula=formula,
                advice=_("评价等级与总分不符（90 分以上优，80 分以上良，60 分以上中）：请核对"),
                related=(entry.place,),
            )


def _trend(report: Report) -> Iterator[Outcome]:
    """One business called growing in one place and shrinking in another."""
    growing, shrinking = _subjects(report, _GROWING), _subjects(report, _SHRINKING)
    for subject in growing.keys() & shrinking.keys():
        (up, up_place), (down, down_place) = growing[subject], shrinking[subject]
        first, second = sorted((up_place, down_place), key=lambda place: place.line)
        yield Finding(
            rule=Rule.CLAIM,
            severity=Severity.REMARK,
            place=first,
            printed=f"{down}、{up}",
            recomputed="",
            formula=f"“{down}” / “{up}”",
            advice=_("同一业务在一处写增长、另一处写下降：请核对，时期不同的请写明"),
            related=(second,),
        )


def _subjects(report: Report, pattern: re.Pattern[str]) -> dict[str, tuple[str, Place]]:
    found: dict[str, tuple[str, Place]] = {}
    for sentence in report.sentences:
        for match in pattern.finditer(sentence.text):
            found.setdefault(match["subject"], (match.group(), sentence.place))
    return found
