"""The notifier on a real database, a real inbox and a stand-in for the invoices service's gate."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import uvicorn
from fastapi import FastAPI, Request
from pydantic import SecretStr
from sqlalchemy import text

from chassis.db.unit_of_work import Database
from chassis.http.api import create_app
from chassis.http.tokens import Signer
from chassis.kafka.messages import Incoming
from chassis.kernel.clock import SetClock
from chassis.kernel.envelope import Envelope, Origin
from chassis.service import Service
from notifier.bootstrap import built
from notifier.settings import Settings
from sandbox.inbox.app import build_app, open_inbox
from sandbox.inbox.connections import DroppableHttpProtocol
from sandbox.inbox.inbox import Inbox
from sandbox.inbox.settings import InboxSettings
from sandbox.stack import databases as stack_databases
from sandbox.stack.addresses import free_ports
from tests.support.token_files import key_files

ACCOUNT_SID = "AC" + "0a" * 16
AUTH_TOKEN = "twilio-test-token"
APP_SECRET = "whatsapp-test-secret"
WHATSAPP_TOKEN = "whatsapp-test-token"
PHONE_NUMBER_ID = "106540352242922"
CREDITOR = "acme-nl"
SETTLE_S_MAX = 10.0


@dataclass
class Gate:
    """What the invoices service would say; every invoice not named is open and free."""

    fresh: bool = True
    blocked: dict[str, str] = field(default_factory=dict)
    open: dict[str, str] = field(default_factory=dict)
    asked: list[list[str]] = field(default_factory=list)
    takes_s: float = 0.0
    at_once_max: int = 0
    """How many questions were open at the same time."""
    _open_questions: int = 0

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/internal/gate")
        async def gate(request: Request) -> dict[str, Any]:
            items = (await request.json())["invoices"]
            self.asked.append([item["invoice_id"] for item in items])
            self._open_questions += 1
            self.at_once_max = max(self.at_once_max, self._open_questions)
            await asyncio.sleep(self.takes_s)
            self._open_questions -= 1
            return {
                "fresh": self.fresh,
                "caught_up_to": "2026-04-06T07:00:00Z",
                "invoices": [
                    {
                        "creditor_id": item["creditor_id"],
                        "invoice_id": item["invoice_id"],
                        "open": self.open.get(item["invoice_id"], "1656.25"),
                        "blocked": self.blocked.get(item["invoice_id"], ""),
                    }
                    for item in items
                ],
            }

        return app


@dataclass
class Stage:
    """One running notifier, seen from outside."""

    service: Service
    inbox: Inbox
    gate: Gate
    http: httpx.AsyncClient
    signer: Signer
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    @property
    def database(self) -> Database:
        return self.service.database

    def set_clock(self, at: datetime | None) -> None:
        assert isinstance(self.service.clock, SetClock)
        self.service.clock.set(at)

    async def take_in(self, *bodies: msgspec.Struct) -> None:
        """Hand records to the consumer's handler, as one poll."""
        now = self.service.clock.now()
        assert now is not None
        batch = [
            Incoming(
                Envelope(source="/test", id=str(next(self.numbers)), type="test", time=now),
                Origin(topic="test", partition=0, offset=0),
                "",
                body,
            )
            for body in bodies
        ]
        for incoming in batch:
            assert self.service.check is not None
            self.service.check(incoming)
        async with self.database.unit() as unit:
            await self.service.handle(unit, batch)

    async def settle(self) -> None:
        """Wait until nothing is due, under way or expected back."""
        assert self.service.pending is not None
        async with asyncio.timeout(SETTLE_S_MAX):
            while True:
                async with self.database.unit() as unit:
                    pending = await self.service.pending.count(unit)
                # As the clock does: first the notifier is at rest, then the providers' call-backs are in.
                if not pending and await self.inbox.callbacks.idle(timeout_s=SETTLE_S_MAX):
                    return
                await asyncio.sleep(0.01)

    async def published(self) -> list[dict[str, Any]]:
        """Return what stands in the outbox for others to hear, in order (no relay runs here)."""
        async with self.database.engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT value FROM outbox WHERE topic <> 'notifier.journal.v1' ORDER BY position")
            )
            return [msgspec.json.decode(row[0]) for row in rows]

    async def rows(self, statement: str) -> list[Any]:
        async with self.database.engine.connect() as connection:
            return list(await connection.execute(text(statement)))

    async def execute(self, statement: str) -> None:
        async with self.database.engine.begin() as connection:
            await connection.execute(text(statement))

    def headers(self, *scopes: str, creditor_id: str = CREDITOR) -> dict[str, str]:
        granted = scopes or ("notifier:read", "notifier:write")
        token = self.signer.token(subject="test", creditor_id=creditor_id, scopes=granted, valid_s=600)
        return {"Authorization": f"Bearer {token}"}

    async def get(self, path: str, **query: str) -> Any:
        answer = await self.http.get(path, params=query, headers=self.headers())
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def contacts(self, **query: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await self.get("/v1/contacts", **query))["items"]
        return items

    async def tasks(self, **query: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await self.get("/v1/call-tasks", **query))["items"]
        return items

    def inbox_messages(self) -> list[Any]:
        """Return what the inbox got, oldest first."""
        return [message.draft for message in reversed(list(self.inbox.mailbox.newest_first(None)))]


@asynccontextmanager
async def serving(app: FastAPI, *, port: int = 0) -> AsyncIterator[str]:
    """Serve an application on the loopback (port 0: any free one)."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, log_level="error", lifespan="off", http=DroppableHttpProtocol
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.005)
    found = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{found}"
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def open_stage(
    database: stack_databases.Database, *, folder: Path, mail_log: bool = False, **changes: Any
) -> AsyncIterator[Stage]:
    """Run the notifier's API and sender beside an inbox; Kafka is left out."""
    signing, jwks = key_files(folder)
    gate = Gate()
    (port,) = free_ports(1)
    inbox_settings = InboxSettings(
        http_port=0,
        smtp_port=0,
        notifier_url=f"http://127.0.0.1:{port}",
        twilio_account_sid=ACCOUNT_SID,
        twilio_auth_token=AUTH_TOKEN,
        whatsapp_phone_number_id=PHONE_NUMBER_ID,
        whatsapp_token=WHATSAPP_TOKEN,
        whatsapp_app_secret=APP_SECRET,
    )
    async with (
        open_inbox(inbox_settings) as (inbox, smtp_port),
        serving(build_app(inbox)) as inbox_url,
        serving(gate.app()) as gate_url,
    ):
        settings = Settings.model_validate(
            {
                "service": "notifier",
                "sandbox": True,
                "database_url": SecretStr(database.url),
                "api_database_url": SecretStr(database.api_url),
                "auth_jwks_file": jwks,
                "auth_signing_key_file": signing,
                "invoices_url": gate_url,
                "instance_id": "test",
                "public_url": f"http://127.0.0.1:{port}",
                "smtp_url": f"smtp://127.0.0.1:{smtp_port}",
                "twilio_base_url": inbox_url,
                "twilio_account_sid": ACCOUNT_SID,
                "twilio_auth_token": AUTH_TOKEN,
                "whatsapp_base_url": inbox_url,
                "whatsapp_phone_number_id": PHONE_NUMBER_ID,
                "whatsapp_token": WHATSAPP_TOKEN,
                "whatsapp_app_secret": APP_SECRET,
                "whatsapp_verify_token": "verify-me",
                "letter_base_url": inbox_url,
                "mail_log_url": inbox_url if mail_log else "",
                "provider_timeout_s": 2,
                **changes,
            }
        )
        async with built(settings) as service, serving(create_app(service), port=port) as url:
            signer = Signer(signing, issuer=settings.auth_issuer, audience=settings.auth_audience)
            async with httpx.AsyncClient(base_url=url, timeout=10) as http:
                yield Stage(service=service, inbox=inbox, gate=gate, http=http, signer=signer)


@asynccontextmanager
async def sending(stage: Stage) -> AsyncIterator[None]:
    """Run the sender's loop."""
    tasks = [asyncio.create_task(_run(loop)) for loop in stage.service.background]
    try:
        yield
    finally:
        stage.service.stopping.set()
        stage.database.committed.ring()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


async def _run(loop: Any) -> None:
    await loop()
