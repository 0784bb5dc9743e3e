"""The OpenAPI document: ninja's, completed from the catalogue at the moment of asking, with every refusal declared."""

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from anju.api import limits, patches, problems
from anju.api.answer_models import answers_model, handling_model
from anju.cases import catalogue

_ALWAYS = (400, 401, 403, 404, 422, 429, 500)
_WRITING = (409, 413, 415)
_VERSIONED = (412, 428)
_REF = "#/components/schemas/{model}"
_QUOTA_HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")


class AnjuApi(NinjaAPI):
    """The API with its document."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """The document as of now: an item that is registered later is in the next answer."""
        document = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        components = document["components"]["schemas"]
        components["Problem"] = problems.Problem.model_json_schema()
        _add_items(components)
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                _complete(operation, method)
                if path.endswith("/answers"):
                    operation["requestBody"] = _patch_body()
        document["components"]["securitySchemes"] = {
            "BearerToken": {
                "type": "http",
                "scheme": "bearer",
                "description": "anju token add，或统一身份认证的访问令牌",
            }
        }
        return document


def operations(document: OpenAPISchema) -> list[tuple[str, str, dict[str, Any]]]:
    """Every operation of the document: method, path, and what it says."""
    return [
        (method.upper(), path, each) for path, methods in document["paths"].items() for method, each in methods.items()
    ]


def _add_items(components: dict[str, Any]) -> None:
    components["Opening"]["properties"]["item"]["enum"] = [item.code for item in catalogue.items()]
    for item in catalogue.items():
        components[f"Answers{item.code}"] = answers_model(item).model_json_schema(ref_template=_REF)
        components[f"Patch{item.code}"] = patches.schema_for(item.code)
        handling = handling_model(item)
        if handling is not None:
            components[f"Handling{item.code}"] = handling.model_json_schema(ref_template=_REF)


def _patch_body() -> dict[str, Any]:
    """One schema per item, told apart by `item`."""
    refs = {item.code: f"#/components/schemas/Patch{item.code}" for item in catalogue.items()}
    schema: dict[str, Any] = {
        "oneOf": [{"$ref": ref} for ref in refs.values()],
        "discriminator": {"propertyName": "item", "mapping": refs},
    }
    return {"required": True, "content": {limits.JSON: {"schema": schema if refs else {"type": "object"}}}}


def _complete(operation: dict[str, Any], method: str) -> None:
    headers = {each["name"] for each in operation["parameters"] if each["in"] == "header"}
    statuses = [*_ALWAYS, *(_WRITING if method != "get" else ()), *(_VERSIONED if "If-Match" in headers else ())]
    if limits.MULTIPART in operation.get("requestBody", {}).get("content", {}):
        statuses.append(503)  # the virus scanner
    quota = {name: {"schema": {"type": "string", "pattern": "^[0-9]+$"}} for name in _QUOTA_HEADERS}
    for status in statuses:
        operation["responses"][status] = {
            "description": "problem",
            "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    for response in operation["responses"].values():
        response["headers"] = quota
