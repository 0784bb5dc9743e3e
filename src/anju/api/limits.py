"""The door of the API: what is decided about every request before and after its operation.

Address quota, size and type of the body; methods and addresses that do not exist; and that whatever comes out of the door is JSON
or a problem. Operations add the quota of their caller.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from anju.api.errors import ApiError, MediaTypeError, MethodError, QuotaError, TooLargeError
from anju.api.problems import problem, typed
from anju.kernel.i18n import gettext as _
from anju.platform import api_quota

#: A form holds a hundred thousand characters at most (cases.answers), four bytes each.
MAX_BODY = 512 * 1024
JSON, MULTIPART = "application/json", "multipart/form-data"

View = Callable[..., HttpResponseBase]


def count(request: HttpRequest, *, caller: str, limit: int) -> None:
    """Count this request for a caller. Raises QuotaError; the latest count stands in the response's headers."""
    counted = api_quota.count(caller=caller, limit=limit, at=timezone.now())
    request.anju_quota = counted  # type: ignore[attr-defined]
    if counted.exceeded:
        raise QuotaError(_("请求过于频繁，请在 {seconds} 秒后重试").format(seconds=counted.reset))


def door(view: View, *, reads: str = JSON, largest: int = MAX_BODY) -> View:
    """The view behind the door; `reads` is the media type of its bodies, `largest` their size in bytes."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            count(request, caller=f"address {request.META['REMOTE_ADDR']}", limit=settings.ANJU_API_ADDRESS)
            _check_query(request)
            _check_body(request, reads, largest)
            response = view(request, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - the API answers in its own words, `typed` logs
            response = problem(typed(error))
        return _dressed(request, response)

    guarded.csrf_exempt = True  # type: ignore[attr-defined]  # no cookie opens anything here
    guarded.login_required = False  # type: ignore[attr-defined]  # the bearer token is asked for instead
    return guarded


def _check_query(request: HttpRequest) -> None:
    for name, values in request.GET.lists():
        if len(values) > 1 or "\x00" in name + values[0]:
            raise ApiError(_("查询参数重复，或含有控制字符"), field=name.replace("\x00", "")[:40])


def _check_body(request: HttpRequest, reads: str, largest: int) -> None:
    size = request.META.get("CONTENT_LENGTH") or "0"
    if size == "0" or not size.isascii() or not size.isdigit():
        return
    if int(size) > largest:
        raise TooLargeError(_("请求内容过大，最多 {size} KB").format(size=largest // 1024))
    if request.content_type != reads:
        raise MediaTypeError(_("请求内容应为 {reads}").format(reads=reads), field="Content-Type")


def _dressed(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if response.status_code == 405 and isinstance(response, HttpResponse):
        allowed = response.get("Allow", "")
        response = problem(MethodError(_("此地址只支持 {methods}").format(methods=allowed)))
        response["Allow"] = allowed
    counted: api_quota.Count | None = getattr(request, "anju_quota", None)
    if counted is not None:
        response["RateLimit-Limit"] = str(counted.limit)
        response["RateLimit-Remaining"] = str(counted.remaining)
        response["RateLimit-Reset"] = str(counted.reset)
        if response.status_code == 429:
            response["Retry-After"] = str(counted.reset)
    return response
