"""`anju roster`: check an employer's roster before it is paid, or write an empty one."""

import json
from datetime import date
from pathlib import Path

import click

from anju.contributions.roster import RosterTerms
from anju.contributions.roster_file import read_roster, write_roster
from anju.kernel.i18n import gettext as _
from anju.kernel.money import format_yuan
from anju.kernel.periods import Month

_PATH = click.Path(path_type=Path)


@click.group(help=_("汇缴清册：检查、模板"))
def roster() -> None:
    """Group of the roster commands."""


@roster.command(help=_("检查清册，逐行列出问题；有问题时退出码为 1"))
@click.argument("file", type=_PATH)
@click.option("--unit", help=_("应为的单位账号"))
@click.option("--month", help=_("应为的汇缴年月，如 2024-05"))
@click.option("--json", "as_json", is_flag=True, help=_("JSON 输出"))
def check(file: Path, unit: str | None, month: str | None, *, as_json: bool) -> None:
    """Read a roster and list its problems."""
    reading = read_roster(file, RosterTerms(unit_number=unit, month=Month.parse(month) if month else None))
    if as_json:
        problems = [
            {
                "row": found.row,
                "column": found.column,
                "value": found.value,
                "rule": found.rule,
                "message": found.message,
            }
            for found in reading.problems
        ]
        click.echo(json.dumps({"sha256": reading.sha256, "problems": problems}, ensure_ascii=False, indent=1))
    else:
        for found in reading.problems:
            click.echo(_("第 {row} 行 {column}「{value}」{message} [{rule}]").format(
                row=found.row, column=found.column, value=found.value, message=found.message, rule=found.rule))  # fmt: skip
        if reading.roster is not None:
            click.echo(_("清册无误：{members} 人，合计 {total} 元").format(
                members=len(reading.roster.rows), total=format_yuan(reading.roster.total)))  # fmt: skip
    raise SystemExit(1 if reading.problems else 0)


@roster.command(help=_("写出空白清册模板"))
@click.argument("file", type=_PATH)
@click.option("--unit", required=True, help=_("单位账号"))
@click.option("--name", default="", help=_("单位名称"))
@click.option("--month", help=_("汇缴年月，默认本月"))
def template(file: Path, unit: str, name: str, month: str | None) -> None:
    """Write an empty roster; an existing file is kept."""
    if file.exists():
        raise click.BadParameter(_("文件已存在，请换一个文件名"), param_hint="FILE")
    when = Month.parse(month) if month else Month.of(date.today())  # noqa: DTZ011 - the edge, where a clerk sits
    write_roster(file, unit_number=unit, unit_name=name, month=when, rows=[])
    click.echo(str(file))
