"""A TCP fault proxy: one link between two processes, which can be held, cut, swallowed, reset or slowed."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

HOST = "127.0.0.1"
_CHUNK_BYTES = 262_144
# What the event loop raises for a transport that is closed already.
_GONE = (OSError, RuntimeError)
# Linger on with zero seconds: closing sends RST instead of FIN.
_RESET = struct.pack("ii", 1, 0)


class Mode(StrEnum):
    """What happens to the bytes of a link."""

    OPEN = "open"
    BLACKHOLE = "blackhole"
    """Swallowed without a word; the connections are reset when the link heals, as their bytes are gone."""
    HOLD = "hold"
    """Kept back and delivered when the link heals: a network that stalls."""
    REFUSE = "refuse"
    """New connections are reset at once."""


Asks = Callable[[bytes], bool]


def commits(chunk: bytes) -> bool:
    """Say whether these bytes ask PostgreSQL to commit."""
    return b"COMMIT" in chunk


def produces(chunk: bytes) -> bool:
    """Say whether these bytes begin a Kafka Produce request (api key 0)."""
    return len(chunk) > 6 and chunk[4:6] == b"\0\0"


def posts(chunk: bytes) -> bool:
    """Say whether these bytes begin an HTTP POST."""
    return chunk.startswith(b"POST ")


def ends_mail(chunk: bytes) -> bool:
    """Say whether these bytes end a mail: the server takes responsibility with its next answer."""
    return chunk.endswith(b"\r\n.\r\n")


@dataclass(eq=False, slots=True)
class _Pair:
    """One connection through the link."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    is_cut: bool = False
    is_doomed: bool = False

    def reset(self) -> None:
        for writer in (self.client, self.server):
            raw = writer.get_extra_info("socket")
            if raw is not None:
                with contextlib.suppress(OSError):
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()


@dataclass(slots=True)
class Link:
    """A proxy on one link; every fault ends with ``heal``."""

    name: str
    port: int
    target_port: int
    asks: Asks = posts
    mode: Mode = Mode.OPEN
    delay_s: float = 0.0
    cuts_left: int = 0
    """So many answers are still to be lost: the request goes through, half of the answer comes, then a reset."""
    cuts_made: int = 0
    _pairs: set[_Pair] = field(default_factory=set)
    _open: asyncio.Event = field(default_factory=asyncio.Event)
    _server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen."""
        self._open.set()
        self._server = await asyncio.start_server(self._serve, HOST, self.port, limit=_CHUNK_BYTES)

    async def stop(self) -> None:
        """Close everything."""
        if self._server is not None:
            self._server.close()
        self.reset()

    def fail(self, mode: Mode, *, delay_s: float = 0.0) -> None:
        """Begin a fault on all connections, present and to come."""
        self.mode, self.delay_s = mode, delay_s
        if mode is Mode.HOLD:
            self._open.clear()

    def cut_answers(self, times: int) -> None:
        """Lose the answers to the next requests that commit, produce, post or end a mail."""
        self.cuts_left = times

    def reset(self) -> None:
        """Reset every connection now."""
        for pair in list(self._pairs):
            pair.reset()

    def heal(self) -> None:
        """End the fault."""
        self.mode, self.delay_s, self.cuts_left = Mode.OPEN, 0.0, 0
        for pair in list(self._pairs):
            if pair.is_doomed:
                pair.reset()
        self._open.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.mode is Mode.REFUSE:
            writer.transport.abort()
            return
        try:
            back, forth = await asyncio.open_connection(HOST, self.target_port, limit=_CHUNK_BYTES)
        except OSError:
            writer.transport.abort()
            return
        pair = _Pair(writer, forth)
        self._pairs.add(pair)
        try:
            await asyncio.gather(self._up(reader, pair), self._down(back, pair))
        except (*_GONE, asyncio.CancelledError):
            pair.reset()
        finally:
            self._pairs.discard(pair)
            writer.close()
            forth.close()

    async def _up(self, reader: asyncio.StreamReader, pair: _Pair) -> None:
        """Carry what the client says."""
        while chunk := await reader.read(_CHUNK_BYTES):
            if not await self._may_pass(pair):
                continue
            if self.cuts_left > 0 and not pair.is_cut and self.asks(chunk):
                self.cuts_left -= 1
                pair.is_cut = True
            pair.server.write(chunk)
            await pair.server.drain()
        with contextlib.suppress(*_GONE):
            pair.server.write_eof()

    async def _down(self, reader: asyncio.StreamReader, pair: _Pair) -> None:
        """Carry what the server answers."""
        while chunk := await reader.read(_CHUNK_BYTES):
            if not await self._may_pass(pair):
                continue
            if pair.is_cut:
                self.cuts_made += 1
                pair.client.write(chunk[: len(chunk) // 2])
                await pair.client.drain()
                # A moment for the half to leave: a reset would overtake it.
                await asyncio.sleep(0.01)
                pair.reset()
                return
            pair.client.write(chunk)
            await pair.client.drain()
        with contextlib.suppress(*_GONE):
            pair.client.write_eof()

    async def _may_pass(self, pair: _Pair) -> bool:
        """Wait or swallow, as the fault says."""
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        await self._open.wait()
        if self.mode is Mode.BLACKHOLE:
            pair.is_doomed = True
            return False
        return True
