"""Every refusal of the API as problem details (RFC 9457), and the one table from errors to HTTP statuses."""

import json
import logging
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic import Field

from anju.api import errors
from anju.cases import errors as cases
from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.platform.files import errors as files

_log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"

#: The nearest class in an error's ancestry decides.
STATUS: dict[type[AnjuError], HTTPStatus] = {
    AnjuError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.ApiError: HTTPStatus.BAD_REQUEST,
    errors.UnauthenticatedError: HTTPStatus.UNAUTHORIZED,
    errors.ScopeError: HTTPStatus.FORBIDDEN,
    errors.NoSuchAddressError: HTTPStatus.NOT_FOUND,
    errors.MethodError: HTTPStatus.METHOD_NOT_ALLOWED,
    errors.KeyReusedError: HTTPStatus.CONFLICT,
    errors.TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.MediaTypeError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.InputError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.VersionMissingError: HTTPStatus.PRECONDITION_REQUIRED,
    errors.QuotaError: HTTPStatus.TOO_MANY_REQUESTS,
    errors.InternalError: HTTPStatus.INTERNAL_SERVER_ERROR,
    files.FileTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    files.ScannerUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    cases.CaseError: HTTPStatus.CONFLICT,
    cases.UnknownItemError: HTTPStatus.NOT_FOUND,
    cases.UnknownCaseError: HTTPStatus.NOT_FOUND,
    cases.StaleCaseError: HTTPStatus.PRECONDITION_FAILED,
    cases.NotAllowedError: HTTPStatus.FORBIDDEN,
    cases.SamePersonError: HTTPStatus.FORBIDDEN,
    cases.ReasonMissingError: HTTPStatus.UNPROCESSABLE_ENTITY,
    cases.PersonalDataError: HTTPStatus.UNPROCESSABLE_ENTITY,
    cases.FormInvalidError: HTTPStatus.UNPROCESSABLE_ENTITY,
    cases.IneligibleError: HTTPStatus.UNPROCESSABLE_ENTITY,
    cases.MaterialsMissingError: HTTPStatus.UNPROCESSABLE_ENTITY,
}


class Problem(Schema):
    """Problem details, RFC 9457: what was refused, by which rule, and what to do."""

    type: str = Field(description="urn:anju:error:<code>; the code is stable")
    title: str
    status: int
    detail: str
    field: str = Field(description="the input that it is about; empty: the request as a whole")
    errors: dict[str, list[str]] = Field(description="sentences by field")


def status_of(error: AnjuError) -> HTTPStatus:
    """The HTTP status of an error."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def problem(error: AnjuError) -> HttpResponse:
    """An error as a response."""
    status = status_of(error)
    body = {
        "type": f"urn:anju:error:{error.code}", "title": status.phrase, "status": int(status), "detail": error.message,
        "field": error.field, "errors": _sentences(error),
    }  # fmt: skip
    response = HttpResponse(json.dumps(body, ensure_ascii=False), status=int(status), content_type=MEDIA_TYPE)
    if isinstance(error, errors.UnauthenticatedError):
        response["WWW-Authenticate"] = 'Bearer realm="anju"'
    return response


def typed(error: Exception) -> AnjuError:
    """Any exception as an error that may be shown; what nobody foresaw is logged and shown without details."""
    match error:
        case AnjuError():
            return error
        case AuthenticationError():
            return errors.UnauthenticatedError(_("请在 Authorization 头中提供有效的 Bearer 令牌"))
        case ValidationError():
            return invalid(error.errors)
        case Http404():
            return errors.NoSuchAddressError(_("没有此地址，请核对接口文档"))
        case RequestDataTooBig():
            return errors.TooLargeError(_("请求内容过大"))
        case HttpError() | SuspiciousOperation() | MultiPartParserError():
            return errors.ApiError(_("请求内容无法解析，请核对格式"))
        case _:
            _log.error("unforeseen error in the API", exc_info=error)
            return errors.InternalError(_("系统内部错误，已记录；请稍后重试"))


def invalid(found: list[dict[str, Any]]) -> errors.InputError:
    """pydantic's complaints as one error; no value that was sent comes back."""
    sentences: dict[str, list[str]] = {}
    for each in found:
        place = [str(part) for part in each["loc"] if part not in ("body", "query", "path", "header", "payload")]
        sentences.setdefault(".".join(place)[:200], []).append(_sentence(each))
    return errors.InputError(_("输入不符合接口定义：{fields}").format(fields=_("、").join(sentences)), sentences)


def install(api: NinjaAPI) -> None:
    """Let every exception in an operation become a problem."""

    def handle(_request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
        return problem(typed(error if isinstance(error, Exception) else error()))

    for kind in (Exception, AnjuError, Http404, HttpError, ValidationError):
        api.add_exception_handler(kind, handle)


def _sentences(error: AnjuError) -> dict[str, list[str]]:
    found = getattr(error, "errors", None)
    if found:
        return {field: list(sentences) for field, sentences in found.items()}
    missing = getattr(error, "missing", None)
    return {"materials": list(missing)} if missing else {}


def _sentence(complaint: dict[str, Any]) -> str:
    kind, context = complaint["type"], complaint.get("ctx", {})
    known = {
        "missing": _("必填"),
        "extra_forbidden": _("接口没有此项"),
        "int_type": _("应为整数"), "int_parsing": _("应为整数"), "int_from_float": _("应为整数"),
        "bool_type": _("应为 true 或 false"),
        "string_type": _("应为文字"),
        "list_type": _("应为数组"),
        "dict_type": _("应为对象"), "model_type": _("应为对象"), "model_attributes_type": _("应为对象"),
        "string_too_long": _("最长 {max_length} 字"),
        "string_too_short": _("最短 {min_length} 字"),
        "string_pattern_mismatch": _("格式不符：{pattern}"),
        "literal_error": _("应为 {expected} 之一"),
        "greater_than_equal": _("不得小于 {ge}"),
        "less_than_equal": _("不得大于 {le}"),
        "too_long": _("最多 {max_length} 项"),
    }.get(kind)  # fmt: skip
    return _("不符合接口定义") if known is None else known.format(**context)
