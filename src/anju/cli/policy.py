"""`anju policy`: is every rule sound, why is a case judged so, what differs, and what would a package cost."""

import json
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from pathlib import Path
from typing import Any

import click

from anju.cli import policy_changes
from anju.kernel import i18n
from anju.kernel.i18n import gettext as _
from anju.kernel.periods import Month
from anju.kernel.yaml_node import read_mapping
from anju.policy import packs
from anju.policy.errors import PolicyError
from anju.policy.packs import read_day

_as_json = click.option("--json", "as_json", is_flag=True, help=_("输出 JSON"))
_center = click.option("--center", help=_("中心，默认 demo"))
_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(help=_("政策：检查、解释、比较、测算、变更"))
def policy() -> None:
    """Group of the policy commands."""


for _command in policy_changes.COMMANDS:
    policy.add_command(_command)


@policy.command(help=_("检查全部政策包与规则：每条规则在其适用期内的每一天都有值，单位相符；有问题时退出码为 1"))
@_as_json
def lint(*, as_json: bool) -> None:
    """Prove that no live rule meets a gap."""
    from anju.policy.lint import lint as find
    from anju.policy.parameters import NATIONAL
    from anju.policy.rules import rules

    books = [packs.book(center) for center in packs.centers() if center != NATIONAL]
    findings = find(books, rules().values())
    if as_json:
        click.echo(json.dumps([_plain(finding) for finding in findings], ensure_ascii=False, default=str))
    for finding in [] if as_json else findings:
        day = f" {finding.on}" if finding.on else ""
        click.echo(f"{finding.center} {finding.rule} {finding.path}{day}：{finding.message}")
    if not findings and not as_json:
        counts = ", ".join(
            _("{center}：{parameters} 个参数").format(center=book.center, parameters=len(book.definitions))
            for book in books
        )
        click.echo(
            _("{rules} 条规则在其适用期内无缺口、无重叠，单位相符（{counts}）").format(
                rules=len(rules()), counts=counts
            )
        )
    raise SystemExit(1 if findings else 0)


@policy.command(help=_("解释一个案例：结果、决定结果的条件或额度、依据的条文；规则名如 loan-ceiling"))
@click.argument("rule")
@click.option("--case", "file", type=_file, required=True, help=_("案例文件（YAML）：center、on、inputs 等"))
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", help=_("语言"))
@_as_json
def explain(rule: str, *, file: Path, lang: str, as_json: bool) -> None:
    """Tell a citizen what binds and by which article."""
    from anju.policy.cases import read_case
    from anju.policy.decision import decide
    from anju.policy.explanation import explain as put_into_words
    from anju.policy.explanation import to_lines, to_object
    from anju.policy.rules import find_rule

    known = find_rule(rule)
    center, case = read_case(file, known)
    decision = decide(known, packs.book(center), case)
    with _in_language(lang):
        words = put_into_words(decision)
        lines = to_lines(words)
    if as_json:
        answer = {"decision": decision.to_json(), "explanation": to_object(words)}
        click.echo(json.dumps(answer, ensure_ascii=False, indent=1))
        return
    click.echo("\n".join(lines))


@policy.command(help=_("比较：两个日期之间哪些参数不同，或一个政策包（--overlay）改动了什么"))
@click.argument("days", nargs=-1)
@click.option("--overlay", type=_file, help=_("政策包文件（YAML）"))
@_center
@_as_json
def diff(days: tuple[str, ...], *, overlay: Path | None, center: str | None, as_json: bool) -> None:
    """List what differs."""
    from anju.policy.difference import Difference, between_days, by_package
    from anju.policy.explanation import trust_of
    from anju.policy.overlay import apply, read_overlay

    found: Iterable[Difference]
    if overlay is not None and not days:
        book = packs.book(center or _center_of(overlay))
        package = read_overlay(overlay, book)
        found = by_package(book, apply(book, package), package)
    elif overlay is None and len(days) == 2:
        found = between_days(packs.book(center or "demo"), *(_day(text) for text in days))
    else:
        raise click.UsageError(_("请给出两个日期（如 2026-09-19 2026-09-20），或 --overlay 政策包"))
    rows = [
        [str(one.on), one.definition.path, _(one.definition.title), str(one.scope), *(
            one.definition.show(row.value) + trust_of(row) if row else "—" for row in (one.before, one.after)
        )]
        for one in found
    ]  # fmt: skip
    if as_json:
        keys = ("on", "path", "title", "scope", "before", "after")
        click.echo(json.dumps([dict(zip(keys, row, strict=True)) for row in rows], ensure_ascii=False, indent=1))
        return
    for on, path, title, scope, before, after in rows:
        click.echo(f"{on} {path}（{title}，{scope}）：{before} → {after}")
    click.echo(_("共 {count} 处不同").format(count=len(rows)))


@policy.command(help=_("测算政策包：谁受影响（按管理部、人群），每年多少钱；人口为 CSV 文件或 synthetic:人数"))
@click.option("--overlay", type=_file, required=True, help=_("政策包文件（YAML）"))
@click.option("--population", "source", required=True, help=_("CSV 文件，或 synthetic:1000000（合成人口）"))
@click.option("--from", "start", help=_("起始月份，默认政策包最早生效的月份"))
@click.option("--months", type=click.IntRange(1, 600), default=12, show_default=True, help=_("测算月数"))
@click.option("--rule", "names", multiple=True, help=_("只测算这些规则，默认受政策包影响的全部规则"))
@_as_json
def simulate(
    *, overlay: Path, source: str, start: str | None, months: int, names: tuple[str, ...], as_json: bool
) -> None:
    """Compare today's rules with a package over a population."""
    from anju.cli import policy_simulation as output
    from anju.policy import simulation
    from anju.policy.overlay import apply, read_overlay
    from anju.policy.rules import find_rule, rules

    book = packs.book(_center_of(overlay))
    package = read_overlay(overlay, book)
    chosen = [find_rule(name) for name in names] or simulation.affected(list(rules().values()), set(package.changes))
    if not chosen:
        raise PolicyError(_("没有规则使用此政策包改动的参数：用 anju policy diff 查看改动"), field=overlay.name)
    outcomes = simulation.simulate(
        rules=chosen,
        baseline=book,
        package=apply(book, package),
        population=output.population(source, chosen, book.districts),
        start=Month.parse(start) if start else Month.of(min(row.start for row in package.rows)),
        months=months,
    )
    if as_json:
        click.echo(json.dumps([output.to_object(one) for one in outcomes], ensure_ascii=False, indent=1))
        return
    click.echo(_("政策包：{name}（{document}）").format(name=package.name, document=package.document))
    for outcome in outcomes:
        click.echo("\n" + output.to_text(outcome))
    read = {path for rule in chosen for path in rule.parameters}
    if read & set(book.illustrative(min(row.start for row in package.rows))):
        click.echo("\n" + _("注意：现行值中有示例值，不是本市现行规定，金额仅供演示。"))


def _in_language(lang: str) -> AbstractContextManager[None]:
    from anju.policy.english import translate

    return i18n.speaking(translate) if lang == "en" else nullcontext()


def _center_of(overlay: Path) -> str:
    return read_mapping(overlay, PolicyError).text("center")


def _day(text: str) -> date:
    from anju.kernel.errors import InvalidValueError

    try:
        return read_day(text)
    except InvalidValueError as error:
        error.field = text[:20]
        raise


def _plain(finding: Any) -> dict[str, Any]:
    return {name: getattr(finding, name) for name in ("center", "rule", "path", "on", "message")}
