"""Lists in pages: ``{"items": […], "next_cursor": …}`` with an opaque, signed cursor."""

import base64
import binascii
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Annotated, Any, Final, Generic, TypeVar

import msgspec
from fastapi import Depends, Query, Request
from pydantic import BaseModel

from chassis.http.problems import Fault, Problem

LIMIT_DEFAULT: Final = 50
LIMIT_MAX: Final = 500
_TAG_BYTES = 16

T = TypeVar("T")
Row = TypeVar("Row")


class Page(BaseModel, Generic[T]):
    """One page of a list; ``next_cursor`` is null on the last."""

    items: list[T]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page is asked for: ask the database for ``limit + 1`` rows after ``after``."""

    limit: int
    after: tuple[Any, ...] | None
    """What ``position`` returned for the last row of the page before (instants and dates as text); None: from the start."""
    _seal: Callable[[Sequence[object]], str]

    def cut(
        self, rows: Sequence[Row], *, position: Callable[[Row], Sequence[object]]
    ) -> tuple[Sequence[Row], str | None]:
        """Return the rows of this page and the cursor of the next, None when there is none."""
        if len(rows) <= self.limit:
            return rows, None
        kept = rows[: self.limit]
        return kept, self._seal(position(kept[-1]))


class Cursors:
    """Seals and opens cursors; one made for another list, creditor or deployment is refused."""

    def __init__(self, secret: bytes) -> None:
        self._key = blake2b(secret, digest_size=32, person=b"velvet-cursor").digest()

    def seal(self, values: Sequence[object], *, context: str) -> str:
        """Return the cursor that says: after these values."""
        body = msgspec.json.encode(list(values))
        return base64.urlsafe_b64encode(self._tag(body, context=context) + body).decode().rstrip("=")

    def open(self, cursor: str, *, context: str) -> tuple[Any, ...]:
        """Return the values; raises a 422 problem for anything that was not sealed for this context."""
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            tag, body = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
            if hmac.compare_digest(tag, self._tag(body, context=context)):
                return tuple(msgspec.json.decode(body))
        except (binascii.Error, ValueError):
            pass
        fault = Fault("take it as it came in next_cursor, with the same filters", "#/query/cursor")
        raise Problem(422, "The cursor is not one of this list.", errors=[fault])

    def _tag(self, body: bytes, *, context: str) -> bytes:
        return blake2b(context.encode() + b"\x00" + body, key=self._key, digest_size=_TAG_BYTES).digest()


async def page_request(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT,
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
) -> PageRequest:
    """Read ``limit`` and ``cursor``; the cursor holds within its list, its filters and the caller's creditor."""
    cursors: Cursors = request.app.state.cursors
    principal = getattr(request.state, "principal", None)
    filters = sorted((k, v) for k, v in request.query_params.multi_items() if k not in {"limit", "cursor"})
    context = repr((principal.creditor_id if principal else "", request.url.path, filters))
    return PageRequest(
        limit=limit,
        after=None if not cursor else cursors.open(cursor, context=context),
        _seal=lambda values: cursors.seal(values, context=context),
    )


Paging = Annotated[PageRequest, Depends(page_request)]
"""How a route takes it: ``async def list_things(caller: Caller, paging: Paging)``; the caller must come first."""
