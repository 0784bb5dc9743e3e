"""The addresses of the API, below /api/v1/: its operations, its document for machines and for people, and nothing else."""

from collections.abc import Iterator
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, path, re_path, reverse
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from anju.api import case_operations, catalogue_operations, problems, staff_operations
from anju.api.callers import BearerToken
from anju.api.limits import MAX_BODY, MULTIPART, door
from anju.api.parser import StrictParser
from anju.api.schema import AnjuApi, operations
from anju.platform.files.limits import MAX_BYTES

app_name = "api"
#: Addresses that read files, by the name of their operation.
_UPLOADS: dict[str, Any] = {"add_file": {"reads": MULTIPART, "largest": MAX_BYTES + MAX_BODY}}
_TITLE, _VERSION = "Anju 安居", "1.0.0"


def _build() -> AnjuApi:
    api = AnjuApi(
        title=_TITLE, version=_VERSION, auth=BearerToken(), parser=StrictParser(), openapi_url=None, docs_url=None,
        urls_namespace=app_name, description="住房公积金中心业务接口。金额为整数分；拒绝以 problem+json 说明。",
    )  # fmt: skip
    problems.install(api)
    api.add_router("/catalogue", catalogue_operations.router)
    api.add_router("/cases", case_operations.router)
    api.add_router("", staff_operations.router)
    return api


def document(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document, for everybody."""
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    return JsonResponse(_document(), json_dumps_params={"ensure_ascii": False})


def docs(request: HttpRequest) -> HttpResponse:
    """The same for people."""
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    found = _document()
    return render(request, "api/docs.html", {"document": found, "operations": operations(found)})


def nowhere(request: HttpRequest) -> HttpResponse:
    """Any other address below the API."""
    raise Http404


def _document() -> OpenAPISchema:
    return api.get_openapi_schema(path_prefix=reverse("api:openapi").removesuffix("openapi.json"))


def _behind_the_door(api: NinjaAPI) -> Iterator[URLPattern]:
    patterns, _app, _namespace = api.urls
    for each in patterns:
        if isinstance(each, URLPattern) and each.name != "api-root":
            each.callback = door(each.callback, **_UPLOADS.get(each.name or "", {}))
            yield each


api = _build()
urlpatterns: list[URLPattern] = [
    path("openapi.json", door(document), name="openapi"),
    path("docs", door(docs), name="docs"),
    *_behind_the_door(api),
    re_path(r"", door(nowhere), name="nowhere"),
]
