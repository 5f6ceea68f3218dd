"""Puts records on the real Kafka, waits until everything is taken in, and reads what was parked."""

from collections.abc import Sequence
from dataclasses import dataclass

import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from sandbox.stack.addresses import SERVICES
from sandbox.stack.stack import Stack
from tests.fuzz.records import TOPICS, Wire

Origin = tuple[str, int, int]
SETTLED_S_MAX = 60


@dataclass(frozen=True, slots=True)
class Letter:
    """A parked record, and why."""

    origin: Origin
    error: str
    value: bytes | None


async def put(stack: Stack, records: Sequence[Wire]) -> list[Origin]:
    """Publish the records in their order; returns where each of them stands."""
    async with AIOKafkaProducer(bootstrap_servers=stack.bootstrap, acks="all") as producer:
        sent = [
            await producer.send(wire.topic, wire.value, key=wire.key, headers=wire.headers)
            for wire in records
        ]
        placed = [await future for future in sent]
    return [(at.topic, at.partition, at.offset) for at in placed]


async def settled(stack: Stack) -> None:
    """Wait until no service lags behind anything that is on Kafka now."""
    ends = await _ends(stack)
    assert sum(map(sum, ends.values())) > 0, "nothing to wait for proves nothing"
    headers = {"Authorization": f"Bearer {stack.token('*', scopes=('internal',))}"}
    body = {"ends": ends, "timeout_s": SETTLED_S_MAX}
    async with httpx.AsyncClient(headers=headers, timeout=SETTLED_S_MAX + 10) as client:
        for service in SERVICES:
            answer = await client.post(f"{stack.urls[service]}/internal/settle", json=body)
            assert answer.status_code == 200, f"{service} still lags: {answer.text}"


async def _ends(stack: Stack) -> dict[str, list[int]]:
    async with (
        AIOKafkaProducer(bootstrap_servers=stack.bootstrap) as asked,
        AIOKafkaConsumer(bootstrap_servers=stack.bootstrap) as reader,
    ):
        ends: dict[str, list[int]] = {}
        for topic in TOPICS:
            places = [TopicPartition(topic, n) for n in sorted(await asked.partitions_for(topic))]
            found = await reader.end_offsets(places)
            ends[topic] = [found[place] for place in places]
    return ends


async def parked_by(stack: Stack, service: str) -> list[Letter]:
    """Return all dead letters of a service."""
    place = TopicPartition(f"{service}.dead-letter.v1", 0)
    async with AIOKafkaConsumer(bootstrap_servers=stack.bootstrap, auto_offset_reset="earliest") as reader:
        reader.assign([place])
        end = (await reader.end_offsets([place]))[place]
        letters: list[Letter] = []
        while await reader.position(place) < end:
            for record in (await reader.getmany(place, timeout_ms=1000)).get(place, []):
                told = dict(record.headers)
                origin = (
                    told["origin-topic"].decode(),
                    int(told["origin-partition"]),
                    int(told["origin-offset"]),
                )
                letters.append(Letter(origin, told["error"].decode(), record.value))
        return letters
