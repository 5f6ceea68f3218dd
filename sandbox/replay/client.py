"""Speaks to a running sandbox as any other system would: by its service APIs and the inbox."""

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import httpx

PAGE_ITEMS_MAX = 500
CLOCK_TIMEOUT_S = 300.0
CALL_TIMEOUT_S = 30.0
PATIENCE_S = 30.0
RETRY_DELAY_S = 0.2
PASSING_STATUS = frozenset({502, 503, 504})
DONE_UNHEARD = "It was carried out, but the answer was lost"


class SandboxError(Exception):
    """A service answered with a problem; the sentence says which and what it said."""


class SandboxClient:
    """One creditor's view of the four services, and the inbox."""

    def __init__(self, urls: Mapping[str, str], *, token: str) -> None:
        self._urls = dict(urls)
        self._http = httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=CALL_TIMEOUT_S)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def get(
        self, service: str, path: str, *, params: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Return one answer; raises SandboxError."""
        return self._read(await self._http.get(self._urls[service] + path, params=dict(params or {})))

    async def post(self, service: str, path: str, *, body: Mapping[str, Any]) -> dict[str, Any]:
        """Post ``body`` once in effect, however often the service goes away meanwhile; raises SandboxError.

        Returns nothing when it was carried out and the answer was lost with the process that had it.
        """
        url = self._urls[service] + path
        key = hashlib.blake2b(
            f"{url} {json.dumps(dict(body), sort_keys=True)}".encode(), digest_size=16
        ).hexdigest()
        answer = await self._patiently(
            lambda: self._http.post(url, json=dict(body), headers={"Idempotency-Key": key})
        )
        # The service died between its commit and its answer: done all the same, only what it said is lost.
        return {} if is_done_unheard(answer) else self._read(answer)

    async def items(
        self, service: str, path: str, *, params: Mapping[str, str] | None = None
    ) -> list[dict[str, Any]]:
        """Return every item of a list, page by page; raises SandboxError."""
        found: list[dict[str, Any]] = []
        query = {**(params or {}), "limit": str(PAGE_ITEMS_MAX)}
        while True:
            page = await self.get(service, path, params=query)
            found += page["items"]
            if not page["next_cursor"]:
                return found
            query["cursor"] = page["next_cursor"]

    async def advance(self, now: datetime) -> dict[str, Any]:
        """Move the sandbox clock to ``now`` and wait until everything due is done; raises SandboxError."""
        body, url = {"now": now.isoformat()}, self._urls["scheduler"] + "/v1/clock"
        # Asking again for the same time is harmless: a step that was cut off goes on where it stood.
        return self._read(
            await self._patiently(lambda: self._http.put(url, json=body, timeout=CLOCK_TIMEOUT_S))
        )

    async def _patiently(self, call: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
        """Repeat a call that can be repeated while the service restarts; raises SandboxError when it stays away."""
        give_up_at = time.monotonic() + PATIENCE_S
        while True:
            try:
                answer = await call()
            except httpx.TransportError as error:
                if time.monotonic() > give_up_at:
                    raise SandboxError(
                        f"no answer for {PATIENCE_S:.0f} s: {type(error).__name__} {error}"
                    ) from error
            else:
                if answer.status_code not in PASSING_STATUS or time.monotonic() > give_up_at:
                    return answer
            await asyncio.sleep(RETRY_DELAY_S)

    def _read(self, answer: httpx.Response) -> dict[str, Any]:
        if answer.is_success:
            return dict(answer.json())
        raise SandboxError(
            f"{answer.request.method} {answer.request.url.path} answered {answer.status_code}: {answer.text[:400]}"
        )


def is_done_unheard(answer: httpx.Response) -> bool:
    """Say whether the request was carried out before, by a process that never came to answer."""
    return answer.status_code == httpx.codes.CONFLICT and DONE_UNHEARD in answer.text
