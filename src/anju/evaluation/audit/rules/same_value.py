"""(c) One quantity has one value everywhere, one unit, one precision and one name."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from anju.evaluation.audit.findings import Finding, Outcome, Passed, Rule, Severity
from anju.evaluation.audit.numbers import Number, half_up
from anju.evaluation.audit.report import Mention, Report
from anju.kernel.i18n import gettext as _

#: Project budgets are stated on several bases; rules/budgets.py compares them.
_WITH_BASIS = {"project_budget", "total_budget"}


def check(report: Report) -> Iterator[Outcome]:
    """All quantities that are stated more than once for one year."""
    for (quantity, _year), mentions in report.mentions.items():
        if quantity in _WITH_BASIS or len(mentions) < 2:
            continue
        label = report.words.label(quantity)
        same_kind = _dominant(mentions)
        if len(same_kind) > 1:
            yield from _values(label, same_kind)
        yield from _units(label, mentions)
        yield from _names(report, quantity, mentions)


def _dominant(mentions: Sequence[Mention]) -> list[Mention]:
    """The mentions with the dimension that most of them print; a bare number takes on the unit of the first."""
    dimensions = [m.number.dimension for m in mentions if m.number.dimension]
    if not dimensions:
        return list(mentions)
    dominant = max(dimensions, key=dimensions.count)
    model = next(m.number for m in mentions if m.number.dimension == dominant)
    bare = [m if m.number.symbol else replace(m, number=m.number.in_unit(model.symbol)) for m in mentions]
    return [m for m in bare if m.number.dimension == dominant]


def _values(label: str, mentions: Sequence[Mention]) -> Iterator[Outcome]:
    """Equal, or equal after rounding (a matter of precision), or a contradiction."""
    finest = min(mentions, key=lambda mention: mention.number.step)
    others = [mention for mention in mentions if mention is not finest]
    different = [mention for mention in others if not rounds_to(finest.number, mention.number)]
    coarser = [m for m in others if m not in different and m.number.exact != finest.number.exact]
    if different:
        yield _finding(
            Rule.SAME_VALUE,
            Severity.CONTRADICTION,
            label,
            [finest, *different],
            _("同一年度的同一数据在报告中数值不同：请核实后全文统一"),
        )
    if coarser:
        yield _finding(
            Rule.PRECISION,
            Severity.UNIT,
            label,
            [finest, *coarser],
            _("同一数据以不同的小数位数印出：请全文统一精度，以最精确的一处为准"),
        )
    for mention in others:
        if mention not in different and mention not in coarser:
            yield Passed(Rule.SAME_VALUE, mention.place, f"{label}：{mention.number.text} = {finest.number.text}")


def rounds_to(finer: Number, coarser: Number) -> bool:
    """True when the finer printed number, rounded half-up to the coarser one's precision, is the coarser one."""
    return half_up(finer.exact / coarser.scale, coarser.decimals) == coarser.value


def _finding(rule: Rule, severity: Severity, label: str, mentions: Sequence[Mention], advice: str) -> Finding:
    mentions = sorted(mentions, key=lambda mention: mention.place.line)
    texts = list(dict.fromkeys(mention.number.text for mention in mentions))
    return Finding(
        rule=rule,
        severity=severity,
        place=mentions[0].place,
        printed="、".join(texts),
        recomputed="",
        formula=_("{label}：{texts}").format(
            label=label, texts=(" ≠ " if rule is Rule.SAME_VALUE else " ≈ ").join(texts)
        ),
        advice=advice,
        related=tuple(mention.place for mention in mentions[1:]),
    )


def _units(label: str, mentions: Sequence[Mention]) -> Iterator[Outcome]:
    """Another unit than the other mentions have; a unit left out is seen by rules/scores.py."""
    kind = _dominant(mentions)
    for mention in mentions:
        number, model = mention.number, kind[0].number
        if not number.unit or number.dimension == model.dimension:
            continue
        same = number.value == model.value
        expected = f"{number.text.removesuffix(number.symbol).strip()}{model.symbol}"
        yield Finding(
            rule=Rule.ONE_UNIT,
            severity=Severity.UNIT if same else Severity.CONTRADICTION,
            place=mention.place,
            printed=number.text,
            recomputed=expected if same else "",
            formula=_("{label}：别处印为 {text}").format(label=label, text=model.text),
            advice=_("同一数据的单位与别处不同：请统一单位")
            if same
            else _("同一数据的单位和数值都与别处不同：请核实后全文统一"),
            related=(kind[0].place,),
        )


def _names(report: Report, quantity: str, mentions: Sequence[Mention]) -> Iterator[Outcome]:
    """Rival names of one quantity."""
    definition = next(q for q in report.words.quantities if q.key == quantity)
    named = {definition.name_in(mention.name): mention for mention in reversed(mentions)}
    named.pop("", None)
    if len(named) == 1:
        yield Passed(Rule.ONE_NAME, mentions[0].place, next(iter(named)))
    elif named:
        places = sorted((mention.place for mention in named.values()), key=lambda place: place.line)
        yield Finding(
            rule=Rule.ONE_NAME,
            severity=Severity.UNIT,
            place=places[0],
            printed="、".join(name for name in definition.names if name in named),
            recomputed="",
            formula=_("{names} 是同一指标").format(
                names=" = ".join(name for name in definition.names if name in named)
            ),
            advice=_("同一指标用了不同的名称：请全文统一名称"),
            related=tuple(places[1:]),
        )
