"""What a service's bootstrap hands over to the runtime."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from fastapi import APIRouter

from chassis.db.unit_of_work import Database, Unit
from chassis.kafka.messages import Incoming
from chassis.kafka.progress import Progress
from chassis.kafka.registry import Registry, registry
from chassis.kernel.clock import Clock
from chassis.rest import Pending
from chassis.settings import ServiceSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoring:
    """What a service does when its database is an older one than Kafka knows (``chassis.restore``)."""

    states: frozenset[str] = frozenset()
    """Its topics whose messages are full states with a version that only rises."""
    restate: Callable[[Unit, Sequence[msgspec.Struct], Sequence[msgspec.Struct]], Awaitable[None]] | None = (
        None
    )
    """Lifts the versions above those of the given states (told after the backup; made anew now), publishes what holds."""
    hear: Callable[[Unit, Sequence[msgspec.Struct]], Awaitable[None]] | None = None
    """Takes in what it said itself after the backup, before anything else is read again."""
    rows: (
        Callable[[Unit, Sequence[tuple[str, msgspec.Raw]], Sequence[msgspec.Struct]], Awaitable[None]] | None
    ) = None
    """Takes in its own rows from the journal (kind, rows), when everything else has been read again; and what it said."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service, built: its parts, and the use cases behind its doors."""

    name: str
    settings: ServiceSettings
    database: Database
    clock: Clock
    """WallClock, or the sandbox's clock (``chassis.parts`` chooses)."""
    progress: Progress
    """What has been taken in and sent out (``chassis.parts`` builds it): settled, and the gate's freshness."""
    routers: Sequence[APIRouter]
    consumes: frozenset[str]
    """Topics; must equal the registry's for this service."""
    handle: Callable[[Unit, Sequence[Incoming]], Awaitable[None]]
    """The bulk use case behind the consumer: idempotent, locks what it changes."""
    on_time: Callable[[Unit, datetime], Awaitable[int]]
    """Brings up to that instant what time alone changes, a bounded batch; returns how many, 0: nothing left."""
    next_change_at: Callable[[Unit], Awaitable[datetime | None]]
    """The earliest instant at which ``on_time`` has work."""
    background: Sequence[Callable[[], Awaitable[None]]] = ()
    """Further loops of the ``tick`` role; they end when ``stopping`` is set, and are begun again after an error."""
    pending: Pending | None = None
    """Work under way that "settled" must wait for."""
    check: Callable[[Incoming], object] | None = None
    """Run on each record before ``handle``; raises Poison, and the batch need not be split to find the record."""
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by the runtime when the process should end."""
    registry: Registry = field(default_factory=registry)
    """The topics; a test may bring its own."""
    measure: Callable[[Unit], Awaitable[None]] | None = None
    """Sets the gauges that only the database knows; called every few seconds by the ``tick`` role."""
    restoring: Restoring = field(default_factory=Restoring)
    """What a restored database needs beside reading on from its own offsets."""
    migrations: str = ""
    """The migrations package; ``<name>.migrations`` when empty."""
