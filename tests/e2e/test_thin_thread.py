"""One invoice event in, one reminder mail out: the thinnest thread through the four services."""

import json
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from sandbox.ledger.facts import Creditor, encode
from sandbox.ledger.messages import Messages
from sandbox.replay.client import SandboxClient, SandboxError
from sandbox.replay.stream import publish
from sandbox.stack.addresses import SERVICES
from sandbox.stack.stack import Stack
from tests.support.replaying import instant

CUSTOMER = {
    "name": "Bouwbedrijf Jansen",
    "kind": "BUSINESS",
    "country": "NL",
    "language": "nl",
    "contacts": [{"purpose": "REMINDER", "name": "Piet Jansen", "email": "piet@jansen.example"}],
}


ERP_TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture(scope="module")
async def stack() -> AsyncIterator[Stack]:
    async with Stack.fresh(settings={"VELVET_TRACE_EXPORTER": "log"}) as stack:
        yield stack


async def test_an_unpaid_invoice_is_followed_by_mails_that_stop_when_it_is_paid(stack: Stack) -> None:
    messages = Messages(Creditor(creditor_id="thin-nl"))
    invoice = messages.invoice_issued(
        {
            "invoice_id": "T-1",
            "customer_id": "C-1",
            "issued_on": date(2026, 3, 2),
            "due_on": date(2026, 4, 1),
            "amount": Decimal("1656.25"),
            "currency": "EUR",
        },
        customer=CUSTOMER,
    )
    producer = AIOKafkaProducer(bootstrap_servers=stack.bootstrap)
    await producer.start()
    async with SandboxClient(stack.urls, token=stack.token("thin-nl")) as client:
        assert (await client.get("scheduler", "/v1/clock"))["now"] is None
        await client.advance(instant("2026-03-02T05:00:00+01:00"))
        await publish(producer, [messages.creditor_updated(day=date(2026, 3, 2)), invoice])
        answer = await client.advance(instant("2026-04-02T18:00:00+02:00"))
        first = await client.items("notifier", "/v1/contacts", params={"invoice_id": "T-1"})
        position = await client.get("invoices", "/v1/customers/C-1/position")
        payment = messages.payment_received(
            "P-1",
            customer_id="C-1",
            received_on=date(2026, 4, 3),
            currency="EUR",
            allocations=[("T-1", Decimal("1656.25"))],
        )
        await publish(producer, [payment])
        await client.advance(instant("2026-05-20T18:00:00+02:00"))
        later = await client.items("notifier", "/v1/contacts", params={"invoice_id": "T-1"})
        received = await client.items("inbox", "/messages")
        with pytest.raises(SandboxError, match="409"):
            await client.advance(instant("2026-05-19T18:00:00+02:00"))
    await producer.stop()
    assert [c["step"] for c in first] == ["arrival-check", "upcoming-reminder", "due-today", "first-reminder"]
    assert [c["at"] for c in first] == [
        "2026-03-05T08:00:00Z",
        "2026-03-30T07:00:00Z",
        "2026-04-01T07:00:00Z",
        "2026-04-02T07:00:00Z",
    ]
    assert answer["commands"] == answer["outcomes"] == len(first)
    assert (position["balances"][0]["open"], position["balances"][0]["overdue"]) == ("1656.25", "1656.25")
    assert later == first, "nothing was sent after the payment"
    assert [m["to"] for m in received] == ["piet@jansen.example"] * len(first)
    assert all("T-1" in m["text"] and "1.656,25" in m["text"] for m in received)


async def test_one_reminder_is_one_trace_from_the_erp_event_to_the_provider_call(stack: Stack) -> None:
    messages = Messages(Creditor(creditor_id="trace-nl"))
    invoice = messages.invoice_issued(
        {
            "invoice_id": "T-2",
            "customer_id": "C-2",
            "issued_on": date(2026, 6, 1),
            "due_on": date(2026, 7, 1),
            "amount": Decimal("100.00"),
            "currency": "EUR",
        },
        customer=CUSTOMER,
    )
    key, value, headers = encode(invoice)
    async with SandboxClient(stack.urls, token=stack.token("trace-nl")) as client:
        await client.advance(instant("2026-06-01T05:00:00+02:00"))
        async with AIOKafkaProducer(bootstrap_servers=stack.bootstrap) as producer:
            traced = [*headers, ("traceparent", ERP_TRACE.encode())]
            await producer.send_and_wait(invoice.topic, value, key=key, headers=traced)
        await client.advance(instant("2026-06-10T18:00:00+02:00"))
        contacts = await client.items("notifier", "/v1/contacts", params={"invoice_id": "T-2"})
    assert len(contacts) == 1
    spans = {service: spans_of(stack, service) for service in SERVICES}
    taken_in = one(spans["invoices"], name="process", parent=ERP_TRACE)
    one(spans["classifier"], name="process", parent=taken_in)
    decided = one(spans["scheduler"], name="decide", parent=taken_in)
    one(spans["notifier"], name="process", parent=decided)
    one(spans["notifier"], name="call the provider", parent=decided)
    gate = one(spans["notifier"], name="ask the gate", parent=decided)
    one(spans["invoices"], name="http", parent=gate)


def spans_of(stack: Stack, service: str) -> list[dict[str, Any]]:
    """Return the spans of the ERP event's trace that a service has logged."""
    lines = stack.layout.log(service).read_text(encoding="utf-8").splitlines()
    spans = [json.loads(line) for line in lines if '"span_ended"' in line]
    return [span for span in spans if span["span"].split("-")[1] == ERP_TRACE.split("-")[1]]


def one(spans: list[dict[str, Any]], *, name: str, parent: str) -> str:
    """Return the span of this name whose parent is that one; fails without it."""
    found = [span["span"] for span in spans if (span["name"], span["parent"]) == (name, parent)]
    assert found, f"no {name!r} below {parent} among {spans}"
    return str(found[0])
