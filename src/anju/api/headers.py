"""The two headers that make writing safe: which version a move is about, and which request this is when it comes again."""

import re
from typing import Any

from django.http import HttpRequest

from anju.api.errors import ApiError, VersionMissingError
from anju.kernel.i18n import gettext as _

_VERSION = re.compile(r'"([0-9]{1,9})"')
_KEY = re.compile(r"[!-~]{1,64}")


def _parameter(name: str, pattern: str, description: str) -> dict[str, Any]:
    schema = {"type": "string", "pattern": pattern}
    return {
        "parameters": [{"in": "header", "name": name, "required": True, "schema": schema, "description": description}]
    }


#: For `openapi_extra`: the headers as the schema tells them.
IF_MATCH = _parameter("If-Match", '^"[0-9]{1,9}"$', '案件的版本，如 "3"：读取案件时 ETag 给出')
IDEMPOTENCY_KEY = _parameter("Idempotency-Key", "^[!-~]{1,64}$", "同一申请重发时用同一个键，只立一案")


def expected_version(request: HttpRequest) -> int:
    """The version in If-Match. Raises VersionMissingError, ApiError."""
    given = request.headers.get("If-Match")
    if given is None:
        raise VersionMissingError(_('请在 If-Match 头中写明案件版本，如 "3"'), field="If-Match")
    found = _VERSION.fullmatch(given)
    if found is None:
        raise ApiError(_('If-Match 头应为带引号的版本号，如 "3"'), field="If-Match")
    return int(found[1])


def idempotency_key(request: HttpRequest) -> str:
    """The key of the request. Raises ApiError."""
    given = request.headers.get("Idempotency-Key", "")
    if not _KEY.fullmatch(given):
        raise ApiError(_("请在 Idempotency-Key 头中给出 1 至 64 个可见字符的键"), field="Idempotency-Key")
    return given
