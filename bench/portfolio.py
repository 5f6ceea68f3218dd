"""The portfolio that the services are loaded with: one customer taken in by themselves, then copied by COPY."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg

from bench.live import CREDITOR, Live
from bench.multiply import SAMPLE, bytes_used, multiply, number_text
from bench.stream import Event, Intake, produce
from sandbox.stack.stack import Stack

INVOICES_PER_CUSTOMER = 3
ISSUED = "erp.invoice-issued.v1"
_INTAKE_S_MAX = 60


async def fill(services: Live, *, customers: int) -> None:
    """Let the services take in one customer, then copy its rows by COPY in all of their databases."""
    stack = services.stack
    await produce(stack.bootstrap, ISSUED, sample_events())
    async with contextlib.AsyncExitStack() as closing:
        for service in services.pids:
            intake = await closing.enter_async_context(intake_of(stack, service))
            topics = {"invoices": [ISSUED], "notifier": ["invoices.customer-changed.v1"]}
            counts = {"invoices": INVOICES_PER_CUSTOMER, "notifier": 1}
            await intake.until_at_least(
                topics.get(service, ["invoices.invoice-changed.v1"]),
                counts.get(service, INVOICES_PER_CUSTOMER),
                timeout_s=_INTAKE_S_MAX,
            )
            await intake.until_sent(timeout_s=_INTAKE_S_MAX)
    # What follows from the sample in the other services is small and quick.
    await asyncio.sleep(2)
    copied = await asyncio.gather(
        *(multiply(stack.postgres.url(service), customers=customers) for service in services.pids)
    )
    for service, rows in zip(services.pids, copied, strict=True):
        size = await bytes_used(stack.postgres.url(service)) / (customers * INVOICES_PER_CUSTOMER)
        print(f"filled {service}: {rows}, {size:.0f} bytes an invoice, indexes included", file=sys.stderr)


@contextlib.asynccontextmanager
async def intake_of(stack: Stack, service: str) -> AsyncIterator[Intake]:
    """Yield the view on what a service has taken in."""
    connection = await asyncpg.connect(stack.postgres.url(service))
    try:
        yield Intake(connection, topics=[])
    finally:
        await connection.close()


def sample_events() -> list[Event]:
    """Return the invoices of the customer that is copied: open, not due for weeks, with a mail address."""
    return [issued_event(SAMPLE, position=position) for position in range(INVOICES_PER_CUSTOMER)]


def invoice_id(number: int, *, position: int) -> str:
    """Return the id of one of a customer's invoices."""
    return f"I{number_text(number)}{position}"


def issued_event(number: int, *, position: int) -> Event:
    """Return an invoice of a customer, issued yesterday and due in a month."""
    issued_on = datetime.now(UTC).date() - timedelta(days=1)
    name = number_text(number)
    value = (
        f'{{"creditor_id":"{CREDITOR}","invoice_id":"{invoice_id(number, position=position)}","customer_id":"C{name}","issued_on":"{issued_on}",'
        f'"due_on":"{issued_on + timedelta(days=30)}","amount":{{"currency":"EUR","amount":"100.25"}},"payment_reference":"RF{name}{position}",'
        f'"customer":{{"name":"Customer {name}","kind":"BUSINESS","country":"NL","language":"nl",'
        f'"contacts":[{{"purpose":"REMINDER","name":"Piet","email":"c{name}@bench.example"}}]}}}}'
    )
    return Event(f"{CREDITOR}:C{name}", value, f"issued-{name}-{position}", f"{issued_on}T08:00:00Z")
