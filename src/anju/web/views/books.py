"""The books: trial balance, the journals of a subject, one journal."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from anju.kernel.money import Fen, format_yuan
from anju.ledger import queries
from anju.ledger.models import Journal, Subject
from anju.ledger.queries import TrialBalanceRow
from anju.web.center import center_of, kept_trial_balance, whole_year
from anju.web.csv_export import csv_response
from anju.web.forms import PeriodForm
from anju.web.paging import page_number, pager

_JOURNALS_SHOWN, _LINES_SHOWN = 50, 100


@dataclass(frozen=True, slots=True)
class Sides:
    """The six amount columns of a trial balance: debit and credit of opening, turnover and closing, in fen."""

    opening_debit: Fen
    opening_credit: Fen
    debit: Fen
    credit: Fen
    closing_debit: Fen
    closing_credit: Fen

    @classmethod
    def of(cls, row: TrialBalanceRow) -> "Sides":
        """A balance stands on the side of its sign."""
        opening, closing = row.opening, row.closing
        return cls(max(opening, 0), max(-opening, 0), row.debit, row.credit, max(closing, 0), max(-closing, 0))

    @classmethod
    def total(cls, rows: Sequence[TrialBalanceRow]) -> "Sides":
        """Column sums over the first-level subjects; the other levels are parts of them."""
        sides = [cls.of(row) for row in rows if row.level == 1]
        return (
            cls(*(sum(column) for column in zip(*(one.columns for one in sides), strict=True)))
            if sides
            else cls(*[0] * 6)
        )

    @property
    def columns(self) -> tuple[Fen, Fen, Fen, Fen, Fen, Fen]:
        return (
            self.opening_debit, self.opening_credit, self.debit, self.credit, self.closing_debit, self.closing_credit,
        )  # fmt: skip

    @property
    def differences(self) -> tuple[Fen, Fen, Fen]:
        """Debit minus credit of opening, turnover and closing: all zero when the books balance."""
        return (
            self.opening_debit - self.opening_credit,
            self.debit - self.credit,
            self.closing_debit - self.closing_credit,
        )


def trial_balance(request: HttpRequest) -> HttpResponse:
    """试算平衡表 of a period, with its check."""
    form = PeriodForm.read(request.GET, whole_year(center_of(request).year))
    context: dict[str, object] = {"form": form}
    if form.is_valid():
        rows = kept_trial_balance(*form.period)
        total = Sides.total(rows)
        context |= {
            "rows": [(row, Sides.of(row)) for row in rows],
            "total": total,
            "differences": total.differences,
            "balanced": not any(total.differences),
            "period": form.period,
        }
    return render(request, "anju/trial_balance.html", context)


def trial_balance_csv(request: HttpRequest) -> HttpResponse:
    """The same table for a spreadsheet, amounts in yuan."""
    form = PeriodForm.read(request.GET, whole_year(center_of(request).year))
    if not form.is_valid():
        sentences = [str(message) for messages in form.errors.values() for message in messages]
        return HttpResponse("\n".join(sentences), content_type="text/plain; charset=utf-8", status=400)
    start, end = form.period
    rows = kept_trial_balance(start, end)
    table = [
        [
            _("科目编号"), _("科目名称"), _("期初借方"), _("期初贷方"), _("本期借方"), _("本期贷方"), _("期末借方"), _("期末贷方"),
        ],
        *([row.code, row.name, *_yuan(Sides.of(row))] for row in rows),
        ["", _("合计"), *_yuan(Sides.total(rows))],
    ]  # fmt: skip
    return csv_response(filename=f"trial-balance_{start}_{end}.csv", rows=table)


def subject(request: HttpRequest, code: str) -> HttpResponse:
    """A subject in a period: balances, sub-subjects, and the journals that touch it."""
    shown = get_object_or_404(Subject, pk=code)
    form = PeriodForm.read(request.GET, whole_year(center_of(request).year))
    context: dict[str, object] = {"form": form, "subject": shown}
    if form.is_valid():
        start, end = form.period
        page = page_number(request)
        journals, total = queries.journals(
            subject=code, start=start, end=end, limit=_JOURNALS_SHOWN, offset=(page - 1) * _JOURNALS_SHOWN
        )
        if page > 1 and not journals:
            raise Http404
        rows = {row.code: row for row in kept_trial_balance(start, end) if row.code.startswith(code)}
        context |= {
            "row": rows.get(code, TrialBalanceRow(code, shown.name, len(code) // 2, shown.side, 0, 0, 0)),
            "children": [row for row in rows.values() if len(row.code) == len(code) + 2],
            "journals": journals,
            "pager": pager(request, page=page, total=total, size=_JOURNALS_SHOWN),
            "period": (start, end),
        }
    return render(request, "anju/subject.html", context)


def journal(request: HttpRequest, journal_id: int) -> HttpResponse:
    """One journal with its lines, and its reversal if it has one."""
    head = queries.journal(journal_id=journal_id) if journal_id < 2**63 else None
    if head is None:
        raise Http404
    page = page_number(request)
    lines, total = queries.journal_lines(journal_id=journal_id, limit=_LINES_SHOWN, offset=(page - 1) * _LINES_SHOWN)
    if page > 1 and not lines:
        raise Http404
    context = {
        "journal": head,
        "reversed_by": Journal.objects.filter(reverses_id=journal_id).values_list("pk", flat=True).first(),
        "lines": lines,
        "pager": pager(request, page=page, total=total, size=_LINES_SHOWN),
        "period": whole_year(head.business_date.year),
    }
    return render(request, "anju/journal.html", context)


def _yuan(sides: Sides) -> list[str]:
    return [format_yuan(amount, grouping=False) for amount in sides.columns]
