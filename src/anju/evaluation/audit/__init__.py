"""Audits a published self-evaluation report by rule: arithmetic, agreement of body and annexes, scoring, law.

`audit(path)` returns the findings and the relations that held. The auditor reads, recomputes and points; it never
corrects, and it knows nothing about any particular center.
"""

from anju.evaluation.audit.errors import ReportFileError
from anju.evaluation.audit.findings import AuditReport, Finding, Passed, Rule, Severity
from anju.evaluation.audit.report import AuditParameters
from anju.evaluation.audit.run import audit, audit_document

__all__ = [
    "AuditParameters",
    "AuditReport",
    "Finding",
    "Passed",
    "ReportFileError",
    "Rule",
    "Severity",
    "audit",
    "audit_document",
]
