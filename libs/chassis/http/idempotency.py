"""``Idempotency-Key`` on POST: the same request sent twice is carried out once and answered twice."""

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import msgspec
from sqlalchemy import text
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.db.connection import Connection
from chassis.db.scope import within
from chassis.db.unit_of_work import BEFORE_COMMIT, Database
from chassis.http.auth import EVERY_CREDITOR, INTERNAL, Refused, Verifier
from chassis.http.problems import Problem, response
from chassis.kernel.errors import Conflict

_KEY_CHARS_MAX = 255
_KEPT_HEADERS = {b"content-type", b"etag", b"location"}

_TIDY = text(
    "DELETE FROM idempotency_keys WHERE (creditor_id, key) IN (SELECT creditor_id, key FROM idempotency_keys"
    " WHERE claimed_until < now() - interval '7 days' LIMIT 20 FOR UPDATE SKIP LOCKED)"
)
_CLAIM = text(
    "INSERT INTO idempotency_keys (creditor_id, key, fingerprint, claimed_until)"
    " VALUES (:creditor_id, :key, :fingerprint, now() + interval '60 seconds')"
    " ON CONFLICT DO NOTHING RETURNING claimed_until"
)
_KNOWN = text(
    "SELECT fingerprint, claimed_until > now() AS busy, effect_at, status, headers, body"
    " FROM idempotency_keys WHERE creditor_id = :creditor_id AND key = :key FOR UPDATE"
)
_RECLAIM = text(
    "UPDATE idempotency_keys SET claimed_until = now() + interval '60 seconds'"
    " WHERE creditor_id = :creditor_id AND key = :key RETURNING claimed_until"
)
_EFFECT = text(
    "UPDATE idempotency_keys SET effect_at = now()"
    " WHERE creditor_id = :creditor_id AND key = :key AND claimed_until = :claimed_until RETURNING 1"
)
_ANSWERED = text(
    "UPDATE idempotency_keys SET status = :status, headers = :headers, body = :body"
    " WHERE creditor_id = :creditor_id AND key = :key AND claimed_until = :claimed_until"
)
_FORGET = text(
    "DELETE FROM idempotency_keys WHERE creditor_id = :creditor_id AND key = :key"
    " AND claimed_until = :claimed_until AND effect_at IS NULL"
)


@dataclass(slots=True)
class _Claim:
    """The right of the present request to carry out what the key stands for."""

    creditor_id: str
    key: str
    claimed_until: Any

    def row(self) -> dict[str, Any]:
        return {"creditor_id": self.creditor_id, "key": self.key, "claimed_until": self.claimed_until}

    async def mark(self, connection: Connection) -> None:
        """Note in the effect's own transaction that it happened; refuse it when the claim has lapsed."""
        done = await connection.execute(_EFFECT, self.row())
        if len(done) != 1:
            raise Conflict("another request with this Idempotency-Key has taken over")


@dataclass(slots=True)
class _Answer:
    """A response, kept while it passes."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    def note(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [(n, v) for n, v in message["headers"] if n.lower() in _KEPT_HEADERS]
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")


class Idempotency:
    """Remembers, per creditor, what a key was used for and what was answered, for seven days."""

    def __init__(self, app: ASGIApp, *, database: Database, verifier: Verifier) -> None:
        self._app = app
        self._database = database
        self._verifier = verifier

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        headers = dict(scope["headers"]) if scope["type"] == "http" else {}
        key = headers.get(b"idempotency-key", b"").decode("latin-1").strip()
        creditor_id = await self._creditor(headers) if key and scope["method"] == "POST" else ""
        if not creditor_id:
            await self._app(scope, receive, send)
            return
        body = await read_body(receive)
        fingerprint = blake2b(
            b"\x00".join([scope["path"].encode(), scope.get("query_string", b""), body]), digest_size=32
        ).digest()
        try:
            claimed = await self._claim(creditor_id, key=key, fingerprint=fingerprint)
        except Problem as problem:
            await response(problem)(scope, receive, send)
            return
        if isinstance(claimed, _Answer):
            await _replay(claimed, send)
        else:
            await self._carry_out(claimed, scope=scope, receive=once_more(body, receive), send=send)

    async def _creditor(self, headers: dict[bytes, bytes]) -> str:
        """Return the caller's creditor; empty when the route itself should refuse the token."""
        scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return ""
        try:
            caller = await self._verifier.principal(token.strip())
        except Refused:
            return ""
        return (
            ""
            if caller.creditor_id == EVERY_CREDITOR and INTERNAL not in caller.scopes
            else caller.creditor_id
        )

    async def _claim(self, creditor_id: str, *, key: str, fingerprint: bytes) -> _Claim | _Answer:
        """Take the key, or return what was answered before; raises a 409 or 422 problem."""
        if len(key) > _KEY_CHARS_MAX or "\x00" in key:
            raise Problem(422, f"An Idempotency-Key has at most {_KEY_CHARS_MAX} characters.")
        row = {"creditor_id": creditor_id, "key": key}
        with within(creditor_id):
            return await self._claimed(row, fingerprint=fingerprint)

    async def _claimed(self, row: dict[str, Any], *, fingerprint: bytes) -> _Claim | _Answer:
        async with self._database.engine.begin() as connection:
            await connection.execute(_TIDY)
            until = (
                await connection.execute(_CLAIM, {**row, "fingerprint": fingerprint})
            ).scalar_one_or_none()
            if until is not None:
                return _Claim(**row, claimed_until=until)
            known = (await connection.execute(_KNOWN, row)).one_or_none()
            if known is None:
                raise Problem(409, "A request with this Idempotency-Key has just ended: send it again.")
            if bytes(known.fingerprint) != fingerprint:
                raise Problem(422, "This Idempotency-Key was used for another request: use a new one.")
            if known.status is not None:
                kept = msgspec.msgpack.decode(known.headers, type=list[tuple[bytes, bytes]])
                return _Answer(status=known.status, headers=kept, body=known.body)
            if known.effect_at is not None:
                raise Problem(409, "It was carried out, but the answer was lost: read what it made.")
            if known.busy:
                raise Problem(
                    409, "A request with this Idempotency-Key is under way.", headers={"Retry-After": "1"}
                )
            until = (await connection.execute(_RECLAIM, row)).scalar_one()
            return _Claim(**row, claimed_until=until)

    async def _carry_out(self, claim: _Claim, *, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the app answer, then keep the answer, or forget the key when nothing happened."""
        answer = _Answer()

        async def noting(message: Message) -> None:
            answer.note(message)
            await send(message)

        mark = BEFORE_COMMIT.set(claim.mark)
        try:
            await self._app(scope, receive, noting)
        finally:
            BEFORE_COMMIT.reset(mark)
            with within(claim.creditor_id):
                await self._keep(claim, answer)

    async def _keep(self, claim: _Claim, answer: _Answer) -> None:
        async with self._database.engine.begin() as connection:
            if answer.status < 400:
                kept = msgspec.msgpack.encode(answer.headers)
                values = {"status": answer.status, "headers": kept, "body": answer.body}
                await connection.execute(_ANSWERED, {**claim.row(), **values})
            else:
                await connection.execute(_FORGET, claim.row())


async def read_body(receive: Receive) -> bytes:
    """Read the whole body; the outermost door bounds it."""
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def once_more(body: bytes, receive: Receive) -> Receive:
    """Return a receiver that gives the body once more, then what the connection says."""
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


async def _replay(answer: _Answer, send: Send) -> None:
    headers = [
        *answer.headers,
        (b"content-length", str(len(answer.body)).encode()),
        (b"idempotency-replayed", b"true"),
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
