"""Reads end offsets with a consumer of its own: one that polls would answer only after its long poll."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from chassis.kafka.connection import connection_options
from chassis.kafka.registry import Registry
from chassis.kernel.errors import Transient
from chassis.settings import ServiceSettings
from chassis.shared import Shared
from chassis.telemetry.logs import error_name

_ANSWER_S_MAX = 5.0
_COUNTED_S_MAX = 10.0
"""Partitions are counted anew after this time: an operator may give a running cluster's topic more of them."""


class NoTopic(Transient):
    """A topic of the registry is not in the cluster (yet)."""


class Ends:
    """Asks the broker how far its topics go. Connects when first asked; the runtime asks once at start."""

    def __init__(self, settings: ServiceSettings, *, registry: Registry) -> None:
        self._settings = settings
        self._names = sorted(registry.topics)
        self._partitions: dict[str, int] = {}
        self._counted_at = 0.0
        self._consumer: AIOKafkaConsumer | None = None
        self._connecting = asyncio.Lock()
        self._shared: dict[tuple[str, ...], Shared[dict[str, list[int]]]] = {}

    async def of(self, topics: Iterable[str]) -> dict[str, list[int]]:
        """Return the end offset (the next one to be written) of every partition; raises Transient.

        Many askers share a question, and none gets an answer to one that was sent before it asked.
        """
        names = tuple(topics)
        if not names:
            return {}
        if names not in self._shared:
            self._shared[names] = Shared(partial(self._ask, names))
        return await self._shared[names].answer()

    async def _ask(self, names: tuple[str, ...]) -> dict[str, list[int]]:
        try:
            async with asyncio.timeout(_ANSWER_S_MAX):
                consumer = await self._connected()
                places = [
                    TopicPartition(name, number)
                    for name in names
                    for number in range(await self._partitions_of(name))
                ]
                found = await consumer.end_offsets(places)
        except (KafkaError, OSError, TimeoutError) as error:
            # A topic made anew with fewer partitions never answers for those that are gone.
            self.forget()
            raise Transient(f"Kafka did not say how far its topics go ({error_name(error)})") from error
        ends: dict[str, list[int]] = {}
        for place in places:
            ends.setdefault(place.topic, []).append(int(found[place]))
        return ends

    def forget(self) -> None:
        """Count the partitions anew at the next question."""
        self._partitions.clear()

    async def close(self) -> None:
        """Close the connection."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await consumer.stop()

    async def _partitions_of(self, topic: str) -> int:
        """Return how many partitions the topic has in this cluster, as counted not long ago."""
        if time.monotonic() - self._counted_at > _COUNTED_S_MAX:
            self.forget()
            self._counted_at = time.monotonic()
        if topic not in self._partitions:
            asked = self._names if topic in self._names else [topic]
            self._partitions |= await partitions_of(connection_options(self._settings), asked)
        return self._partitions[topic]

    async def _connected(self) -> AIOKafkaConsumer:
        async with self._connecting:
            if self._consumer is None:
                consumer = AIOKafkaConsumer(
                    **connection_options(self._settings),
                    group_id=None,
                    enable_auto_commit=False,
                    isolation_level="read_committed",
                    client_id=f"velvet-{self._settings.service}-ends",
                )
                try:
                    await consumer.start()
                except BaseException:
                    await consumer.stop()
                    raise
                self._consumer = consumer
            return self._consumer


async def partitions_of(options: Mapping[str, Any], topics: Iterable[str]) -> dict[str, int]:
    """Ask the cluster how many partitions each topic has: whoever made them may have chosen another number.

    ``options`` are the client's (chassis.kafka.connection). Raises NoTopic, KafkaError, OSError, TimeoutError.
    """
    admin = AIOKafkaAdminClient(**options)
    await admin.start()
    try:
        described = await admin.describe_topics(sorted(topics))
    finally:
        await admin.close()
    found = {topic["topic"]: len(topic["partitions"]) for topic in described}
    missing = sorted(name for name in topics if not found.get(name))
    if missing:
        raise NoTopic(f"the topic {missing[0]} does not exist")
    return found
