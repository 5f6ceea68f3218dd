"""One batch, one transaction; a batch that fails is split until the guilty record stands alone."""

import asyncio
import random
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chassis.db import offsets
from chassis.db.engine import is_collision, is_outage
from chassis.db.offsets import Move, Place
from chassis.db.unit_of_work import Unit
from chassis.faults import fault_point
from chassis.kafka.codec import Codec, Record
from chassis.kafka.dead_letter import dead_letter
from chassis.kafka.messages import Incoming
from chassis.kafka.registry import Registry
from chassis.kernel.errors import Fenced, Poison, Rejected, Transient
from chassis.service import Service
from chassis.telemetry.logs import log
from chassis.telemetry.metrics import BATCH_SECONDS, BATCH_SPLITS_TOTAL, RECORDS_TOTAL
from chassis.telemetry.tracing import batch_span

_COLLISIONS_MAX = 8


class Outage(Transient):
    """The database cannot be reached: no record is to blame, the whole loop waits."""


@dataclass(slots=True)
class Item:
    """A record on its way: decoded, or with the reason why it never can be."""

    record: Record
    place: Place
    incoming: Incoming | None = None
    poison: Poison | None = None
    failure: Exception | None = None
    """What the service's own check raised that is no Poison: a fault of ours, so the record waits."""

    is_clock: bool = False
    """Clock messages are the chassis' own."""


class Batches:
    """Takes items in; knows the offset at which each partition stands."""

    def __init__(self, service: Service, *, codec: Codec) -> None:
        self._service = service
        self._codec = codec
        self._registry: Registry = service.registry
        self.positions: dict[Place, int] = {}
        self.parked = 0
        """Records put into the dead-letter topic by this process so far."""

    def item(self, record: Record) -> Item:
        """Decode a record and check it alone; what cannot be read keeps its reason."""
        return self.items(Place(record.topic, record.partition), [record])[0]

    def items(self, place: Place, records: Sequence[Record]) -> list[Item]:
        """Decode the records of one partition, and check each alone; what cannot be read keeps its reason."""
        decode, check = self._codec.decode, self._service.check
        is_clock = self._registry[place.topic].is_clock
        found = []
        for record in records:
            item = Item(record, place)
            found.append(item)
            try:
                item.incoming = decode(record)
                item.is_clock = is_clock
                if check is not None and not is_clock:
                    check(item.incoming)
            except Poison as error:
                item.poison = error
            except Exception as error:  # noqa: BLE001 - raised again when its batch is taken in
                item.failure = error
        return found

    async def take(self, items: Sequence[Item]) -> dict[Place, BaseException]:
        """Take the items in, in order per partition; returns the partitions that must wait, with the error.

        Raises Fenced (the partitions are another process's now) and Outage (the database is away).
        """
        waiting: dict[Place, BaseException] = {}
        groups: deque[Sequence[Item]] = deque([items])
        collisions = 0
        while groups:
            group = [item for item in groups.popleft() if item.place not in waiting]
            if not group:
                continue
            try:
                await self._commit(group)
            except Fenced:
                raise
            except Exception as error:
                if is_outage(error):
                    raise Outage("the database cannot be reached") from error
                if is_collision(error) and collisions < _COLLISIONS_MAX:
                    collisions += 1
                    groups.appendleft(group)
                    await asyncio.sleep(random.random() * 0.02 * collisions)  # noqa: S311 - jitter
                    continue
                groups.extendleft(reversed(self._verdict(group, error=error, waiting=waiting)))
        return waiting

    def _verdict(
        self, group: Sequence[Item], *, error: Exception, waiting: dict[Place, BaseException]
    ) -> list[Sequence[Item]]:
        """Decide what happens after a failure: mark the guilty record, let its partition wait, or split."""
        if isinstance(error, Rejected):
            # A rule said no: kept with its reason, like what can never succeed; it must not hold the partition.
            error = Poison(error.reason, field=error.field)
        if isinstance(error, Poison):
            guilty = _guilty(group, error=error)
            if guilty is not None:
                guilty.poison = error
                return [group]
        elif len(group) == 1:
            waiting[group[0].place] = error
            log(__name__).warning(
                "partition_waits",
                topic=group[0].place.topic,
                partition=group[0].place.partition,
                offset=group[0].record.offset,
                exc_info=error,
            )
            return []
        BATCH_SPLITS_TOTAL.labels(self._service.name).inc()
        middle = len(group) // 2
        return [group[:middle], group[middle:]]

    async def _commit(self, group: Sequence[Item]) -> None:
        """Handle the group in one transaction with its outbox rows and its offsets."""
        started = time.monotonic()
        good = [i.incoming for i in group if i.incoming is not None and i.poison is None and not i.is_clock]
        moves = self._moves(group)
        letters = [
            dead_letter(
                item.record,
                error=item.poison,
                topic=self._registry.dead_letter_of(self._service.name, topic=item.record.topic),
            )
            for item in group
            if item.poison is not None
        ]
        with batch_span("process", traceparents=[(i.key, i.envelope.traceparent) for i in good]):
            async with self._service.database.unit() as unit:
                # First, so that a process that has lost the partition does no work.
                await offsets.advance(unit.connection, moves)
                _raise_failure(group)
                if good:
                    await self._service.handle(unit, good)
                unit.publish_raw(*letters)
                fault_point("before_offset_commit")
        for move in moves:
            self.positions[move.place] = move.new
        self._count(group, took_s=time.monotonic() - started)

    def _moves(self, group: Sequence[Item]) -> list[Move]:
        last = {item.place: item.record.offset + 1 for item in group}
        return [Move(place=place, old=self.positions[place], new=new) for place, new in last.items()]

    async def move(self, unit: Unit, item: Item) -> None:
        """Move one item's offset in the caller's transaction; raises Fenced."""
        await offsets.advance(unit.connection, self._moves([item]))

    def moved(self, item: Item) -> None:
        """Note that the transaction of ``move`` was committed."""
        self.positions[item.place] = item.record.offset + 1
        self._count([item], took_s=0.0)

    async def skip_to(self, ends: Mapping[Place, int]) -> None:
        """Move offsets past records that are none (transaction markers)."""
        moves = [Move(place=p, old=self.positions[p], new=end) for p, end in ends.items()]
        async with self._service.database.unit() as unit:
            await offsets.advance(unit.connection, moves)
        self.positions.update(ends)

    def _count(self, group: Sequence[Item], *, took_s: float) -> None:
        BATCH_SECONDS.labels(self._service.name).observe(took_s)
        outcomes = Counter([(item.place.topic, item.poison is None) for item in group])
        for (topic, is_good), count in outcomes.items():
            RECORDS_TOTAL.labels(self._service.name, topic, "handled" if is_good else "poisoned").inc(count)
        for item in group:
            if item.poison is not None:
                self.parked += 1
                log(__name__).error(
                    "record_parked",
                    origin_topic=item.place.topic,
                    origin_partition=item.place.partition,
                    origin_offset=item.record.offset,
                    error=error_kind(item.poison),
                    error_field=item.poison.field,
                )


def _raise_failure(group: Sequence[Item]) -> None:
    """Let the batch fail for the first record whose check failed."""
    for item in group:
        if item.failure is not None:
            raise item.failure


def _guilty(group: Sequence[Item], *, error: Poison) -> Item | None:
    """Return the record that the error names, or the only one there is."""
    good = [item for item in group if item.poison is None]
    if error.origin is not None:
        for item in good:
            if item.incoming is not None and item.incoming.origin == error.origin:
                return item
    return good[0] if len(good) == 1 else None


def error_kind(error: BaseException) -> str:
    """Return the class of the error: its message may quote the record."""
    return type(error).__name__
