"""Papers that were issued, as staff see them: found by number, shown masked, declared void by the reviewer for a reason."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from anju.contributions.certificates import content_of, revoke
from anju.contributions.models_certificates import Certificate
from anju.kernel.errors import AnjuError
from anju.kernel.text import squeeze
from anju.platform import audit
from anju.web.access import viewer
from anju.web.certificate_view import certificate_pdf
from anju.web.desk_forms import ReasonForm
from anju.web.plain_forms import PlainForm


class NumberForm(PlainForm):
    """The number on a certificate; it names nobody, so it may stand in an address."""

    number = forms.CharField(label=gettext_lazy("证明编号"), max_length=20, help_text=gettext_lazy("Z 开头，共 11 位"))

    def clean_number(self) -> str:
        """The number of a certificate of ours."""
        number = squeeze(self.cleaned_data["number"]).upper()
        if not Certificate.objects.filter(number=number).exists():
            raise forms.ValidationError(_("没有此证明，请核对编号"))
        return number


@require_safe
def certificates(request: HttpRequest) -> HttpResponse:
    """Search by number; a number of ours leads to its certificate."""
    form = NumberForm(request.GET if "number" in request.GET else None)
    if form.is_bound and form.is_valid():
        return redirect("certificate", number=form.cleaned_data["number"])
    return render(request, "anju/certificates.html", {"form": form})


@require_safe
def certificate(request: HttpRequest, number: str) -> HttpResponse:
    """What the certificate says to those who verify it, whose it is, and whether it is good. The look is recorded."""
    shown = _certificate(number)
    audit.record(
        actor=viewer(request).username, action="certificate.view", object_kind="certificate", object_reference=number,
        detail={"of": _whose(shown)}, at=timezone.now(),
    )  # fmt: skip
    context = {"certificate": shown, "facts": content_of(shown).public, "today": timezone.localdate()}
    return render(request, "anju/certificate.html", context)


@require_safe
def certificate_paper(request: HttpRequest, number: str) -> HttpResponse:
    """The paper again, byte for byte, for whom stands at the counter; a void one is not printed. It is recorded."""
    shown = _certificate(number)
    if shown.revoked_date is not None:
        raise Http404
    audit.record(
        actor=viewer(request).username, action="certificate.print", object_kind="certificate", object_reference=number,
        detail={"of": _whose(shown)}, at=timezone.now(),
    )  # fmt: skip
    return certificate_pdf(request, shown)


@sensitive_post_parameters("reason")
@require_http_methods(["GET", "POST"])
def certificate_revoke(request: HttpRequest, number: str) -> HttpResponse:
    """Declare the certificate void: from then on verification says so."""
    shown = _certificate(number)
    form = ReasonForm(request.POST if request.method == "POST" else None, use_required_attribute=False)
    if form.is_bound and form.is_valid():
        try:
            revoke(
                number=number, reason=form.cleaned_data["reason"], business_date=timezone.localdate(),
                actor=viewer(request).username, at=timezone.now(),
            )  # fmt: skip
        except AnjuError as error:
            form.add_error("reason", error.message)
        else:
            messages.success(request, _("证明 {number} 已作废，核验时会如实显示").format(number=number))
            return redirect("certificate", number=number)
    context = {"certificate": shown, "form": form, "back": reverse("certificate", args=[number])}
    return render(request, "anju/certificate_revoke.html", context)


def _certificate(number: str) -> Certificate:
    return get_object_or_404(Certificate.objects.select_related("member", "unit"), number=number)


def _whose(certificate: Certificate) -> str:
    return (certificate.member or certificate.unit).number  # type: ignore[union-attr] # one of them, by constraint
