"""`anju policy load|propose|approve|…`: the policy of a center in its database, changed by two persons."""

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from anju.cli import tables
from anju.kernel.i18n import gettext as _
from anju.policy import packs

_as_json = click.option("--json", "as_json", is_flag=True, help=_("输出 JSON"))
_maker = click.option("--maker", required=True, help=_("提案人"))
_checker = click.option("--checker", required=True, help=_("复核人，不得是提案人"))
_note = click.option("--note", required=True, help=_("理由"))
_reason = click.option("--reason", default="", help=_("提案理由，如会议纪要文号"))
_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_folder = click.Path(exists=True, file_okay=False, path_type=Path)
_STATES = {"proposed": _("待复核"), "approved": _("已生效"), "rejected": _("已驳回"), "withdrawn": _("已撤回")}
_KINDS = {"pack": _("参数文件"), "package": _("政策包")}


@click.command(help=_("把参数文件提交到数据库，列出差异，待他人复核；已提交过或没有差异时不重复提案"))
@click.option("--center", default="demo", show_default=True, help=_("中心"))
@click.option("--packs", "folder", type=_folder, default=packs.PACKS, help=_("参数文件目录，默认随程序发布的"))
@_reason
@_maker
def load(*, center: str, folder: Path, reason: str, maker: str) -> None:
    """Propose the packs as they are in their files."""
    at = _now()
    from anju.policy_store import operations

    loaded = operations.load_pack(center=center, folder=folder, reason=reason, maker=maker, at=at)
    _print_plan(loaded.plan)
    for finding in loaded.plan.findings:
        click.echo(_("注意：{rule} {path} {day}：{message}").format(
            rule=finding.rule, path=finding.path, day=finding.on or "", message=finding.message))  # fmt: skip
    if loaded.number is None:
        click.echo(_("与现行参数没有差异，无需提案"))
    else:
        _print_waiting(loaded.number)


@click.command(help=_("提交政策包（YAML），列出差异，待他人复核"))
@click.argument("file", type=_file)
@_reason
@_maker
def propose(file: Path, *, reason: str, maker: str) -> None:
    """Propose a package."""
    at = _now()
    from anju.policy.overlay import read_overlay
    from anju.policy_store import operations, queries

    package = read_overlay(file, queries.snapshot().book)
    proposed = operations.propose(package=package, reason=reason, maker=maker, at=at)
    _print_plan(proposed.plan)
    assert proposed.number is not None
    _print_waiting(proposed.number)


@click.command(help=_("复核通过一个提案：按此刻的参数重新检查，全部生效或全不生效"))
@click.argument("proposal", type=int)
@_checker
def approve(proposal: int, *, checker: str) -> None:
    """Put a proposal in force."""
    at = _now()
    from anju.policy_store import operations

    promoted = operations.approve(proposal=proposal, checker=checker, at=at)
    click.echo(_("提案 {number} 已生效，参数版本 {version}").format(number=proposal, version=promoted.version))


@click.command(help=_("驳回一个提案"))
@click.argument("proposal", type=int)
@_checker
@_note
def reject(proposal: int, *, checker: str, note: str) -> None:
    """Refuse a proposal."""
    at = _now()
    from anju.policy_store import operations

    operations.reject(proposal=proposal, checker=checker, note=note, at=at)
    click.echo(_("提案 {number} 已驳回").format(number=proposal))


@click.command(help=_("撤回自己的提案"))
@click.argument("proposal", type=int)
@_maker
@_note
def withdraw(proposal: int, *, maker: str, note: str) -> None:
    """Take back one's own proposal."""
    at = _now()
    from anju.policy_store import operations

    operations.withdraw(proposal=proposal, maker=maker, note=note, at=at)
    click.echo(_("提案 {number} 已撤回").format(number=proposal))


@click.command(help=_("列出提案：谁提出、谁复核、何时、为何"))
@click.option("--state", type=click.Choice(list(_STATES)), help=_("只列某种状态"))
@_as_json
def proposals(*, state: str | None, as_json: bool) -> None:
    """List proposals."""
    _ready()
    from anju.policy_store import queries

    found = queries.proposals(state=state)
    if as_json:
        _print_json({**_facts(one), "digest": one.digest.hex()} for one in found)
        return
    head = [
        _("提案"),
        _("种类"),
        _("名称"),
        _("状态"),
        _("版本"),
        _("提案人"),
        _("提出"),
        _("复核人"),
        _("决定"),
        _("理由"),
    ]
    rows = [
        [
            str(one.id), _KINDS[one.kind], one.name, _STATES[one.state], str(one.version or ""), one.maker,
            _instant(one.proposed_at), one.checker or "", _instant(one.decided_at), one.note or one.reason,
        ]
        for one in found
    ]  # fmt: skip
    click.echo(tables.table(head, rows) if rows else _("没有提案"))


@click.command(help=_("一个参数在数据库中的全部历史：每个值由哪个提案带来、由谁复核、何时被取代"))
@click.argument("path")
@_as_json
def history(path: str, *, as_json: bool) -> None:
    """Show who changed a parameter, when and why."""
    _ready()
    from anju.policy_store import queries

    found = queries.history(path=path)
    if as_json:
        _print_json(
            {**_facts(one), "since": one.since.id, "until": one.until and one.until.id, "version": one.since.version}
            for one in found
        )
        return
    head = [
        _("版本"),
        _("范围"),
        _("自"),
        _("至"),
        _("值"),
        _("依据"),
        _("提案"),
        _("提案人/复核人"),
        _("复核时间"),
        _("状态"),
    ]
    rows = [
        [
            str(one.since.version), one.scope, str(one.start), str(one.end or ""), one.value + one.trust, one.citation,
            f"{one.since.id} {one.since.name}", f"{one.since.maker}/{one.since.checker}", _instant(one.since.decided_at),
            _("被提案 {number} 取代").format(number=one.until.id) if one.until else _("现行"),
        ]
        for one in found
    ]  # fmt: skip
    click.echo(tables.table(head, rows))


@click.command(help=_("核验数据库中的政策：现行参数无缺口，已存的每项决定重演一致；有问题时逐条指出，退出码为 1"))
def verify() -> None:
    """Lint the book in force and take every stored decision again."""
    _ready()
    from anju.policy.lint import lint
    from anju.policy.rules import rules
    from anju.policy_store import decisions, queries

    found = 0
    for finding in lint([queries.snapshot().book], rules().values()):
        found += 1
        click.echo(f"{finding.rule} {finding.path} {finding.on or ''}：{finding.message}")
    for differing in decisions.verify_decisions():
        found += 1
        click.echo(f"{differing.key}：{differing.message}")
    click.echo(_("发现 {found} 处不符").format(found=found) if found else _("全部相符"))
    raise SystemExit(1 if found else 0)


COMMANDS = (load, propose, approve, reject, withdraw, proposals, history, verify)
#: Differences that are listed one by one; of a first load only the count is told.
_MOST_LISTED = 60


def _print_plan(plan: Any) -> None:
    from anju.policy.explanation import trust_of

    rows = [("−", row) for row in plan.ended] + [("＋", row) for row in plan.added]
    for sign, row in sorted(rows, key=lambda one: (one[1].path, str(one[1].scope), one[1].start))[:_MOST_LISTED]:
        definition = plan.book.definitions.get(row.path)
        value = definition.show(row.value) if definition else "—"
        days = _("{start} 起").format(start=row.start) + (_("至 {end}（不含）").format(end=row.end) if row.end else "")
        click.echo(f"{sign} {row.path}（{row.scope}）{days}：{value}{trust_of(row)}　{row.citation}")
    if len(rows) > _MOST_LISTED:
        click.echo(_("…… 只列出前 {count} 行").format(count=_MOST_LISTED))
    for path in plan.ended_definitions:
        if path not in plan.book.definitions:
            click.echo(_("− 不再有参数 {path}").format(path=path))
    click.echo(_("新增 {added} 行，取代 {ended} 行，定义变更 {defined} 项").format(
        added=len(plan.added), ended=len(plan.ended), defined=len(plan.added_definitions)))  # fmt: skip


def _print_waiting(number: int) -> None:
    click.echo(_("提案 {number} 待他人复核：anju policy approve {number} --checker 复核人").format(number=number))


def _print_json(items: Iterable[dict[str, Any]]) -> None:
    click.echo(json.dumps(list(items), ensure_ascii=False, indent=1, default=str))


def _facts(one: Any) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__slots__}


def _instant(at: datetime | None) -> str:
    from django.utils import timezone

    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""


def _now() -> datetime:
    """The instant of the command; the database is ready from here on."""
    _ready()
    from django.utils import timezone

    return timezone.now()


def _ready() -> None:
    from anju.cli.django_setup import ensure

    ensure()
