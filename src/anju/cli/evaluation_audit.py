"""`anju evaluation audit`: reads a self-evaluation report and says what in it does not hold together."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from anju.kernel.i18n import gettext as _

if TYPE_CHECKING:
    from anju.evaluation.audit import Finding

_SEVERITIES = ("error", "contradiction", "omission", "basis", "unit", "remark")
_RELATED_SHOWN = 6


@click.command(
    "audit", help=_("审核绩效自评报告（.docx 或纯文本）：比率、合计、前后一致、得分、法定时限，只指出，不改动")
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help=_("输出 JSON"))
@click.option(
    "--min-severity",
    type=click.Choice(_SEVERITIES),
    default="remark",
    show_default=True,
    help=_("只列出这一级和更严重的问题"),
)
def audit_command(file: Path, as_json: bool, min_severity: str) -> None:
    """Print the findings of one report, gravest first."""
    from anju.evaluation.audit import Severity, audit

    report = audit(file)
    severity = Severity(min_severity)
    if as_json:
        click.echo(json.dumps(report.as_dict(severity), ensure_ascii=False, indent=2))
        return
    click.echo(report.summary())
    for number, finding in enumerate(report.at_least(severity), 1):
        click.echo()
        click.echo(f"{number}. " + _describe(finding))


def _describe(finding: "Finding") -> str:
    """A finding as a short paragraph."""
    lines = [f"[{finding.severity.label}·{finding.rule.label}] {finding.place}"]
    if finding.printed:
        lines.append(_("印出：{text}").format(text=finding.printed))
    if finding.recomputed:
        lines.append(_("复算：{text}").format(text=finding.recomputed))
    if finding.formula:
        lines.append(_("依据：{text}").format(text=finding.formula))
    lines.append(_("处理：{text}").format(text=finding.advice))
    if finding.related:
        shown = "；".join(str(place) for place in finding.related[:_RELATED_SHOWN])
        more = _("等 {count} 处").format(count=len(finding.related)) if len(finding.related) > _RELATED_SHOWN else ""
        lines.append(_("对照：{text}").format(text=shown + more))
    return "\n   ".join(lines)
