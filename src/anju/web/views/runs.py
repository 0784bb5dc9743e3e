"""Batch runs: how far each is, what went wrong, and the two ways to intervene."""

from collections.abc import Callable

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from anju.kernel.errors import AnjuError
from anju.kernel.money import format_yuan
from anju.platform import jobs
from anju.platform.runs import operations, queries
from anju.platform.runs.declarations import UnknownJobError, find
from anju.platform.runs.queries import Standing, UnknownRunError
from anju.web.access import viewer
from anju.web.csv_export import csv_response
from anju.web.paging import page_number, pager

_RUNS_SHOWN, _PROBLEMS_SHOWN, _FAILURES_SHOWN = 50, 100, 50
#: Seconds after which the page of a run at work asks for itself again, for a reader who has chosen that: a page that
#: moves on by itself takes the place of whoever reads it slowly or by ear.
_REFRESH_SECONDS = 5


def runs(request: HttpRequest) -> HttpResponse:
    """All runs, the latest first."""
    page = page_number(request)
    found, total = queries.recent(limit=_RUNS_SHOWN, offset=(page - 1) * _RUNS_SHOWN)
    return render(
        request,
        "anju/runs.html",
        {"runs": found, "pager": pager(request, page=page, total=total, size=_RUNS_SHOWN)},
    )


def run(request: HttpRequest, run_id: int) -> HttpResponse:
    """One run: progress, counts, failed chunks, problems."""
    told = _standing(run_id)
    page = page_number(request)
    problems, kept = queries.problems(run_id=run_id, limit=_PROBLEMS_SHOWN, offset=(page - 1) * _PROBLEMS_SHOWN)
    context = {
        "told": told,
        "counts": _counts(told),
        "failed": queries.failed_chunks(run_id=run_id, limit=_FAILURES_SHOWN),
        "problems": problems,
        "kept": kept,
        "pager": pager(request, page=page, total=kept, size=_PROBLEMS_SHOWN),
        "seconds": _REFRESH_SECONDS,
        "refresh": told.live and "auto" in request.GET,
    }
    return render(request, "anju/run.html", context)


def run_problems_csv(request: HttpRequest, run_id: int) -> HttpResponse:
    """Every problem kept, for a spreadsheet."""
    told = _standing(run_id)
    rows = (
        [str(problem.line), problem.column, problem.value, problem.message, problem.rule]
        for problem in queries.all_problems(run_id=run_id)
    )
    head = [_("行"), _("栏目"), _("值"), _("问题"), _("规则")]
    return csv_response(filename=f"run-{told.run.pk}-problems.csv", rows=[head, *rows])


@require_http_methods(["GET", "POST"])
def run_cancel(request: HttpRequest, run_id: int) -> HttpResponse:
    """Ask once more, then cancel."""
    return _intervene(request, run_id, "cancel", operations.cancel)


@require_http_methods(["GET", "POST"])
def run_retry(request: HttpRequest, run_id: int) -> HttpResponse:
    """Ask once more, then let the failed chunks be worked again."""

    def again(**facts: object) -> Standing:
        told = operations.retry(**facts)  # type: ignore[arg-type]
        jobs.enqueue(run_id=run_id)
        return told

    return _intervene(request, run_id, "retry", again)


def _intervene(request: HttpRequest, run_id: int, verb: str, act: Callable[..., Standing]) -> HttpResponse:
    told = _standing(run_id)
    if request.method == "GET":
        allowed = told.cancellable if verb == "cancel" else told.retriable
        return render(request, "anju/run_confirm.html", {"told": told, "verb": verb, "allowed": allowed})
    try:
        with transaction.atomic():
            act(run_id=run_id, by=viewer(request).username, at=timezone.now())
    except AnjuError as error:
        messages.error(request, error.message)
    else:
        messages.success(
            request,
            _("已取消，已完成的部分保留") if verb == "cancel" else _("已重新排队，失败的分段将再次处理"),
        )
    return redirect("run", run_id=run_id)


def _standing(run_id: int) -> Standing:
    try:
        return queries.standing(run_id=run_id if run_id < 2**63 else 0)
    except UnknownRunError:
        raise Http404 from None


def _counts(told: Standing) -> list[tuple[str, str]]:
    """What the job counts, in its words; a count that the program no longer knows keeps its name."""
    try:
        declared = {count.name: count for count in find(told.run.job).counts}
    except UnknownJobError:
        declared = {}
    shown = []
    for name, total in queries.counts(run_id=told.run.pk).items():
        count = declared.get(name)
        money = count is not None and count.money
        title = _(count.title) if count is not None else name
        shown.append((f"{title}（元）" if money else title, format_yuan(total) if money else f"{total:,}"))
    return shown
