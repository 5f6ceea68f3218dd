"""Puts events on a topic, and follows in a service's own database how far it has taken them in."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from chassis.kafka.registry import registry

POLL_S = 0.02


class Event(NamedTuple):
    """One record: key, value and the CloudEvents attributes that differ from event to event."""

    key: str
    value: str
    id: str
    time: str


async def produce(bootstrap: str, topic: str, events: Iterable[Event]) -> int:
    """Publish the events, acknowledged by Kafka before it returns; returns how many."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, linger_ms=5)
    await producer.start()
    count = 0
    for event in events:
        await producer.send(
            topic, event.value.encode(), key=event.key.encode(), headers=headers(event, topic)
        )
        count += 1
    await producer.flush()
    await producer.stop()
    return count


def headers(event: Event, topic: str) -> list[tuple[str, bytes]]:
    """Return the headers of a CloudEvent in binary mode."""
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", event.id.encode()),
        ("ce_source", b"urn:bench"),
        ("ce_type", topic.encode()),
        ("ce_time", event.time.encode()),
        ("content-type", b"application/json"),
    ]


class Intake:
    """How many records of some topics a service has taken in, durably: its rows of offsets say so."""

    def __init__(self, connection: "asyncpg.Connection", *, topics: Sequence[str]) -> None:
        self._connection = connection
        self._topics = list(topics)

    async def taken_in(self) -> int:
        """Return how many records have been committed since the topics began."""
        return int(
            await self._connection.fetchval(
                "SELECT coalesce(sum(next_offset), 0) FROM consumer_offsets WHERE topic = ANY($1)",
                self._topics,
            )
        )

    async def unsent(self) -> int:
        """Return how many messages of the service itself wait for Kafka's acknowledgement."""
        return int(await self._connection.fetchval("SELECT count(*) FROM outbox"))

    async def until(self, count: int, *, timeout_s: float) -> float:
        """Wait until ``count`` records are in; returns the monotonic time of that moment."""
        deadline = time.perf_counter() + timeout_s
        while await self.taken_in() < count:
            if time.perf_counter() > deadline:
                raise TimeoutError(f"{count} events were not taken in after {timeout_s} s")
            await asyncio.sleep(POLL_S)
        return time.perf_counter()

    async def until_at_least(self, topics: Sequence[str], count: int, *, timeout_s: float) -> None:
        """Wait until so many records of these topics are in."""
        await Intake(self._connection, topics=topics).until(count, timeout_s=timeout_s)

    async def until_ends(self, bootstrap: str, *, timeout_s: float) -> None:
        """Wait until everything that is on the topics now has been taken in."""
        ends = await ends_of(bootstrap, self._topics)
        deadline = time.perf_counter() + timeout_s
        while True:
            rows = await self._connection.fetch("SELECT topic, partition, next_offset FROM consumer_offsets")
            at = {(row["topic"], row["partition"]): row["next_offset"] for row in rows}
            if all(at.get(place, 0) >= end for place, end in ends.items()):
                return
            if time.perf_counter() > deadline:
                raise TimeoutError(f"the topics' ends were not reached after {timeout_s} s")
            await asyncio.sleep(POLL_S)

    async def until_sent(self, *, timeout_s: float) -> float:
        """Wait until the outbox is empty; returns the monotonic time of that moment."""
        deadline = time.perf_counter() + timeout_s
        while await self.unsent():
            if time.perf_counter() > deadline:
                raise TimeoutError(f"the outbox was not empty after {timeout_s} s")
            await asyncio.sleep(POLL_S)
        return time.perf_counter()


async def ends_of(bootstrap: str, topics: Sequence[str]) -> dict[tuple[str, int], int]:
    """Return where each partition of the topics ends now."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await consumer.start()
    try:
        places = [
            TopicPartition(name, number) for name in topics for number in range(registry()[name].partitions)
        ]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
    finally:
        await consumer.stop()
    return {(place.topic, place.partition): int(end) for place, end in ends.items()}


async def rate(
    intake: Intake, *, before: int, events: int, warm_up_share: float, on_begin: Callable[[], None]
) -> float:
    """Return events per second from the end of the warm-up until the last is in and its messages are out."""
    timeout_s = 180
    begun = await intake.until(before + int(events * warm_up_share), timeout_s=timeout_s)
    first = await intake.taken_in()
    on_begin()
    await intake.until(before + events, timeout_s=timeout_s)
    ended = await intake.until_sent(timeout_s=timeout_s)
    return (before + events - first) / (ended - begun)
