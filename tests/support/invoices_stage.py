"""The invoices service on a real database behind its own HTTP application, and its consumer on a real Kafka."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
from pydantic import SecretStr
from sqlalchemy import text

from chassis.db.relay import Relay
from chassis.health import Health
from chassis.http.api import create_app
from chassis.http.tokens import Signer
from chassis.kafka.batch import Batches
from chassis.kafka.consumer import BulkConsumer
from chassis.kafka.messages import Incoming
from chassis.kafka.producer import Publisher
from chassis.kafka.registry import registry
from chassis.kernel.clock import SetClock
from chassis.kernel.envelope import Envelope, Origin
from chassis.parts import open_codec
from chassis.service import Service
from invoices.bootstrap import built
from invoices.settings import Settings
from sandbox.stack.databases import Database
from tests.support.token_files import key_files

CREDITOR = "acme-nl"
_NOWHERE = "127.0.0.1:1"
_SCOPES = ("invoices:read", "invoices:write")


def settings_for(database: Database, *, bootstrap: str = _NOWHERE, folder: Path | None = None) -> Settings:
    """Return sandbox settings for a test's own database."""
    signing, jwks = key_files(folder) if folder is not None else (None, None)
    return Settings(
        service="invoices",
        sandbox=True,
        database_url=SecretStr(database.url),
        api_database_url=SecretStr(database.api_url),
        migration_database_url=SecretStr(database.owner_url),
        kafka_bootstrap=bootstrap,
        instance_id="none",
        retry_delay_s_max=0.5,
        auth_signing_key_file=signing,
        auth_jwks_file=jwks,
    )


@dataclass
class Stage:
    """One invoices service, seen from outside."""

    service: Service
    http: httpx.AsyncClient
    signer: Signer
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    async def take_in(self, *bodies: msgspec.Struct, at: str = "2026-01-01T00:00:00+00:00") -> None:
        """Hand messages to the consumer's handler as one poll; each a second later than the one before."""
        start = datetime.fromisoformat(at).timestamp()
        batch = []
        for body in bodies:
            number = next(self.numbers)
            time = datetime.fromtimestamp(start + number, UTC)
            envelope = Envelope(source="/test", id=f"e-{number:06}", type="test", time=time)
            batch.append(Incoming(envelope, Origin("erp.payment-received.v1", 0, number), "", body))
        async with self.service.database.unit() as unit:
            await self.service.handle(unit, batch)

    async def move_to(self, at: str) -> None:
        """Set the clock, and bring everything up to it, from change to change as the scheduler does."""
        end = datetime.fromisoformat(at).astimezone(UTC)
        assert isinstance(self.service.clock, SetClock)
        if self.service.clock.now() is not None:
            while (following := await self.next_change_at()) is not None and following < end:
                await self._arrive(following)
        await self._arrive(end)

    async def _arrive(self, now: datetime) -> None:
        assert isinstance(self.service.clock, SetClock)
        self.service.clock.set(now)
        while True:
            async with self.service.database.unit() as unit:
                if not await self.service.on_time(unit, now):
                    return

    async def next_change_at(self) -> datetime | None:
        async with self.service.database.unit() as unit:
            return await self.service.next_change_at(unit)

    async def published(self, topic: str) -> list[dict[str, Any]]:
        """Return what stands in the outbox of one topic, in order (no relay runs here)."""
        async with self.service.database.engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT value FROM outbox WHERE topic = :topic ORDER BY position"), {"topic": topic}
            )
            return [msgspec.json.decode(row[0]) for row in rows]

    async def last(self, topic: str, name: str) -> dict[str, dict[str, Any]]:
        """Return the last message per business key (the field ``name``)."""
        return {message[name]: message for message in await self.published(topic)}

    async def invoice(self, invoice_id: str = "2026-0001") -> dict[str, Any]:
        """Return the invoice as last published."""
        return (await self.last("invoices.invoice-changed.v1", "invoice_id"))[invoice_id]

    async def call(
        self,
        method: str,
        path: str,
        *,
        creditor: str = CREDITOR,
        scopes: Sequence[str] = _SCOPES,
        **more: Any,
    ) -> httpx.Response:
        token = self.signer.token(subject="test", creditor_id=creditor, scopes=scopes, valid_s=600)
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        return await self.http.request(method, path, headers=headers, **more)

    async def get(self, path: str, **more: Any) -> Any:
        """Return the body of a good answer."""
        response = await self.call("GET", path, **more)
        assert response.status_code == 200, response.text
        return response.json()

    async def post(self, path: str, body: dict[str, Any] | None = None, **more: Any) -> Any:
        """Return the body of a good answer."""
        response = await self.call("POST", path, json=body or {}, **more)
        assert response.status_code in (200, 201), response.text
        return response.json()


@asynccontextmanager
async def open_stage(database: Database, *, folder: Path, bootstrap: str = _NOWHERE) -> AsyncIterator[Stage]:
    """Build the service as the ``all`` role does, without its loops."""
    settings = settings_for(database, bootstrap=bootstrap, folder=folder)
    async with built(settings) as service:
        app = create_app(service)
        transport = httpx.ASGITransport(app=app)
        assert settings.auth_signing_key_file is not None
        signer = Signer(
            settings.auth_signing_key_file, issuer=settings.auth_issuer, audience=settings.auth_audience
        )
        async with httpx.AsyncClient(transport=transport, base_url="http://invoices") as http:
            yield Stage(service=service, http=http, signer=signer)


@asynccontextmanager
async def consuming(stage: Stage) -> AsyncIterator[Batches]:
    """Run the consumer and the relay in this event loop."""
    service = stage.service
    health = Health(service=service.name)
    publisher = Publisher(service.settings)
    relay = Relay(service.database, sender=publisher, health=health, service=service.name)
    batches = Batches(service, codec=open_codec(service.settings, topics=registry()))
    consumer = BulkConsumer(service, batches=batches, health=health)
    tasks = [
        asyncio.create_task(relay.run(service.stopping)),
        asyncio.create_task(consumer.run(service.stopping)),
    ]
    try:
        yield batches
    finally:
        service.stopping.set()
        consumer.stop()
        await asyncio.gather(*tasks)
        await relay.drain()
        await publisher.stop()


def event(topic: str, body: dict[str, Any] | bytes, *, number: int, **headers: str) -> dict[str, Any]:
    """Return a record for a producer: a binary CloudEvent in JSON, or raw bytes under good headers."""
    found = {
        "ce_specversion": "1.0",
        "ce_id": f"e-{number}",
        "ce_source": "/erp/test",
        "ce_type": topic,
        "ce_time": "2026-03-02T09:00:00Z",
        "content-type": "application/json",
        **headers,
    }
    value = body if isinstance(body, bytes) else json.dumps(body).encode()
    return {
        "topic": topic,
        "value": value,
        "headers": [(name, text_.encode()) for name, text_ in found.items()],
    }
