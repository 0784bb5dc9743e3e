"""The components on one page, to look at when one of them changes."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from anju.kernel.money import WAN, YUAN
from anju.web.charts import grouped_bars, ranked_bars
from anju.web.forms import PeriodForm
from anju.web.paging import Pager


def style(request: HttpRequest) -> HttpResponse:
    """Invented figures only."""
    labels = ["1", "2", "3", "4"]
    return render(
        request,
        "anju/style.html",
        {
            "form": PeriodForm({"start": "2024-12-31", "end": "2024-01-01"}),
            "amounts": [123_456_789, -5 * YUAN, 0],
            "columns": grouped_bars(
                title=_("组件示例：分组柱形图"),
                labels=labels,
                series={"甲": [8 * WAN, 12 * WAN, 9 * WAN, 15 * WAN], "乙": [5 * WAN, 7 * WAN, 11 * WAN, 6 * WAN]},
            ),
            "ranks": ranked_bars(title=_("组件示例：条形图"), amounts=[("甲", 8 * WAN), ("乙", 3 * WAN), ("丙", WAN)]),
            "pager": Pager(page=5, total=1000, size=50, query="start=2024-01-01&"),
        },
    )
