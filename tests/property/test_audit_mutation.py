"""Change one printed digit of a real report, and the auditor finds something new about that very place."""

import json
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anju.evaluation.audit import Finding, ReportFileError, audit_document
from anju.evaluation.audit.read_text import read_text

TEXT = (Path(__file__).parents[2] / "examples" / "yueyang-2024" / "report.txt").read_text("utf-8")
ANNEXES = TEXT.index("附件2\n\n2024")
#: All digits of 附件2 and 附件3.
DIGITS = [index for index in range(ANNEXES, len(TEXT)) if TEXT[index].isdigit()]
#: Numbers of the body and of 附件1 that take part in a relation.
RELATED = [
    "127名", "199人", "122人", "77人", "3363.30", "3090.03", "2666.53", "137.97", "285.53", "2124.50", "1701.93",
    "1632.37", "69.56", "56.85", "42.41", "74.60", "10.19", "52.07", "3.77", "99分", "76.08", "96.06", "31.03", "15.8",
    "5.43", "30.07", "26.44", "3.63", "4.30", "0.96", "1.13", "4425.38", "2324.71",
]  # fmt: skip


@lru_cache(maxsize=4)
def findings(text: str) -> frozenset[Finding]:
    return frozenset(audit_document(read_text(text)).findings)


def news(index: int, shift: int) -> tuple[bool, bool]:
    """Whether a changed digit changes the findings, and whether a new one names the changed line.

    One digit in ten repairs what was wrong with its number: then the old finding goes.
    """
    digit = str((int(TEXT[index]) + shift) % 10)
    line = TEXT.count("\n", 0, index) + 1
    try:
        found = findings(TEXT[:index] + digit + TEXT[index + 1 :])
    except ReportFileError:
        return True, True
    named = any(line in {f.place.line, *(place.line for place in f.related)} for f in found - findings(TEXT))
    return found != findings(TEXT), named


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(DIGITS), st.integers(1, 9))
def test_no_digit_of_the_evaluation_tables_changes_unseen(index: int, shift: int) -> None:
    seen, _named = news(index, shift)
    assert seen


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(RELATED), st.data(), st.integers(1, 9))
def test_no_digit_of_a_related_number_changes_unseen(number: str, data: st.DataObject, shift: int) -> None:
    start = TEXT.index(number)
    digits = [start + offset for offset, char in enumerate(number) if char.isdigit()]
    seen, _named = news(data.draw(st.sampled_from(digits)), shift)
    assert seen


LINES = TEXT.split("\n")
ODD = [
    "",
    "\t",
    "\t0",
    "\t-1%",
    "\t总分",
    "\t一级指标",
    "\t1\t2\t3",
    "\t0.00万元",
    "附件9",
    "\t99999999999999亿元",
    "其中，",
    "%",
    "\t至\t从",
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(LINES) - 1), st.integers(0, 12), st.sampled_from(ODD)), max_size=40))
def test_a_mangled_report_is_audited_or_refused_but_never_breaks(edits: list[tuple[int, int, str]]) -> None:
    lines = list(LINES)
    for at, gone, put in edits:
        lines[at : at + gone] = [put] if gone != 1 else [put, put]
    try:
        report = audit_document(read_text("\n".join(lines)))
    except ReportFileError:
        return
    assert json.dumps(report.as_dict(), ensure_ascii=False)
    assert all(str(finding.place) and finding.advice for finding in report.findings)


@pytest.mark.slow
def test_every_digit_of_the_evaluation_tables_is_guarded() -> None:
    told = [news(index, shift) for index in DIGITS for shift in (1, 4)]
    assert all(seen for seen, _named in told)
    assert sum(named for _seen, named in told) / len(told) > 0.95
