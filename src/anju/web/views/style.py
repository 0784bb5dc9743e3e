"""The living style page: every part in both densities, and pages in each shell, to look at when one of them changes."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from anju.kernel.money import WAN, YUAN
from anju.web import style_data
from anju.web.charts import grouped_bars, ranked_bars
from anju.web.forms import PeriodForm
from anju.web.paging import Pager
from anju.web.parts import Link, Sort

#: Name in the address → template, whose navigation, which of its links is the current one.
_PAGES = {
    "calm": ("style_calm", style_data.EMPLOYER_LINKS, 1),
    "queue": ("style_queue", (), 0),
    "case": ("style_case", (), 0),
    "entry": ("style_entry", (), 0),
    "confirm": ("style_confirm", (), 0),
    "employer": ("style_employer", style_data.EMPLOYER_LINKS, 0),
    "answers": ("style_answers", style_data.EMPLOYER_LINKS, 2),
    "member": ("style_member", style_data.MEMBER_LINKS, 0),
    "question": ("style_question", style_data.MEMBER_LINKS, 1),
    "done": ("style_done", style_data.MEMBER_LINKS, 2),
}
_SORTABLE = ("number", "due", "state")


def style(request: HttpRequest) -> HttpResponse:
    """All parts, dense. Invented figures only."""
    return render(request, "anju/style.html", {**_parts(request), "pages": list(_PAGES)})


def style_page(request: HttpRequest, page: str) -> HttpResponse:
    """All parts, calm; or a page of one of the shells."""
    if page not in _PAGES:
        raise Http404
    template, titles, current = _PAGES[page]
    context = _parts(request) if page == "calm" else _page(request, page)
    links = style_data.shell_links(current, titles)
    return render(request, f"anju/style/{template}.html", {**context, "links": links})


def _parts(request: HttpRequest) -> dict[str, Any]:
    labels = ["1", "2", "3", "4"]
    everything = style_data.everything(wrong=True)
    period = PeriodForm({"start": "2024-12-31", "end": "2024-01-01"})
    return {
        **style_data.facts(),
        "period_form": period,
        "everything": everything,
        "groups": style_data.EVERYTHING_GROUPS,
        "rating": style_data.RatingForm(),
        "filters": style_data.FilterForm(request.GET, auto_id="filter_%s"),
        "sort": Sort.read(request, allowed=_SORTABLE, default="due"),
        "rows": style_data.queue()[:4],
        "amounts": [123_456_789, -5 * YUAN, 0],
        "columns": grouped_bars(
            title=_("组件示例：分组柱形图"),
            labels=labels,
            series={"甲": [8 * WAN, 12 * WAN, 9 * WAN, 15 * WAN], "乙": [5 * WAN, 7 * WAN, 11 * WAN, 6 * WAN]},
        ),
        "ranks": ranked_bars(title=_("组件示例：条形图"), amounts=[("甲", 8 * WAN), ("乙", 3 * WAN), ("丙", WAN)]),
        "pager": Pager(page=5, total=1000, size=50, query="start=2024-01-01&"),
        "path": [Link("组件", "#path"), Link("上一级", "#path"), Link("本页", "")],
    }


def _page(request: HttpRequest, page: str) -> dict[str, Any]:
    facts = dict(style_data.facts())
    match page:
        case "queue":
            return facts | {
                "rows": style_data.queue(),
                "form": style_data.FilterForm(request.GET),
                "sort": Sort.read(request, allowed=_SORTABLE, default="due"),
                "pager": Pager(page=1, total=412, size=12),
            }
        case "entry":
            return facts | {"form": style_data.everything(wrong=False), "groups": style_data.EVERYTHING_GROUPS}
        case "question":
            form = style_data.everything(wrong=True)
            for name in set(form.fields) - set(style_data.CONTACT_GROUP.fields):
                del form.fields[name]
            return facts | {"form": form, "group": style_data.CONTACT_GROUP}
        case "done":
            return facts | {"form": style_data.RatingForm(), "next_steps": style_data.NEXT_STEPS}
        case "confirm":
            return facts | {"form": style_data.ReasonForm()}
        case _:
            return facts
