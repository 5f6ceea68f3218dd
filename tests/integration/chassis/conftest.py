"""The toy service on real servers: its own topics and its own database per test."""

import itertools
from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaProducer

from tests.support.servers import Databases, Topics
from tests.support.toy import ToyRegistry, migrate_toy
from tests.support.toy_stage import PARTITIONS, Stage

_NUMBERS = itertools.count(1)


@pytest.fixture
async def stage(databases: Databases, topics: Topics) -> AsyncIterator[Stage]:
    """A toy of this test's own."""
    name = f"toy{next(_NUMBERS)}"
    await topics.create_all(
        {"things": PARTITIONS, "others": PARTITIONS, "counts": PARTITIONS, "clock": 1, "dead-letter": 1}
    )
    registry = ToyRegistry(topics.prefix, service=name, partitions=PARTITIONS)
    producer = AIOKafkaProducer(bootstrap_servers=topics.bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        async with databases.fresh("toy", migrate=migrate_toy) as database:
            yield Stage(topics.prefix, name, topics.bootstrap, database, registry, producer)
    finally:
        await producer.stop()
