"""The bulk consumer: one poll is one batch is one transaction; PostgreSQL knows where to read on."""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

from chassis.db import offsets
from chassis.db.engine import DATABASE_ERRORS
from chassis.db.notice import wait
from chassis.db.offsets import Place
from chassis.health import Health
from chassis.kafka.batch import Batches, Item, Outage
from chassis.kafka.connection import connection_options
from chassis.kafka.dead_letter import DeadLetterLimit
from chassis.kafka.lag import Lag
from chassis.kafka.poll import Poll, Polled
from chassis.kafka.retry import Backoff
from chassis.kafka.timekeeper import Timekeeper
from chassis.kafka.waits import Waits
from chassis.kernel.errors import Fenced, Transient
from chassis.service import Service
from chassis.telemetry.logs import error_name, log
from chassis.telemetry.metrics import FENCED_TOTAL, RECORDS_TOTAL, WAITS_TOTAL

_POLL_MS = 1000
_METADATA_MS_MAX = 30_000
"""So long a partition that a topic was given while this process runs may stay unread; the gate waits for it."""
_STUCK_S = 120.0
_HOUSEKEEPING_S = 1.0
_REVOKE_S_MAX = 10.0
_CLOSE_S_MAX = 5.0
_POLLS_A_TURN_MAX = 8
"""So many polls without a look at what waits, at the lag and at who else wants the loop."""
_DECODED_AT_ONCE = 50
"""Records between two looks at what PostgreSQL has answered meanwhile: about half a millisecond."""


class LostTopic(Transient):
    """The topic ends before what was taken in from it: it was made anew, or lost records."""

    def __init__(self, place: Place) -> None:
        super().__init__(
            f"{place.topic}[{place.partition}] ends before its row in consumer_offsets: if the topic was made"
            " anew, set that row's next_offset to 0"
        )


class BulkConsumer:
    """Reads all of a service's topics in one group; ends when told to, after the batch in hand."""

    def __init__(self, service: Service, *, batches: Batches, health: Health) -> None:
        self._service = service
        self._settings = service.settings
        self._batches = batches
        service.progress.is_taken_in_here(batches.positions)
        self._timekeeper = Timekeeper(service, batches=batches)
        self._health = health
        self._backoff = Backoff(limit_s=service.settings.retry_delay_s_max)
        self._poll = Poll(service.settings)
        self._limit = DeadLetterLimit()
        self._busy = asyncio.Lock()
        self._waits = Waits(self._backoff)
        self._lag = Lag(service=service.name)
        self._stopping = False
        self._tidied_at = 0.0
        self._limit_reached = False
        self._committing: asyncio.Task[None] | None = None
        for topic in service.consumes:
            # From nought: what is first seen at one is no rise to whoever watches.
            RECORDS_TOTAL.labels(service.name, topic, "poisoned")

    def stop(self) -> None:
        """Fetch no more; ``run`` returns after the batch in hand."""
        self._stopping = True
        self._poll.stop()

    async def run(self, stopping: asyncio.Event) -> None:
        """Consume until the process should end; connects anew, with backoff, whatever goes wrong."""
        failures = 0
        while not stopping.is_set():
            self._health.down("consumer", reason="no partitions are assigned yet")
            began = time.monotonic()
            try:
                await self._session(stopping)
            except (KafkaError, *DATABASE_ERRORS, Transient, OSError, TimeoutError) as error:
                failures = 1 if time.monotonic() - began > 60 else failures + 1
                delay_s = self._backoff.delay_s(failures)
                told = str(error) if isinstance(error, LostTopic) else error_name(error)
                self._health.down("consumer", reason=f"it waits and connects anew ({told})")
                WAITS_TOTAL.labels(self._service.name, "consumer").inc()
                log(__name__).warning("consumer_waits", error=error_name(error), delay_s=round(delay_s, 2))
                await wait(stopping, timeout_s=delay_s)
        self._health.rest("consumer")

    async def _session(self, stopping: asyncio.Event) -> None:
        """Join the group and consume until stopped or until the connection is of no use any more."""
        consumer = self._new_consumer()
        self._batches.positions.clear()
        try:
            consumer.subscribe(sorted(self._service.consumes), listener=_Assignments(self, consumer))
            await consumer.start()
            while not self._stopping:
                self._health.beat("consumer", within_s=_STUCK_S)
                await self._turn(consumer)
                if self._limit_passed():
                    await stopping.wait()
        finally:
            await self._close(consumer)

    def _new_consumer(self) -> AIOKafkaConsumer:
        instance = self._settings.instance_id
        return AIOKafkaConsumer(
            **connection_options(self._settings),
            group_id=f"velvet-{self._service.name}",
            group_instance_id=None if instance == "none" else f"{self._service.name}-{instance}",
            client_id=f"velvet-{self._service.name}",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            fetch_max_wait_ms=self._settings.fetch_wait_ms_max,
            fetch_min_bytes=1,
            max_partition_fetch_bytes=self._settings.fetch_bytes_max,
            max_poll_records=self._settings.batch_records_max,
            metadata_max_age_ms=_METADATA_MS_MAX,
            session_timeout_ms=10_000,
            heartbeat_interval_ms=1_000,
            max_poll_interval_ms=300_000,
        )

    async def _turn(self, consumer: AIOKafkaConsumer) -> None:
        """Poll and take in what came."""
        await self._repair(consumer)
        self._waits.resume_due(consumer)
        polled = await self._poll.records(consumer, timeout_ms=min(_POLL_MS, self._waits.next_due_ms()))
        if polled:
            async with self._busy:
                await self._take_in(consumer, polled)
        if time.monotonic() - self._tidied_at > _HOUSEKEEPING_S:
            self._tidied_at = time.monotonic()
            await self._skip_markers(consumer)
            self._lag.measure(consumer, self._batches.positions)
            self._commit_lazily(consumer)

    async def _take_in(self, consumer: AIOKafkaConsumer, polled: Polled) -> None:
        """Take a poll in; where there is more, the next is read and decoded while PostgreSQL works on this one."""
        waiting: set[Place] = set()
        begun = self._poll.readings
        items = await self._decoded(polled)
        for left in reversed(range(_POLLS_A_TURN_MAX)):
            has_more = len(items) >= self._settings.batch_records_max
            ahead = asyncio.create_task(self._read_ahead(consumer)) if left and has_more else None
            try:
                # What follows on a record that waits, waits too: the partition is read anew from there.
                taken = [item for item in items if item.place not in waiting]
                if taken:
                    waiting |= await self._take(consumer, taken)
            finally:
                items = await ahead if ahead else []
            if not items or self._stopping or self._limit_reached:
                return
            if self._poll.readings != begun:
                # Somebody said anew where the partitions stand: what was read before that is read once more.
                self._batches.positions.clear()
                return

    async def _read_ahead(self, consumer: AIOKafkaConsumer) -> list[Item]:
        """Read and decode what has come already."""
        return await self._decoded(await self._poll.come_already(consumer))

    async def _decoded(self, polled: Polled) -> list[Item]:
        """Decode, a few records at a time; what is no partition of ours, or was taken in, is passed over."""
        found: list[Item] = []
        for tp, records in polled.items():
            place = Place(tp.topic, tp.partition)
            position = self._batches.positions.get(place)
            if position is None:
                continue
            new = [record for record in records if record.offset >= position]
            for first in range(0, len(new), _DECODED_AT_ONCE):
                found += self._batches.items(place, new[first : first + _DECODED_AT_ONCE])
                await asyncio.sleep(0)
        return found

    async def _take(self, consumer: AIOKafkaConsumer, items: Sequence[Item]) -> set[Place]:
        """Take a batch in: the facts in bulk first, then the clock's messages, each by itself.

        Returns the partitions that wait now.
        """
        items = [item for item in items if item.place in self._batches.positions]
        clock = [item for item in items if item.is_clock and self._timekeeper.follows]
        facts = [item for item in items if not (item.is_clock and self._timekeeper.follows)]
        before = self._batches.parked
        try:
            waiting = await self._batches.take(facts) if facts else {}
            for item in clock:
                if not waiting:
                    await self._timekeeper.advance(item)
                else:
                    waiting.setdefault(item.place, next(iter(waiting.values())))
        except (Outage, Fenced) as error:
            await self._lost(error)
            return set()
        except Exception as error:  # noqa: BLE001 - whatever on_time raised: it is tried again, never skipped
            waiting = {item.place: error for item in clock}
            log(__name__).error("clock_waits", exc_info=error)
        self._waits.succeeded()
        self._lag.took((item.place, item.record) for item in items if item.place not in waiting)
        self._limit_reached = self._limit.note(records=len(items), parked=self._batches.parked - before)
        self._settle_waits(consumer, {item.place for item in items}, waiting)
        return set(waiting)

    def _settle_waits(
        self, consumer: AIOKafkaConsumer, places: Iterable[Place], waiting: Mapping[Place, BaseException]
    ) -> None:
        """Pause the partitions that must wait, where they stand; forget the failures of the others."""
        for place in places:
            if place not in waiting:
                self._waits.forget(place)
                continue
            tp = TopicPartition(place.topic, place.partition)
            with suppress(IllegalStateError):  # Revoked in the meantime: somebody else's now.
                consumer.pause(tp)
                consumer.seek(tp, self._batches.positions[place])
            self._waits.add(place, waiting[place])
            WAITS_TOTAL.labels(self._service.name, "partition").inc()
        self._tell_waits()

    def _tell_waits(self) -> None:
        reason = self._waits.reason()
        if reason:
            self._health.down("partitions", reason=reason)
        else:
            self._health.up("partitions")

    async def _lost(self, error: Exception) -> None:
        """Read anew where the partitions stand: a commit that failed may have happened all the same."""
        if isinstance(error, Fenced):
            FENCED_TOTAL.labels(self._service.name).inc()
        delay_s = self._waits.failed_as_a_whole()
        log(__name__).warning("batch_rolled_back", error=error_name(error), delay_s=round(delay_s, 2))
        self._health.down("consumer", reason=f"a batch was rolled back ({error_name(error)})")
        self._poll.readings += 1
        self._batches.positions.clear()
        await wait(self._service.stopping, timeout_s=delay_s)

    async def _repair(self, consumer: AIOKafkaConsumer) -> None:
        """Load the offsets of assigned partitions that are not known here."""
        unknown = [
            tp for tp in consumer.assignment() if Place(tp.topic, tp.partition) not in self._batches.positions
        ]
        if unknown:
            async with self._busy:
                await self.load(consumer, unknown)

    async def load(self, consumer: AIOKafkaConsumer, assigned: Iterable[TopicPartition]) -> None:
        """Seek each partition to its offset row."""
        self._poll.readings += 1
        places = [Place(tp.topic, tp.partition) for tp in assigned]
        if places:
            async with self._service.database.engine.begin() as connection:
                found = await offsets.begin(connection, places)
            await self._refuse_lost_topics(found)
            for place, position in found.items():
                consumer.seek(TopicPartition(place.topic, place.partition), position)
                self._batches.positions[place] = position
        self._health.up("consumer")

    async def _refuse_lost_topics(self, positions: Mapping[Place, int]) -> None:
        """Raise when an offset row is beyond its topic's end: reading on would pass over new records."""
        ends = await self._service.progress.ends_of(sorted({place.topic for place in positions}))
        beyond = [place for place, position in positions.items() if position > _end(ends, place)]
        if beyond:
            raise LostTopic(beyond[0])

    async def release(self, revoked: Iterable[TopicPartition]) -> None:
        """Let the batch in hand finish, then forget the partitions."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_REVOKE_S_MAX), self._busy:
                pass
        self._poll.readings += 1
        for tp in revoked:
            place = Place(tp.topic, tp.partition)
            self._batches.positions.pop(place, None)
            self._waits.forget(place)
        self._tell_waits()

    async def _skip_markers(self, consumer: AIOKafkaConsumer) -> None:
        """Move the offsets past what the broker counts but nobody gets: transaction markers."""
        ahead: dict[Place, int] = {}
        for place, known in self._batches.positions.items():
            if not self._waits.holds(place):
                with suppress(IllegalStateError, TimeoutError):
                    async with asyncio.timeout(0.2):
                        position = await consumer.position(TopicPartition(place.topic, place.partition))
                        if position > known:
                            ahead[place] = position
        if ahead:
            async with self._busy:
                await self._batches.skip_to(
                    {p: end for p, end in ahead.items() if p in self._batches.positions}
                )

    def _commit_lazily(self, consumer: AIOKafkaConsumer) -> None:
        """Tell Kafka how far we are, for lag monitors only."""
        if self._committing is None or self._committing.done():
            self._committing = asyncio.create_task(_commit(consumer, dict(self._batches.positions)))

    def _limit_passed(self) -> bool:
        if self._limit_reached:
            self._health.rest("consumer")
            self._health.down(
                "dead-letter limit",
                reason="more than a fifth of the last minute's records (and at least 100) went to the"
                " dead-letter topic: the consumer has stopped; mend the cause, then restart the process",
            )
            log(__name__).error("dead_letter_limit_passed", poisoned=self._batches.parked)
            return True
        return False

    async def _close(self, consumer: AIOKafkaConsumer) -> None:
        """Leave, with a last word to the lag monitors."""
        try:
            async with asyncio.timeout(_CLOSE_S_MAX):
                if self._committing is not None:
                    await self._committing
                if self._stopping:
                    await _commit(consumer, dict(self._batches.positions))
                await consumer.stop()
        except (TimeoutError, KafkaError, OSError) as error:
            log(__name__).warning("consumer_close_failed", error=error_name(error))


def _end(ends: Mapping[str, Sequence[int]], place: Place) -> int:
    """Return where a partition ends; 0 for one that the topic got after its partitions were counted."""
    counted = ends[place.topic]
    return counted[place.partition] if place.partition < len(counted) else 0


async def _commit(consumer: AIOKafkaConsumer, positions: Mapping[Place, int]) -> None:
    """Commit to Kafka; failing is allowed, PostgreSQL knows better."""
    with suppress(KafkaError, TimeoutError, ValueError):
        if positions:
            async with asyncio.timeout(_CLOSE_S_MAX / 2):
                await consumer.commit({TopicPartition(p.topic, p.partition): n for p, n in positions.items()})


class _Assignments(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped
    """Passes rebalances on; what fails here is repaired by the loop."""

    def __init__(self, owner: BulkConsumer, consumer: AIOKafkaConsumer) -> None:
        self._owner = owner
        self._consumer = consumer

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Let go before the partitions are somebody else's."""
        await self._owner.release(revoked)

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Read on where the offset rows say."""
        await self._owner.load(self._consumer, assigned)
