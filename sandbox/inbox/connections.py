"""HTTP connections that can be closed without an answer."""

from starlette.background import BackgroundTask
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_TRANSPORT = "sandbox.inbox.transport"


class DroppableHttpProtocol(HttpToolsProtocol):
    """Uvicorn's protocol, which hands the request its transport."""

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {_TRANSPORT: {"transport": self.transport}}


class DroppedConnection(Response):
    """No answer at all: the client sees its connection closed before the first byte of a status line."""

    def __init__(self, background: BackgroundTask | None = None) -> None:
        super().__init__(status_code=204, background=background)

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["extensions"][_TRANSPORT]["transport"].close()
        while (await receive())["type"] != "http.disconnect":
            pass
        if self.background is not None:
            await self.background()
