"""Money that arrives: the list of receipts, and banks' lists to import."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from anju.contributions.models import Receipt
from anju.contributions.receipt_file import Imported, import_receipts
from anju.contributions.xlsx_guard import MAX_FILE_BYTES
from anju.kernel.errors import AnjuError
from anju.kernel.money import format_yuan
from anju.platform import audit
from anju.platform.files.operations import scan
from anju.treasury.models import BankAccount
from anju.web.access import viewer
from anju.web.paging import page_number, pager
from anju.web.plain_forms import PlainForm

PAGE = 50


class ImportForm(PlainForm):
    bank = forms.ModelChoiceField(
        label=gettext_lazy("收款账户"), empty_label=None,
        queryset=BankAccount.objects.filter(account__subject__code__startswith="101", matures_date=None).order_by("pk"),
    )  # fmt: skip
    file = forms.FileField(
        label=gettext_lazy("到账明细文件"),
        help_text=gettext_lazy("网银导出的 .xlsx 或 .csv：银行流水号、到账日期、付款户名、付款账号、金额、附言"),
        error_messages={"required": gettext_lazy("请选择文件"), "empty": gettext_lazy("文件是空的")},
    )  # fmt: skip


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def receipts(request: HttpRequest) -> HttpResponse:
    """Receipts, the latest first; a bank's list to import."""
    form, done = ImportForm(request.POST or None, request.FILES or None), None
    if request.method == "POST" and form.is_valid():
        done = _import(request, form)
        if done is not None and not done.problems:
            words = _("已入账 {booked} 笔，{amount} 元；{known} 笔以前已入账")
            messages.success(
                request, words.format(booked=done.booked, amount=format_yuan(done.amount), known=done.known)
            )
            return redirect("receipts")
    page, found = page_number(request), Receipt.objects.select_related("unit", "bill").order_by("-id")
    context = {
        "form": form, "done": done, "rows": list(found[(page - 1) * PAGE : page * PAGE]),
        "problems": [] if done is None else done.problems[:200],
        "pager": pager(request, page=page, total=found.count(), size=PAGE),
    }  # fmt: skip
    return render(request, "anju/receipts.html", context)


def _import(request: HttpRequest, form: ImportForm) -> Imported | None:
    file, actor = form.cleaned_data["file"], viewer(request).username
    if file.size > MAX_FILE_BYTES:
        form.add_error("file", _("文件超过 50 MB"))
        return None
    try:
        scan(content=file, actor=actor, at=timezone.now())
        file.seek(0)
        done = import_receipts(
            content=file.read(), bank_account=form.cleaned_data["bank"].account_id, business_date=timezone.localdate(),
            maker=actor,
        )  # fmt: skip
    except AnjuError as error:
        form.add_error("file", error.message)
        return None
    audit.record(
        actor=actor, action="receipts.import", object_kind="bank-account", object_reference=form.cleaned_data["bank"].code,
        detail={"booked": done.booked, "known": done.known, "problems": len(done.problems)}, at=timezone.now(),
    )  # fmt: skip
    return done
