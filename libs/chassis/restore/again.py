"""Carries out once more what people and other systems asked for after the backup, as they asked it then."""

from collections.abc import Awaitable, Callable
from urllib.parse import quote

import httpx
import msgspec
from typing_extensions import override

from chassis.db import offsets, scope
from chassis.db.offsets import Move
from chassis.db.unit_of_work import BESIDE_THE_EFFECT, Unit
from chassis.http.api import create_doors
from chassis.http.auth import Principal, Verifier
from chassis.http.idempotency import Idempotency
from chassis.http.segments import WholeIds
from chassis.kernel.clock import again_at
from chassis.restore.journal import Asked, Entry
from chassis.service import Service
from chassis.telemetry.logs import log


def address_of(asked: Asked) -> httpx.URL:
    """Return where it was asked; an id may hold what means something else in an address (?, #, %)."""
    path = (asked.raw_path or quote(asked.path)).encode()
    return httpx.URL("http://journal", raw_path=b"?".join([path, asked.query.encode("latin-1")]))


class _Known(Verifier):
    """Knows one caller: the one whose token was verified when the request was made."""

    def __init__(self) -> None:
        self.caller = Principal("", "", frozenset())

    @override
    async def principal(self, token: str) -> Principal:
        """Return the caller of the present line."""
        return self.caller


class Desk:
    """The service's own doors, open to the journal alone."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._verifier = _Known()
        app = create_doors(service, verifier=self._verifier)
        # Whoever sends the same request again after the restore gets the answer, not a second effect.
        app.add_middleware(Idempotency, database=service.database, verifier=self._verifier)
        app.add_middleware(WholeIds)
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app, raise_app_exceptions=False), base_url="http://journal"
        )

    async def ask(self, entry: Entry, *, move: Move) -> None:
        """Make one request again; the journal's offset moves in the transaction of its effect."""
        asked = msgspec.json.decode(entry.body, type=Asked)
        self._verifier.caller = Principal(asked.creditor_id, asked.subject, frozenset(asked.scopes))
        headers = {**asked.headers, "authorization": "Bearer journal"}
        if "if-match" in asked.headers:
            # It matched then; versions may be counted otherwise now.
            headers["if-match"] = "*"
        moved = _Moved(move)
        token = BESIDE_THE_EFFECT.set(moved.note)
        try:
            with again_at(entry.at), scope.request():
                answer = await self._client.request(
                    asked.method, address_of(asked), content=asked.body, headers=headers
                )
        finally:
            BESIDE_THE_EFFECT.reset(token)
        if answer.status_code >= 400:
            log(__name__).warning("request_refused_again", status=answer.status_code, method=asked.method)
        if not moved.done:
            async with self._service.database.unit() as unit:
                await offsets.advance(unit.connection, [move])


class _Moved:
    """Moves the offset with the first transaction of the request that commits."""

    def __init__(self, move: Move) -> None:
        self._move = move
        self.done = False

    @property
    def note(self) -> Callable[[Unit], Awaitable[None]]:
        """What the transaction calls before it commits."""
        return self._note

    async def _note(self, unit: Unit) -> None:
        if not self.done:
            await offsets.advance(unit.connection, [self._move])
            self.done = True
