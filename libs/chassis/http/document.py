"""The API's own description: what FastAPI cannot know of refusals, headers and problems, for every operation."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from typing_extensions import override

from chassis.http.problems import MEDIA_TYPE

_METHODS: Final = {"get", "put", "post", "delete", "patch"}
_PROBLEM: Final = {"$ref": "#/components/schemas/Problem"}
_PROBLEM_SCHEMA: Final[dict[str, Any]] = {
    "title": "Problem",
    "description": "What went wrong (RFC 9457); trace_id finds it in the logs.",
    "type": "object",
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "trace_id": {"type": "string"},
        "errors": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {"detail": {"type": "string"}, "pointer": {"type": "string"}},
                "required": ["detail", "pointer"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["type", "title", "status", "detail", "trace_id"],
    "additionalProperties": False,
}
_IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Sent again with the same key within seven days, the request is carried out once and answered twice.",
    "schema": {"type": "string", "maxLength": 255},
}
_REPLAYED: Final = {
    "description": "true: this answer was kept from the first request with the same Idempotency-Key.",
    "schema": {"type": "string", "const": "true"},
}
_HEADERS: Final[dict[int, dict[str, Any]]] = {
    401: {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}}},
    503: {"Retry-After": {"required": True, "schema": {"type": "string", "pattern": "^[0-9]+$"}}},
}


class DescribedApi(FastAPI):
    """An application whose ``/openapi.json`` names every answer that it can give."""

    @override
    def openapi(self) -> dict[str, Any]:
        """Return the document, made once."""
        if self.openapi_schema is None:
            document = super().openapi()
            complete(document)
            self.openapi_schema = document
        return self.openapi_schema


def complete(document: dict[str, Any]) -> None:
    """Add to each operation its refusals, its Idempotency-Key, and problems as the shape of what is refused."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = _PROBLEM_SCHEMA
    for method, operation in _operations(document):
        responses: dict[str, Any] = operation["responses"]
        # FastAPI's own idea of a 422 is not what is answered here.
        if MEDIA_TYPE not in responses.get("422", {}).get("content", {}):
            responses.pop("422", None)
        for status in _refusals(method, operation):
            responses.setdefault(str(status), _problem(status))
        if method == "post" and operation.get("security"):
            operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
            for code, answer in responses.items():
                if code.startswith("2"):
                    answer.setdefault("headers", {})["Idempotency-Replayed"] = _REPLAYED
        operation["responses"] = dict(sorted(responses.items()))


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for item in document.get("paths", {}).values():
        for method, operation in item.items():
            if method in _METHODS and "operations" not in operation.get("tags", []):
                yield method, operation


def _refusals(method: str, operation: Mapping[str, Any]) -> list[int]:
    """Return what any operation of this kind may be refused with."""
    parameters = operation.get("parameters", [])
    found = [503]
    if operation.get("security"):
        found += [401, 403]
    if parameters or "requestBody" in operation:
        found.append(422)
    if any(parameter["in"] == "path" for parameter in parameters):
        found.append(404)
    if method != "get":
        # 400: what is no HTTP or no JSON at all; 409: the present state forbids it.
        found += [400, 409, 413]
    return found


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what a route declares as ``responses`` for refusals of its own."""
    return {status: _problem(status) for status in statuses}


def _problem(status: int) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA_TYPE: {"schema": _PROBLEM}},
    }
    if status in _HEADERS:
        answer["headers"] = _HEADERS[status]
    return answer
