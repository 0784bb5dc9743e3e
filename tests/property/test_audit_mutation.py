"""Change one printed digit of a real report, and the auditor finds something new about that very place."""

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anju.evaluation.audit import ReportFileError, audit_document
from anju.evaluation.audit.read_text import read_text

TEXT = (Path(__file__).parents[2] / "examples" / "yueyang-2024" / "report.txt").read_text("utf-8")
ANNEXES = TEXT.index("附件2\n\n2024")
#: All digits of 附件2 and 附件3.
DIGITS = [index for index in range(ANNEXES, len(TEXT)) if TEXT[index].isdigit()]
#: Numbers of the body and of 附件1 that take part in a relation.
RELATED = [
    "127名", "90名", "199人", "122人", "77人", "3363.30", "3090.03", "2666.53", "137.97", "285.53", "2124.50", "1701.93",
    "1632.37", "69.56", "56.85", "42.41", "74.60", "10.19", "52.07", "3.77", "99分", "76.08", "96.06", "31.03", "15.8",
    "5.43", "30.07", "26.44", "3.63", "4.30", "0.96", "1.13", "4425.38", "2324.71",
]  # fmt: skip


@cache
def findings(text: str) -> frozenset[tuple[object, ...]]:
    return frozenset(
        (f.rule, f.severity, f.place, f.printed, f.recomputed, f.formula, f.related)
        for f in audit_document(read_text(text)).findings
    )


def news(index: int, shift: int) -> tuple[bool, bool]:
    """Whether a changed digit gives a new finding, and whether one of them names the changed line."""
    digit = str((int(TEXT[index]) + shift) % 10)
    line = TEXT.count("\n", 0, index) + 1
    try:
        new = findings.__wrapped__(TEXT[:index] + digit + TEXT[index + 1 :]) - findings(TEXT)
    except ReportFileError:
        return True, True
    return bool(new), any(line in {finding[2].line, *(p.line for p in finding[6])} for finding in new)


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


@pytest.mark.slow
def test_every_digit_of_the_evaluation_tables_is_guarded() -> None:
    told = [news(index, shift) for index in DIGITS for shift in (1, 5, 9)]
    assert all(seen for seen, _named in told)
    assert sum(named for _seen, named in told) / len(told) > 0.95
