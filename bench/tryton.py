"""Tryton as the peer of P5 and P9: started only when a figure of today is missing."""

import contextlib
import sys
from collections.abc import AsyncIterator

from bench.asked import Asked, asked
from bench.kept import Peer
from sandbox.stack.stack import Stack


class Tryton:
    """What Tryton does per second on this machine, each figure kept for a day."""

    def __init__(self, stack: Stack, *, closing: contextlib.AsyncExitStack) -> None:
        self._stack = stack
        self._closing = closing
        self._process: Asked | None = None
        self.dunnings = Peer("tryton_dunnings_per_s")
        self.mails = Peer("tryton_mails_per_s")

    async def measure_dunnings(self) -> None:
        """Generate dunnings once more; the figure of the mails is taken too where it is missing: Tryton is up."""
        await self.dunnings.measure(lambda: self._rate("dunnings"))
        if self._process is not None:
            await self.measure_mails()

    async def measure_mails(self) -> None:
        """Mail dunnings once more."""
        await self.mails.measure(lambda: self._rate("mails"))

    async def _rate(self, what: str) -> float:
        if self._process is None:
            self._process = await self._closing.enter_async_context(_started(self._stack))
        self._process.say(what)
        return float(await self._process.expect("rate"))


@contextlib.asynccontextmanager
async def tryton(stack: Stack) -> AsyncIterator[Tryton]:
    """Yield the peer, on a database of its own of the stack's server."""
    async with contextlib.AsyncExitStack() as closing:
        peer = Tryton(stack, closing=closing)
        yield peer
        if peer.mails.is_measured:
            peer.mails.value()


@contextlib.asynccontextmanager
async def _started(stack: Stack) -> AsyncIterator[Asked]:
    print(
        "Tryton is being prepared: its modules, a chart of accounts, 2,000 overdue lines …", file=sys.stderr
    )
    server = stack.postgres.url("postgres").removesuffix("postgres")
    async with asked("bench.smtp_sink") as sink:
        port = await sink.expect("port")
        async with asked("bench.peer_tryton", server, port) as peer:
            await peer.expect("ready")
            yield peer
