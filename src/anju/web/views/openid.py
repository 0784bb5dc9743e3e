"""To the identity provider and back. Whatever it answers that cannot be trusted or read, the person gets one page."""

from collections.abc import Callable

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme
from requests import RequestException

from anju.platform.models import Kind
from anju.web.sign_in_openid import PROVIDER, OpenIdAdapter, PersonOAuth2Adapter, failed


@login_not_required
def openid(request: HttpRequest, kind: Kind) -> HttpResponse:
    """Off to the identity provider. By GET: the strict policy lets no form lead to another site."""
    asked = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())

    def away(request: HttpRequest) -> HttpResponse:
        provider = OpenIdAdapter().get_provider(request, PROVIDER)
        answer: HttpResponse = provider.redirect(
            request, "login", next_url=asked if safe else None, data={"kind": str(kind)}
        )
        return answer

    return _answered(request, away)


@login_not_required
def openid_callback(request: HttpRequest) -> HttpResponse:
    """Back from the identity provider."""

    def back(request: HttpRequest) -> HttpResponse:
        adapter = PersonOAuth2Adapter(request, PROVIDER)
        view: Callable[[HttpRequest], HttpResponse]
        view = OAuth2CallbackView.adapter_view(adapter)  # type: ignore[no-untyped-call]
        return view(request)

    return _answered(request, back)


def _answered(request: HttpRequest, step: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
    if settings.ANJU_OPENID is None:
        raise Http404
    try:
        return step(request)
    except ImmediateHttpResponse as answer:
        page: HttpResponse = answer.response
        return page
    except (RequestException, KeyError):  # not there, or an answer without what it must have
        return failed(request)
