"""One question for many askers: what is asked often at the same time goes out once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    """One question is on its way at a time; whoever comes meanwhile shares the next one.

    That next one is sent after they came, so an answer is never older than what they ask for. It is asked
    as whoever came first: only for what is the same for everybody.
    """

    def __init__(self, ask: Callable[[], Awaitable[T]]) -> None:
        self._ask = ask
        self._turn = asyncio.Lock()
        self._next: asyncio.Task[T] | None = None

    async def answer(self) -> T:
        """Return the answer to a question that was sent after this call; raises what ``ask`` raises."""
        if self._next is None:
            self._next = asyncio.create_task(self._in_turn())
        # Whoever is cancelled leaves alone: the others still wait.
        return await asyncio.shield(self._next)

    async def _in_turn(self) -> T:
        async with self._turn:
            self._next = None
            return await self._ask()
