"""What only a service's own database would know, told to its own topic too, so that a restored one can hear it again."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from chassis.db.outbox import RawMessage
from chassis.db.unit_of_work import BESIDE_THE_EFFECT, Unit
from chassis.http.auth import Principal, Refused, Verifier
from chassis.http.idempotency import once_more, read_body
from chassis.kafka.registry import Registry
from chassis.kernel.clock import Clock
from chassis.telemetry.logs import log

ENTRY_BYTES_MAX: Final = 1_000_000
_KEY: Final = b"journal"
_ENCODE: Final = msgspec.json.Encoder().encode
_KEPT_HEADERS: Final = ("content-type", "idempotency-key", "if-match", "if-none-match")
_WRITING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# The clock is told by its own topic; vendors' call-backs are kept as what they changed.
_LEFT_OUT: Final = ("/v1/clock", "/v1/webhooks/")

REQUEST: Final = "request"


class Entry(msgspec.Struct, frozen=True):
    """One line of a journal: a request that had an effect, or rows in a service's own words."""

    kind: str
    at: datetime | None
    """By the service's clock; None while a fresh sandbox has no time."""
    body: msgspec.Raw


class Asked(msgspec.Struct, frozen=True):
    """A request of a person or another system, with its caller as the token named it."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    creditor_id: str
    subject: str
    scopes: list[str]
    body: bytes
    raw_path: str = ""
    """The path as it was written; lines older than this field have the decoded one alone."""


def topic_of(service: str) -> str:
    """Return the name of a service's journal."""
    return f"{service}.journal.v1"


def message(service: str, *, kind: str, at: datetime | None, body: object) -> RawMessage:
    """Return a line as Kafka takes it; all lines share one key, so they keep their order."""
    value = _ENCODE(Entry(kind, at, msgspec.Raw(_ENCODE(body))))
    headers = [("content-type", b"application/json"), ("ce_type", topic_of(service).encode())]
    return RawMessage(topic=topic_of(service), key=_KEY, value=value, headers=headers)


def read(value: bytes | None) -> Entry:
    """Read a line; raises msgspec.DecodeError for anything else."""
    return msgspec.json.decode(value or b"", type=Entry)


class Scribe:
    """ASGI: notes every request that changes something, in the transaction of its effect."""

    def __init__(
        self, app: Any, *, service: str, registry: Registry, clock: Clock, verifier: Verifier
    ) -> None:
        self._app = app
        self._service = service
        self._is_kept = topic_of(service) in registry.topics
        self._clock = clock
        self._verifier = verifier

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not self._is_kept or not _writes(scope):
            await self._app(scope, receive, send)
            return
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        caller = await self._caller(headers.get("authorization", ""))
        if caller is None:
            await self._app(scope, receive, send)
            return
        body = await read_body(receive)
        asked = Asked(
            method=scope["method"],
            path=scope["path"],
            query=scope.get("query_string", b"").decode("latin-1"),
            headers={name: headers[name] for name in _KEPT_HEADERS if name in headers},
            creditor_id=caller.creditor_id,
            subject=caller.subject,
            scopes=sorted(caller.scopes),
            body=body,
            raw_path=scope.get("raw_path", b"").decode("latin-1"),
        )
        token = BESIDE_THE_EFFECT.set(self._once(asked))
        try:
            await self._app(scope, once_more(body, receive), send)
        finally:
            BESIDE_THE_EFFECT.reset(token)

    def _once(self, asked: Asked) -> Callable[[Unit], Awaitable[None]]:
        """Return what adds the line to the request's first transaction that commits."""
        noted = False

        async def note(unit: Unit) -> None:
            nonlocal noted
            if noted:
                return
            noted = True
            line = message(self._service, kind=REQUEST, at=self._clock.now(), body=asked)
            if len(line.value or b"") > ENTRY_BYTES_MAX:
                log(__name__).warning("journal_entry_too_large", method=asked.method)
                return
            unit.publish_raw(line)

        return note

    async def _caller(self, authorization: str) -> Principal | None:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            return await self._verifier.principal(token.strip())
        except Refused:
            return None


def _writes(scope: Any) -> bool:
    path = str(scope["path"])
    return scope["method"] in _WRITING and path.startswith("/v1/") and not path.startswith(_LEFT_OUT)


def write_rows(unit: Unit, *, service: str, kind: str, rows: Sequence[object]) -> None:
    """Add rows in a service's own words to its journal, with the unit's commit."""
    if rows:
        unit.publish_raw(message(service, kind=kind, at=None, body=list(rows)))
