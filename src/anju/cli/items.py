"""`anju items`: the catalogue of service items as it is declared, with today's deadlines."""

import json
from datetime import date, datetime, timedelta, timezone
from typing import Any

import click

from anju.cli.tables import left, width
from anju.kernel.i18n import gettext as _

_CHINA = timezone(timedelta(hours=8))


@click.command(help=_("事项目录：申请人、渠道、办理时限、审核岗位"))
@click.option("--json", "as_json", is_flag=True, help=_("JSON 输出"))
def items(*, as_json: bool) -> None:
    """List the items that this center offers."""
    from anju.cli.django_setup import ensure

    ensure()
    rows = _rows(datetime.now(_CHINA).date())
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    head = (_("代码"), _("事项"), _("申请人"), _("渠道"), _("时限"), _("跨省"), _("步骤"))
    cells = [head, *(_cells(row) for row in rows)]
    widths = [max(map(width, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        click.echo("  ".join(map(left, line, widths)).rstrip())


def _rows(today: date) -> list[dict[str, Any]]:
    from anju.cases import catalogue
    from anju.cases.declarations import ApplicantKind, Channel

    rows = []
    for item in catalogue.items():
        term = catalogue.term_of(item, today)
        rows.append({
            "code": item.code,
            "name": str(item.name),
            "applicants": [str(each.label) for each in ApplicantKind if each in item.applicants],
            "channels": [str(each.label) for each in Channel if each in item.channels],
            "term": {"days": term.days, "count": str(term.count)},
            "cross_province": item.cross_province,
            "steps": [str(role.label) for role in (item.handler, *(step.role for step in item.reviews))],
        })  # fmt: skip
    return rows


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    across = _("是") if row["cross_province"] else _("否")
    applicants, channels = _("、").join(row["applicants"]), _("、").join(row["channels"])
    return row["code"], row["name"], applicants, channels, _term(**row["term"]), across, " → ".join(row["steps"])


def _term(*, days: int, count: str) -> str:
    if days == 0:
        return _("即时")
    return (_("{n} 日") if count == "calendar" else _("{n} 个工作日")).format(n=days)
