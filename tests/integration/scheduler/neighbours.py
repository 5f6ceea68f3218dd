"""Stand-ins for the other three services: they come to rest at once, and the notifier accepts every command."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
import uvicorn
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from fastapi import FastAPI

from chassis.kafka.codec import Codec
from chassis.kafka.messages import Outgoing
from chassis.kafka.registry import registry
from contracts.notifier.v1 import ContactRecorded
from contracts.scheduler.v1 import ReminderDue
from sandbox.stack.addresses import free_ports

COMMANDS = "scheduler.reminder-due.v1"
CONTACTS = "notifier.contact-recorded.v1"
PARTITIONS = 6


@dataclass
class Neighbours:
    """What the stand-ins saw and said."""

    producer: AIOKafkaProducer
    consumer: AIOKafkaConsumer
    watcher: AIOKafkaConsumer
    """Unassigned: end offsets asked of one that polls wait for its long poll."""
    url: str = ""
    commands: list[ReminderDue] = field(default_factory=list)
    settles: list[str] = field(default_factory=list)

    async def publish(self, topic: str, body: msgspec.Struct, *, key: str, at: datetime) -> None:
        """Publish a message as the service that owns the topic would."""
        owner = registry()[topic].producer
        outgoing = Outgoing(topic=topic, key=key, body=body, id=f"{topic}-{id(body)}-{at}", time=at)
        raw = Codec(registry(), source=f"/velvet/{owner}").encode(outgoing)
        await self.producer.send_and_wait(raw.topic, key=raw.key, value=raw.value, headers=list(raw.headers))

    async def ends(self, topics: tuple[str, ...]) -> dict[str, list[int]]:
        """Return end offsets."""
        places = [TopicPartition(t, p) for t in topics for p in range(registry()[t].partitions)]
        found = await self.watcher.end_offsets(places) if places else {}
        return {t: [found[TopicPartition(t, p)] for p in range(registry()[t].partitions)] for t in topics}

    async def settle(self, name: str, ends: dict[str, list[int]]) -> dict[str, Any]:
        """Answer as the service would; the notifier first accepts what it was sent."""
        self.settles.append(name)
        if name == "notifier":
            await self._accept(ends.get(COMMANDS, []))
        own = tuple(
            t for t in registry().published_by(name) if t in {CONTACTS, "invoices.invoice-changed.v1"}
        )
        return {"ends": await self.ends(own), "next_change_at": None, "handled": 0}

    async def _accept(self, ends: list[int]) -> None:
        for partition, end in enumerate(ends):
            place = TopicPartition(COMMANDS, partition)
            while await self.consumer.position(place) < end:
                record = await self.consumer.getone(place)
                command = msgspec.json.decode(record.value, type=ReminderDue)
                self.commands.append(command)
                if command.action in {"SEND", "CALL", "DECISION", "HANDOVER"}:
                    await self._tell(command)

    async def _tell(self, command: ReminderDue) -> None:
        told = ContactRecorded(
            creditor_id=command.creditor_id,
            customer_id=command.customer_id,
            contact_id=command.command_id,
            version=1,
            event="OUTCOME",
            at=command.at,
            invoice_ids=[i.invoice_id for i in command.invoices if i.own_step],
            step=command.step,
            channel=command.channel,
            outcome="ACCEPTED",
            action=command.action,
        )
        key = f"{command.creditor_id}:{command.customer_id}"
        await self.publish(CONTACTS, told, key=key, at=datetime.fromisoformat(command.at))


@asynccontextmanager
async def neighbours(bootstrap: str) -> AsyncIterator[Neighbours]:
    """Serve the stand-ins on a free port; each under its own path."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=None, enable_auto_commit=False)
    await producer.start()
    watcher = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=None, enable_auto_commit=False)
    await consumer.start()
    await watcher.start()
    places = [TopicPartition(COMMANDS, partition) for partition in range(PARTITIONS)]
    consumer.assign(places)
    await consumer.seek_to_end(*places)
    stand_in = Neighbours(producer, consumer, watcher)
    app = FastAPI()

    @app.post("/{name}/internal/settle")
    async def settle(name: str, body: dict[str, Any]) -> dict[str, Any]:
        return await stand_in.settle(name, body["ends"])

    @app.get("/inbox/idle")
    async def idle() -> dict[str, int]:
        return {"pending_callbacks": 0}

    (port,) = free_ports(1)
    stand_in.url = f"http://127.0.0.1:{port}"
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    try:
        while not server.started:
            await asyncio.sleep(0.02)
        yield stand_in
    finally:
        server.should_exit = True
        await serving
        await consumer.stop()
        await watcher.stop()
        await producer.stop()
