"""Wakes those who wait for something to change in this process."""

import asyncio


class Notice:
    """A bell: every task that waits when it rings is woken; nothing is remembered."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def ring(self) -> None:
        """Wake everybody who holds the present event."""
        rung, self._next = self._next, asyncio.Event()
        rung.set()

    def listen(self) -> asyncio.Event:
        """Return the event of the next ring; take it *before* checking, then wait, so that no ring is missed."""
        return self._next


async def wait(event: asyncio.Event, *, timeout_s: float) -> bool:
    """Wait for the event, at most so many seconds; say whether it came."""
    try:
        async with asyncio.timeout(timeout_s):
            await event.wait()
    except TimeoutError:
        return False
    return True
