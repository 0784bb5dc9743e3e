"""核验: anybody who holds a certificate sees here whether it is the center's, and what it says, names masked."""

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from anju.contributions.certificates import CertificateError, content_of, verify
from anju.web.plain_forms import PlainForm
from anju.web.sign_in_adapter import address_of
from anju.web.throttle import allow_attempt


class VerifyForm(PlainForm):
    number = forms.CharField(label=gettext_lazy("证明编号"), max_length=20, help_text=gettext_lazy("Z 开头，共 11 位"))
    code = forms.CharField(
        label=gettext_lazy("验证码"), max_length=24, help_text=gettext_lazy("16 位字母和数字，可带短横线"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )  # fmt: skip


@sensitive_post_parameters("code")
@login_not_required
@require_http_methods(["GET", "POST"])
def verify_certificate(request: HttpRequest) -> HttpResponse:
    """Number and code; right, what the certificate says to those who verify it. Guesses are counted by address and number."""
    asked = request.GET.get("number", "")[:20]
    form = VerifyForm(request.POST if request.method == "POST" else None, initial={"number": asked})
    shown = None
    if request.method == "POST" and form.is_valid():
        number, address, now = form.cleaned_data["number"], address_of(request), timezone.now()
        if not allow_attempt(username=number, address=address, now=now, scope="certificate"):
            form.add_error(None, _("尝试次数过多，请 15 分钟后再试"))
        else:
            try:
                shown = verify(
                    number=number, code=form.cleaned_data["code"], on=timezone.localdate(), address=address, at=now
                )
            except CertificateError as error:
                form.add_error("code", error.message)
    facts = content_of(shown).public if shown is not None else []
    return render(request, "anju/verify.html", {"form": form, "certificate": shown, "facts": facts})
