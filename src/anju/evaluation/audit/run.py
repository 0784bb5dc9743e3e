"""Audits a report: read, understand, apply every rule."""

from pathlib import Path

from anju.evaluation.audit.document import Document
from anju.evaluation.audit.findings import AuditReport
from anju.evaluation.audit.read import read_report
from anju.evaluation.audit.report import AuditParameters, understand
from anju.evaluation.audit.rules import (
    annexes,
    budgets,
    claims,
    counts,
    deadlines,
    forms,
    growth,
    limits,
    ratios,
    rows,
    same_value,
    scores,
    sums,
)

_RULES = (ratios, sums, same_value, rows, scores, annexes, budgets, limits, deadlines, counts, growth, claims, forms)


def audit(path: str | Path, *, parameters: AuditParameters | None = None) -> AuditReport:
    """Audit the report in a .docx or plain text file.

    Raises ReportFileError when the file cannot be read or holds none of the official tables.
    """
    return audit_document(read_report(Path(path)), parameters=parameters)


def audit_document(document: Document, *, parameters: AuditParameters | None = None) -> AuditReport:
    """Audit a document that was read before."""
    report = understand(document, parameters or AuditParameters())
    return AuditReport.of(report.year, (outcome for rule in _RULES for outcome in rule.check(report)))
