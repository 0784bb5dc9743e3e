"""What `anju policy simulate` reads and prints."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from anju.cli import tables
from anju.kernel.i18n import gettext as _
from anju.policy.codes import CROWD
from anju.policy.errors import PolicyError
from anju.policy.population import CsvPopulation, Population, office_names
from anju.policy.rules import Rule
from anju.policy.simulation import Outcome
from anju.policy.synthetic import SyntheticPopulation
from anju.policy.units import Unit, format_value


def population(source: str, rules: Sequence[Rule], districts: tuple[str, ...]) -> Population:
    """The population that the command line names: a CSV file or `synthetic:N`. Raises PolicyError."""
    kind, _colon, number = source.partition(":")
    if kind == "synthetic":
        if not number.isdecimal() or not 1 <= int(number) <= 100_000_000:
            raise PolicyError(_("合成人口应写作 synthetic:人数，如 synthetic:1000000"), field="population")
        return SyntheticPopulation(int(number), office_names(districts))
    path = Path(source)
    if not path.is_file():
        raise PolicyError(_("没有人口数据文件 {path}").format(path=path), field="population")
    return CsvPopulation(path, rules, office_names(districts))


def to_text(outcome: Outcome) -> str:
    """Who is touched, the money by year, and the change by office and crowd."""

    def show(value: int) -> str:
        if outcome.rule.kind.unit is Unit.FLAG:
            return _("{n} 人").format(n=f"{value:,}")
        return format_value(value, outcome.rule.kind)

    lines = [
        _("{title}（{name}）").format(title=_(outcome.rule.title), name=outcome.rule.name),
        _("  共 {rows} 人，受影响 {touched} 人：增加 {gaining} 人，减少 {losing} 人").format(
            rows=f"{outcome.rows:,}", touched=f"{outcome.touched:,}", gaining=f"{outcome.gaining:,}",
            losing=f"{outcome.losing:,}",
        ),
    ]  # fmt: skip
    years = [[str(year), show(before), show(after), show(after - before)] for year, before, after in outcome.by_year()]
    lines.append(tables.table([_("年度"), _("现行"), _("政策包"), _("变化")], years))
    groups = [
        [office or "—", _(CROWD.labels[crowd]), f"{group.rows:,}", f"{group.touched:,}", show(group.change)]
        for (office, crowd), group in sorted(outcome.groups.items())
        if group.touched
    ]
    if groups:
        lines.append(tables.table([_("管理部"), _("人群"), _("人数"), _("受影响"), _("变化合计")], groups))
    return "\n".join(lines)


def to_object(outcome: Outcome) -> dict[str, Any]:
    """The same as plain JSON, amounts in the rule's base unit."""
    return {
        "rule": outcome.rule.name,
        "unit": outcome.rule.kind.unit,
        "rows": outcome.rows,
        "touched": outcome.touched,
        "gaining": outcome.gaining,
        "losing": outcome.losing,
        "path": [{"month": str(step.month), "before": step.before, "after": step.after} for step in outcome.path],
        "groups": [
            {"office": office, "crowd": crowd, "rows": group.rows, "touched": group.touched, "change": group.change}
            for (office, crowd), group in sorted(outcome.groups.items())
        ],
    }
