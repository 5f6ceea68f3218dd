"""A whole stack with a few months of life in it, and the names of what lives there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from aiokafka import AIOKafkaProducer

from sandbox.generator.book import generate
from sandbox.ledger.facts import Creditor
from sandbox.ledger.messages import Messages
from sandbox.replay.client import SandboxClient
from sandbox.replay.stream import Stage, evening, publish, replay
from sandbox.stack.stack import Stack
from tests.support.replaying import cast

CREDITOR = "acme-nl"
_CUSTOMERS, _MONTHS, _SEED = 8, 3, 5
_ITEMS_MAX = 20


@dataclass(slots=True)
class Seeded:
    """A running stack and what is known there, by the name that the APIs use for it."""

    stack: Stack
    token: str
    known: dict[str, list[str]] = field(default_factory=dict)


@asynccontextmanager
async def seeded_stack(*, wire_format: str = "json") -> AsyncIterator[Seeded]:
    """Start a stack, replay a small ledger through Kafka and the clock, and look at what came of it."""
    part = cast(generate(_SEED, customers=_CUSTOMERS, months=_MONTHS), creditor_id=CREDITOR)
    async with Stack.fresh(settings={"VELVET_WIRE_FORMAT": wire_format}) as stack:
        seeded = Seeded(stack, stack.token(CREDITOR))
        async with SandboxClient(stack.urls, token=seeded.token) as client:
            progress = await replay(Stage(stack.bootstrap, client), part.days)
            await _stray_money(stack, client, day=progress.day)
            await _agreements(client, day=progress.day)
            seeded.known = await _known(client)
        yield seeded


async def _stray_money(stack: Stack, client: SandboxClient, *, day: date) -> None:
    """Bring in a payment that nothing can be matched with."""
    stray = Messages(Creditor(creditor_id=CREDITOR)).payment_received(
        "STRAY-1",
        customer_id="",
        received_on=day,
        currency="EUR",
        allocations=[("NOBODY-S", Decimal("12.34"))],
    )
    async with AIOKafkaProducer(bootstrap_servers=stack.bootstrap) as producer:
        await publish(producer, [stray])
    await client.advance(evening(day, zone=ZoneInfo("Europe/Amsterdam")))


async def _agreements(client: SandboxClient, *, day: date) -> None:
    """Make one agreement of each kind, so that there is something to show and to end."""
    found = await client.items("invoices", "/v1/invoices", params={"status": "OPEN"})
    first, second, third = found[:3]
    later = (day + timedelta(days=20)).isoformat()
    hold = {"until": later, "reason": "asked for it", "owner": "controller"}
    instalments = [{"on": later, "amount": first["open"]["amount"]}]
    posts: list[tuple[str, dict[str, Any]]] = [
        (f"/v1/invoices/{second['invoice_id']}/disputes", {"reason_code": "PRICE"}),
        (f"/v1/invoices/{third['invoice_id']}/holds", hold),
        (f"/v1/customers/{third['customer_id']}/holds", hold),
        (f"/v1/customers/{third['customer_id']}/promises", {"on": later}),
        (
            f"/v1/customers/{first['customer_id']}/payment-plans",
            {"invoice_ids": [first["invoice_id"]], "instalments": instalments},
        ),
    ]
    for path, body in posts:
        await client.post("invoices", path, body=body)


async def _known(client: SandboxClient) -> dict[str, list[str]]:
    """Return ids of what exists, a few of each kind."""

    async def ids(service: str, path: str, name: str) -> list[str]:
        return sorted({str(item[name]) for item in await client.items(service, path)})[:_ITEMS_MAX]

    known = {
        "customer_id": await ids("classifier", "/v1/customers", "customer_id"),
        "invoice_id": await ids("invoices", "/v1/invoices", "invoice_id"),
        "payment_id": await ids("invoices", "/v1/unapplied-payments", "payment_id"),
        "task_id": await ids("notifier", "/v1/call-tasks", "task_id"),
        "name": ["gold", "silver", "bronze"],
        "provider": ["twilio", "whatsapp", "email"],
    }
    for kind, name in (("disputes", "dispute_id"), ("holds", "hold_id")):
        known[name] = [
            str(item[name])
            for invoice_id in known["invoice_id"]
            for item in await client.items("invoices", f"/v1/invoices/{invoice_id}/{kind}")
        ]
    for kind, name in (("promises", "promise_id"), ("payment-plans", "plan_id")):
        known[name] = [
            str(item[name])
            for customer_id in known["customer_id"]
            for item in await client.items("invoices", f"/v1/customers/{customer_id}/{kind}")
        ]
    return known
