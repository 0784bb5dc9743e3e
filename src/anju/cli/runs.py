"""`anju runs`: batch runs, their progress and problems; cancel, retry, or work one here."""

import csv
import getpass
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from anju.cli.tables import table
from anju.kernel.i18n import gettext as _

if TYPE_CHECKING:
    from anju.platform.runs.queries import Standing

_LISTED = 50


@click.group(invoke_without_command=True, help=_("批量业务：批次的进度、问题、取消与重试；不带子命令时列出最近的批次"))
@click.option("--json", "as_json", is_flag=True, help=_("JSON 输出"))
@click.pass_context
def runs(context: click.Context, *, as_json: bool) -> None:
    """List the latest runs."""
    from anju.cli.django_setup import ensure

    ensure()
    if context.invoked_subcommand is not None:
        return
    from anju.platform.runs import queries
    from anju.platform.runs.declarations import title_of

    found, total = queries.recent(limit=_LISTED)
    if as_json:
        click.echo(json.dumps([_facts(told) for told in found], ensure_ascii=False, indent=1))
        return
    head = [_("编号"), _("业务"), _("批次号"), _("业务日期"), _("状态"), _("已完成行"), _("总行数"), _("问题")]
    rows = [
        [
            str(told.run.pk), _(title_of(told.run.job)), told.run.key, str(told.run.business_date),
            str(told.state.label), str(told.rows_done), str(told.rows_planned), str(told.run.problems),
        ]
        for told in found
    ]  # fmt: skip
    click.echo(table(head, rows))
    if total > len(found):
        click.echo(_("最近 {shown} 批，共 {total} 批").format(shown=len(found), total=total))


@runs.command(help=_("一个批次的进度、计数与失败分段；未完成或部分完成时退出码为 1"))
@click.argument("run_id", type=int)
@click.option("--json", "as_json", is_flag=True, help=_("JSON 输出"))
def show(run_id: int, *, as_json: bool) -> None:
    """Print one run."""
    from anju.platform.runs import queries
    from anju.platform.runs.models import RunState

    told = queries.standing(run_id=run_id)
    counts = queries.counts(run_id=run_id)
    failed = queries.failed_chunks(run_id=run_id, limit=_LISTED)
    if as_json:
        causes = [
            {"chunk": chunk.number, "low": chunk.low, "high": chunk.high, "code": chunk.error_code,
             "sqlstate": chunk.sqlstate, "message": chunk.error_message}
            for chunk in failed
        ]  # fmt: skip
        click.echo(json.dumps(_facts(told) | {"counts": counts, "failed": causes}, ensure_ascii=False, indent=1))
    else:
        _print_standing(told)
        for name, total in counts.items():
            click.echo(f"  {name} {total}")
        for chunk in failed:
            click.echo(_("  第 {number} 段（{low}–{high}）失败：{message} [{code} {sqlstate}]").format(
                number=chunk.number, low=chunk.low, high=chunk.high, message=chunk.error_message,
                code=chunk.error_code, sqlstate=chunk.sqlstate))  # fmt: skip
    raise SystemExit(0 if told.state is RunState.FINISHED else 1)


@runs.command(help=_("取消：已完成的保留，其余不再处理"))
@click.argument("run_id", type=int)
def cancel(run_id: int) -> None:
    """Cancel a run."""
    from django.utils import timezone

    from anju.platform.runs import operations

    _print_standing(operations.cancel(run_id=run_id, by=_operator(), at=timezone.now()))


@runs.command(help=_("重试失败的分段，由后台任务处理"))
@click.argument("run_id", type=int)
def retry(run_id: int) -> None:
    """Let failed chunks be worked again by the background."""
    from django.db import transaction
    from django.utils import timezone

    from anju.platform import jobs
    from anju.platform.runs import operations

    with transaction.atomic():
        told = operations.retry(run_id=run_id, by=_operator(), at=timezone.now())
        jobs.enqueue(run_id=run_id)
    _print_standing(told)


@runs.command(help=_("就在这里处理，Ctrl-C 可随时中断，再次执行接着处理"))
@click.argument("run_id", type=int)
@click.option("--limit", type=click.IntRange(min=1), help=_("最多处理几段"))
def work(run_id: int, limit: int | None) -> None:
    """Work a run in this process."""
    from django.utils import timezone

    from anju.platform.runs import operations

    _print_standing(operations.work(run_id=run_id, clock=timezone.now, limit=limit))


@runs.command(help=_("逐行列出问题；--csv 写入文件"))
@click.argument("run_id", type=int)
@click.option("--csv", "file", type=click.Path(path_type=Path, dir_okay=False), help=_("CSV 文件"))
def problems(run_id: int, file: Path | None) -> None:
    """Print a run's problems, or write them for a spreadsheet."""
    from anju.platform.runs import queries

    queries.standing(run_id=run_id)
    found = queries.all_problems(run_id=run_id)
    if file is None:
        for problem in found:
            click.echo(_("第 {line} 行 {column}「{value}」{message} [{rule}]").format(
                line=problem.line, column=problem.column, value=problem.value, message=problem.message,
                rule=problem.rule))  # fmt: skip
        return
    from anju.web.csv_export import harmless

    with file.open("w", encoding="utf-8-sig", newline="") as output:
        writer = csv.writer(output)
        writer.writerow([_("行"), _("栏目"), _("值"), _("问题"), _("规则")])
        for row in found:
            writer.writerow([harmless(str(cell)) for cell in (row.line, row.column, row.value, row.message, row.rule)])
    click.echo(str(file))


def _print_standing(told: "Standing") -> None:
    from anju.platform.runs.declarations import title_of

    click.echo(_("批次 {run} {title} {key}：{state}").format(
        run=told.run.pk, title=_(title_of(told.run.job)), key=told.run.key, state=told.state.label))  # fmt: skip
    click.echo(_("  {done}/{planned} 行，{chunks_done}/{chunks} 段，失败 {failed} 段，问题 {problems} 个").format(
        done=told.rows_done, planned=told.rows_planned, chunks_done=told.done, chunks=told.chunks,
        failed=told.failed, problems=told.run.problems))  # fmt: skip


def _facts(told: "Standing") -> dict[str, Any]:
    run = told.run
    return {
        "id": run.pk, "job": run.job, "key": run.key, "business_date": run.business_date.isoformat(),
        "state": str(told.state), "rows": told.rows_planned, "rows_done": told.rows_done, "chunks": told.chunks,
        "chunks_done": told.done, "chunks_failed": told.failed, "problems": run.problems,
        "rows_set_aside": run.rows_set_aside,
    }  # fmt: skip


def _operator() -> str:
    """Who sits at this machine's command line."""
    return getpass.getuser()
