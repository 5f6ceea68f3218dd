"""The outermost door: trace context, size limit, duration."""

import time
from collections.abc import MutableMapping
from typing import Any

from fastapi import HTTPException
from opentelemetry.trace import SpanKind
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.db import scope as rows
from chassis.http.problems import Problem, problem_of, response
from chassis.telemetry.logs import log
from chassis.telemetry.metrics import HTTP_SECONDS
from chassis.telemetry.tracing import fresh, parse, span


class Door:
    """Wraps the app: continues or begins the trace, refuses what is too large, measures."""

    def __init__(self, app: ASGIApp, *, service: str, body_bytes_max: int) -> None:
        self._app = app
        self._service = service
        self._body_bytes_max = body_bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        parent = parse(headers.get(b"traceparent", b"").decode("latin-1")) or fresh()
        began = time.monotonic()
        status: int | None = None

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with rows.request(), span("http", parent=parent, kind=SpanKind.SERVER):
            try:
                await self._limited(scope, receive, noting, declared=headers.get(b"content-length", b"0"))
            except Exception as error:  # noqa: BLE001 - nothing unexpected may show its inside to a caller
                problem = problem_of(error)
                if problem.status >= 500:
                    log(__name__).error("request_failed", method=scope["method"], exc_info=error)
                if status is None:
                    await response(problem)(scope, receive, noting)
        HTTP_SECONDS.labels(self._service, scope["method"], _route(scope), str(status or 500)).observe(
            time.monotonic() - began
        )

    async def _limited(self, scope: Scope, receive: Receive, send: Send, *, declared: bytes) -> None:
        """Let the app read at most so many bytes, whatever the length that was declared."""
        seen = 0
        sentence = f"The body is larger than {self._body_bytes_max} bytes (VELVET_HTTP_BODY_BYTES_MAX)."

        async def counting() -> MutableMapping[str, Any]:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._body_bytes_max:
                # The kind that the framework lets through while it reads a body.
                raise HTTPException(413, sentence)
            return message

        if declared.isdigit() and int(declared) > self._body_bytes_max:
            await response(Problem(413, sentence))(scope, receive, send)
            return
        await self._app(scope, counting, send)


def _route(scope: Scope) -> str:
    """Return the route's template: a path with its ids would make a metric per customer."""
    route = scope.get("route")
    return str(getattr(route, "path", "unmatched"))
