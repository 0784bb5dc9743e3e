"""The one kind of anticipated error of the auditor: the file it was given cannot be audited."""

from anju.kernel.errors import AnjuError


class ReportFileError(AnjuError):
    """The file is missing, unreadable, of another format, too large, or holds no self-evaluation report."""

    code = "AUDIT_FILE"
