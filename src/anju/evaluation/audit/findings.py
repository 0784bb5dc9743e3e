"""What the auditor says: findings, and the relations that held.

The auditor never corrects. A finding names the place, the printed value, the value that the rule gives with its
formula, and what a person should do; a relation that held is kept too, so that "no finding" can be told from
"not looked at".
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from anju.evaluation.audit.document import Place
from anju.kernel.i18n import gettext as _


class Severity(StrEnum):
    """How grave a finding is, gravest first."""

    ERROR = "error"  # arithmetic, scoring or law is broken
    CONTRADICTION = "contradiction"  # two places of the report cannot both be right
    OMISSION = "omission"  # something that must be filled in is empty
    BASIS = "basis"  # things of different basis are compared
    UNIT = "unit"  # one quantity in several units, precisions or names
    REMARK = "remark"  # worth a look

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return list(Severity).index(self)

    @property
    def label(self) -> str:
        """The Chinese name."""
        return {
            Severity.ERROR: _("错误"),
            Severity.CONTRADICTION: _("矛盾"),
            Severity.OMISSION: _("遗漏"),
            Severity.BASIS: _("口径"),
            Severity.UNIT: _("单位与精度"),
            Severity.REMARK: _("提示"),
        }[self]


class Rule(StrEnum):
    """The kinds of rules; the value is the stable code of a finding."""

    RATIO = "ratio"
    RATE_SCORE = "rate-score"
    SUM = "sum"
    SAME_VALUE = "same-value"
    PRECISION = "precision"
    ONE_UNIT = "one-unit"
    ONE_NAME = "one-name"
    WORDING = "wording"
    WEIGHT = "weight"
    FILLED = "filled"
    TARGET_SCORE = "target-score"
    DEVIATION = "deviation"
    DUPLICATE = "duplicate"
    BASIS = "basis"
    DEADLINE = "deadline"
    COUNT = "count"
    GROWTH = "growth"
    LIMIT = "limit"
    CLAIM = "claim"
    FORM = "form"

    @property
    def label(self) -> str:
        """The Chinese name."""
        return {
            Rule.RATIO: _("比率复算"),
            Rule.RATE_SCORE: _("执行率与得分"),
            Rule.SUM: _("分项合计"),
            Rule.SAME_VALUE: _("同一数据前后一致"),
            Rule.PRECISION: _("同一数据精度一致"),
            Rule.ONE_UNIT: _("同一数据单位一致"),
            Rule.ONE_NAME: _("同一指标名称一致"),
            Rule.WORDING: _("两表表述一致"),
            Rule.WEIGHT: _("分值、标准与得分"),
            Rule.FILLED: _("应填尽填"),
            Rule.TARGET_SCORE: _("完成情况与得分"),
            Rule.DEVIATION: _("偏差原因"),
            Rule.DUPLICATE: _("指标重复"),
            Rule.BASIS: _("口径混用"),
            Rule.DEADLINE: _("法定时限"),
            Rule.COUNT: _("列举与计数"),
            Rule.GROWTH: _("增减幅度"),
            Rule.LIMIT: _("不得超过"),
            Rule.CLAIM: _("结论与数据"),
            Rule.FORM: _("表格形式"),
        }[self]


@dataclass(frozen=True, slots=True)
class Finding:
    """One inconsistency. `recomputed` is what the rule gives, empty where it gives no value; never a correction."""

    rule: Rule
    severity: Severity
    place: Place
    printed: str
    recomputed: str
    formula: str
    advice: str
    related: tuple[Place, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "rule": self.rule.value,
            "rule_name": self.rule.label,
            "severity": self.severity.value,
            "place": _place_dict(self.place),
            "printed": self.printed,
            "recomputed": self.recomputed,
            "formula": self.formula,
            "advice": self.advice,
            "related": [_place_dict(place) for place in self.related],
        }


@dataclass(frozen=True, slots=True)
class Passed:
    """A relation that was checked and holds."""

    rule: Rule
    place: Place
    formula: str


Outcome: TypeAlias = Finding | Passed


@dataclass(frozen=True, slots=True)
class AuditReport:
    """All outcomes of one audit: findings gravest first and in printed order, and the relations that held."""

    year: int
    findings: tuple[Finding, ...]
    passed: tuple[Passed, ...]

    @classmethod
    def of(cls, year: int, outcomes: Iterable[Outcome]) -> "AuditReport":
        """Sort the outcomes of all rules."""
        findings: list[Finding] = []
        passed: list[Passed] = []
        for outcome in outcomes:
            if isinstance(outcome, Finding):
                findings.append(outcome)
            else:
                passed.append(outcome)
        findings.sort(key=lambda finding: (finding.severity.rank, finding.place.line, finding.rule.value))
        return cls(year, tuple(findings), tuple(passed))

    @property
    def checked(self) -> int:
        """How many relations were checked."""
        return len(self.findings) + len(self.passed)

    def at_least(self, severity: Severity) -> tuple[Finding, ...]:
        """The findings of this severity and graver ones."""
        return tuple(finding for finding in self.findings if finding.severity.rank <= severity.rank)

    def summary(self) -> str:
        """One sentence: how much was checked and what came of it."""
        counts = Counter(finding.severity for finding in self.findings)
        parts = "、".join(f"{severity.label} {counts[severity]}" for severity in Severity if counts[severity])
        sentence = _("{year}年度自评报告：检查 {checked} 项勾稽关系，发现 {found} 处问题").format(
            year=self.year, checked=self.checked, found=len(self.findings)
        )
        return f"{sentence}（{parts}）" if parts else sentence

    def as_dict(self, severity: Severity = Severity.REMARK) -> dict[str, Any]:
        """Plain data for JSON, with the findings of `severity` and graver ones."""
        return {
            "year": self.year,
            "checked": self.checked,
            "found": len(self.findings),
            "summary": self.summary(),
            "findings": [finding.as_dict() for finding in self.at_least(severity)],
        }


def _place_dict(place: Place) -> dict[str, Any]:
    return {
        "line": place.line,
        "unit": place.unit,
        "section": place.section,
        "table": place.table,
        "row": place.row,
        "column": place.column,
        "text": str(place),
    }
