"""Servers go away in the middle of the work: everything is taken in once all the same."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from aiokafka import AIOKafkaProducer

from sandbox.stack.addresses import free_ports
from sandbox.stack.kafka import KafkaBroker
from tests.support.servers import Databases, Topics, kafka_of_one_run
from tests.support.toy import ToyRegistry, migrate_toy, thing
from tests.support.toy_stage import PARTITIONS, Record, Stage, eventually, running, start_toy

_KILL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


async def _counted(stage: Stage, count: int) -> bool:
    ((total,),) = await stage.rows("SELECT count(*) FROM things")
    return int(total) >= count


async def test_broken_database_connections_lose_and_repeat_nothing(stage: Stage) -> None:
    async with running(stage, batch_records_max=20):
        for start in range(0, 600, 100):
            await stage.produce(*[Record(thing(n), key=f"c:{n % 13}") for n in range(start, start + 100)])
            await asyncio.sleep(0.1)
            await stage.rows(_KILL)
        await eventually(lambda: _counted(stage, 600))
        found = await stage.read("counts", count=600)
    assert await stage.rows("SELECT DISTINCT times FROM things") == [(1,)]
    assert len({record.value for record in found}) == 600


async def test_a_topic_made_anew_is_not_passed_over_in_silence(stage: Stage) -> None:
    topic = f"{stage.prefix}things"
    await stage.write(f"INSERT INTO consumer_offsets VALUES ('{topic}', 0, 1000)")
    await stage.produce(Record(thing(1), partition=0))
    async with running(stage) as run:

        async def told() -> bool:
            return f"{topic}[0] ends before" in run.health.reasons().get("consumer", "")

        await eventually(told)
        await stage.write(f"UPDATE consumer_offsets SET next_offset = 0 WHERE topic = '{topic}'")
        await eventually(lambda: _counted(stage, 1))


@pytest.fixture
async def own_broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[KafkaBroker, Path]]:
    """A broker that may be killed."""
    home = tmp_path_factory.mktemp("own-kafka")
    async with kafka_of_one_run(home) as broker:
        yield broker, home


async def _made(broker: KafkaBroker) -> Topics:
    """Make the toy's topics."""
    topics = Topics(broker.bootstrap)
    await topics.create_all(
        {"things": PARTITIONS, "others": PARTITIONS, "counts": PARTITIONS, "clock": 1, "dead-letter": 1}
    )
    return topics


async def test_a_broker_killed_and_restarted_loses_and_repeats_nothing(
    own_broker: tuple[KafkaBroker, Path], databases: Databases
) -> None:
    broker, _ = own_broker
    topics = await _made(broker)
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        async with databases.fresh("toy", migrate=migrate_toy) as database:
            registry = ToyRegistry(topics.prefix, service="toybroker")
            stage = Stage(topics.prefix, "toybroker", broker.bootstrap, database, registry, producer)
            async with running(stage, batch_records_max=20, kafka_request_s_max=5) as run:
                await stage.produce(*[Record(thing(n), key=f"c:{n % 13}") for n in range(200)])
                broker.kill()
                await asyncio.sleep(0.5)
                await broker.start()
                await stage.produce(*[Record(thing(n), key=f"c:{n % 13}") for n in range(200, 300)])
                await eventually(lambda: _counted(stage, 300), within_s=60)
                found = await stage.read("counts", count=300, timeout_s=60)

                async def ready() -> bool:
                    return not run.health.reasons()

                await eventually(ready, within_s=60)
            assert await stage.rows("SELECT DISTINCT times FROM things") == [(1,)]
            assert len({record.value for record in found}) == 300
    finally:
        await producer.stop()


async def test_a_process_whose_broker_is_away_is_not_ready_although_nothing_is_to_be_done(
    own_broker: tuple[KafkaBroker, Path], databases: Databases
) -> None:
    broker, _ = own_broker
    topics = await _made(broker)
    (port,) = free_ports(1)
    async with (
        databases.fresh("toy", migrate=migrate_toy) as database,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        registry = ToyRegistry(topics.prefix, service="toyaway")
        producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap)
        stage = Stage(topics.prefix, "toyaway", broker.bootstrap, database, registry, producer)
        toy = await start_toy(stage, port=port)

        async def says(status: int, part: str = "") -> bool:
            try:
                answer = await client.get("/readyz")
            except httpx.HTTPError:
                return False
            return answer.status_code == status and part in answer.text

        try:
            await eventually(lambda: says(200))
            broker.kill()
            await eventually(lambda: says(503, "Kafka does not answer"))
            await broker.start()
            await eventually(lambda: says(200), within_s=60)
        finally:
            assert await toy.stop() == 0
