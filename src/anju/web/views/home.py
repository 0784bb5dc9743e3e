"""The year at a glance: indicators beside what was published, two charts beside their tables, the make-up of assets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from anju.kernel.money import Fen
from anju.kernel.periods import Month
from anju.kernel.rates import format_percent, ratio
from anju.metrics.indicators import INDICATORS, IndicatorValue, annual
from anju.metrics.series import monthly, withdrawals_by_reason
from anju.web.access import may_open
from anju.web.center import City, asked_year, center_of, kept, kept_trial_balance, whole_year
from anju.web.charts import amount_in, amount_unit, grouped_bars, ranked_bars
from anju.web.published import published_texts

#: Which indicators stand together, by code.
_GROUPS = (
    (gettext_noop("归集与提取"), ("contributions", "withdrawals", "withdrawal_rate", "contribution_balance")),
    (
        gettext_noop("个人住房贷款"),
        ("loans_granted", "loans_granted_count", "loan_balance", "loan_to_deposit_ratio", "overdue_rate"),
    ),
    (gettext_noop("增值收益"), ("value_added_income", "value_added_rate")),
    (gettext_noop("覆盖面"), ("new_units", "new_members", "paying_members")),
)
#: The subject in whose journals an indicator's amount can be found.
_SUBJECTS = {
    "contributions": "201", "withdrawals": "201", "contribution_balance": "201",
    "loans_granted": "121", "loan_balance": "121", "overdue_rate": "122", "value_added_income": "311",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Card:
    """An indicator as shown: number and unit apart, the amount scaled to a real city, what was published, its source."""

    indicator: IndicatorValue
    number: str
    unit: str
    scaled: str
    published: str
    href: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table beside a chart: amounts in the table's unit, each with the address where it comes from."""

    label: str
    cells: tuple[tuple[str, str], ...]
    share: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart and the table with the same figures."""

    chart: SafeString
    unit: str
    rows: list[Row]
    total: Row


def home(request: HttpRequest) -> HttpResponse:
    """业务指标 of a year."""
    year = asked_year(request)
    center = center_of(request)
    source, published = published_texts(year)
    links = Links(year, allowed=may_open(request.user, "subject"))
    context = {
        "year": year,
        "years": center.years,
        "linked": links.allowed,
        "groups": _groups(links, center.city if center.city and center.city.year == year else None, published),
        "published_source": source,
        "months": _months(links),
        "reasons": _reasons(links),
        "assets": _assets(links),
    }
    return render(request, "anju/home.html", context)


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of the journals behind a year's figures; empty for a role that may not read them."""

    year: int
    allowed: bool

    def subject(self, code: str, month: int | None = None) -> str:
        """Where the journals of a subject in the year, or in a month of it, are listed."""
        if not self.allowed:
            return ""
        start, end = whole_year(self.year)
        if month is not None:
            start, end = Month(self.year, month).first_day, Month(self.year, month).final_day
        return f"{reverse('subject', args=[code])}?{urlencode({'start': start, 'end': end})}"


def _groups(links: Links, city: City | None, published: Mapping[str, str]) -> list[tuple[str, list[Card]]]:
    year = links.year
    values = {value.code: value for value in kept(f"indicators:{year}", lambda: annual(year=year))}
    return [(_(title), [_card(values[code], city, published, links) for code in codes]) for title, codes in _GROUPS]


def _card(indicator: IndicatorValue, city: City | None, published: Mapping[str, str], links: Links) -> Card:
    number, _space, unit = indicator.text.partition(" ")
    scaled = ""
    if city and indicator.unit != "ppm":
        scaled = INDICATORS[indicator.code].text(indicator.value * city.scale)
    href = links.subject(_SUBJECTS[indicator.code]) if indicator.code in _SUBJECTS else ""
    return Card(indicator, number, unit, scaled, published.get(indicator.code, ""), href)


def _months(links: Links) -> Figure:
    year = links.year
    figures = kept(f"monthly:{year}", lambda: monthly(year=year))
    columns = [
        [month.contributions for month in figures],
        [month.withdrawals for month in figures],
        [month.loans for month in figures],
    ]
    unit, unit_name = amount_unit(columns[0] + columns[1])
    subjects = ("201", "201", "121")

    def row(label: str, amounts: Sequence[Fen], month: int | None) -> Row:
        cells = zip(amounts, subjects, strict=True)
        return Row(label, tuple((amount_in(amount, unit), links.subject(code, month)) for amount, code in cells))

    return Figure(
        chart=grouped_bars(
            title=_("{year} 年每月归集与提取的柱形图，数字见同组的表").format(year=year),
            labels=[str(month.month) for month in figures],
            series={_("归集"): columns[0], _("提取"): columns[1]},
        ),
        unit=unit_name,
        rows=[
            row(
                _("{month} 月").format(month=month.month),
                (month.contributions, month.withdrawals, month.loans),
                month.month,
            )
            for month in figures
        ],
        total=row(_("全年"), [sum(column) for column in columns], None),
    )


def _reasons(links: Links) -> Figure:
    year = links.year
    amounts = kept(f"reasons:{year}", lambda: withdrawals_by_reason(year=year))
    title = _("{year} 年各提取原因金额的条形图，数字见同组的表").format(year=year)
    return _ranked(title, [(label, amount, "") for label, amount in amounts], links.subject("201"))


def _assets(links: Links) -> Figure:
    """Where the money stands at the end of the year: first-level asset subjects with a balance."""
    assets = [
        (row.name, row.closing, links.subject(row.code))
        for row in kept_trial_balance(*whole_year(links.year))
        if row.level == 1 and row.code.startswith("1") and row.closing
    ]
    title = _("{year} 年末各项资产余额的条形图，数字见同组的表").format(year=links.year)
    return _ranked(title, sorted(assets, key=lambda asset: -asset[1]), "")


def _ranked(title: str, amounts: Sequence[tuple[str, Fen, str]], href: str) -> Figure:
    total = sum(amount for _label, amount, _href in amounts)
    unit, unit_name = amount_unit([total])

    def row(label: str, amount: Fen, href: str) -> Row:
        share = f"{format_percent(ratio(amount, total))}%" if total else ""
        return Row(label, ((amount_in(amount, unit), href),), share)

    return Figure(
        chart=ranked_bars(title=title, amounts=[(label, amount) for label, amount, _href in amounts]),
        unit=unit_name,
        rows=[row(*amount) for amount in amounts],
        total=row(_("合计"), total, href),
    )
