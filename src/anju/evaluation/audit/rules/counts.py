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
_AND_SO_ON = re.compile(rf"等{_COUNT}{_WORD}")
_CLAUSE_END = re.compile(r"[，,。；;：:“”]")
_LONGEST_LIST = 200
_SEPARATOR = re.compile(r"[、+＋]|[－—–-]+")


def check(report: Report) -> Iterator[Outcome]:
    """All counted lists of the body."""
    for sentence in report.sentences:
        text = _SIDE_NOTE.sub("", sentence.text)
        for match in _FOLLOWED.finditer(text):
            among = bool(match["some"]) or match["list"].rstrip().endswith("等")
            yield from _list(sentence, match["count"], match["list"].split("、"), all_named=not among)
        for match in _QUOTED.finditer(text):
            yield from _list(sentence, match["count"], _SEPARATOR.split(match["list"]))
        for match in _AND_SO_ON.finditer(text):
            before = text[max(0, match.start() - _LONGEST_LIST) : match.start()]
            yield from _list(sentence, match["count"], _CLAUSE_END.split(before)[-1].split("、"), all_named=False)


def _list(sentence: Sentence, printed: str, items: list[str], *, all_named: bool = True) -> Iterator[Outcome]:
    """As many items as counted.

    Where the list names only some, more than counted is but remarked on: the words before may hold a list of their own.
    """
    count, listed = numeral(printed), len([item for item in items if item.strip()])
    if count is None or count < 2 or listed < 2 or items[0].lstrip().startswith("一是"):
        return
    formula = _("写明 {count}，列举 {listed}").format(count=count, listed=listed)
    if listed == count or (listed < count and not all_named):
        yield Passed(Rule.COUNT, sentence.place, formula)
        return
    yield Finding(
        rule=Rule.COUNT,
        severity=Severity.ERROR if all_named else Severity.REMARK,
        place=sentence.place,
        printed=printed,
        recomputed=str(listed),
        formula=f"{formula}：{'、'.join(items).strip()[:60]}",
        advice=_("写明的个数与列举的个数不同：请核对列举和个数"),
    )
