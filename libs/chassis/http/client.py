"""Calls between services: bounded, timed, with the trace and the service's own token.

By aiohttp, because a call takes a fifth of the time that it takes with httpx, and a step of the sandbox's clock
makes a dozen. Vendors are called with httpx: its errors say whether anything of the request has left us.
"""

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

import aiohttp
import msgspec
from yarl import URL

from chassis.kernel.errors import Conflict, NotFound, Rejected, Transient
from chassis.telemetry.logs import error_name
from chassis.telemetry.tracing import current_traceparent

_CALLS_MAX = 20
_CONNECT_S_MAX = 3.0
# Shorter than the five seconds after which our servers close an idle connection: a question that runs into
# the closing would look like a service that is away.
_IDLE_S_MAX = 2.0


class ServiceClient:
    """Calls one other service; what it answers is JSON."""

    def __init__(self, base_url: str, *, token: Callable[[], str], timeout_s: float = 10.0) -> None:
        self._token = token
        self._base_url = base_url.rstrip("/")
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

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
        url = URL(self._base_url + path, encoded=True)
        timeout = aiohttp.ClientTimeout(total=timeout_s or self._timeout_s, sock_connect=_CONNECT_S_MAX)
        try:
            async with self._opened().request(
                method, url, params=params, json=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                return _read(answer.status, await answer.read(), what=f"{method} {path}")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Transient(f"{method} {path} was not answered ({error_name(error)})") from error

    def _opened(self) -> aiohttp.ClientSession:
        """Return the session: made at the first call, because it belongs to the loop that runs then."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=_CALLS_MAX, keepalive_timeout=_IDLE_S_MAX),
                cookie_jar=aiohttp.DummyCookieJar(),
                json_serialize=_json,
            )
        return self._session


def _json(body: Any) -> str:
    return msgspec.json.encode(body).decode()


def _read(status: int, content: bytes, *, what: str) -> Any:
    """Return the JSON of a good answer; raise what a bad one means."""
    if 200 <= status < 300:
        return _value(content, what=what) if content else None
    if status >= 500 or status in {408, 425, 429}:
        raise Transient(f"{what} was answered with {status}")
    try:
        detail = str(msgspec.json.decode(content).get("detail", ""))
    except (msgspec.DecodeError, UnicodeDecodeError, AttributeError):
        detail = ""
    kind = {404: NotFound, 409: Conflict}.get(status, Rejected)
    raise kind(f"{what} was refused with {status}: {detail}")


def _value(content: bytes, *, what: str) -> Any:
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        # Half an answer, or somebody else's: as good as none.
        raise Transient(f"{what} was answered with something that is no JSON") from error
