"""A loopback mail server that takes everything and keeps nothing; prints how many mails it has, and when, on demand.

Run as a process of its own: it says its port, and answers every line on its standard input with the number of mails
taken so far.
"""

import asyncio
import sys
from typing import Final, cast

import uvloop
from typing_extensions import override

_END: Final = b"\r\n.\r\n"


class Sink:
    """How many mails have come."""

    def __init__(self) -> None:
        self.mails = 0


class Session(asyncio.Protocol):
    """One connection: just enough of RFC 5321 for a client that sends mails one after the other."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._buffer = b""
        self._in_data = False
        self._transport: asyncio.Transport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # The fast loop's transports are of no class of asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self._say(b"220 sink\r\n")

    @override
    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._step():
            pass

    def _step(self) -> bool:
        """Handle the next command or mail; False when it has not come in full."""
        if self._in_data:
            mail, end, rest = self._buffer.partition(_END)
            if not end:
                return False
            self._in_data, self._buffer = False, rest
            self._sink.mails += bool(mail)
            self._say(b"250 kept\r\n")
            return True
        line, end, rest = self._buffer.partition(b"\r\n")
        if not end:
            return False
        self._buffer = rest
        self._answer(line.upper())
        return True

    def _answer(self, command: bytes) -> None:
        if command.startswith(b"EHLO"):
            self._say(b"250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")
        elif command.startswith(b"DATA"):
            self._in_data = True
            self._say(b"354 go on\r\n")
        elif command.startswith(b"QUIT"):
            self._say(b"221 bye\r\n")
            if self._transport is not None:
                self._transport.close()
        else:
            self._say(b"250 ok\r\n")

    def _say(self, text: bytes) -> None:
        if self._transport is not None:
            self._transport.write(text)


async def main() -> None:
    """Serve until the standard input ends."""
    sink = Sink()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Session(sink), "127.0.0.1", 0)
    print(f"port {server.sockets[0].getsockname()[1]}", flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(f"mails {sink.mails}", flush=True)


if __name__ == "__main__":
    uvloop.run(main())
