"""The scheduler's part in moving the sandbox clock, and the other services as it asks them to come to rest."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import text

from chassis.db.clock import SandboxClock
from chassis.db.notice import wait
from chassis.db.unit_of_work import Database, Unit
from chassis.http.client import ServiceClient
from chassis.kafka.messages import Outgoing
from chassis.kafka.progress import Progress
from chassis.kernel.errors import NotFound, Transient
from chassis.rest import at_rest
from chassis.telemetry.logs import log
from scheduler.adapters.wire import CLOCK_ADVANCED, clock_advanced
from scheduler.usecases.advance_clock import Known, Stage
from scheduler.usecases.decide_due import Count, Wave
from scheduler.usecases.ports import Settled

SETTLE_S_MAX: Final = 120.0
INBOX_S_MAX: Final = 20.0
_LOCK_KEY: Final = 862_110
_POLL_S: Final = 0.02
_AT_ONCE: Final = datetime.min.replace(tzinfo=UTC)

_TRY_LOCK = text("SELECT pg_try_advisory_lock(:key)")
_UNLOCK = text("SELECT pg_advisory_unlock(:key)")
_NEXT = text(
    "SELECT isfinite(next_wakeup_at) AS finite,"
    " CASE WHEN isfinite(next_wakeup_at) THEN next_wakeup_at END AS at FROM customers"
    " WHERE next_wakeup_at IS NOT NULL ORDER BY next_wakeup_at LIMIT 1"
)

DecideBatch = Callable[[Unit, Wave], Awaitable[Count]]


async def next_wakeup(unit: Unit) -> datetime | None:
    """Return the earliest wake-up; one "at once" is earlier than every instant."""
    row = (await unit.connection.execute(_NEXT)).one_or_none()
    if row is None:
        return None
    return row.at if row.finite else _AT_ONCE


class RemoteSettler:
    """Another service, asked over HTTP."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def settle(self, ends: Mapping[str, Sequence[int]]) -> Settled:
        """Ask it to come to rest; raises Transient when it does not."""
        body = {"ends": {topic: list(offsets) for topic, offsets in ends.items()}, "timeout_s": SETTLE_S_MAX}
        told = await self._client.post("/internal/settle", body=body, timeout_s=SETTLE_S_MAX + 5)
        change = told.get("next_change_at")
        return Settled(
            ends=told["ends"],
            next_change_at=datetime.fromisoformat(change).astimezone(UTC) if change else None,
            handled=int(told.get("handled", 0)),
        )


class OwnSettler:
    """The scheduler itself, without a detour over HTTP."""

    def __init__(self, database: Database, *, progress: Progress, clock: SandboxClock) -> None:
        self._database = database
        self._progress = progress
        self._clock = clock

    async def settle(self, ends: Mapping[str, Sequence[int]]) -> Settled:
        """Wait until ``ends`` are taken in and the outbox is empty; raises Transient."""
        try:
            async with asyncio.timeout(SETTLE_S_MAX):
                rest = await at_rest(self._database, progress=self._progress, clock=self._clock, ends=ends)
        except TimeoutError:
            raise Transient("the scheduler does not keep up with its own topics") from None
        return Settled(ends=rest.ends, next_change_at=None, handled=rest.stands.handled)


@dataclass(frozen=True, slots=True)
class Flow:
    """The four services, the inbox whose call-backs are waited for, and the clock's way out."""

    stages: Sequence[Stage]
    inbox: ServiceClient | None
    announcer: Callable[[Outgoing], Awaitable[None]]
    """Publishes a message and waits for Kafka's acknowledgement."""


class OwnSandbox:
    """Port ``Sandbox``."""

    def __init__(
        self, database: Database, *, clock: SandboxClock, progress: Progress, decide: DecideBatch, flow: Flow
    ) -> None:
        self.stages = flow.stages
        self.known = Known()
        self._inbox = flow.inbox
        self._announcer = flow.announcer
        self._database = database
        self._clock = clock
        self._progress = progress
        self._decide = decide
        self._turn = asyncio.Lock()
        self._topics = tuple(sorted({topic for stage in flow.stages for topic in stage.consumes}))

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Take the clock in this process, then over all processes; the database frees it if we die."""
        async with self._turn, self._database.engine.connect() as connection:
            while not (await connection.execute(_TRY_LOCK, {"key": _LOCK_KEY})).scalar_one():
                # Another process holds it: nothing in this one can tell when it lets go.
                await wait(self._database.committed.listen(), timeout_s=_POLL_S)
            try:
                yield
                await connection.execute(_UNLOCK, {"key": _LOCK_KEY})
            except BaseException:
                # The lock goes with its connection: it must not go back to the pool with it.
                connection.cut()
                raise

    async def now(self) -> datetime | None:
        """Read the clock's row."""
        await self._clock.load(self._database)
        return self._clock.now()

    async def all_ends(self) -> Mapping[str, Sequence[int]]:
        """Read how far every topic goes: whoever put a dead letter back wrote to one of ours, too."""
        return await self._progress.ends_of(self._topics)

    async def announce(self, now: datetime) -> Mapping[str, Sequence[int]]:
        """Publish the time, and return how far its topic goes now.

        Not through the outbox: no state changes with it, and a call that was cut off says it again.
        """
        await self._announcer(clock_advanced(now))
        return await self._progress.ends_of([CLOCK_ADVANCED])

    async def decide(self, until: datetime) -> int:
        """Decide batch by batch, each customer at its own instants up to ``until``, each up to its next action."""
        commands = 0
        wave = Wave(begun=self._clock.now() or until, until=until)
        while True:
            async with self._database.unit() as unit:
                count = await self._decide(unit, wave)
            commands += count.commands
            if count.customers == 0 or count.is_last:
                return commands

    async def next_wakeup(self) -> datetime | None:
        """Return the earliest wake-up of a customer."""
        async with self._database.reading() as unit:
            return await next_wakeup(unit)

    async def call_backs_in(self) -> None:
        """Wait for the inbox, where there is one, to have told all delivery statuses."""
        if self._inbox is None:
            return
        try:
            await self._inbox.get("/idle", params={"timeout_s": str(int(INBOX_S_MAX))})
        except (Transient, NotFound) as error:
            # Another provider plays in its place: its call-backs come when they come.
            log(__name__).info("inbox_not_asked", error=type(error).__name__)
