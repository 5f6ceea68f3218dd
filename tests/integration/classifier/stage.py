"""The classifier on a real database behind its own HTTP application; Kafka is left out."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
from pydantic import SecretStr
from sqlalchemy import text

from chassis.http.api import create_app
from chassis.http.tokens import Signer
from chassis.kafka.messages import Incoming
from chassis.kernel.clock import SetClock
from chassis.kernel.envelope import Envelope, Origin
from chassis.service import Service
from classifier.bootstrap import built
from classifier.settings import Settings
from contracts.erp.v1 import Money
from contracts.invoices.v1 import CustomerChanged, InvoiceChanged
from sandbox.stack import databases as stack_databases
from tests.support.token_files import key_files

CREDITOR = "acme-nl"
JANSEN = "C-1001"


def invoice(invoice_id: str, **changes: Any) -> InvoiceChanged:
    told = InvoiceChanged(
        creditor_id=CREDITOR,
        invoice_id=invoice_id,
        customer_id=JANSEN,
        version=1,
        issued_on="2026-01-05",
        due_on="2026-02-02",
        amount=Money(currency="EUR", amount="100.00"),
        open="100.00",
        status="OPEN",
        in_effect=True,
        known_from="2026-01-05T00:00:00Z",
    )
    return msgspec.structs.replace(told, **changes)


def settled(invoice_id: str, *, due_on: str, settled_on: str, **changes: Any) -> InvoiceChanged:
    values = {"version": 2, "status": "PAID", "open": "0.00", "issued_on": "2025-01-06", **changes}
    return invoice(invoice_id, due_on=due_on, settled_on=settled_on, **values)


def on_time(*, count: int, year: int = 2025) -> list[InvoiceChanged]:
    """Return monthly invoices paid on the day, the first on the tenth of January."""
    days = [f"{year}-{month:02}-11" for month in range(1, count + 1)]
    return [settled(f"{year}-{n}", due_on=day, settled_on=day) for n, day in enumerate(days)]


def customer(**changes: Any) -> CustomerChanged:
    told = CustomerChanged(
        creditor_id=CREDITOR, customer_id=JANSEN, version=1, known_from="2025-01-06T08:00:00Z"
    )
    return msgspec.structs.replace(told, **changes)


@dataclass
class Stage:
    """One classifier, seen from outside."""

    service: Service
    http: httpx.AsyncClient
    signer: Signer
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    async def take_in(self, *bodies: msgspec.Struct) -> None:
        """Hand records to the consumer's handler, as one poll."""
        time = self.service.clock.now() or datetime(2026, 1, 1, tzinfo=UTC)
        batch = [
            Incoming(
                Envelope(source="/test", id=str(next(self.numbers)), type="test", time=time),
                Origin(topic="test", partition=0, offset=0),
                "",
                body,
            )
            for body in bodies
        ]
        for record in batch:
            assert self.service.check is not None
            self.service.check(record)
        async with self.service.database.unit() as unit:
            await self.service.handle(unit, batch)

    async def move_to(self, at: str) -> None:
        """Set the clock, and bring everything up to it."""
        now = datetime.fromisoformat(at)
        assert isinstance(self.service.clock, SetClock)
        self.service.clock.set(now)
        while True:
            async with self.service.database.unit() as unit:
                if not await self.service.on_time(unit, now.astimezone(UTC)):
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

    async def call(self, method: str, path: str, *, creditor: str = CREDITOR, **more: Any) -> httpx.Response:
        headers = {**self.headers(creditor), **more.pop("headers", {})}
        return await self.http.request(method, path, headers=headers, **more)

    def headers(self, creditor: str, *scopes: str) -> dict[str, str]:
        granted = scopes or ("classifier:read", "classifier:write")
        token = self.signer.token(subject="els", creditor_id=creditor, scopes=granted, valid_s=600)
        return {"Authorization": f"Bearer {token}"}

    async def get(self, path: str, **query: str) -> Any:
        answer = await self.call("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def tier(self) -> Any:
        return await self.get(f"/v1/customers/{JANSEN}/tier")


@asynccontextmanager
async def open_stage(database: stack_databases.Database, *, folder: Path) -> AsyncIterator[Stage]:
    """Build the classifier on a database."""
    signing, jwks = key_files(folder)
    settings = Settings.model_validate(
        {
            "service": "classifier",
            "sandbox": True,
            "database_url": SecretStr(database.url),
            "api_database_url": SecretStr(database.api_url),
            "auth_jwks_file": jwks,
            "auth_signing_key_file": signing,
        }
    )
    async with built(settings) as service:
        transport = httpx.ASGITransport(app=create_app(service))
        async with httpx.AsyncClient(transport=transport, base_url="http://classifier.example") as http:
            signer = Signer(signing, issuer=settings.auth_issuer, audience=settings.auth_audience)
            yield Stage(service=service, http=http, signer=signer)
