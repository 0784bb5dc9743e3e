"""委托收款: agreements, the day's list for the bank, and the bank's answers. One page, one form for each act."""

from django import forms
from django.contrib import messages
from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from anju.contributions.debit import agree, collect, end_mandate, of_number, send
from anju.contributions.debit_results import Answered, read_results
from anju.contributions.errors import DebitRefusedError
from anju.contributions.models_debit import DebitBatch, DebitLine, DebitState
from anju.contributions.xlsx_guard import MAX_FILE_BYTES
from anju.kernel.errors import AnjuError
from anju.kernel.text import squeeze
from anju.platform import audit
from anju.platform.files.operations import scan
from anju.treasury.models import BankAccount
from anju.web.access import viewer
from anju.web.paging import page_number, pager
from anju.web.plain_forms import PlainForm

PAGE = 30


class CollectForm(PlainForm):
    bank = forms.ModelChoiceField(
        label=gettext_lazy("收款账户"), empty_label=None,
        queryset=BankAccount.objects.filter(account__subject__code__startswith="101", matures_date=None).order_by("pk"),
    )  # fmt: skip

    def act(self, actor: str) -> str:
        """Make today's list."""
        batch = collect(
            bank_account=self.cleaned_data["bank"].account_id, business_date=timezone.localdate(), maker=actor
        )
        return _("没有可委托收款的缴款通知") if batch is None else _("已编制 {number}").format(number=batch.number)


class AgreeForm(PlainForm):
    unit = forms.CharField(label=gettext_lazy("单位账号"), max_length=20)
    payer_name = forms.CharField(label=gettext_lazy("付款户名"), max_length=120)
    payer_account = forms.CharField(label=gettext_lazy("付款账号"), max_length=40)
    signed = forms.DateField(label=gettext_lazy("签约日期"), widget=forms.DateInput(attrs={"type": "date"}))

    def act(self, actor: str) -> str:
        """Keep the agreement."""
        data = self.cleaned_data
        agree(
            unit_number=squeeze(data["unit"]), payer_name=data["payer_name"], payer_account=data["payer_account"],
            signed=data["signed"], maker=actor, at=timezone.now(),
        )  # fmt: skip
        return _("已登记协议")


class EndForm(PlainForm):
    unit = forms.CharField(label=gettext_lazy("单位账号"), max_length=20)

    def act(self, actor: str) -> str:
        """End the agreement today."""
        unit = squeeze(self.cleaned_data["unit"])
        end_mandate(unit_number=unit, ended=timezone.localdate(), maker=actor, at=timezone.now())
        return _("已终止协议")


class ResultsForm(PlainForm):
    file = forms.FileField(
        label=gettext_lazy("回盘文件"),
        help_text=gettext_lazy(
            "银行给出的 .xlsx 或 .csv：批次号、缴款编号、金额、结果、扣款日期、银行流水号、失败原因"
        ),
    )


Act = CollectForm | AgreeForm | EndForm | ResultsForm
_FORMS: dict[str, type[Act]] = {
    "collect": CollectForm, "results": ResultsForm, "agree": AgreeForm, "end": EndForm,
}  # fmt: skip


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def debits(request: HttpRequest) -> HttpResponse:
    """Lists, the latest first, with what became of them; what to do is told by the button."""
    shown, form = _forms(request)
    answered = None
    if form is not None and form.is_valid():
        try:
            if isinstance(form, ResultsForm):
                answered = _results(request, form)
            else:
                messages.success(request, form.act(viewer(request).username))
        except AnjuError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            if answered is None or not answered.problems:
                return redirect("debits")
    return render(request, "anju/debits.html", {**_lists(request), "forms": shown, "form": form, "answered": answered})


def _forms(request: HttpRequest) -> tuple[dict[str, Act], Act | None]:
    """All forms of the page, and the one that was sent."""
    sent = request.POST.get("do", "") if request.method == "POST" else ""
    shown = {
        name: kind(request.POST, request.FILES, prefix=name) if name == sent else kind(prefix=name)
        for name, kind in _FORMS.items()
    }
    return shown, shown.get(sent)


@require_POST
def debit_list(request: HttpRequest, number: str) -> HttpResponse:
    """The list as a file for the bank; it counts as sent from now on. Each look is audited."""
    try:
        content = send(number=of_number(number).number, maker=viewer(request).username, at=timezone.now())
    except DebitRefusedError as error:
        messages.error(request, error.message)
        return redirect("debits")
    response = HttpResponse(content, content_type="text/csv; charset=gb18030")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=f"{number}.csv") or ""
    response["Cache-Control"] = "no-store"
    return response


def _results(request: HttpRequest, form: ResultsForm) -> Answered:
    actor, file = viewer(request).username, form.cleaned_data["file"]
    if file.size > MAX_FILE_BYTES:
        raise DebitRefusedError(_("文件超过 50 MB"), field="file")
    scan(content=file, actor=actor, at=timezone.now())
    file.seek(0)
    done = read_results(content=file.read(), business_date=timezone.localdate(), maker=actor)
    audit.record(
        actor=actor, action="debit.results", object_kind="debit-batch", object_reference="",
        detail={"paid": done.paid, "failed": done.failed, "known": done.known, "problems": len(done.problems)},
        at=timezone.now(),
    )  # fmt: skip
    words = _("扣款成功 {paid} 笔，失败 {failed} 笔；{known} 笔以前已回盘")
    messages.success(request, words.format(paid=done.paid, failed=done.failed, known=done.known))
    return done


def _lists(request: HttpRequest) -> dict[str, object]:
    counts = {state.value: Count("lines", filter=Q(lines__state=state)) for state in DebitState}
    found = DebitBatch.objects.annotate(count=Count("lines"), amount=Sum("lines__amount"), **counts).order_by("-id")
    page = page_number(request)
    failed = DebitLine.objects.filter(state=DebitState.FAILED, bill__state="open").select_related("bill__unit", "batch")
    return {
        "rows": list(found[(page - 1) * PAGE : page * PAGE]), "failed": list(failed.order_by("-id")[:50]),
        "pager": pager(request, page=page, total=DebitBatch.objects.count(), size=PAGE),
    }  # fmt: skip
