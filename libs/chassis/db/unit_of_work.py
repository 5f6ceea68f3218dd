"""One transaction: state, outgoing messages and offsets commit together or not at all."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext
from contextvars import ContextVar
from typing import Protocol

from sqlalchemy import text

from chassis.db import outbox
from chassis.db.connection import Connection
from chassis.db.engine import Engine
from chassis.db.notice import Notice
from chassis.db.outbox import RawMessage
from chassis.db.scope import EVERY, scope, within
from chassis.faults import fault_point
from chassis.kafka.messages import Outgoing
from chassis.telemetry.tracing import causes, current_traceparent

BEFORE_COMMIT: ContextVar[Callable[[Connection], Awaitable[None]] | None] = ContextVar(
    "before_commit", default=None
)
"""What the present request adds to each of its transactions (chassis.http.idempotency)."""

BESIDE_THE_EFFECT: ContextVar[Callable[["Unit"], Awaitable[None]] | None] = ContextVar(
    "beside_the_effect", default=None
)
"""What is written with whatever the present request changes: its line in the journal (chassis.restore)."""


_IS_BOUND = text("SELECT NOT (rolsuper OR rolbypassrls) FROM pg_roles WHERE rolname = current_user")


class Encoder(Protocol):
    """Turns a message into what Kafka takes (chassis.kafka.codec)."""

    def encode(self, outgoing: Outgoing, *, traceparent: str) -> RawMessage:
        """Return the bytes and headers of the message."""
        ...


class Unit:
    """One transaction on one connection; only one task may use it at a time."""

    def __init__(self, connection: Connection, *, encoder: Encoder) -> None:
        self.connection = connection
        self._encoder = encoder
        self._messages: list[RawMessage] = []
        self._traceparent: str | None = None
        self._causes: Mapping[str, str] = {}

    def publish(self, *outgoing: Outgoing) -> None:
        """Send these messages, in this order, if and only if the transaction commits."""
        if self._traceparent is None:
            self._traceparent, self._causes = current_traceparent(), causes()
        present, by_key, encode = self._traceparent, self._causes, self._encoder.encode
        if not by_key:
            self._messages.extend([encode(one, traceparent=one.traceparent or present) for one in outgoing])
            return
        self._messages.extend(
            [encode(one, traceparent=one.traceparent or by_key.get(one.key, present)) for one in outgoing]
        )

    def publish_raw(self, *messages: RawMessage) -> None:
        """Send bytes as they are: dead letters."""
        self._messages.extend(messages)

    async def flush(self) -> frozenset[int]:
        """Write the outbox rows; the last statement before the commit, when the business rows are locked."""
        if not self._messages:
            return frozenset()
        messages, self._messages = self._messages, []
        return await outbox.insert(self.connection, messages)


class Database:
    """A service's own database, as the present task may see it (chassis.db.scope)."""

    def __init__(self, engine: Engine, *, callers: Engine, encoder: Encoder) -> None:
        self._every = engine
        self._callers = callers
        self.committed = Notice()
        """Rings after every commit of a unit in this process, and when the relay has sent something."""
        self._encoder = encoder
        self._nudges: list[Callable[[frozenset[int]], None]] = []

    @property
    def engine(self) -> Engine:
        """The pool of the present scope: in a request it shows the rows of the token's creditor and no others."""
        return self._every if scope() == EVERY else self._callers

    def on_publish(self, nudge: Callable[[frozenset[int]], None]) -> None:
        """Call ``nudge`` with the shards that got rows, after each commit that published something."""
        self._nudges.append(nudge)

    @asynccontextmanager
    async def unit(self, *, creditor_id: str | None = None) -> AsyncIterator[Unit]:
        """Begin … outbox … commit, then wake the relay; an exception rolls everything back.

        ``creditor_id`` narrows what the transaction sees to this creditor's rows, by row-level security.
        """
        with nullcontext() if creditor_id is None else within(creditor_id):
            async with self.engine.begin() as connection:
                unit = Unit(connection, encoder=self._encoder)
                yield unit
                before_commit = BEFORE_COMMIT.get()
                if before_commit is not None:
                    await before_commit(connection)
                beside = BESIDE_THE_EFFECT.get()
                if beside is not None:
                    await beside(unit)
                shards = await unit.flush()
                fault_point("before_commit")
        fault_point("after_commit")
        self._tell(shards)

    @asynccontextmanager
    async def reading(self, *, creditor_id: str | None = None) -> AsyncIterator[Unit]:
        """Read without a transaction: each statement sees what is committed when it runs, one round trip each.

        ``creditor_id`` narrows what is seen to this creditor's rows, by row-level security.
        """
        with nullcontext() if creditor_id is None else within(creditor_id):
            async with self.engine.connect() as connection:
                yield Unit(connection, encoder=self._encoder)

    def _tell(self, shards: frozenset[int]) -> None:
        if shards:
            for nudge in self._nudges:
                nudge(shards)
        self.committed.ring()

    async def ping(self) -> None:
        """Raise unless the server answers."""
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def walls_hold(self) -> bool:
        """Say whether row-level security binds the role that answers callers (no superuser, no BYPASSRLS)."""
        async with self._callers.connect() as connection:
            return bool((await connection.execute(_IS_BOUND)).scalar_one())

    async def close(self) -> None:
        """Close every connection of the pool."""
        await self._every.dispose()
        await self._callers.dispose()
