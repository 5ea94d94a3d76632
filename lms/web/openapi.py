"""The OpenAPI 3.1 document, made from the route table and the msgspec types its handlers are annotated with."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from lms.web.routing import Access, Route
from lms.web.schemas import ErrorBody

REF_TEMPLATE = "#/components/schemas/{name}"
_ERROR_STATUSES = {
    "400": "The request cannot be read",
    "401": "Not signed in",
    "403": "Not allowed",
    "404": "No such thing, or not for the asker",
    "409": "In conflict with what is there",
    "422": "Readable but impossible; `fields` says where",
}
_PARAMETER = re.compile(r"\{(\w+)(?::[^}]*)?\}")


def document(routes: Sequence[Route], *, version: str) -> dict[str, Any]:
    named = _types(routes)
    _, components = msgspec.json.schema_components(named, ref_template=REF_TEMPLATE)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(_PARAMETER.sub(r"{\1}", route.path), {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Lophop", "version": version, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "servers": [{"url": "/api/v1"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(route.tag for route in routes)],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": "lophop_session"}},
        },
        "security": [{"session": []}],
    }


def _types(routes: Iterable[Route]) -> list[Any]:
    found: dict[Any, None] = {ErrorBody: None}
    for route in routes:
        for declared in (route.body, route.answer):
            if is_schema(declared):
                found[declared] = None
    return list(found)


def is_schema(declared: Any) -> bool:
    return isinstance(declared, type) and issubclass(declared, msgspec.Struct)


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.handler.__name__,
        "tags": [route.tag],
        "summary": route.summary,
        "parameters": _parameters(route),
        "responses": _responses(route),
    }
    if route.options.access is Access.PUBLIC:
        operation["security"] = []
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(route.body)}}}
    elif route.options.reads != "application/json":
        operation["requestBody"] = {"required": True, "content": {route.options.reads: {"schema": {"type": "string"}}}}
    return operation


def _parameters(route: Route) -> list[dict[str, Any]]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(route.path)
    ]
    if route.query is not None:
        parameters += [_query_parameter(field) for field in msgspec.structs.fields(route.query)]
    if route.method != "GET":
        parameters.append(
            {"name": "X-Lophop", "in": "header", "required": True, "schema": {"type": "string", "const": "1"}}
        )
    return parameters


def _query_parameter(field: msgspec.structs.FieldInfo) -> dict[str, Any]:
    schema = msgspec.json.schema(field.type)
    schema.pop("$schema", None)
    return {"name": field.encode_name, "in": "query", "required": field.required, "schema": schema}


def _responses(route: Route) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": "Done"}
    if is_schema(route.answer):
        answer["content"] = {"application/json": {"schema": _ref(route.answer)}}
    elif route.options.media_type != "application/json":
        answer["content"] = {route.options.media_type: {"schema": {"type": "string"}}}
    failure = {"application/json": {"schema": _ref(ErrorBody)}}
    errors = {status: {"description": text, "content": failure} for status, text in _ERROR_STATUSES.items()}
    return {str(route.options.status): answer, **errors}


def _ref(declared: Any) -> dict[str, str]:
    return {"$ref": REF_TEMPLATE.format(name=declared.__name__)}
