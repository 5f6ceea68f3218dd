"""The classifier as a process on Kafka: killed in the middle, started again, the same tiers, nothing twice."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from chassis.kafka.topics import create
from contracts.invoices.v1 import InvoiceChanged
from contracts.scheduler.v1 import ClockAdvanced
from sandbox.stack.addresses import free_ports
from sandbox.stack.databases import Database
from tests.integration.classifier.stage import settled
from tests.support.servers import Databases

TIERS = "classifier.tier-changed.v1"
CUSTOMERS = 40
MONTHS = 6


@dataclass
class Process:
    """``python -m classifier all`` on a database of this test's own."""

    database: Database
    bootstrap: str
    port: int

    @asynccontextmanager
    async def running(self, *, fault: str = "") -> AsyncIterator[asyncio.subprocess.Process]:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("VELVET_")},
            "PYTHONPATH": os.pathsep.join(sys.path),
            "VELVET_SANDBOX": "true",
            "VELVET_CLASSIFIER_DATABASE_URL": self.database.url,
            "VELVET_CLASSIFIER_HTTP_PORT": str(self.port),
            "VELVET_KAFKA_BOOTSTRAP": self.bootstrap,
            "VELVET_INSTANCE_ID": self.database.url.rsplit("/", 1)[-1],
            "VELVET_BATCH_RECORDS_MAX": "40",
            **({"VELVET_FAULT": fault} if fault else {}),
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "classifier", "all", env=environment, stdout=asyncio.subprocess.DEVNULL
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
            await asyncio.wait_for(process.wait(), 30)


def events(creditor_id: str) -> list[InvoiceChanged]:
    """Everybody pays six invoices in time; one customer in four the last two ten days late."""
    found = []
    for month in range(MONTHS):
        for n in range(CUSTOMERS):
            late = 10 if n % 4 == 0 and month >= MONTHS - 2 else 0
            day = f"2025-{month + 1:02}-{11 + late}"
            found.append(
                settled(
                    f"{n}-{month}",
                    creditor_id=creditor_id,
                    customer_id=f"C{n}",
                    due_on=f"2025-{month + 1:02}-11",
                    settled_on=day,
                )
            )
    return found


async def produce(bootstrap: str, topic: str, bodies: list[tuple[str, msgspec.Struct]]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        for number, (key, body) in enumerate(bodies):
            headers = {
                "ce_specversion": "1.0",
                "ce_id": f"{key}{number}",
                "ce_source": "/test",
                "ce_type": topic,
                "ce_time": "2025-06-30T00:00:00Z",
                "content-type": "application/json",
            }
            await producer.send(
                topic,
                value=msgspec.json.encode(body),
                key=key.encode(),
                headers=[(name, value.encode()) for name, value in headers.items()],
            )
    finally:
        await producer.stop()


async def told(bootstrap: str, creditor_id: str) -> dict[str, list[dict[str, object]]]:
    """Return what was published about tiers so far, per customer, in order."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, isolation_level="read_committed")
    await consumer.start()
    found: dict[str, list[dict[str, object]]] = {}
    try:
        places = [TopicPartition(TIERS, number) for number in range(6)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        while any([await consumer.position(place) < end for place, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    body = json.loads(record.value)
                    if body["creditor_id"] == creditor_id:
                        found.setdefault(body["customer_id"], []).append(body)
    finally:
        await consumer.stop()
    return found


async def until_told(bootstrap: str, creditor_id: str) -> dict[str, list[dict[str, object]]]:
    """Wait until the last thing said about everybody is what their payments earn."""
    async with asyncio.timeout(60):
        while True:
            found = await told(bootstrap, creditor_id)
            last = [found.get(f"C{n}", [{"new_tier": ""}])[-1]["new_tier"] for n in range(CUSTOMERS)]
            if last == ["SILVER" if n % 4 == 0 else "GOLD" for n in range(CUSTOMERS)]:
                return found
            await asyncio.sleep(0.2)


async def test_a_process_killed_in_the_middle_goes_on_where_it_was_and_says_no_two_things_under_one_version(
    databases: Databases, bootstrap: str
) -> None:
    creditor_id = "killed-nl"
    await create(bootstrap)
    (port,) = free_ports(1)
    clock = ClockAdvanced(now="2025-06-30T12:00:00Z")
    await produce(bootstrap, "scheduler.clock-advanced.v1", [("clock", clock)])
    bodies = [(f"{creditor_id}:{body.customer_id}", body) for body in events(creditor_id)]
    await produce(bootstrap, "invoices.invoice-changed.v1", list(bodies))
    async with databases.fresh("classifier") as own:
        process = Process(own, bootstrap, port)
        async with process.running(fault="before_commit:4") as killed:
            assert await asyncio.wait_for(killed.wait(), 60) == -9
        async with process.running() as again, httpx.AsyncClient() as client:
            found = await until_told(bootstrap, creditor_id)
            ready = await client.get(f"http://127.0.0.1:{port}/readyz")
            metrics = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
            assert again.returncode is None
        assert again.returncode == 0
    assert ready.status_code == 200
    assert 'velvet_tier_changes_total{new_tier="GOLD"' in metrics
    for customer in found.values():
        # What was sent when the blow fell, and not yet crossed off, is sent again word for word: a reader knows its version.
        told = {int(str(body["version"])): body for body in customer}
        assert sorted(told) == list(range(1, len(told) + 1))
        assert all(body == told[int(str(body["version"]))] for body in customer)
        assert all(body["reason"] and body["reason_nl"] for body in customer)
