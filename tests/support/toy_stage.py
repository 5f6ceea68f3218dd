"""The toy service on real servers: what a test can do to it from outside."""

import asyncio
import itertools
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from pydantic import SecretStr
from sqlalchemy import text

from chassis.db.relay import Relay
from chassis.health import Health
from chassis.kafka.batch import Batches
from chassis.kafka.consumer import BulkConsumer
from chassis.kafka.producer import Publisher
from chassis.parts import open_codec
from chassis.service import Service
from chassis.settings import ServiceSettings
from sandbox.stack.databases import Database
from tests.support.toy import ToyRegistry, toy

PARTITIONS = 6


@dataclass
class Record:
    """One record to produce."""

    value: bytes | None
    key: str = "c:o"
    topic: str = "things"
    headers: dict[str, bytes] = field(default_factory=dict)
    partition: int | None = None


@dataclass
class Stage:
    """One test's toy: where it lives, and what can be done to it from outside."""

    prefix: str
    name: str
    bootstrap: str
    database: Database
    registry: ToyRegistry
    producer: AIOKafkaProducer
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def settings(self, **changes: object) -> ServiceSettings:
        values: dict[str, Any] = {
            "service": self.name,
            "sandbox": True,
            "database_url": SecretStr(self.database.url),
            "api_database_url": SecretStr(self.database.api_url),
            "kafka_bootstrap": self.bootstrap,
            "instance_id": "none",
            "retry_delay_s_max": 0.5,
        }
        return ServiceSettings(**{**values, **changes})

    async def produce(self, *records: Record) -> None:
        """Send the records with good headers, unless they bring their own."""
        futures = []
        for record in records:
            topic = f"{self.prefix}{record.topic}"
            headers = {
                "ce_id": f"e{next(self.numbers)}".encode(),
                "ce_source": b"/test",
                "ce_type": topic.encode(),
                "ce_time": b"2026-01-01T00:00:00Z",
                "content-type": b"application/json",
                **record.headers,
            }
            futures.append(
                await self.producer.send(
                    topic,
                    value=record.value,
                    key=record.key.encode(),
                    headers=list(headers.items()),
                    partition=record.partition,
                )
            )
        await asyncio.gather(*futures)

    @asynccontextmanager
    async def service(self, **changes: object) -> AsyncIterator[Service]:
        async with toy(self.settings(**changes), registry=self.registry) as service:
            yield service

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        async with self.service() as service, service.database.engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(sql))]

    async def write(self, sql: str) -> None:
        async with self.service() as service, service.database.engine.begin() as connection:
            await connection.execute(text(sql))

    async def read(self, topic: str, *, count: int, timeout_s: float = 20) -> list[Any]:
        """Return the topic's first ``count`` records; fails when they do not come."""
        name = f"{self.prefix}{topic}"
        partitions = 1 if topic == "dead-letter" else PARTITIONS
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, isolation_level="read_committed")
        await consumer.start()
        try:
            places = [TopicPartition(name, n) for n in range(partitions)]
            consumer.assign(places)
            await consumer.seek_to_beginning(*places)
            found: list[Any] = []
            async with asyncio.timeout(timeout_s):
                while len(found) < count:
                    polled = await consumer.getmany(timeout_ms=200)
                    found += [record for records in polled.values() for record in records]
            return found
        finally:
            await consumer.stop()


@dataclass
class Running:
    """A consumer and its relay in this process."""

    service: Service
    health: Health
    consumer: BulkConsumer
    batches: Batches


@asynccontextmanager
async def running(stage: Stage, **changes: object) -> AsyncIterator[Running]:
    """Run the toy's consumer and relay in this event loop."""
    async with stage.service(**changes) as service:
        health = Health(service=service.name)
        publisher = Publisher(service.settings)
        relay = Relay(service.database, sender=publisher, health=health, service=service.name)
        batches = Batches(service, codec=open_codec(service.settings, topics=service.registry))
        consumer = BulkConsumer(service, batches=batches, health=health)
        tasks = [
            asyncio.create_task(relay.run(service.stopping)),
            asyncio.create_task(consumer.run(service.stopping)),
        ]
        try:
            yield Running(service, health, consumer, batches)
        finally:
            service.stopping.set()
            consumer.stop()
            await asyncio.gather(*tasks)
            await relay.drain()
            await publisher.stop()


async def eventually(check: Callable[[], Awaitable[bool]], *, within_s: float = 20) -> None:
    """Wait until the check holds."""
    async with asyncio.timeout(within_s):
        while not await check():
            await asyncio.sleep(0.02)


@dataclass
class ToyProcess:
    """The toy as a process of its own, which can be killed."""

    process: asyncio.subprocess.Process

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)

    async def stop(self) -> int:
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        return await self.process.wait()


async def start_toy(stage: Stage, *, role: str = "consume", fault: str = "", port: int = 0) -> ToyProcess:
    """Start the toy as a process."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("VELVET_")},
        "PYTHONPATH": os.pathsep.join(sys.path),
        "VELVET_SANDBOX": "true",
        f"VELVET_{stage.name.upper()}_DATABASE_URL": stage.database.url,
        f"VELVET_{stage.name.upper()}_HTTP_PORT": str(port),
        "VELVET_KAFKA_BOOTSTRAP": stage.bootstrap,
        "VELVET_INSTANCE_ID": f"one-{stage.name}",
    }
    if fault:
        environment["VELVET_FAULT"] = fault
    arguments: Sequence[str] = (
        *("-m", "tests.support.toy"),
        *(stage.prefix, stage.name, str(PARTITIONS), role),
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    return ToyProcess(process)
