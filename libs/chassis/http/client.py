"""Calls between services: bounded, timed, with the trace and the service's own token."""

import asyncio
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from chassis.kernel.errors import Conflict, NotFound, Rejected, Transient
from chassis.telemetry.logs import error_name
from chassis.telemetry.tracing import current_traceparent

_CALLS_MAX = 20


class ServiceClient:
    """Calls one other service; what it answers is JSON."""

    def __init__(self, base_url: str, *, token: Callable[[], str], timeout_s: float = 10.0) -> None:
        self._token = token
        self._slots = asyncio.Semaphore(_CALLS_MAX)
        self._timeout_s = timeout_s
        self._client = httpx.AsyncClient(
            base_url=base_url,
            timeout=httpx.Timeout(timeout_s, connect=3.0),
            limits=httpx.Limits(max_connections=_CALLS_MAX, max_keepalive_connections=_CALLS_MAX),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def get(self, path: str, *, params: Mapping[str, str] | None = None) -> Any:
        """Read; raises Transient, NotFound, Conflict or Rejected."""
        return await self._call("GET", path, params=params)

    async def post(self, path: str, *, body: Any, timeout_s: float | None = None) -> Any:
        """Post JSON; raises as ``get``. ``timeout_s`` replaces the client's own."""
        return await self._call("POST", path, body=body, timeout_s=timeout_s)

    async def put(self, path: str, *, body: Any, timeout_s: float | None = None) -> Any:
        """Put JSON; raises as ``get``."""
        return await self._call("PUT", path, body=body, timeout_s=timeout_s)

    async def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        timeout_s: float | None = None,
    ) -> Any:
        headers = {"Authorization": f"Bearer {self._token()}"}
        traceparent = current_traceparent()
        if traceparent:
            headers["traceparent"] = traceparent
        try:
            async with self._slots:
                answer = await self._client.request(
                    method,
                    path,
                    params=params,
                    json=body,
                    headers=headers,
                    timeout=timeout_s or self._timeout_s,
                )
        except httpx.HTTPError as error:
            raise Transient(f"{method} {path} was not answered ({error_name(error)})") from error
        return _read(answer, what=f"{method} {path}")


def _read(answer: httpx.Response, *, what: str) -> Any:
    """Return the JSON of a good answer; raise what a bad one means."""
    if answer.is_success:
        return answer.json() if answer.content else None
    status = answer.status_code
    if status >= 500 or status in {408, 425, 429}:
        raise Transient(f"{what} was answered with {status}")
    try:
        detail = str(answer.json().get("detail", ""))
    except (ValueError, AttributeError):
        detail = ""
    kind = {404: NotFound, 409: Conflict}.get(status, Rejected)
    raise kind(f"{what} was refused with {status}: {detail}")
