"""Asks for positions at a fixed rate, whatever the answers do; prints each answer's time from its intended start.

Open loop: a question is due at its instant and its time counts from there, so a server that falls behind is seen to.
Run as `python -m bench.load_http <port> <requests a second> <seconds> <customers>` with the token on standard input;
the answers' times come as one line of milliseconds.
"""

import asyncio
import random
import sys
import time
from typing import Final, cast

import uvloop
from typing_extensions import override

CONNECTIONS: Final = 32
_PATIENCE_S: Final = 120


class Line(asyncio.Protocol):
    """One kept connection: one question at a time."""

    def __init__(self, free: "asyncio.Queue[Line]") -> None:
        self._free = free
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self._answered: asyncio.Future[int] | None = None
        self.is_closed = False

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # The fast loop's transports are of no class of asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self._free.put_nowait(self)

    def ask(self, request: bytes) -> "asyncio.Future[int]":
        """Send a request; the future tells the status."""
        if self._transport is None:
            raise ConnectionError("not connected")
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answered

    @override
    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return
        self._buffer = b""
        if self._answered is not None:
            self._answered.set_result(int(head[9:12]))
            self._answered = None
        self._free.put_nowait(self)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        # The server ends connections that rest too long: another is opened in its place.
        self.is_closed = True
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(exc or ConnectionResetError())


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    raise ValueError("an answer without a length")


async def load(port: int, per_s: int, seconds: float, requests: list[bytes]) -> list[float]:
    """Send at the rate for so long; returns the seconds from each intended start to its answer."""
    lines = Lines(port)
    for _ in range(CONNECTIONS):
        await lines.open()
    found: list[float] = []
    begun = time.perf_counter() + 0.5
    async with asyncio.timeout(seconds + _PATIENCE_S), asyncio.TaskGroup() as asking:
        for number in range(int(per_s * seconds)):
            due = begun + number / per_s
            # A sleep may end a little early.
            while (pause := due - time.perf_counter()) > 0:  # noqa: ASYNC110 - the clock is what is waited for
                await asyncio.sleep(pause)
            asking.create_task(_one(lines, requests[number % len(requests)], due=due, found=found))
    return found


class Lines:
    """The kept connections."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: asyncio.Queue[Line] = asyncio.Queue()

    async def open(self) -> None:
        """Open one more."""
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: Line(self._free), "127.0.0.1", self._port)

    async def take(self) -> Line:
        """Return a free one; waiting for it is part of what the client sees."""
        while (line := await self._free.get()).is_closed:
            await self.open()
        return line


async def _one(lines: Lines, request: bytes, *, due: float, found: list[float]) -> None:
    line = await lines.take()
    status = await line.ask(request)
    if status != 200:
        raise RuntimeError(f"the answer was {status}")
    found.append(time.perf_counter() - due)


def main() -> None:
    """Load and print."""
    port, per_s, seconds, customers = (int(given) for given in sys.argv[1:5])
    token = sys.stdin.readline().strip()
    chance = random.Random(5)  # noqa: S311 - the same customers every time
    numbers = [chance.randrange(customers) for _ in range(10_000)]
    requests = [
        f"GET /v1/customers/C{number:08d}/position HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
        for number in numbers
    ]
    found = uvloop.run(load(port, per_s, seconds, requests))
    print("ms", " ".join(f"{1000 * value:.3f}" for value in found), flush=True)


if __name__ == "__main__":
    main()
