"""Problem details (RFC 9457) for the inbox's own API."""

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response


def problem(status: int, *, title: str, detail: str) -> JSONResponse:
    """Build a problem answer; the detail is one sentence that names what to change."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return JSONResponse(body, status_code=status, media_type="application/problem+json")


async def on_invalid_request(request: Request, error: Exception) -> Response:
    """Name every field that is wrong."""
    del request
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    sentences = [f"{'.'.join(map(str, fault['loc'][1:])) or 'body'}: {fault['msg']}" for fault in faults]
    return problem(422, title="Not valid", detail="; ".join(sentences))


async def on_http_error(request: Request, error: Exception) -> Response:
    """Turn the framework's own errors (no such address, wrong method) into problems."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = str(error.detail) if isinstance(error, HTTPException) else "Unexpected error."
    return problem(status, title=detail, detail=f"{detail}: {request.method} {request.url.path}")
