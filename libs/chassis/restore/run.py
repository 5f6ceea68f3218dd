"""The ``restored`` role: brings a service on an older database up to what Kafka knows, and then ends.

Nothing is sent and nothing is decided meanwhile: what is due is due when the service runs again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from chassis.db import offsets
from chassis.db.clock import SandboxClock
from chassis.db.offsets import Move, Place
from chassis.kafka.batch import Batches, Item
from chassis.kafka.codec import Codec, Record
from chassis.kafka.timekeeper import Timekeeper
from chassis.kernel.errors import Transient, VelvetError
from chassis.parts import open_codec
from chassis.restore import journal
from chassis.restore.again import Desk
from chassis.restore.outbox import Told, settle_outbox
from chassis.restore.stream import merged, reader
from chassis.service import Service
from chassis.telemetry.logs import log

_BATCH_RECORDS = 500


class OtherKafka(VelvetError):
    """Kafka does not have what it had when the backup was made: what was said since cannot be known."""


@dataclass(slots=True)
class Count:
    """What was taken in again."""

    records: int = 0
    requests: int = 0
    published: int = 0


@dataclass(slots=True)
class _Again:
    """One service on its way from the backup to the present."""

    service: Service
    codec: Codec
    batches: Batches
    timekeeper: Timekeeper
    desk: Desk
    told: Told = field(default_factory=Told)
    rows: list[tuple[str, msgspec.Raw]] = field(default_factory=list)
    facts: list[Item] = field(default_factory=list)
    count: Count = field(default_factory=Count)

    async def own(self, record: Record) -> None:
        """Note what the service said itself after the backup."""
        self.told.note(record, codec=self.codec)

    async def take(self, record: Record) -> None:
        """Take in one record of the past: a fact, the clock, or a request that somebody made."""
        if record.topic == journal.topic_of(self.service.name):
            await self.flush()
            await self._line(record)
            return
        item = self.batches.item(record)
        if item.is_clock and self.timekeeper.follows:
            await self.flush()
            await self.timekeeper.advance(item)
            return
        self.facts.append(item)
        if len(self.facts) >= _BATCH_RECORDS:
            await self.flush()

    async def flush(self) -> None:
        """Take in the facts held back so far; raises Transient when one of them must wait."""
        if not self.facts:
            return
        facts, self.facts = self.facts, []
        waiting = await self.batches.take(facts)
        if waiting:
            raise Transient("a record cannot be taken in now") from next(iter(waiting.values()))
        self.count.records += len(facts)

    async def _line(self, record: Record) -> None:
        entry = journal.read(record.value)
        if entry.kind != journal.REQUEST:
            self.rows.append((entry.kind, entry.body))
            return
        place = Place(record.topic, record.partition)
        if record.offset < self.batches.positions[place]:
            return  # A run that was cut off has carried it out already.
        move = Move(place=place, old=self.batches.positions[place], new=record.offset + 1)
        await self.desk.ask(entry, move=move)
        self.batches.positions[place] = move.new
        self.count.requests += 1


async def restore(service: Service, *, since: Mapping[str, Sequence[int]]) -> Count:
    """Bring the service up to the present ends of its topics; may be repeated after a crash.

    ``since`` are the end offsets of its own topics when the backup was made; one that is not named is read
    from its beginning. Raises OtherKafka, Transient, KafkaError and what the database raises.
    """
    codec = open_codec(service.settings, topics=service.registry)
    batches = Batches(service, codec=codec)
    again = _Again(service, codec, batches, Timekeeper(service, batches=batches), Desk(service))
    if isinstance(service.clock, SandboxClock):
        await service.clock.load(service.database)
    spoken = [name for name in service.registry.topics if _is_own_word(service, name)]
    line = (
        [journal.topic_of(service.name)] if journal.topic_of(service.name) in service.registry.topics else []
    )
    ends = _places(await service.progress.ends_of(sorted({*service.consumes, *spoken, *line})))
    refuse_other_kafka(since, ends={topic: _ends(ends, topic) for topic in [*spoken, *line]})
    own = {place: _start(since, place) for place in ends if place.topic in spoken}
    async with reader(service.settings) as consumer:
        async for record in merged(consumer, starts=own, ends=ends):
            await again.own(record)
        if service.restoring.hear is not None:
            async with service.database.unit() as unit:
                await service.restoring.hear(unit, again.told.bodies)
        read = [place for place in ends if place.topic in service.consumes]
        journals = [place for place in ends if place.topic in line]
        starts = await _positions(service, [*read, *journals], since=since)
        batches.positions.update(starts)
        # Rows are taken in at the end, so the journal is read from the backup on by every attempt.
        starts |= {place: _start(since, place) for place in journals}
        async for record in merged(consumer, starts=starts, ends=ends):
            await again.take(record)
        await again.flush()
    async with service.database.unit() as unit:
        if service.restoring.rows is not None:
            await service.restoring.rows(unit, again.rows, again.told.bodies)
            await unit.flush()
        again.count.published = await settle_outbox(unit, service, told=again.told, codec=codec)
    log(__name__).info("restored", records=again.count.records, total=again.count.published)
    return again.count


def refuse_other_kafka(since: Mapping[str, Sequence[int]], *, ends: Mapping[str, Sequence[int]]) -> None:
    """Raise OtherKafka when a topic of ``ends`` stops before the backup says that it was.

    To go on would take everything for unsaid: requests lost, versions given twice, what was sent in doubt.
    """
    for topic, present in ends.items():
        then = since.get(topic, ())
        if any(end > (present[n] if n < len(present) else 0) for n, end in enumerate(then)):
            raise OtherKafka(
                f"{topic} ends before what the backup knows of it: the backup is of another Kafka, or this one lost"
                " records"
            )


def _ends(ends: Mapping[Place, int], topic: str) -> list[int]:
    return [ends[place] for place in sorted(ends, key=lambda p: p.partition) if place.topic == topic]


def _is_own_word(service: Service, name: str) -> bool:
    topic = service.registry[name]
    return topic.producer == service.name and not topic.is_clock and name != journal.topic_of(service.name)


def _start(since: Mapping[str, Sequence[int]], place: Place) -> int:
    known = since.get(place.topic, ())
    return known[place.partition] if place.partition < len(known) else 0


async def _positions(
    service: Service, places: Sequence[Place], *, since: Mapping[str, Sequence[int]]
) -> dict[Place, int]:
    """Return the offset rows; the journal's begins where it stood when the backup was made."""
    async with service.database.engine.begin() as connection:
        found = await offsets.begin(connection, places)
        moves = [
            Move(place=place, old=at, new=_start(since, place))
            for place, at in found.items()
            if place.topic == journal.topic_of(service.name) and at < _start(since, place)
        ]
        if moves:
            await offsets.advance(connection, moves)
    return {**found, **{move.place: move.new for move in moves}}


def _places(ends: Mapping[str, Sequence[int]]) -> dict[Place, int]:
    return {Place(topic, n): end for topic, found in ends.items() for n, end in enumerate(found)}
