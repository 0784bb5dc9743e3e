"""Charts as SVG drawn on the server, for pages that show the same figures in a table beside.

To a screen reader each is one picture with a title; its figures are in the table.
The SVG carries no style and no script, so the strict policy holds; its colours are the page's custom properties
(`fill="var(--chart-1)"`), so one drawing serves light, dark and print. Drawn narrow, for a phone; wide screens scale it.
A drawing takes about 0.1 s and is kept under the digest of its specification.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.core.cache import cache
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from anju.kernel.money import WAN, YI, Fen, format_in

_WIDTH = 340
_TEXT, _RULE = "var(--ink-2)", "var(--rule)"
_SERIES_COLOURS = ("var(--chart-1)", "var(--chart-2)", "var(--chart-3)")
_ROOT = re.compile(r'<svg ([^>]*?)width="\d+" height="\d+" ')


def amount_unit(amounts: Sequence[Fen]) -> tuple[Fen, str]:
    """万元, or 亿元 once an amount reaches ten of them: the unit in which a chart and its table show amounts."""
    return (YI, _("亿元")) if max(map(abs, amounts), default=0) >= 10 * YI else (WAN, _("万元"))


def amount_in(fen: Fen, unit: Fen) -> str:
    """An amount in a larger unit with two decimals and grouped digits: "1,234.56"."""
    return f"{Decimal(format_in(fen, unit, 2)):,}"


def grouped_bars(*, title: str, labels: Sequence[str], series: Mapping[str, Sequence[Fen]]) -> SafeString:
    """Bars side by side: for each label one of every series. `title` is what a screen reader says of the picture."""
    import altair as alt  # takes half a second: not for commands that draw nothing

    unit, unit_name = amount_unit([amount for amounts in series.values() for amount in amounts])
    rows = [
        {"label": label, "series": name, "amount": format_in(amount, unit, 4)}
        for name, amounts in series.items()
        for label, amount in zip(labels, amounts, strict=True)
    ]
    chart = (
        alt.Chart(_data(rows), width=_WIDTH, height=190)
        .mark_bar(aria=False)
        .encode(
            x=alt.X("label:O", sort=None, title=None, axis=alt.Axis(labelAngle=0, ticks=False)),
            xOffset=alt.XOffset("series:N", sort=None),
            y=alt.Y("amount:Q", stack=None, title=unit_name, axis=alt.Axis(tickCount=5, domain=False, ticks=False)),
            color=alt.Color(
                "series:N",
                sort=None,
                scale=alt.Scale(domain=list(series), range=list(_SERIES_COLOURS[: len(series)])),
                legend=alt.Legend(orient="top", title=None, symbolType="square"),
            ),
        )
    )
    return _draw(chart, title)


def ranked_bars(*, title: str, amounts: Sequence[tuple[str, Fen]]) -> SafeString:
    """One bar for each label, its words above and its amount at the end of the line."""
    import altair as alt

    unit, unit_name = amount_unit([amount for _label, amount in amounts])
    rows = [
        {"label": label, "amount": format_in(amount, unit, 4), "text": f"{amount_in(amount, unit)} {unit_name}"}
        for label, amount in amounts
    ]
    base = alt.Chart(_data(rows), width=_WIDTH, height=alt.Step(38)).encode(y=alt.Y("label:N", sort=None, axis=None))
    bars = base.mark_bar(aria=False, size=9, yOffset=8, color=_SERIES_COLOURS[0]).encode(
        x=alt.X("amount:Q", stack=None, axis=None)
    )
    labels = base.mark_text(aria=False, align="left", baseline="middle", dy=-6, color=_TEXT).encode(
        x=alt.value(0), text="label:N"
    )
    values = base.mark_text(aria=False, align="right", baseline="middle", dy=-6, color=_TEXT).encode(
        x=alt.value(_WIDTH), text="text:N"
    )
    return _draw(bars + labels + values, title)


def _data(rows: list[dict[str, str]]) -> Any:
    """Amounts travel as exact decimal text; they become floating numbers inside the drawing, where only pixels follow."""
    import altair as alt

    return alt.InlineData(values=rows, format=alt.JsonDataFormat(parse={"amount": "number"}))


def _draw(chart: Any, title: str) -> SafeString:
    specification: str = (
        chart.configure(aria=False, background="transparent", padding=2)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=_TEXT, titleColor=_TEXT, gridColor=_RULE, domainColor=_RULE, labelFontSize=11, titleFontSize=11,
            titleFontWeight="normal", titleAngle=0, titleAlign="left", titleAnchor="end", titleX=-28, titleY=-8,
        )
        .configure_legend(labelColor=_TEXT, labelFontSize=12, symbolStrokeWidth=0)
        .configure_text(fontSize=12)
        .to_json(indent=None)
    )  # fmt: skip
    key = f"anju:chart:{sha256(specification.encode()).hexdigest()}"
    svg: str | None = cache.get(key)
    if svg is None:
        import vl_convert

        svg = vl_convert.vegalite_to_svg(specification)
        cache.set(key, svg, None)
    opening = rf'<svg \1role="img" aria-label="{escape(title)}" '
    return mark_safe(_ROOT.sub(opening, svg, count=1))  # noqa: S308 - drawn here; labels are escaped by the drawer
