"""HTTP/1.1 with limits to what arrives: the server itself keeps whatever headers come, and waits for ever for the rest."""

import asyncio
from typing import Any, Final

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES_MAX: Final = 65_536
"""A token has 8 kB at most; proxies refuse what is larger than this too."""

_TOO_LARGE: Final = b"431 Request Header Fields Too Large"
_TOO_SLOW: Final = b"408 Request Timeout"


class BoundedArrival(HttpToolsProtocol):
    """Closes a connection whose request does not come to the end of its headers, or does not come whole in time."""

    arrival_s_max = 60.0
    """For a whole request, from the connection or its first byte: ten megabytes at 1.4 megabits a second."""

    _is_in_head = True
    _head_bytes = 0
    _arriving: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(transport)
        self._wait_for_request()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._has_arrived()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        """Take in what came; a piece that ends the headers may hold much of a body, and does not count."""
        super().data_received(data)
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES_MAX:
                self._refuse(_TOO_LARGE)

    @override
    def on_message_begin(self) -> None:
        """Begin to count, bytes and seconds."""
        self._is_in_head, self._head_bytes = True, 0
        self._wait_for_request()
        super().on_message_begin()

    @override
    def on_headers_complete(self) -> None:
        """Count bytes no more: bodies have a limit of their own."""
        self._is_in_head = False
        super().on_headers_complete()

    @override
    def on_message_complete(self) -> None:
        """Count seconds no more: how long the answer takes is ours."""
        self._has_arrived()
        super().on_message_complete()

    def _wait_for_request(self) -> None:
        self._has_arrived()
        self._arriving = self.loop.call_later(self.arrival_s_max, self._is_late)

    def _has_arrived(self) -> None:
        if self._arriving is not None:
            self._arriving.cancel()
            self._arriving = None

    def _is_late(self) -> None:
        self._arriving = None
        self._refuse(_TOO_SLOW)

    def _refuse(self, status: bytes) -> None:
        """Hang up; say why unless an answer is under way: the words would fall into it."""
        if self.transport.is_closing():
            return
        # None before the first request, whatever the library's annotation says.
        answer: Any = self.cycle
        if answer is None or answer.response_complete:
            self.transport.write(
                b"HTTP/1.1 " + status + b"\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            )
        self.transport.close()
