"""An id with a slash in it (2025/001) in a path: ``%2F`` stands within a segment, ``/`` between two."""

import re
from typing import Final
from urllib.parse import unquote, unquote_to_bytes

from starlette.convertors import PathConvertor, StringConvertor, register_url_convertor
from starlette.types import ASGIApp, Receive, Scope, Send
from typing_extensions import override

_WITHIN: Final = re.compile(rb"%(2f|25)", re.IGNORECASE)
_KEPT: Final = re.compile(r"%(?:2f|25)", re.IGNORECASE)


class WholeIds:
    """ASGI: routes by the path as it was written.

    Servers decode the whole path, and then nobody can tell an id's slash from the one behind the id. The percent
    sign stays encoded too, so that ``%252F`` remains the text ``%2F``.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        raw: bytes = scope.get("raw_path") or b""
        if _WITHIN.search(raw):
            # In place: whoever is outside reads the route from this very scope afterwards.
            scope["path"] = unquote_to_bytes(_WITHIN.sub(rb"%25\1", raw)).decode("utf-8", "replace")
        await self._app(scope, receive, send)


def take_whole_ids() -> None:
    """Let every route that is made from now on take an id as its caller meant it."""
    register_url_convertor("str", _Segment())
    register_url_convertor("path", _Segments())


def _meant(text: str) -> str:
    return _KEPT.sub(lambda found: unquote(found[0]), text)


class _Segment(StringConvertor):
    @override
    def convert(self, value: str) -> str:
        """Return the id that the segment stands for."""
        return _meant(value)


class _Segments(PathConvertor):
    @override
    def convert(self, value: str) -> str:
        """Return the id that the segments stand for: here a slash may be written as it is."""
        return _meant(value)
