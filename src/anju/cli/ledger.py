"""`anju ledger`: what the books say, business days and months, and the proof that nothing was altered."""

from datetime import datetime

import click

from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen, format_yuan


@click.group(help=_("总账：试算平衡、营业日、封存、关账、核验"))
def ledger() -> None:
    """Group of the ledger commands."""


@ledger.command("trial-balance", help=_("某日的试算平衡表（自年初起）；不平时退出码为 1"))
@click.option("--date", "on", type=click.DateTime(["%Y-%m-%d"]), required=True, help=_("截止日期，如 2024-12-31"))
@click.option("--from", "start", type=click.DateTime(["%Y-%m-%d"]), help=_("起始日期，默认当年 1 月 1 日"))
def trial_balance(on: datetime, start: datetime | None) -> None:
    """Print the trial balance and fail when it does not balance."""
    _ready()
    from anju.ledger import queries

    end = on.date()
    first = start.date() if start else end.replace(month=1, day=1)
    if first > end:
        raise click.BadParameter(_("起始日期晚于截止日期"), param_hint="--from")
    rows = queries.trial_balance(start=first, end=end)
    width = max((_width(row.name) for row in rows), default=8)
    heads = (_("期初借方"), _("期初贷方"), _("本期借方"), _("本期贷方"), _("期末借方"), _("期末贷方"))
    click.echo(f"{'':8}{'':{width}}" + "".join(_right(head, 21) for head in heads))
    totals = [0] * 6
    for row in rows:
        columns = (*_sides(row.opening), row.debit, row.credit, *_sides(row.closing))
        if row.level == 1:
            totals = [total + column for total, column in zip(totals, columns, strict=True)]
        name = row.name + " " * (width - _width(row.name))
        click.echo(f"{row.code:8}{name}" + "".join(_right(format_yuan(c) if c else "", 21) for c in columns))
    title = _("合计")
    click.echo(f"{title:8}"[: 8 - len(title)] + " " * width + "".join(_right(format_yuan(c), 21) for c in totals))
    balanced = totals[0] == totals[1] and totals[2] == totals[3] and totals[4] == totals[5]
    click.echo(_("借贷平衡") if balanced else _("借贷不平"))
    raise SystemExit(0 if balanced else 1)


@ledger.command(help=_("核验全部账务：分录、凭证、日封存链、余额、关账；有不符时逐条指出，退出码为 1"))
@click.option("--part", default="0/1", show_default=True, help=_("只核验部分账户的余额，如 3/30：轮换核验的第 3 份"))
def verify(part: str) -> None:
    """Name whatever does not agree."""
    numbers = part.split("/")
    if (
        len(numbers) != 2
        or not all(n.isdecimal() and len(n) < 6 for n in numbers)
        or int(numbers[0]) >= int(numbers[1])
    ):
        raise click.BadParameter(_("应形如 3/30，且前者小于后者"), param_hint="--part")
    _ready()
    from anju.ledger.verification import Part, verify

    found = 0
    chosen = Part(int(numbers[0]), int(numbers[1]))
    for finding in verify(part=chosen, progress=lambda name: click.echo(_("核验{name} …").format(name=name))):
        found += 1
        click.echo(f"  {finding.place}：{finding.detail}")
    click.echo(_("发现 {found} 处不符").format(found=found) if found else _("全部相符"))
    raise SystemExit(1 if found else 0)


@ledger.command("open-days", help=_("开启营业日（含首尾两日）"))
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), required=True, help=_("首日"))
@click.option("--to", "final", type=click.DateTime(["%Y-%m-%d"]), required=True, help=_("末日"))
@click.option("--actor", required=True, help=_("操作人"))
def open_days(first: datetime, final: datetime, actor: str) -> None:
    """Open business days."""
    if not 0 <= (final - first).days <= 400:
        raise click.BadParameter(_("末日不得早于首日，一次至多 400 日"), param_hint="--to")
    _ready()
    from anju.ledger import days

    opened = days.open_days(first=first.date(), final=final.date(), actor=actor)
    click.echo(_("新开启 {opened} 个营业日").format(opened=opened))


@ledger.command("seal-days", help=_("日终：截至某日不再记账，并逐日封存（国密 SM3 链）"))
@click.option("--through", type=click.DateTime(["%Y-%m-%d"]), required=True, help=_("截至日期（含）"))
@click.option("--actor", required=True, help=_("操作人"))
def seal_days(through: datetime, actor: str) -> None:
    """Shut and seal days."""
    _ready()
    from anju.ledger import days

    days.shut_days(through=through.date())
    for sealed in days.seal_days(through=through.date(), actor=actor):
        click.echo(_("{day}  {journals} 笔  {root}").format(
            day=sealed.day, journals=sealed.journals, root=sealed.root.hex()))  # fmt: skip


@ledger.command("close-month", help=_("关账：该月各日已封存后，保存余额快照、合计与摘要"))
@click.argument("month")
@click.option("--actor", required=True, help=_("操作人"))
def close_month(month: str, actor: str) -> None:
    """Close a month."""
    _ready()
    from anju.kernel.periods import Month
    from anju.ledger import days

    click.echo(days.close_month(month=Month.parse(month), actor=actor).hex())


@ledger.command(help=_("登记利率，自某日起生效；原利率至该日止"))
@click.option("--code", default="member-account", show_default=True, help=_("利率代码"))
@click.option("--from", "start", type=click.DateTime(["%Y-%m-%d"]), required=True, help=_("生效日"))
@click.option("--rate", required=True, help=_("年利率百分数，如 1.50"))
@click.option("--document", required=True, help=_("文件依据"))
@click.option("--known-from", type=click.DateTime(["%Y-%m-%d"]), help=_("公布日，默认为生效日"))
def rate(code: str, start: datetime, rate: str, document: str, known_from: datetime | None) -> None:
    """Set a dated rate."""
    from anju.kernel.rates import parse_percent

    ppm = parse_percent(rate)
    _ready()
    from anju.ledger.settlement import set_rate

    known = (known_from or start).date()
    set_rate(code=code, start=start.date(), rate=ppm, document=document, known_from=known)
    click.echo(_("已登记"))


def _ready() -> None:
    from anju.cli.django_setup import ensure

    ensure()


def _sides(amount: Fen) -> tuple[Fen, Fen]:
    return max(amount, 0), max(-amount, 0)


def _width(text: str) -> int:
    """Columns on a terminal: Chinese characters take two."""
    return sum(2 if ord(char) > 0x2E7F else 1 for char in text)


def _right(text: str, width: int) -> str:
    return " " * max(1, width - _width(text)) + text
