"""Call-backs to the notifier: after the answer, in order per message, a bounded number of tries."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import httpx

from sandbox.inbox.messages import Message

TRIES_MAX = 12
PAUSE_S_MAX = 2.0
"""About twenty seconds in all: a notifier that was killed is back by then. Vendors try for hours."""
TIMEOUT_S = 5.0
CONCURRENT_MAX = 16
# The answer normally goes out at once; a client that went away must not hold its call-backs for ever.
ANSWER_WAIT_S_MAX = 2.0

log = logging.getLogger("sandbox.inbox.callbacks")


@dataclass(frozen=True, slots=True)
class CallBack:
    """One HTTP POST with its body and headers."""

    url: str
    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """The status that a message reaches, and the call-back that tells so (None: nobody asked)."""

    status: str
    callback: CallBack | None


class CallBackLine:
    """Follows messages through their delivery statuses and posts the call-backs."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._slots = asyncio.Semaphore(CONCURRENT_MAX)
        self._idle = asyncio.Event()
        self._idle.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.pending = 0
        self.delivered = 0
        self.given_up = 0

    def follow(self, message: Message, steps: Sequence[Step]) -> Callable[[], Awaitable[None]]:
        """Queue the steps, counted as pending from now on; they start when the returned function is called."""
        answered = asyncio.Event()
        self.pending += 1
        self._idle.clear()
        task = asyncio.create_task(self._walk(message, steps, answered))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

        async def release() -> None:
            answered.set()

        return release

    async def idle(self, *, timeout_s: float) -> bool:
        """Wait until no call-back is pending; False when that took longer than `timeout_s`."""
        try:
            await asyncio.wait_for(self._idle.wait(), timeout_s)
        except TimeoutError:
            return False
        return True

    async def post(self, callback: CallBack, *, tries_max: int = TRIES_MAX) -> int | None:
        """Post once or, on a failure, up to the limit; the last status, None when nobody answered."""
        status = None
        for attempt in range(tries_max):
            if attempt:
                await asyncio.sleep(min(0.2 * 2 ** (attempt - 1), PAUSE_S_MAX))
            status = await self._attempt(callback)
            if status is not None and status < 300:
                self.delivered += 1
                return status
        self.given_up += 1
        log.warning(
            "call-back given up: url=%s status=%s tries=%s", callback.url.split("?")[0], status, tries_max
        )
        return status

    async def stop(self) -> None:
        """Cancel what is still under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _attempt(self, callback: CallBack) -> int | None:
        try:
            async with self._slots:
                response = await self._client.post(
                    callback.url, content=callback.body, headers=callback.headers, timeout=TIMEOUT_S
                )
        except (httpx.HTTPError, httpx.InvalidURL):
            return None
        return response.status_code

    async def _walk(self, message: Message, steps: Sequence[Step], answered: asyncio.Event) -> None:
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(answered.wait(), ANSWER_WAIT_S_MAX)
            for step in steps:
                message.status = step.status
                if step.callback:
                    await self.post(step.callback)
        finally:
            self.pending -= 1
            if not self.pending:
                self._idle.set()
