"""`anju evaluation`: the official self-evaluation tables, and the auditor of a published report."""

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import click

from anju.cli.tables import left, width
from anju.evaluation.actuals import Actuals, published_actuals
from anju.evaluation.load import load_annexes
from anju.evaluation.model import format_points, source_name
from anju.evaluation.run import FORMATS, Format, Summary, write_tables
from anju.evaluation.scoring import Difference, ScoreLine, Scores, differences
from anju.kernel.i18n import gettext as _

_CHINA = timezone(timedelta(hours=8))
_COLUMNS = (40, 24, 18, 9, 7, 9, 7, 7)


class _Group(click.Group):
    """The group imports the auditor only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), "audit"])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name != "audit":
            return super().get_command(ctx, cmd_name)
        from anju.cli.evaluation_audit import audit_command

        return audit_command


@click.group(cls=_Group, help=_("绩效：自评表与报告审核"))
def evaluation() -> None:
    """Group of the evaluation commands."""


def _formats(_context: click.Context, _parameter: click.Parameter, text: str) -> tuple[Format, ...]:
    wanted = {part.strip().lower() for part in text.split(",")}
    if not wanted <= set(FORMATS):
        raise click.BadParameter(_("只能是 {formats}，用逗号分隔").format(formats="、".join(FORMATS)))
    return tuple(kind for kind in FORMATS if kind in wanted)


@evaluation.command(help=_("生成三张官方附表（基础数据表、部门整体支出自评表、项目支出自评表）并计分"))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--actuals", "source", type=click.Choice(["published", "ledger"]), default="published", show_default=True,
    help=_("实际完成值取自：published 公布值；ledger 账簿（账簿不知道的仍取公布值）"),
)  # fmt: skip
@click.option("--out", "out_dir", type=click.Path(path_type=Path), required=True, help=_("输出文件夹"))
@click.option("--formats", default=",".join(FORMATS), show_default=True, callback=_formats, help=_("文件格式"))
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help=_("文件上的日期，默认今天"))
@click.option("--json", "as_json", is_flag=True, help=_("以 JSON 输出计分结果"))
def tables(
    folder: Path, source: str, out_dir: Path, formats: tuple[Format, ...], as_of: datetime | None, *, as_json: bool
) -> None:
    """Score the annexes of a folder, write the tables, print scores and totals."""
    annexes = load_annexes(folder)
    actuals = _ledger_actuals(annexes.year) if source == "ledger" else published_actuals(annexes)
    day = as_of.date() if as_of else datetime.now(_CHINA).date()
    summary = write_tables(folder, actuals, out_dir, day, formats=formats)
    if as_json:
        click.echo(json.dumps(_as_json(summary), ensure_ascii=False, indent=2))
    else:
        _print(summary)


def _ledger_actuals(year: int) -> Actuals:
    from anju.cli.django_setup import ensure

    ensure()
    from anju.metrics.actuals import ledger_actuals

    return ledger_actuals(year)


def _print(summary: Summary) -> None:
    if summary.staff:
        click.echo(_("附件1：{difference}").format(difference=_difference(summary.staff)))
    for scores in summary.scores:
        _print_scores(scores)
    click.echo(_("已写入："))
    for path in summary.files:
        click.echo(f"  {path}")


def _print_scores(scores: Scores) -> None:
    annex, execution, funds = scores.evaluation, scores.execution, scores.evaluation.funds.total
    click.echo(f"{annex.caption} {annex.title}")
    click.echo(
        _("预算执行：{spent} ÷ {adjusted} 万元 = {rate}，分值 {points}，得分 {score}").format(
            spent=funds.spent.text, adjusted=funds.adjusted.text, rate=execution.rate_text,
            points=format_points(execution.points, trim=True), score=format_points(execution.score),
        )
    )  # fmt: skip
    _print_row(_("指标"), _("年度指标值"), _("实际完成值"), _("完成"), _("分值"), _("规则得分"), _("得分"), _("来源"))
    for line in scores.lines:
        _print_row(
            line.indicator.name, line.indicator.target.text, line.actual_text, line.verdict,
            format_points(line.points, trim=True), format_points(line.rule_score), format_points(line.score),
            source_name(line.actual.source),
        )  # fmt: skip
    click.echo(_("总分 {total}，等级 {grade}").format(total=format_points(scores.total), grade=scores.grade))
    if scores.overridden:
        click.echo(_("各项全部按评分规则计分的总分 {total}，因为：").format(total=format_points(scores.rule_total)))
    for line in scores.overridden:
        click.echo(f"  {_override(line)}")
    for difference in differences(scores):
        click.echo(_("与公布的自评表不同：{difference}").format(difference=_difference(difference)))
    click.echo("")


def _override(line: ScoreLine) -> str:
    assert line.self_assessed is not None
    return _("“{name}”按规则得 {rule}（分值 {points} × {verdict}），自评 {own}，理由：{reason}").format(
        name=line.indicator.name, rule=format_points(line.rule_score), points=format_points(line.points, trim=True),
        verdict=line.verdict, own=format_points(line.self_assessed.score), reason=line.self_assessed.reason,
    )  # fmt: skip


def _difference(each: Difference) -> str:
    return _("{what}公布为 {printed}，计算为 {computed}").format(
        what=each.what, printed=each.printed, computed=each.computed
    )


def _print_row(*texts: str) -> None:
    cells = [_fit(text, columns) for text, columns in zip(texts, _COLUMNS, strict=True)]
    click.echo(f"  {' '.join(cells)}".rstrip())


def _fit(text: str, columns: int) -> str:
    while width(text) > columns:
        text = text.removesuffix("…")[:-1] + "…"
    return left(text, columns)


def _as_json(summary: Summary) -> dict[str, Any]:
    return {
        "year": summary.year,
        "annexes": [_scores_as_json(scores) for scores in summary.scores],
        "staff_difference": _difference_as_json(summary.staff) if summary.staff else None,
        "files": [str(path) for path in summary.files],
    }


def _scores_as_json(scores: Scores) -> dict[str, Any]:
    execution = scores.execution
    return {
        "annex": scores.evaluation.caption,
        "title": scores.evaluation.title,
        "execution": {
            "rate": execution.rate_text,
            "points": format_points(execution.points),
            "score": format_points(execution.score),
        },
        "lines": [_line_as_json(line) for line in scores.lines],
        "total": format_points(scores.total),
        "rule_total": format_points(scores.rule_total),
        "grade": scores.grade,
        "differences": [_difference_as_json(each) for each in differences(scores)],
    }


def _line_as_json(line: ScoreLine) -> dict[str, Any]:
    own = line.self_assessed
    return {
        "code": line.indicator.code,
        "name": line.indicator.name,
        "target": line.indicator.target.text,
        "actual": line.actual_text,
        "source": line.actual.source,
        "completion": line.verdict,
        "points": format_points(line.points),
        "rule_score": format_points(line.rule_score),
        "self_assessed": {"score": format_points(own.score), "reason": own.reason} if own else None,
        "score": format_points(line.score),
    }


def _difference_as_json(each: Difference) -> dict[str, str]:
    return {"what": each.what, "printed": each.printed, "computed": each.computed}
