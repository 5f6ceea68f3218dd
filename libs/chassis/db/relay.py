"""Sends what the outbox holds: right after the commit, and by a sweep after a crash."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol

from chassis.db import outbox
from chassis.db.engine import DATABASE_ERRORS
from chassis.db.notice import wait
from chassis.db.outbox import RawMessage
from chassis.db.unit_of_work import Database
from chassis.faults import fault_point
from chassis.health import Health
from chassis.kafka.retry import Backoff
from chassis.kernel.errors import Transient
from chassis.telemetry.logs import error_name, log
from chassis.telemetry.metrics import OUTBOX_AGE_SECONDS, OUTBOX_SENT_TOTAL, RELAY_SECONDS

_SWEEP_S = 1.0
_STUCK_S = 180.0


class Sender(Protocol):
    """What the relay needs of Kafka (chassis.kafka.producer)."""

    async def send(self, messages: Sequence[RawMessage]) -> None:
        """Send all in order, return when all are acknowledged; raises Transient."""
        ...


class Age:
    """How long the oldest messages have been seen to wait: a row does not say when it was written."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, int], float] = {}

    def of(self, waiting: Mapping[int, int], *, now_s: float) -> float:
        """Return the age in seconds of the oldest row (shard to position) that was there before; 0 without one."""
        self._seen = {place: self._seen.get(place, now_s) for place in waiting.items()}
        return now_s - min(self._seen.values(), default=now_s)


class Relay:
    """One loop per process. A shard belongs to one relay at a time, so rows of one key never overtake each other."""

    def __init__(
        self, database: Database, *, sender: Sender, health: Health, service: str, limit: int = 500
    ) -> None:
        self._database = database
        self._sender = sender
        self._health = health
        self._service = service
        self._limit = limit
        self._shards: set[int] = set()
        self._wake = asyncio.Event()
        self._backoff = Backoff(limit_s=5)
        self._swept_at = 0.0
        self._age = Age()
        database.on_publish(self.nudge)

    def nudge(self, shards: frozenset[int]) -> None:
        """Say that these shards have new rows."""
        self._shards |= shards
        self._wake.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Send until the process should end; what is left then is sent by the next sweep of anybody."""
        failures = 0
        while not stopping.is_set():
            self._health.beat("relay", within_s=_STUCK_S)
            try:
                await self._turn()
            except (Transient, *DATABASE_ERRORS, OSError, TimeoutError) as error:
                failures += 1
                delay_s = self._backoff.delay_s(failures)
                self._health.down("outbox", reason=f"messages cannot be sent ({error_name(error)})")
                log(__name__).warning("relay_waits", error=error_name(error), delay_s=round(delay_s, 2))
                await wait(stopping, timeout_s=delay_s)
            else:
                failures = 0
                self._health.up("outbox")
        self._health.rest("relay")

    async def _turn(self) -> None:
        """Wait for a nudge or the time of the sweep, then send."""
        due_s = self._swept_at + _SWEEP_S - time.monotonic()
        if not self._shards and due_s > 0:
            await wait(self._wake, timeout_s=due_s)
        self._wake.clear()
        if time.monotonic() >= self._swept_at + _SWEEP_S:
            async with self._database.engine.connect() as connection:
                waiting = await outbox.shards_waiting(connection)
            self._shards.update(waiting)
            self._swept_at = time.monotonic()
            OUTBOX_AGE_SECONDS.labels(self._service).set(self._age.of(waiting, now_s=self._swept_at))
        shards, self._shards = self._shards, set()
        try:
            while shards:
                shards = await self.send_once(shards)
        except BaseException:
            self._shards |= shards
            raise

    async def drain(self) -> None:
        """Send what is there now, once: the last act of a process that ends."""
        async with self._database.engine.connect() as connection:
            shards = set(await outbox.shards_waiting(connection))
        while shards:
            shards = await self.send_once(shards)

    async def send_once(self, shards: set[int]) -> set[int]:
        """Send what waited longest in these shards, in one transaction; returns the shards that may have more."""
        started = time.monotonic()
        async with self._database.engine.begin() as connection:
            messages, more = await outbox.take(connection, sorted(shards), limit=self._limit)
            if not messages:
                return set()
            await self._sender.send(messages)
            # The rows are deleted for good by the commit: a crash here sends them again.
            fault_point("before_outbox_delete")
        self._tell(messages, took_s=time.monotonic() - started)
        return more

    def _tell(self, messages: Sequence[RawMessage], *, took_s: float) -> None:
        RELAY_SECONDS.labels(self._service).observe(took_s)
        for topic, count in Counter([message.topic for message in messages]).items():
            OUTBOX_SENT_TOTAL.labels(self._service, topic).inc(count)
        self._database.committed.ring()
