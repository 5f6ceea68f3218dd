"""HTTP/1.1 with a limit to the request line and the headers: the parser itself keeps whatever comes, from anybody."""

from typing import Final

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES_MAX: Final = 65_536
"""A token has 8 kB at most; proxies refuse what is larger than this too."""

_REFUSAL: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
)


class BoundedHeads(HttpToolsProtocol):
    """Closes a connection whose request does not come to the end of its headers."""

    _is_in_head = True
    _head_bytes = 0

    @override
    def data_received(self, data: bytes) -> None:
        """Take in what came; a piece that ends the headers may hold much of a body, and does not count."""
        super().data_received(data)
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES_MAX and not self.transport.is_closing():
                self.transport.write(_REFUSAL)
                self.transport.close()

    @override
    def on_message_begin(self) -> None:
        """Begin to count."""
        self._is_in_head, self._head_bytes = True, 0
        super().on_message_begin()

    @override
    def on_headers_complete(self) -> None:
        """Count no more: bodies have a limit of their own."""
        self._is_in_head = False
        super().on_headers_complete()
