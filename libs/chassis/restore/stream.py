"""Reads topics from given offsets to their present ends, as one stream in the order in which the records came."""

import asyncio
import heapq
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis.db.offsets import Place
from chassis.kafka.codec import Record
from chassis.kafka.connection import connection_options
from chassis.settings import ServiceSettings

_ANSWER_MS = 500
_RECORDS_MAX = 500
_QUIET_S_MAX = 30.0


class Stamped(Record):
    """A record of the client library, with the time at which it was written (milliseconds)."""

    timestamp: int


@asynccontextmanager
async def reader(settings: ServiceSettings) -> AsyncIterator[AIOKafkaConsumer]:
    """Yield a connected consumer without a group; raises KafkaError."""
    consumer = AIOKafkaConsumer(
        **connection_options(settings),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        client_id=f"velvet-{settings.service}-restore",
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def merged(
    consumer: AIOKafkaConsumer, *, starts: Mapping[Place, int], ends: Mapping[Place, int]
) -> AsyncIterator[Stamped]:
    """Yield every record from ``starts`` up to ``ends``: per partition in order, between partitions by their time.

    Raises TimeoutError when the broker falls silent.
    """
    places = {TopicPartition(p.topic, p.partition): ends[p] for p in starts if starts[p] < ends[p]}
    if not places:
        return
    consumer.assign(list(places))
    for place in places:
        consumer.seek(place, starts[Place(place.topic, place.partition)])
    held: dict[TopicPartition, deque[Stamped]] = {place: deque() for place in places}
    heads: list[tuple[int, str, int]] = []
    waiting = set(places)
    while True:
        for place in await _filled(consumer, held, waiting, ends=places):
            heapq.heappush(heads, (held[place][0].timestamp, place.topic, place.partition))
        if not heads:
            return
        _, topic, partition = heapq.heappop(heads)
        place = TopicPartition(topic, partition)
        yield held[place].popleft()
        waiting = {place}


async def _filled(
    consumer: AIOKafkaConsumer,
    held: Mapping[TopicPartition, deque[Stamped]],
    waiting: set[TopicPartition],
    *,
    ends: Mapping[TopicPartition, int],
) -> list[TopicPartition]:
    """Fetch until each partition of ``waiting`` has a record or is at its end; returns those that have one."""
    async with asyncio.timeout(_QUIET_S_MAX):
        while True:
            empty = [p for p in waiting if not held[p] and await consumer.position(p) < ends[p]]
            if not empty:
                return sorted(p for p in waiting if held[p])
            polled = await consumer.getmany(*empty, timeout_ms=_ANSWER_MS, max_records=_RECORDS_MAX)
            for place, records in polled.items():
                held[place].extend(record for record in records if record.offset < ends[place])
