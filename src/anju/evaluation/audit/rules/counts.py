"""A stated count agrees with the list that follows or precedes it."""

import re
from collections.abc import Iterator

from anju.evaluation.audit.findings import Finding, Outcome, Passed, Rule, Severity
from anju.evaluation.audit.numbers import numeral
from anju.evaluation.audit.prose import Sentence
from anju.evaluation.audit.report import Report
from anju.kernel.i18n import gettext as _

_COUNT = r"(?P<count>\d{1,3}|[一二两三四五六七八九十]{1,3})"
_WORD = r"(?:个|家|项|大|类|种|条|名|方面|位)"
_SIDE_NOTE = re.compile(r"[（(][^（()）]{0,60}[）)]")
#: “内设9个部室分别是：甲、乙、丙；”
_FOLLOWED = re.compile(
    rf"{_COUNT}{_WORD}[^，。；：:、\d“”]{{0,12}}?(?:分别(?:是|为)|(?P<some>包括)|：|:)[：:]?(?P<list>[^。；;，,：:]{{3,600}})"
)
#: “甲、乙、丙”三大机制 / “甲+乙+丙+丁”四位一体
_QUOTED = re.compile(rf"“(?P<list>[^“”]{{3,200}})”{_COUNT}(?:{_WORD}|维|步)")
#: 甲、乙、丙等5项指标
_AND_SO_ON = re.compile(rf"(?P<list>[^，,。；;：:“”]{{3,200}}[、][^，,。；;：:“”]{{1,60}}?)等{_COUNT}{_WORD}")
_SEPARATOR = re.compile(r"[、+＋]|[－—–-]+")


def check(report: Report) -> Iterator[Outcome]:
    """All counted lists of the body."""
    for sentence in report.sentences:
        text = _SIDE_NOTE.sub("", sentence.text)
        for match in _FOLLOWED.finditer(text):
            yield from _list(sentence, match, match["list"].split("、"), so_on=bool(match["some"]))
        for match in _QUOTED.finditer(text):
            yield from _list(sentence, match, _SEPARATOR.split(match["list"]))
        for match in _AND_SO_ON.finditer(text) if "等" in text else ():
            # what stands before the list may hold lists of its own, so more items than counted prove nothing
            yield from _list(sentence, match, match["list"].split("、"), so_on=True, severity=Severity.REMARK)


def _list(
    sentence: Sentence,
    match: re.Match[str],
    items: list[str],
    *,
    so_on: bool = False,
    severity: Severity = Severity.ERROR,
) -> Iterator[Outcome]:
    """As many items as counted; with 等 at most as many."""
    count, listed = numeral(match["count"]), len([item for item in items if item.strip()])
    if count is None or count < 2 or listed < 2 or match["list"].lstrip().startswith(("一是", "一、")):
        return
    open_end = so_on or match["list"].rstrip().endswith("等")
    formula = _("写明 {count}，列举 {listed}").format(count=count, listed=listed)
    if listed == count or (open_end and listed < count):
        yield Passed(Rule.COUNT, sentence.place, formula)
        return
    yield Finding(
        rule=Rule.COUNT,
        severity=severity,
        place=sentence.place,
        printed=match["count"],
        recomputed=str(listed),
        formula=f"{formula}：{match['list'].strip()[:60]}",
        advice=_("写明的个数与列举的个数不同：请核对列举和个数"),
    )
